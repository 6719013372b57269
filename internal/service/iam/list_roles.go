package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listRoles lists the roles under a path.
func (s *Service) listRoles() service.Operation {
	return service.Handle("ListRoles", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListRolesRequest) (*iamapi.ListRolesResponse, error) {
			list, more, marker, err := under(s.read(ctx), identity.Prefix+"role/", in.PathPrefix, in.Marker, in.MaxItems, func(r *identity.Role) (path, name string) { return r.Path, r.Name })
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListRolesResponse{Roles: []iamapi.Role{}, IsTruncated: more, Marker: marker}
			for i := range list {
				out.Roles = append(out.Roles, s.briefRole(&list[i]))
			}
			return out, nil
		})
}
