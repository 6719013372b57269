package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateRole changes the description and the longest session of a role.
func (s *Service) updateRole() service.Operation {
	return service.Handle("UpdateRole", onRole(s, func(in *iamapi.UpdateRoleRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateRoleRequest) (*iamapi.UpdateRoleResponse, error) {
			return &iamapi.UpdateRoleResponse{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				if in.Description != nil {
					r.Description = *in.Description
				}
				if in.MaxSessionDuration != nil {
					if *in.MaxSessionDuration < minSession || *in.MaxSessionDuration > maxSession {
						return wire.Invalid.New(wire.Query, "MaxSessionDuration is %d; want %d to %d seconds", *in.MaxSessionDuration, minSession, maxSession)
					}
					r.MaxSession = *in.MaxSessionDuration
				}
				return nil
			})
		})
}
