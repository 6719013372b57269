package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createAlias gives a key another name.
func (s *Service) createAlias() service.Operation {
	return service.Handle("CreateAlias",
		func(ctx context.Context, call *service.Call, in *kmsapi.CreateAliasRequest) ([]service.Check, error) {
			checks, err := s.checks(ctx, call, use{action: "CreateAlias", operation: "CreateAlias", key: deref(in.TargetKeyId)})
			return append(checks, service.Check{Action: "kms:CreateAlias", Resource: s.vault.arn(call.Region, deref(in.AliasName))}), err
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.CreateAliasRequest) (*service.None, error) {
			name := deref(in.AliasName)
			if err := ownAlias(name); err != nil {
				return nil, err
			}
			_, err := s.store.Update(ctx, func(tx store.Tx) error {
				if aliasIn(deref(in.TargetKeyId)) != "" {
					return invalid("an alias names a key by its ID or ARN, not by another alias")
				}
				k, err := s.vault.find(tx, call.Region, deref(in.TargetKeyId))
				if err != nil {
					return err
				}
				if err := k.changeable(); err != nil {
					return err
				}
				path := aliasPath(call.Region, name)
				exists, err := store.Exists(tx, path)
				if err != nil {
					return err
				}
				if exists {
					return kmsapi.Service.NewError("AlreadyExistsException", "An alias with the name %s already exists", s.vault.arn(call.Region, name))
				}
				if err := room(tx, aliasPath(call.Region, ""), mostAliases, "aliases in the account"); err != nil {
					return err
				}
				now := call.Now.UTC()
				return store.Write(tx, path, aliasRecord{Name: name, Target: k.ID, Created: now, Updated: now})
			})
			return &service.None{}, err
		})
}
