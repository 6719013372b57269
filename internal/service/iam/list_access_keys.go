package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listAccessKeys lists the keys of a user, without their secrets.
func (s *Service) listAccessKeys() service.Operation {
	return service.Handle("ListAccessKeys", onUser(s, func(in *iamapi.ListAccessKeysRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ListAccessKeysRequest) (*iamapi.ListAccessKeysResponse, error) {
			u, err := user(s.read(ctx), callerOr(call, in.UserName))
			if err != nil {
				return nil, err
			}
			keys, err := keysOf(s.read(ctx), u.Name)
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListAccessKeysResponse{AccessKeyMetadata: []iamapi.AccessKeyMetadata{}}
			keys, out.IsTruncated, out.Marker, err = page(keys, in.Marker, in.MaxItems, func(k *identity.AccessKey) string { return k.ID })
			for _, k := range keys {
				out.AccessKeyMetadata = append(out.AccessKeyMetadata, iamapi.AccessKeyMetadata{UserName: &k.User, AccessKeyId: &k.ID, Status: new(keyStatus(&k)), CreateDate: &k.Created})
			}
			return out, err
		})
}
