package ec2

import (
	"context"
	"net/netip"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeSubnets() service.Operation {
	return handle("DescribeSubnets", anything[ec2api.DescribeSubnetsRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeSubnetsRequest) (*ec2api.DescribeSubnetsResult, error) {
			id := func(v *Subnet) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, subnets, in.SubnetIds, in.Filters, id, func(v *Subnet) map[string]string { return v.Tags }, s.subnetFields)
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			used, err := every[NIC](outside{ctx, s.Store}, nics)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeSubnetsResult{Subnets: []ec2api.Subnet{}, NextToken: next}
			for i := range page {
				out.Subnets = append(out.Subnets, s.showSubnet(&page[i], used))
			}
			return out, nil
		})
}

func (s *Service) subnetFields(v *Subnet) fields {
	zone := ""
	if v.Zone != "" {
		zone = zoneID(s.Region, v.Zone)
	}
	return fields{
		"subnet-id": {v.ID}, "vpc-id": {v.VPC}, "availability-zone": {v.Zone}, "availabilityZone": {v.Zone}, "availability-zone-id": {zone},
		"cidr-block": {v.CIDR}, "ipv6-cidr-block-association.ipv6-cidr-block": {v.IPv6}, "cidrBlock": {v.CIDR}, "cidr": {v.CIDR}, "state": {"available"}, "owner-id": {s.Account},
		"default-for-az": flag(v.Default), "defaultForAz": flag(v.Default), "subnet-arn": {s.subnetARN(v.ID)}, "map-public-ip-on-launch": flag(v.Default),
	}
}

func (s *Service) subnetARN(id string) string {
	return "arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":subnet/" + id
}

// reserved are the addresses of a subnet that nobody gets: the network, the router, two more and the broadcast.
const reserved = 5

func (s *Service) showSubnet(v *Subnet, used []NIC) ec2api.Subnet {
	free := int64(0)
	if p, err := netip.ParsePrefix(v.CIDR); err == nil {
		free = max(0, int64(1)<<(32-p.Bits())-reserved)
	}
	for i := range used {
		if used[i].Subnet == v.ID {
			free--
		}
	}
	return ec2api.Subnet{
		SubnetId: &v.ID, VpcId: &v.VPC, AvailabilityZone: &v.Zone, AvailabilityZoneId: ptr(zoneID(s.Region, v.Zone)), CidrBlock: &v.CIDR,
		AvailableIpAddressCount: &free, DefaultForAz: &v.Default, MapPublicIpOnLaunch: &v.Default, OwnerId: &s.Account, State: ptr("available"),
		SubnetArn: ptr(s.subnetARN(v.ID)), AssignIpv6AddressOnCreation: ptr(false), Ipv6Native: ptr(false), Ipv6CidrBlockAssociationSet: subnetIPv6(v), Tags: tagList(v.Tags),
	}
}
