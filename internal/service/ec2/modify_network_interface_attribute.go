package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) modifyNetworkInterfaceAttribute() service.Operation {
	return handle("ModifyNetworkInterfaceAttribute",
		func(ctx context.Context, call *service.Call, in *ec2api.ModifyNetworkInterfaceAttributeRequest) []service.Check {
			checks := []service.Check{s.on(ctx, call, "network-interface", value(in.NetworkInterfaceId))}
			for _, g := range in.Groups {
				checks = append(checks, s.on(ctx, call, "security-group", g))
			}
			return checks
		}, s.modifyNetworkInterfaceAttributeDo)
}

func (s *Service) modifyNetworkInterfaceAttributeDo(ctx context.Context, _ *service.Call, in *ec2api.ModifyNetworkInterfaceAttributeRequest) (*service.None, error) {
	if in.Attachment != nil || in.ConnectionTrackingSpecification != nil || in.EnaSrdSpecification != nil || in.EnablePrimaryIpv6 != nil || in.AssociatePublicIpAddress != nil || len(in.AssociatedSubnetIds) > 0 {
		return nil, fault("UnsupportedOperation", "Of a network interface of this inventory the groups, the description and the source/destination check can be changed.")
	}
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		n, err := lookup[NIC](tx, nics, *in.NetworkInterfaceId)
		if err != nil {
			return err
		}
		if n.Requester != "" {
			return fault("OperationNotPermitted", "Network interface '%s' was made by %s, which alone may change it.", n.ID, n.Requester)
		}
		if len(in.Groups) > 0 {
			if n.Groups, err = groupsIn(tx, n.VPC, in.Groups); err != nil {
				return err
			}
		}
		if in.Description != nil {
			n.Description = value(in.Description.Value)
		}
		if in.SourceDestCheck != nil {
			n.Check = value(in.SourceDestCheck.Value)
		}
		return store.Write(tx, nicKeys+n.ID, n)
	})
	return &service.None{}, err
}
