package ec2

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteVpcEndpoints() service.Operation {
	return handle("DeleteVpcEndpoints",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteVpcEndpointsRequest) []service.Check {
			var checks []service.Check
			for _, id := range in.VpcEndpointIds {
				checks = append(checks, s.on(ctx, call, "vpc-endpoint", id))
			}
			if len(checks) == 0 {
				return call.OnAny()
			}
			return checks
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.DeleteVpcEndpointsRequest) (*ec2api.DeleteVpcEndpointsResult, error) {
			out := &ec2api.DeleteVpcEndpointsResult{Unsuccessful: []ec2api.UnsuccessfulItem{}}
			for i := range in.VpcEndpointIds {
				err := s.deleteEndpoint(ctx, in.VpcEndpointIds[i])
				var e *wire.Error
				switch {
				case errors.As(err, &e):
					out.Unsuccessful = append(out.Unsuccessful, ec2api.UnsuccessfulItem{ResourceId: &in.VpcEndpointIds[i], Error: &ec2api.UnsuccessfulItemError{Code: &e.Code, Message: &e.Message}})
				case err != nil:
					return nil, err
				}
			}
			return out, nil
		})
}

func (s *Service) deleteEndpoint(ctx context.Context, id string) error {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		e, err := lookup[VPCEndpoint](tx, endpoints, id)
		if err != nil {
			return err
		}
		for _, n := range e.NICs {
			tx.Delete(nicKeys + n)
		}
		tx.Delete(endpointKeys + e.ID)
		return nil
	})
	return err
}
