package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listRoles lists the roles under a path.
func (s *Service) listRoles() service.Operation {
	return service.Handle("ListRoles", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListRolesRequest) (*iamapi.ListRolesResponse, error) {
			list, err := all[identity.Role](s.read(ctx), identity.Prefix+"role/")
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListRolesResponse{Roles: []iamapi.Role{}}
			prefix := pathOf(in.PathPrefix)
			list = slices.DeleteFunc(list, func(r identity.Role) bool { return !strings.HasPrefix(r.Path, prefix) })
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(r *identity.Role) string { return strings.ToLower(r.Name) })
			for i := range list {
				out.Roles = append(out.Roles, s.briefRole(&list[i]))
			}
			return out, err
		})
}
