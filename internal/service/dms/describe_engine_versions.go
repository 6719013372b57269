package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeEngineVersions lists the versions that have not come to their end.
func (s *Service) describeEngineVersions() service.Operation {
	return handle(s, "DescribeEngineVersions", func(_ context.Context, call *service.Call, in *dmsapi.DescribeEngineVersionsMessage) (*dmsapi.DescribeEngineVersionsResponse, error) {
		p, err := pageOf("DescribeEngineVersions", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		var all []dmsapi.EngineVersion
		for i := range engineVersions {
			v := &engineVersions[i]
			if v.ended(call.Now) {
				continue
			}
			lifecycle := "ACTIVE"
			switch {
			case v.name == defaultEngine:
				lifecycle = "DEFAULT_VERSION"
			case !v.orderable(call.Now):
				lifecycle = "DEPRECATED"
			}
			upgrades := upgradesOf(v.name, call.Now)
			if upgrades == nil {
				upgrades = []string{}
			}
			all = append(all, dmsapi.EngineVersion{
				Version: &v.name, Lifecycle: &lifecycle, ReleaseStatus: new("prod"), LaunchDate: day(v.launched), DeprecationDate: day(v.noNew),
				AutoUpgradeDate: day(v.noNew), ForceUpgradeDate: day(v.end), AvailableUpgrades: upgrades,
			})
		}
		page, marker := pageThrough(all, p, func(v *dmsapi.EngineVersion) string { return *v.Version })
		return &dmsapi.DescribeEngineVersionsResponse{EngineVersions: page, Marker: marker}, nil
	})
}
