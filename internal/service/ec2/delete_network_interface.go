package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteNetworkInterface() service.Operation {
	return handle("DeleteNetworkInterface",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteNetworkInterfaceRequest) []service.Check {
			return []service.Check{s.on(ctx, call, "network-interface", value(in.NetworkInterfaceId))}
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.DeleteNetworkInterfaceRequest) (*service.None, error) {
			_, err := s.Store.Update(ctx, func(tx store.Tx) error {
				n, err := lookup[NIC](tx, nics, *in.NetworkInterfaceId)
				if err != nil {
					return err
				}
				if n.Attached != "" {
					return fault("InvalidParameterValue", "Network interface '%s' is currently in use.", n.ID)
				}
				tx.Delete(nicKeys + n.ID)
				return nil
			})
			return &service.None{}, err
		})
}
