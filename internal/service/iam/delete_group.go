package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteGroup deletes a group without members and policies.
func (s *Service) deleteGroup() service.Operation {
	return service.Handle("DeleteGroup", onGroup(s, func(in *iamapi.DeleteGroupRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteGroupRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				g, err := group(tx, deref(in.GroupName))
				if err != nil {
					return err
				}
				users, err := members(tx, g.Name)
				if err != nil {
					return err
				}
				if len(users) > 0 {
					return conflict("must remove users from group first.")
				}
				tx.Delete(identity.GroupKey(g.Name))
				return empty(&g.Policies)
			})
		})
}
