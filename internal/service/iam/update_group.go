package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateGroup renames a group or moves it to another path.
func (s *Service) updateGroup() service.Operation {
	return service.Handle("UpdateGroup", func(ctx context.Context, call *service.Call, in *iamapi.UpdateGroupRequest) ([]service.Check, error) {
		checks, err := onGroup(s, func(in *iamapi.UpdateGroupRequest) *string { return in.GroupName })(ctx, call, in)
		if err != nil || in.NewGroupName == nil && in.NewPath == nil {
			return checks, err
		}
		return append(checks, become(call, "group", checks[0], in.NewPath, in.NewGroupName)), nil
	},
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateGroupRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				g, err := group(tx, deref(in.GroupName))
				if err != nil {
					return err
				}
				old := g.Name
				if in.NewPath != nil {
					g.Path = *in.NewPath
				}
				if in.NewGroupName == nil || *in.NewGroupName == old {
					return store.Write(tx, identity.GroupKey(old), g)
				}
				g.Name = *in.NewGroupName
				return renameGroup(tx, old, g)
			})
		})
}

// renameGroup moves a group's record to the new name, which its members then know.
func renameGroup(tx store.Tx, old string, g *identity.Group) error {
	users, err := members(tx, old)
	if err != nil {
		return err
	}
	tx.Delete(identity.GroupKey(old))
	if err := create(tx, identity.GroupKey(g.Name), g, exists("Group with name %s already exists.", g.Name)); err != nil {
		return err
	}
	for _, u := range users {
		u.Groups[slices.Index(u.Groups, old)] = g.Name
		if err := store.Write(tx, identity.UserKey(u.Name), u); err != nil {
			return err
		}
	}
	return nil
}
