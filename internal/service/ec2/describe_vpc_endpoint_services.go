package ec2

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeVpcEndpointServices() service.Operation {
	return handle("DescribeVpcEndpointServices", anything[ec2api.DescribeVpcEndpointServicesRequest],
		func(_ context.Context, _ *service.Call, in *ec2api.DescribeVpcEndpointServicesRequest) (*ec2api.DescribeVpcEndpointServicesResult, error) {
			var names []string
			for _, short := range s.Services {
				names = append(names, s.serviceName(short))
			}
			slices.Sort(names)
			if len(in.ServiceRegions) > 0 && !slices.Contains(in.ServiceRegions, s.Region) {
				names = nil
			}
			for _, want := range in.ServiceNames {
				if !slices.Contains(names, want) {
					return nil, fault("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", want)
				}
			}
			if len(in.ServiceNames) > 0 {
				names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(in.ServiceNames, n) })
			}
			name := func(n *string) string { return *n }
			found, err := matching(names, in.Filters, func(*string) map[string]string { return nil }, func(n *string) fields {
				return fields{"service-name": {*n}, "service-type": {"Interface"}, "owner": {"amazon"}, "supported-ip-address-types": {"ipv4"}, "service-region": {s.Region}}
			})
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, name, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeVpcEndpointServicesResult{ServiceNames: []string{}, ServiceDetails: []ec2api.ServiceDetail{}, NextToken: next}
			for i := range page {
				short := page[i][strings.LastIndexByte(page[i], '.')+1:]
				host := s.hostOf(short)
				out.ServiceNames = append(out.ServiceNames, page[i])
				out.ServiceDetails = append(out.ServiceDetails, ec2api.ServiceDetail{
					ServiceName: &page[i], ServiceType: []ec2api.ServiceTypeDetail{{ServiceType: ptr("Interface")}}, AvailabilityZones: s.zones(), Owner: ptr("amazon"),
					PrivateDnsName: &host, PrivateDnsNames: []ec2api.PrivateDnsDetails{{PrivateDnsName: &host}}, PrivateDnsNameVerificationState: ptr("verified"),
					BaseEndpointDnsNames: []string{short + "." + s.Region + ".vpce." + s.DNSSuffix}, AcceptanceRequired: ptr(false), ManagesVpcEndpoints: ptr(false),
					VpcEndpointPolicySupported: ptr(true), SupportedIpAddressTypes: []string{"ipv4"}, ServiceRegion: &s.Region,
				})
			}
			return out, nil
		})
}
