package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteSubnet() service.Operation {
	return handle("DeleteSubnet",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteSubnetRequest) []service.Check {
			return []service.Check{s.on(ctx, call, "subnet", value(in.SubnetId))}
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.DeleteSubnetRequest) (*service.None, error) {
			_, err := s.Store.Update(ctx, func(tx store.Tx) error {
				net, err := lookup[Subnet](tx, subnets, *in.SubnetId)
				if err != nil {
					return err
				}
				all, err := every[NIC](tx, nics)
				if err != nil {
					return err
				}
				if slices.ContainsFunc(all, func(n NIC) bool { return n.Subnet == net.ID }) {
					return fault("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", net.ID)
				}
				tx.Delete(subnetKeys + net.ID)
				return nil
			})
			return &service.None{}, err
		})
}
