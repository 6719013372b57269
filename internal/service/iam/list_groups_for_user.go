package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listGroupsForUser lists the groups that a user is in.
func (s *Service) listGroupsForUser() service.Operation {
	return service.Handle("ListGroupsForUser", onUser(s, func(in *iamapi.ListGroupsForUserRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListGroupsForUserRequest) (*iamapi.ListGroupsForUserResponse, error) {
			u, err := user(s.read(ctx), deref(in.UserName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListGroupsForUserResponse{Groups: []iamapi.Group{}}
			names, more, next, err := page(u.Groups, in.Marker, in.MaxItems, func(name *string) string { return *name })
			if err != nil {
				return nil, err
			}
			out.IsTruncated, out.Marker = more, next
			for _, name := range names {
				g, err := group(s.read(ctx), name)
				if err != nil {
					return nil, err
				}
				out.Groups = append(out.Groups, *s.groupShape(g))
			}
			return out, nil
		})
}
