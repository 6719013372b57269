package ec2

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
)

// zones are the availability zones of the region. A zone is a label here: nodes carry it, and subnets lie in one.
func (s *Service) zones() []string { return []string{s.Region + "a", s.Region + "b", s.Region + "c"} }

// zoneID is a zone's name that is the same in every account: euc1-az1 for eu-central-1a.
func zoneID(region, zone string) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, p := range parts[1:] {
		switch {
		case p == "northeast" || p == "northwest" || p == "southeast" || p == "southwest":
			short += p[:1] + p[5:6]
		case p != "":
			short += p[:1]
		}
	}
	return short + "-az" + string(zone[len(zone)-1]-'a'+'1')
}

func (s *Service) zone(name string) ec2api.AvailabilityZone {
	return ec2api.AvailabilityZone{
		ZoneName: ptr(name), ZoneId: ptr(zoneID(s.Region, name)), RegionName: ptr(s.Region), State: ptr("available"), ZoneType: ptr("availability-zone"),
		GroupName: ptr(s.Region), NetworkBorderGroup: ptr(s.Region), OptInStatus: ptr("opt-in-not-required"), Messages: []ec2api.AvailabilityZoneMessage{},
	}
}
