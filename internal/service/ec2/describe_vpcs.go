package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeVpcs() service.Operation {
	return handle("DescribeVpcs", anything[ec2api.DescribeVpcsRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeVpcsRequest) (*ec2api.DescribeVpcsResult, error) {
			id := func(v *Vpc) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, vpcs, in.VpcIds, in.Filters, id, func(v *Vpc) map[string]string { return v.Tags }, s.vpcFields)
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeVpcsResult{Vpcs: []ec2api.Vpc{}, NextToken: next}
			for i := range page {
				out.Vpcs = append(out.Vpcs, s.showVpc(&page[i]))
			}
			return out, nil
		})
}

// describe reads the records of a kind that were asked for.
func describe[T any](from lister, k kind, ids []string, filters []ec2api.Filter, id func(*T) string, tags func(*T) map[string]string, of func(*T) fields) ([]T, error) {
	all, err := every[T](from, k)
	if err != nil {
		return nil, err
	}
	if all, err = chosen(all, k, ids, id); err != nil {
		return nil, err
	}
	return matching(all, filters, tags, of)
}

func (s *Service) vpcFields(v *Vpc) fields {
	f := fields{
		"vpc-id": {v.ID}, "state": {"available"}, "owner-id": {s.Account}, "is-default": flag(v.Default), "isDefault": flag(v.Default),
		"cidr": nil, "cidr-block-association.cidr-block": v.CIDRs, "cidr-block-association.state": {"associated"}, "ipv6-cidr-block-association.ipv6-cidr-block": v.IPv6, "dhcp-options-id": {"default"},
	}
	if len(v.CIDRs) > 0 {
		f["cidr"] = v.CIDRs[:1]
	}
	return f
}

func (s *Service) showVpc(v *Vpc) ec2api.Vpc {
	out := ec2api.Vpc{
		VpcId: &v.ID, CidrBlock: &v.CIDRs[0], IsDefault: &v.Default, OwnerId: &s.Account, State: ptr("available"), InstanceTenancy: ptr("default"),
		DhcpOptionsId: ptr("default"), Ipv6CidrBlockAssociationSet: vpcIPv6(v), Tags: tagList(v.Tags),
	}
	for i := range v.CIDRs {
		out.CidrBlockAssociationSet = append(out.CidrBlockAssociationSet, ec2api.VpcCidrBlockAssociation{
			AssociationId: ptr("vpc-cidr-assoc-" + v.ID[4:len(v.ID)-1] + string(rune('0'+i%10))), CidrBlock: &v.CIDRs[i], CidrBlockState: &ec2api.VpcCidrBlockState{State: ptr("associated")},
		})
	}
	return out
}
