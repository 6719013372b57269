package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// addUserToGroup makes a user a member of a group.
func (s *Service) addUserToGroup() service.Operation {
	return service.Handle("AddUserToGroup", onGroup(s, func(in *iamapi.AddUserToGroupRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.AddUserToGroupRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(tx store.Tx, u *identity.User) error {
				g, err := group(tx, deref(in.GroupName))
				if err != nil || slices.Contains(u.Groups, g.Name) {
					return err
				}
				if len(u.Groups) >= maxGroups {
					return tooMany("GroupsPerUser", maxGroups)
				}
				u.Groups = append(u.Groups, g.Name)
				slices.Sort(u.Groups)
				return nil
			})
		})
}

// maxGroups is how many groups a user may be in.
const maxGroups = 10
