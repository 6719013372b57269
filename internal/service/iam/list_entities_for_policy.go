package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listEntitiesForPolicy lists the users, groups and roles that a managed policy is attached to or bounds.
func (s *Service) listEntitiesForPolicy() service.Operation {
	return service.Handle("ListEntitiesForPolicy", onPolicy(s, func(in *iamapi.ListEntitiesForPolicyRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListEntitiesForPolicyRequest) (*iamapi.ListEntitiesForPolicyResponse, error) {
			if _, err := s.policy(s.read(ctx), deref(in.PolicyArn)); err != nil {
				return nil, err
			}
			h, err := readHolders(s.read(ctx))
			if err != nil {
				return nil, err
			}
			list, more, next, err := page(entitiesOf(h.useOf(*in.PolicyArn), in), in.Marker, in.MaxItems, func(e *entity) string { return e.kind + "/" + strings.ToLower(e.name) })
			out := &iamapi.ListEntitiesForPolicyResponse{PolicyUsers: []iamapi.PolicyUser{}, PolicyGroups: []iamapi.PolicyGroup{}, PolicyRoles: []iamapi.PolicyRole{}, IsTruncated: more, Marker: next}
			for _, e := range list {
				switch e.kind {
				case "Group":
					out.PolicyGroups = append(out.PolicyGroups, iamapi.PolicyGroup{GroupName: &e.name, GroupId: &e.id})
				case "Role":
					out.PolicyRoles = append(out.PolicyRoles, iamapi.PolicyRole{RoleName: &e.name, RoleId: &e.id})
				case "User":
					out.PolicyUsers = append(out.PolicyUsers, iamapi.PolicyUser{UserName: &e.name, UserId: &e.id})
				}
			}
			return out, err
		})
}

// entity is one that a policy is attached to or bounds.
type entity struct{ kind, name, id string }

// entitiesOf lists them as the request asks, groups first, then roles and users, each in the order of their names.
func entitiesOf(u *use, in *iamapi.ListEntitiesForPolicyRequest) []entity {
	var list []entity
	prefix := pathOf(in.PathPrefix)
	add := func(kind, name, id, path string) {
		if filter := deref(in.EntityFilter); (filter == "" || filter == kind) && strings.HasPrefix(path, prefix) {
			list = append(list, entity{kind, name, id})
		}
	}
	if deref(in.PolicyUsageFilter) != "PermissionsBoundary" {
		for _, g := range u.groups {
			add("Group", g.Name, g.ID, g.Path)
		}
		for _, r := range u.roles {
			add("Role", r.Name, r.ID, r.Path)
		}
		for _, one := range u.users {
			add("User", one.Name, one.ID, one.Path)
		}
	}
	if deref(in.PolicyUsageFilter) != "PermissionsPolicy" {
		for _, r := range u.boundaryRoles {
			add("Role", r.Name, r.ID, r.Path)
		}
		for _, one := range u.boundaryUsers {
			add("User", one.Name, one.ID, one.Path)
		}
	}
	slices.SortFunc(list, func(a, b entity) int {
		return strings.Compare(a.kind+"/"+strings.ToLower(a.name), b.kind+"/"+strings.ToLower(b.name))
	})
	return slices.Compact(list)
}
