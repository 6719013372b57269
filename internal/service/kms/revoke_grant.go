package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// revokeGrant ends a grant at once.
func (s *Service) revokeGrant() service.Operation {
	return service.Handle("RevokeGrant", onKey(s, "RevokeGrant", func(in *kmsapi.RevokeGrantRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.RevokeGrantRequest) (*service.None, error) {
			_, err := s.store.Update(ctx, func(tx store.Tx) error {
				k, err := s.vault.find(tx, call.Region, deref(in.KeyId))
				if err != nil {
					return err
				}
				path := grantPath(call.Region, k.ID, deref(in.GrantId))
				exists, err := store.Exists(tx, path)
				if err != nil {
					return err
				}
				if !exists {
					return notFound("Grant " + deref(in.GrantId) + " does not exist")
				}
				tx.Delete(path)
				return dryRun(in.DryRun)
			})
			return &service.None{}, err
		})
}
