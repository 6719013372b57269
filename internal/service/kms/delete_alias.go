package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteAlias takes a name from a key.
func (s *Service) deleteAlias() service.Operation {
	return service.Handle("DeleteAlias",
		func(ctx context.Context, call *service.Call, in *kmsapi.DeleteAliasRequest) ([]service.Check, error) {
			checks, err := s.checks(ctx, call, use{action: "DeleteAlias", operation: "DeleteAlias", key: deref(in.AliasName)})
			return append(checks, service.Check{Action: "kms:DeleteAlias", Resource: s.vault.arn(call.Region, deref(in.AliasName))}), err
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.DeleteAliasRequest) (*service.None, error) {
			name := deref(in.AliasName)
			if err := ownAlias(name); err != nil {
				return nil, err
			}
			_, err := s.store.Update(ctx, func(tx store.Tx) error {
				exists, err := store.Exists(tx, aliasPath(call.Region, name))
				if err == nil && !exists {
					err = notFound("Alias " + s.vault.arn(call.Region, name) + " is not found.")
				}
				tx.Delete(aliasPath(call.Region, name))
				return err
			})
			return &service.None{}, err
		})
}
