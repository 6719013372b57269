package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) modifyVpcEndpoint() service.Operation {
	return handle("ModifyVpcEndpoint",
		func(ctx context.Context, call *service.Call, in *ec2api.ModifyVpcEndpointRequest) []service.Check {
			checks := []service.Check{s.on(ctx, call, "vpc-endpoint", value(in.VpcEndpointId))}
			for _, id := range slices.Concat(in.AddSecurityGroupIds, in.RemoveSecurityGroupIds) {
				checks = append(checks, s.on(ctx, call, "security-group", id))
			}
			for _, id := range slices.Concat(in.AddSubnetIds, in.RemoveSubnetIds) {
				checks = append(checks, s.on(ctx, call, "subnet", id))
			}
			return checks
		}, s.modifyVpcEndpointDo)
}

func (s *Service) modifyVpcEndpointDo(ctx context.Context, _ *service.Call, in *ec2api.ModifyVpcEndpointRequest) (*ec2api.ModifyVpcEndpointResult, error) {
	if in.DnsOptions != nil || len(in.AddRouteTableIds) > 0 || len(in.RemoveRouteTableIds) > 0 {
		return nil, fault("UnsupportedOperation", "Interface endpoints of this inventory have no route tables and no DNS options.")
	}
	if kind := value(in.IpAddressType); kind != "" && kind != "ipv4" {
		return nil, fault("UnsupportedOperation", "IpAddressType %q is not served.", kind)
	}
	if err := checkPolicy(in.PolicyDocument); err != nil {
		return nil, err
	}
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		e, err := lookup[VPCEndpoint](tx, endpoints, *in.VpcEndpointId)
		if err != nil {
			return err
		}
		if in.PolicyDocument != nil {
			e.Policy = *in.PolicyDocument
		}
		if value(in.ResetPolicy) {
			e.Policy = ""
		}
		if in.PrivateDnsEnabled != nil {
			e.PrivateDNS, e.PrivateName = *in.PrivateDnsEnabled, ""
			if e.PrivateDNS {
				e.PrivateName = s.hostOf(e.Service)
				if err := s.privateNameFree(tx, e); err != nil {
					return err
				}
			}
		}
		if err := changeGroups(tx, e, in); err != nil {
			return err
		}
		if err := changeSubnets(tx, e, in); err != nil {
			return err
		}
		return store.Write(tx, endpointKeys+e.ID, e)
	})
	if err != nil {
		return nil, err
	}
	return &ec2api.ModifyVpcEndpointResult{Return: ptr(true)}, nil
}

func changeGroups(tx store.Tx, e *VPCEndpoint, in *ec2api.ModifyVpcEndpointRequest) error {
	ids := slices.DeleteFunc(slices.Clone(e.Groups), func(id string) bool { return slices.Contains(in.RemoveSecurityGroupIds, id) })
	for _, id := range in.AddSecurityGroupIds {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return fault("InvalidParameter", "An interface endpoint needs at least one security group.")
	}
	var err error
	e.Groups, err = groupsIn(tx, e.VPC, ids)
	if err != nil {
		return err
	}
	for _, id := range e.NICs {
		n, err := lookup[NIC](tx, nics, id)
		if err != nil {
			return err
		}
		n.Groups = e.Groups
		if err := store.Write(tx, nicKeys+n.ID, n); err != nil {
			return err
		}
	}
	return nil
}

func changeSubnets(tx store.Tx, e *VPCEndpoint, in *ec2api.ModifyVpcEndpointRequest) error {
	for _, id := range in.RemoveSubnetIds {
		i := slices.Index(e.Subnets, id)
		if i < 0 {
			return fault("InvalidParameter", "The endpoint '%s' is not in the subnet '%s'.", e.ID, id)
		}
		n, err := lookup[NIC](tx, nics, e.NICs[i])
		if err != nil {
			return err
		}
		tx.Delete(nicKeys + n.ID)
		e.Addresses = slices.DeleteFunc(e.Addresses, func(a string) bool { return slices.Contains(n.addresses(), a) })
		e.Subnets, e.NICs, e.Names = slices.Delete(e.Subnets, i, i+1), slices.Delete(e.NICs, i, i+1), slices.Delete(e.Names, i+1, i+2)
	}
	for _, id := range in.AddSubnetIds {
		net, err := lookup[Subnet](tx, subnets, id)
		if err != nil {
			return err
		}
		if net.VPC != e.VPC || slices.Contains(e.Subnets, id) {
			return fault("InvalidParameter", "The subnet '%s' is not another one of the vpc '%s'.", id, e.VPC)
		}
		first := e.Names[0]
		dot := len(e.ID) + 1 + 8 // after the ID and its random part
		e.Subnets, e.Names = append(e.Subnets, id), append(e.Names, first[:dot]+"-"+net.Zone+first[dot:])
		if err := layNIC(tx, e, id, in.SubnetConfigurations); err != nil {
			return err
		}
	}
	return nil
}
