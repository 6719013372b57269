package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteAccessKey deletes a key.
func (s *Service) deleteAccessKey() service.Operation {
	return service.Handle("DeleteAccessKey", onUser(s, func(in *iamapi.DeleteAccessKeyRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.DeleteAccessKeyRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				k, err := accessKey(tx, callerOr(call, in.UserName), deref(in.AccessKeyId))
				if err != nil {
					return err
				}
				tx.Delete(identity.AccessKeyKey(k.ID))
				return nil
			})
		})
}
