package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getGroup shows a group and its members.
func (s *Service) getGroup() service.Operation {
	return service.Handle("GetGroup", onGroup(s, func(in *iamapi.GetGroupRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetGroupRequest) (*iamapi.GetGroupResponse, error) {
			g, err := group(s.read(ctx), deref(in.GroupName))
			if err != nil {
				return nil, err
			}
			users, err := members(s.read(ctx), g.Name)
			if err != nil {
				return nil, err
			}
			out := &iamapi.GetGroupResponse{Group: s.groupShape(g), Users: []iamapi.User{}}
			users, out.IsTruncated, out.Marker, err = page(users, in.Marker, in.MaxItems, func(u *identity.User) string { return strings.ToLower(u.Name) })
			for i := range users {
				out.Users = append(out.Users, s.briefUser(&users[i]))
			}
			return out, err
		})
}

// members lists the users in a group.
func members(from ranger, name string) ([]identity.User, error) {
	users, err := all[identity.User](from, identity.UserKey(""))
	return slices.DeleteFunc(users, func(u identity.User) bool { return !slices.Contains(u.Groups, name) }), err
}
