package kms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateAlias lets an alias name another key.
func (s *Service) updateAlias() service.Operation {
	return service.Handle("UpdateAlias",
		func(ctx context.Context, call *service.Call, in *kmsapi.UpdateAliasRequest) ([]service.Check, error) {
			checks, err := s.checks(ctx, call,
				use{action: "UpdateAlias", operation: "UpdateAlias", key: deref(in.AliasName)},
				use{action: "UpdateAlias", operation: "UpdateAlias", key: deref(in.TargetKeyId)})
			return append(checks, service.Check{Action: "kms:UpdateAlias", Resource: s.vault.arn(call.Region, deref(in.AliasName))}), err
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.UpdateAliasRequest) (*service.None, error) {
			name := deref(in.AliasName)
			if err := ownAlias(name); err != nil {
				return nil, err
			}
			_, err := s.store.Update(ctx, func(tx store.Tx) error {
				a, err := store.Read[aliasRecord](tx, aliasPath(call.Region, name))
				if errors.Is(err, store.ErrNotFound) {
					return notFound("Alias " + s.vault.arn(call.Region, name) + " is not found.")
				}
				if err != nil {
					return err
				}
				k, err := s.vault.find(tx, call.Region, deref(in.TargetKeyId))
				if err != nil {
					return err
				}
				if err := k.changeable(); err != nil {
					return err
				}
				a.Target, a.Updated = k.ID, call.Now.UTC()
				return store.Write(tx, aliasPath(call.Region, name), a)
			})
			return &service.None{}, err
		})
}
