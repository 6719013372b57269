package ec2

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createSubnet() service.Operation {
	return handle("CreateSubnet",
		func(ctx context.Context, call *service.Call, in *ec2api.CreateSubnetRequest) []service.Check {
			checks := making(call, "subnet", in.TagSpecifications, s.on(ctx, call, "vpc", value(in.VpcId)))
			maps.Copy(checks[0].Keys, (&record{VPC: value(in.VpcId)}).place(call, "subnet"))
			return checks
		}, s.createSubnetDo)
}

func (s *Service) createSubnetDo(ctx context.Context, _ *service.Call, in *ec2api.CreateSubnetRequest) (*ec2api.CreateSubnetResult, error) {
	net, blocks, err := s.subnetOf(in)
	if err != nil {
		return nil, err
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		if err := blocks.fit(tx, net); err != nil {
			return err
		}
		return store.Write(tx, subnetKeys+net.ID, net)
	})
	if err != nil {
		return nil, err
	}
	shown := s.showSubnet(net, nil)
	return &ec2api.CreateSubnetResult{Subnet: &shown}, nil
}

// blocks are the addresses of a subnet; six may be none.
type blocks struct{ four, six netip.Prefix }

// subnetOf is the subnet that is asked for.
func (s *Service) subnetOf(in *ec2api.CreateSubnetRequest) (net *Subnet, b blocks, err error) {
	if in.CidrBlock == nil {
		return nil, b, fault("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	if in.Ipv4NetmaskLength != nil || in.Ipv6NetmaskLength != nil || value(in.Ipv6Native) || in.Ipv6IpamPoolId != nil || in.OutpostArn != nil || in.Ipv4IpamPoolId != nil {
		return nil, b, fault("UnsupportedOperation", "A subnet of this inventory has an IPv4 block that you name; leave Ipv6Native, netmask lengths, IPAM pools and Outposts out.")
	}
	if b.four, err = block(*in.CidrBlock, 16, 28, "InvalidSubnet.Range"); err != nil {
		return nil, b, err
	}
	if in.Ipv6CidrBlock != nil {
		if b.six, err = block6(*in.Ipv6CidrBlock, 44, 64, "InvalidSubnet.Range"); err != nil {
			return nil, b, err
		}
	}
	zone, err := s.zoneOf(in.AvailabilityZone, in.AvailabilityZoneId)
	if err != nil {
		return nil, b, err
	}
	tags, err := tagsFor(in.TagSpecifications, "subnet")
	if err != nil {
		return nil, b, err
	}
	net = &Subnet{ID: newID("subnet"), VPC: *in.VpcId, Zone: zone, CIDR: b.four.String(), Tags: tags}
	if b.six.IsValid() {
		net.IPv6 = b.six.String()
	}
	return net, b, nil
}

// fit reports what keeps a subnet out of its VPC: blocks that are not the VPC's, another subnet's, too many subnets.
func (b blocks) fit(tx store.Tx, net *Subnet) error {
	v, err := lookup[Vpc](tx, vpcs, net.VPC)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.CIDRs, func(c string) bool { return inside(c, b.four) }) {
		return fault("InvalidSubnet.Range", "The CIDR '%s' is invalid.", net.CIDR)
	}
	if b.six.IsValid() && !slices.ContainsFunc(v.IPv6, func(c string) bool { return inside(c, b.six) }) {
		return fault("InvalidSubnet.Range", "The CIDR '%s' is invalid.", net.IPv6)
	}
	all, err := every[Subnet](tx, subnets)
	if err != nil {
		return err
	}
	have := 0
	for _, other := range all {
		if other.VPC != net.VPC {
			continue
		}
		have++
		if p, err := netip.ParsePrefix(other.CIDR); err == nil && p.Overlaps(b.four) {
			return fault("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", net.CIDR)
		}
		if p, err := netip.ParsePrefix(other.IPv6); err == nil && b.six.IsValid() && p.Overlaps(b.six) {
			return fault("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", net.IPv6)
		}
	}
	return room(have, mostSubnets, "SubnetLimitExceeded", "subnets of the VPC")
}

// inside reports that a block lies in a larger one.
func inside(larger string, p netip.Prefix) bool {
	l, err := netip.ParsePrefix(larger)
	return err == nil && l.Bits() <= p.Bits() && l.Contains(p.Addr())
}

func (s *Service) zoneOf(name, id *string) (string, error) {
	if name == nil && id == nil {
		return s.zones()[0], nil
	}
	for _, z := range s.zones() {
		if name != nil && *name == z || id != nil && *id == zoneID(s.Region, z) {
			return z, nil
		}
	}
	return "", invalid("Value (%s%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %v.", value(name), value(id), s.zones())
}
