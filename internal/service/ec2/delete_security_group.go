package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteSecurityGroup() service.Operation {
	return handle("DeleteSecurityGroup",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteSecurityGroupRequest) []service.Check {
			return []service.Check{s.onGroup(ctx, call, in.GroupId, in.GroupName)}
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.DeleteSecurityGroupRequest) (*ec2api.DeleteSecurityGroupResult, error) {
			id := ""
			_, err := s.Store.Update(ctx, func(tx store.Tx) error {
				g, err := groupOf(tx, in.GroupId, in.GroupName)
				if err != nil {
					return err
				}
				id = g.ID
				if g.Name == "default" {
					return fault("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
				}
				used, err := groupUsed(tx, g.ID)
				if err != nil {
					return err
				}
				if used {
					return fault("DependencyViolation", "resource %s has a dependent object", g.ID)
				}
				tx.Delete(groupKeys + g.ID)
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &ec2api.DeleteSecurityGroupResult{Return: ptr(true), GroupId: &id}, nil
		})
}

// groupUsed reports that an interface, an endpoint or another group's rule names the group.
func groupUsed(tx store.Tx, id string) (bool, error) {
	cards, err := every[NIC](tx, nics)
	if err != nil {
		return false, err
	}
	ways, err := every[VPCEndpoint](tx, endpoints)
	if err != nil {
		return false, err
	}
	all, err := every[Group](tx, groups)
	if err != nil {
		return false, err
	}
	names := func(r Rule) bool { return r.Group == id }
	return slices.ContainsFunc(cards, func(n NIC) bool { return slices.Contains(n.Groups, id) }) ||
		slices.ContainsFunc(ways, func(e VPCEndpoint) bool { return slices.Contains(e.Groups, id) }) ||
		slices.ContainsFunc(all, func(g Group) bool {
			return g.ID != id && (slices.ContainsFunc(g.Ingress, names) || slices.ContainsFunc(g.Egress, names))
		}), nil
}
