package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getRolePolicy shows an inline policy of a role.
func (s *Service) getRolePolicy() service.Operation {
	return service.Handle("GetRolePolicy", onRole(s, func(in *iamapi.GetRolePolicyRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetRolePolicyRequest) (*iamapi.GetRolePolicyResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			document, err := roleKind.inline(&r.Policies, deref(in.PolicyName))
			if err != nil {
				return nil, err
			}
			return &iamapi.GetRolePolicyResponse{RoleName: &r.Name, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
		})
}
