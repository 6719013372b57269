package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createGroup makes a group.
func (s *Service) createGroup() service.Operation {
	return service.Handle("CreateGroup", func(_ context.Context, call *service.Call, in *iamapi.CreateGroupRequest) ([]service.Check, error) {
		return check(call, "group"+pathOf(in.Path)+deref(in.GroupName), nil), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateGroupRequest) (*iamapi.CreateGroupResponse, error) {
			g := &identity.Group{Name: deref(in.GroupName), Path: pathOf(in.Path), ID: identity.NewID(identity.GroupID), Created: stamped(call)}
			err := s.update(ctx, func(tx store.Tx) error {
				return createWithin(tx, &groupsQuota, identity.GroupKey(g.Name), g, exists("Group with name %s already exists.", g.Name))
			})
			return &iamapi.CreateGroupResponse{Group: s.groupShape(g)}, err
		})
}
