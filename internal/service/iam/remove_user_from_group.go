package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// removeUserFromGroup ends a membership.
func (s *Service) removeUserFromGroup() service.Operation {
	return service.Handle("RemoveUserFromGroup", onGroup(s, func(in *iamapi.RemoveUserFromGroupRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.RemoveUserFromGroupRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(tx store.Tx, u *identity.User) error {
				g, err := group(tx, deref(in.GroupName))
				if err != nil {
					return err
				}
				u.Groups = slices.DeleteFunc(u.Groups, func(name string) bool { return name == g.Name })
				return nil
			})
		})
}
