package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateAccessKey makes a key active or inactive.
func (s *Service) updateAccessKey() service.Operation {
	return service.Handle("UpdateAccessKey", onUser(s, func(in *iamapi.UpdateAccessKeyRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.UpdateAccessKeyRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				k, err := accessKey(tx, callerOr(call, in.UserName), deref(in.AccessKeyId))
				if err != nil {
					return err
				}
				switch deref(in.Status) {
				case "Active", "Inactive":
					k.Active = *in.Status == "Active"
				default:
					return fault("InvalidInputException", "Status is %q; want Active or Inactive", deref(in.Status))
				}
				return store.Write(tx, identity.AccessKeyKey(k.ID), k)
			})
		})
}
