package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeRegions knows the one region that is served.
func (s *Service) describeRegions() service.Operation {
	return handle("DescribeRegions", anything[ec2api.DescribeRegionsRequest],
		func(_ context.Context, _ *service.Call, in *ec2api.DescribeRegionsRequest) (*ec2api.DescribeRegionsResult, error) {
			for _, name := range in.RegionNames {
				if name != s.Region {
					return nil, invalid("Invalid region names: [%s]", name)
				}
			}
			found, err := matching([]string{s.Region}, in.Filters, func(*string) map[string]string { return nil }, func(r *string) fields {
				return fields{"region-name": {*r}, "endpoint": {s.regionEndpoint()}, "opt-in-status": {"opt-in-not-required"}}
			})
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeRegionsResult{Regions: []ec2api.Region{}}
			if slices.Contains(found, s.Region) {
				out.Regions = append(out.Regions, ec2api.Region{RegionName: &s.Region, Endpoint: ptr(s.regionEndpoint()), OptInStatus: ptr("opt-in-not-required")})
			}
			return out, nil
		})
}

func (s *Service) regionEndpoint() string { return "ec2." + s.Region + "." + s.DNSSuffix }
