package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getRole shows a role.
func (s *Service) getRole() service.Operation {
	return service.Handle("GetRole", onRole(s, func(in *iamapi.GetRoleRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetRoleRequest) (*iamapi.GetRoleResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			shape := s.roleShape(r)
			used, err := s.usage.of(ctx, roleUse, r.ID)
			if err != nil {
				return nil, err
			}
			shape.RoleLastUsed = &iamapi.RoleLastUsed{}
			if !used.At.IsZero() {
				shape.RoleLastUsed = &iamapi.RoleLastUsed{LastUsedDate: &used.At, Region: &used.Region}
			}
			return &iamapi.GetRoleResponse{Role: shape}, nil
		})
}
