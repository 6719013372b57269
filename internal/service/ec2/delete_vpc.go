package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteVpc() service.Operation {
	return handle("DeleteVpc",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteVpcRequest) []service.Check {
			return []service.Check{s.on(ctx, call, "vpc", value(in.VpcId))}
		}, s.deleteVpcDo)
}

// deleteVpcDo: a VPC goes when nothing is in it but its default group, which goes along.
func (s *Service) deleteVpcDo(ctx context.Context, _ *service.Call, in *ec2api.DeleteVpcRequest) (*service.None, error) {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		v, err := lookup[Vpc](tx, vpcs, *in.VpcId)
		if err != nil {
			return err
		}
		inside, err := dependants(tx, v.ID)
		if err != nil {
			return err
		}
		if inside > 0 {
			return fault("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", v.ID)
		}
		all, err := every[Group](tx, groups)
		if err != nil {
			return err
		}
		for _, g := range all {
			if g.VPC == v.ID {
				tx.Delete(groupKeys + g.ID)
			}
		}
		tx.Delete(vpcKeys + v.ID)
		return nil
	})
	return &service.None{}, err
}

// dependants counts what is in a VPC beside its default group.
func dependants(tx store.Tx, vpc string) (int, error) {
	n := 0
	count := func(in string) {
		if in == vpc {
			n++
		}
	}
	nets, err := every[Subnet](tx, subnets)
	if err != nil {
		return 0, err
	}
	for _, x := range nets {
		count(x.VPC)
	}
	all, err := every[Group](tx, groups)
	if err != nil {
		return 0, err
	}
	for _, x := range all {
		if x.Name != "default" {
			count(x.VPC)
		}
	}
	ways, err := every[VPCEndpoint](tx, endpoints)
	if err != nil {
		return 0, err
	}
	for _, x := range ways {
		count(x.VPC)
	}
	out, err := every[Gateway](tx, gateways)
	if err != nil {
		return 0, err
	}
	for _, x := range out {
		count(x.VPC)
	}
	return n, nil
}
