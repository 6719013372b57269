package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteReplicationSubnetGroup() service.Operation {
	return handle(s, "DeleteReplicationSubnetGroup", func(ctx context.Context, _ *service.Call, in *dmsapi.DeleteReplicationSubnetGroupMessage) (*dmsapi.DeleteReplicationSubnetGroupResponse, error) {
		name, err := groupNameOf(*in.ReplicationSubnetGroupIdentifier)
		if err != nil {
			return nil, err
		}
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			g, err := lookup[SubnetGroup](tx, subnetGroups, name)
			if err != nil {
				return err
			}
			users, err := referrers(tx, subnetGroups, g.Name, instances)
			if err != nil {
				return err
			}
			if len(users) > 0 {
				i, err := lookup[Instance](tx, instances, users[0])
				if err != nil {
					return err
				}
				return badState("Cannot delete the subnet group '%s' because at least one database instance: %s is still using it.", g.Name, i.Name)
			}
			tx.Delete(subnetGroups.keys() + g.Name)
			return nil
		})
		return &dmsapi.DeleteReplicationSubnetGroupResponse{}, err
	})
}
