package ec2

import (
	"context"
	"net/netip"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createVpc() service.Operation {
	return handle("CreateVpc",
		func(_ context.Context, call *service.Call, in *ec2api.CreateVpcRequest) []service.Check {
			return making(call, "vpc", in.TagSpecifications)
		}, s.createVpcDo)
}

func (s *Service) createVpcDo(ctx context.Context, _ *service.Call, in *ec2api.CreateVpcRequest) (*ec2api.CreateVpcResult, error) {
	if in.CidrBlock == nil {
		return nil, fault("MissingParameter", "The request must contain the parameter cidrBlock")
	}
	if in.Ipv4IpamPoolId != nil || in.Ipv6IpamPoolId != nil || in.Ipv6Pool != nil {
		return nil, fault("UnsupportedOperation", "A VPC of this inventory has blocks that you name; leave address pools out.")
	}
	if tenancy := value(in.InstanceTenancy); tenancy != "" && tenancy != "default" || in.VpcEncryptionControl != nil ||
		in.Ipv6CidrBlockNetworkBorderGroup != nil || in.Ipv4NetmaskLength != nil || in.Ipv6NetmaskLength != nil {
		return nil, fault("UnsupportedOperation", "A VPC of this inventory has default tenancy, and neither encryption control, a border group nor netmask lengths.")
	}
	if value(in.AmazonProvidedIpv6CidrBlock) && in.Ipv6CidrBlock != nil {
		return nil, fault("InvalidParameterCombination", "AmazonProvidedIpv6CidrBlock and Ipv6CidrBlock exclude each other.")
	}
	cidr, err := block(*in.CidrBlock, 16, 28, "InvalidVpc.Range")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFor(in.TagSpecifications, "vpc")
	if err != nil {
		return nil, err
	}
	v := Vpc{ID: newID("vpc"), CIDRs: []string{cidr.String()}, Tags: tags}
	if value(in.AmazonProvidedIpv6CidrBlock) {
		v.IPv6 = []string{providedBlock().String()}
	} else if in.Ipv6CidrBlock != nil {
		p, err := block6(*in.Ipv6CidrBlock, 44, 60, "InvalidVpc.Range")
		if err != nil {
			return nil, err
		}
		v.IPv6 = []string{p.String()}
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		if err := roomUnder(tx, vpcKeys, mostVPCs, "VpcLimitExceeded", "VPCs"); err != nil {
			return err
		}
		if err := store.Write(tx, vpcKeys+v.ID, v); err != nil {
			return err
		}
		return writeGroup(tx, defaultGroup(v.ID))
	})
	if err != nil {
		return nil, err
	}
	shown := s.showVpc(&v)
	return &ec2api.CreateVpcResult{Vpc: &shown}, nil
}

// defaultGroup is the security group that every VPC has: members reach each other, and everything outside.
func defaultGroup(vpc string) *Group {
	g := &Group{ID: newID("sg"), Name: "default", Description: "default VPC security group", VPC: vpc}
	g.Ingress = []Rule{{ID: newID("sgr"), Protocol: "-1", From: -1, To: -1, Group: g.ID}}
	g.Egress = openEgress()
	return g
}

// openEgress are the egress rules that a new group begins with.
func openEgress() []Rule {
	return []Rule{{ID: newID("sgr"), Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}, {ID: newID("sgr"), Protocol: "-1", From: -1, To: -1, CIDR: "::/0"}}
}

func writeGroup(tx store.Tx, g *Group) error { return store.Write(tx, groupKeys+g.ID, g) }

// block reads a CIDR block of an allowed size. Bits beyond its size are refused, as they are a slip.
func block(text string, largest, smallest int, code string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return p, invalid("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	if p.Masked() != p {
		return p, invalid("Value (%s) for parameter cidrBlock is invalid. %s would be right.", text, p.Masked())
	}
	if p.Bits() < largest || p.Bits() > smallest {
		return p, fault(code, "The CIDR '%s' is invalid. Its size must be between /%d and /%d.", text, largest, smallest)
	}
	return p, nil
}
