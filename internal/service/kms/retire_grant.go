package kms

import (
	"context"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// retireGrant ends a grant on behalf of who may retire it: the principal that the grant names, a grantee whose grant
// says so, or whoever policies allow.
func (s *Service) retireGrant() service.Operation {
	return service.Handle("RetireGrant",
		func(ctx context.Context, call *service.Call, in *kmsapi.RetireGrantRequest) ([]service.Check, error) {
			k, g, err := s.findGrant(ctx, call.Region, in)
			if err != nil {
				return s.checks(ctx, call, use{action: "RetireGrant", operation: "RetireGrant", key: deref(in.KeyId), unread: service.Trouble(err)})
			}
			mine := func(arn string) bool {
				return arn != "" && (arn == call.Principal.ARN || arn == call.Principal.RoleARN)
			}
			if mine(g.Retiring) || mine(g.Grantee) && slices.Contains(g.Operations, "RetireGrant") {
				return nil, nil
			}
			return s.checks(ctx, call, use{action: "RetireGrant", operation: "RetireGrant", record: k})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.RetireGrantRequest) (*service.None, error) {
			k, g, err := s.findGrant(ctx, call.Region, in)
			if err != nil {
				return nil, err
			}
			if err := dryRun(in.DryRun); err != nil {
				return nil, err
			}
			_, err = s.store.Update(ctx, func(tx store.Tx) error {
				tx.Delete(grantPath(call.Region, k.ID, g.ID))
				return nil
			})
			return &service.None{}, err
		})
}

// findGrant finds a grant by its token, or by its key and ID.
func (s *Service) findGrant(ctx context.Context, region string, in *kmsapi.RetireGrantRequest) (*keyRecord, *grantRecord, error) {
	prefix, token := "kms/"+region+"/grant/", deref(in.GrantToken)
	if token == "" {
		k, err := s.vault.key(ctx, region, deref(in.KeyId))
		if err != nil {
			return nil, nil, err
		}
		prefix = grantPath(region, k.ID, deref(in.GrantId))
	}
	page, err := s.store.List(ctx, store.Range{Prefix: prefix})
	if err != nil {
		return nil, nil, fmt.Errorf("list grants: %w", err)
	}
	for _, item := range page.Items {
		var g grantRecord
		if err := item.Decode(&g); err != nil {
			return nil, nil, err
		}
		if token != "" && g.Token == token || token == "" && g.ID == deref(in.GrantId) {
			k, err := s.vault.key(ctx, region, g.Key)
			return k, &g, err
		}
	}
	if token != "" {
		return nil, nil, kmsapi.Service.NewError("InvalidGrantTokenException", "the grant token names no grant")
	}
	return nil, nil, notFound("Grant " + deref(in.GrantId) + " does not exist")
}
