package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeAvailabilityZones() service.Operation {
	return handle("DescribeAvailabilityZones", anything[ec2api.DescribeAvailabilityZonesRequest],
		func(_ context.Context, _ *service.Call, in *ec2api.DescribeAvailabilityZonesRequest) (*ec2api.DescribeAvailabilityZonesResult, error) {
			for _, name := range in.ZoneNames {
				if !slices.Contains(s.zones(), name) {
					return nil, invalid("Invalid availability zone: [%s]", name)
				}
			}
			found, err := matching(s.zones(), in.Filters, func(*string) map[string]string { return nil }, s.zoneFields)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeAvailabilityZonesResult{AvailabilityZones: []ec2api.AvailabilityZone{}}
			for _, z := range found {
				if (len(in.ZoneNames) == 0 || slices.Contains(in.ZoneNames, z)) && (len(in.ZoneIds) == 0 || slices.Contains(in.ZoneIds, zoneID(s.Region, z))) {
					out.AvailabilityZones = append(out.AvailabilityZones, s.zone(z))
				}
			}
			return out, nil
		})
}

func (s *Service) zoneFields(z *string) fields {
	return fields{
		"zone-name": {*z}, "zone-id": {zoneID(s.Region, *z)}, "region-name": {s.Region}, "state": {"available"}, "zone-type": {"availability-zone"},
		"group-name": {s.Region}, "opt-in-status": {"opt-in-not-required"}, "message": nil, "parent-zone-id": nil, "parent-zone-name": nil, "group-long-name": {s.Region},
	}
}
