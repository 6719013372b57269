package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listUsers lists the users under a path.
func (s *Service) listUsers() service.Operation {
	return service.Handle("ListUsers", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListUsersRequest) (*iamapi.ListUsersResponse, error) {
			list, err := all[identity.User](s.read(ctx), identity.Prefix+"user/")
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListUsersResponse{Users: []iamapi.User{}}
			prefix := pathOf(in.PathPrefix)
			list = slices.DeleteFunc(list, func(u identity.User) bool { return !strings.HasPrefix(u.Path, prefix) })
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(u *identity.User) string { return strings.ToLower(u.Name) })
			for i := range list {
				out.Users = append(out.Users, s.briefUser(&list[i]))
			}
			return out, err
		})
}
