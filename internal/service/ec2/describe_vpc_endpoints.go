package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeVpcEndpoints() service.Operation {
	return handle("DescribeVpcEndpoints", anything[ec2api.DescribeVpcEndpointsRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeVpcEndpointsRequest) (*ec2api.DescribeVpcEndpointsResult, error) {
			id := func(v *VPCEndpoint) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, endpoints, in.VpcEndpointIds, in.Filters, id, func(v *VPCEndpoint) map[string]string { return v.Tags },
				func(e *VPCEndpoint) fields {
					return fields{
						"vpc-endpoint-id": {e.ID}, "vpc-id": {e.VPC}, "service-name": {s.serviceName(e.Service)}, "vpc-endpoint-state": {"available"},
						"vpc-endpoint-type": {"Interface"}, "ip-address-type": {"ipv4"}, "service-region": {s.Region},
					}
				})
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			known, err := every[Group](outside{ctx, s.Store}, groups)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeVpcEndpointsResult{VpcEndpoints: []ec2api.VpcEndpoint{}, NextToken: next}
			for i := range page {
				out.VpcEndpoints = append(out.VpcEndpoints, s.showEndpoint(&page[i], known))
			}
			return out, nil
		})
}

// fullAccess is how EC2 shows the policy of an endpoint that was given none.
const fullAccess = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`

func (s *Service) showEndpoint(e *VPCEndpoint, known []Group) ec2api.VpcEndpoint {
	document := e.Policy
	if document == "" {
		document = fullAccess
	}
	out := ec2api.VpcEndpoint{
		VpcEndpointId: &e.ID, VpcId: &e.VPC, VpcEndpointType: ptr("Interface"), ServiceName: ptr(s.serviceName(e.Service)), State: ptr("available"),
		PolicyDocument: &document, SubnetIds: e.Subnets, NetworkInterfaceIds: e.NICs, PrivateDnsEnabled: &e.PrivateDNS, OwnerId: &s.Account,
		CreationTimestamp: &e.Created, IpAddressType: ptr("ipv4"), RequesterManaged: ptr(false), ServiceRegion: &s.Region, RouteTableIds: []string{}, Tags: tagList(e.Tags),
	}
	for _, g := range groupNames(e.Groups, known) {
		out.Groups = append(out.Groups, ec2api.SecurityGroupIdentifier(g))
	}
	for i := range e.Names {
		out.DnsEntries = append(out.DnsEntries, ec2api.DnsEntry{DnsName: &e.Names[i]})
	}
	if e.PrivateName != "" {
		out.DnsEntries = append(out.DnsEntries, ec2api.DnsEntry{DnsName: &e.PrivateName})
	}
	return out
}
