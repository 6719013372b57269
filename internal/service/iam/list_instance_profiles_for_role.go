package iam

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listInstanceProfilesForRole lists the instance profiles that hold a role.
func (s *Service) listInstanceProfilesForRole() service.Operation {
	return service.Handle("ListInstanceProfilesForRole", onRole(s, func(in *iamapi.ListInstanceProfilesForRoleRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListInstanceProfilesForRoleRequest) (*iamapi.ListInstanceProfilesForRoleResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			list, err := profilesOf(s.read(ctx), r.Name)
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListInstanceProfilesForRoleResponse{}
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(p *profileRecord) string { return strings.ToLower(p.Name) })
			if err != nil {
				return nil, err
			}
			out.InstanceProfiles, err = s.profileShapes(s.read(ctx), list)
			return out, err
		})
}
