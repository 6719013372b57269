package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createReplicationSubnetGroup() service.Operation {
	return handle(s, "CreateReplicationSubnetGroup", func(ctx context.Context, _ *service.Call, in *dmsapi.CreateReplicationSubnetGroupMessage) (*dmsapi.CreateReplicationSubnetGroupResponse, error) {
		name, err := groupNameOf(*in.ReplicationSubnetGroupIdentifier)
		if err != nil {
			return nil, err
		}
		if name == defaultGroup {
			return nil, invalidValue("The parameter ReplicationSubnetGroupIdentifier must not be %q: that group is made when an instance first needs it.", defaultGroup)
		}
		if err := checkDescription(*in.ReplicationSubnetGroupDescription); err != nil {
			return nil, err
		}
		tags, err := tagsIn(in.Tags)
		if err != nil {
			return nil, err
		}
		if err := s.needsNetworkRole(ctx, s.arn(subnetGroups, name), looksAround()); err != nil {
			return nil, err
		}
		g := SubnetGroup{Name: name, Description: *in.ReplicationSubnetGroupDescription, Subnets: in.SubnetIds, Tags: tags}
		var shown *dmsapi.ReplicationSubnetGroup
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			there, err := store.Exists(tx, subnetGroups.keys()+name)
			if err != nil {
				return err
			}
			if there {
				return exists(s.arn(subnetGroups, name), "%s already exists: %s", subnetGroups.noun, name)
			}
			if err := s.quota(tx, quotaSubnetGroups, 1); err != nil {
				return err
			}
			if g.VPC, err = s.coverage(tx, g.Subnets); err != nil {
				return err
			}
			if shown, err = showGroup(tx, &g); err != nil {
				return err
			}
			return store.Write(tx, subnetGroups.keys()+name, g)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.CreateReplicationSubnetGroupResponse{ReplicationSubnetGroup: shown}, nil
	})
}
