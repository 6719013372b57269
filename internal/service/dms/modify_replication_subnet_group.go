package dms

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) modifyReplicationSubnetGroup() service.Operation {
	return handle(s, "ModifyReplicationSubnetGroup", func(ctx context.Context, _ *service.Call, in *dmsapi.ModifyReplicationSubnetGroupMessage) (*dmsapi.ModifyReplicationSubnetGroupResponse, error) {
		name, err := groupNameOf(*in.ReplicationSubnetGroupIdentifier)
		if err != nil {
			return nil, err
		}
		if err := checkDescription(value(in.ReplicationSubnetGroupDescription)); err != nil {
			return nil, err
		}
		if err := s.needsNetworkRole(ctx, s.arn(subnetGroups, name), looksAround()); err != nil {
			return nil, err
		}
		var shown *dmsapi.ReplicationSubnetGroup
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			g, err := s.subnetGroup(tx, name)
			if err != nil {
				return err
			}
			if err := s.resubnet(tx, g, in.SubnetIds); err != nil {
				return err
			}
			if in.ReplicationSubnetGroupDescription != nil {
				g.Description = *in.ReplicationSubnetGroupDescription
			}
			if shown, err = showGroup(tx, g); err != nil {
				return err
			}
			return store.Write(tx, subnetGroups.keys()+name, g)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.ModifyReplicationSubnetGroupResponse{ReplicationSubnetGroup: shown}, nil
	})
}

// resubnet gives a group other subnets: in its VPC, and with those in which instances of the group are.
func (s *Service) resubnet(tx store.Tx, g *SubnetGroup, ids []string) error {
	vpc, err := s.coverage(tx, ids)
	if err != nil {
		return err
	}
	users, err := referrers(tx, subnetGroups, g.Name, instances)
	if err != nil {
		return err
	}
	if vpc != g.VPC && len(users) > 0 {
		return fault("InvalidSubnet", "The subnets are in the VPC %s, and instances of the replication subnet group %s are in %s.", vpc, g.Name, g.VPC)
	}
	for _, id := range users {
		i, err := lookup[Instance](tx, instances, id)
		if err != nil {
			return err
		}
		for _, card := range i.NICs {
			n, err := ec2.FindNIC(tx, card)
			if err != nil {
				return err
			}
			if n != nil && !slices.Contains(ids, n.Subnet) {
				return fault("SubnetAlreadyInUse", "The subnet %s cannot be taken out of the replication subnet group %s: the replication instance %s is in it.", n.Subnet, g.Name, i.Name)
			}
		}
	}
	g.VPC, g.Subnets = vpc, ids
	return nil
}
