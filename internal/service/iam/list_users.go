package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listUsers lists the users under a path.
func (s *Service) listUsers() service.Operation {
	return service.Handle("ListUsers", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListUsersRequest) (*iamapi.ListUsersResponse, error) {
			list, more, marker, err := under(s.read(ctx), identity.Prefix+"user/", in.PathPrefix, in.Marker, in.MaxItems, func(u *identity.User) (path, name string) { return u.Path, u.Name })
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListUsersResponse{Users: []iamapi.User{}, IsTruncated: more, Marker: marker}
			for i := range list {
				out.Users = append(out.Users, s.briefUser(&list[i]))
			}
			return out, nil
		})
}
