package dms

import (
	"context"
	"sort"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
)

func (s *Service) describeOrderableReplicationInstances() service.Operation {
	return handle(s, "DescribeOrderableReplicationInstances", func(_ context.Context, call *service.Call, in *dmsapi.DescribeOrderableReplicationInstancesMessage) (*dmsapi.DescribeOrderableReplicationInstancesResponse, error) {
		p, err := pageOf("DescribeOrderableReplicationInstances", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		var all []dmsapi.OrderableReplicationInstance
		for _, version := range orderableEngines(call.Now) {
			for _, class := range offered() {
				_, _, storage, _ := classOf(class)
				all = append(all, dmsapi.OrderableReplicationInstance{
					EngineVersion: new(version), ReplicationInstanceClass: new(class), StorageType: new("gp2"), AvailabilityZones: ec2.Zones(s.Region),
					MinAllocatedStorage: new(int64(leastStorage)), MaxAllocatedStorage: new(int64(mostStorage)), DefaultAllocatedStorage: new(storage),
					IncludedAllocatedStorage: new(storage), ReleaseStatus: new("prod"),
				})
			}
		}
		page, marker := pageThrough(all, p, func(o *dmsapi.OrderableReplicationInstance) string {
			return *o.ReplicationInstanceClass + " " + *o.EngineVersion
		})
		return &dmsapi.DescribeOrderableReplicationInstancesResponse{OrderableReplicationInstances: page, Marker: marker}, nil
	})
}

// pageThrough takes a page of what is all in memory, in the order of its keys.
func pageThrough[T any](all []T, p paging, key func(*T) string) ([]T, *string) {
	sort.Slice(all, func(i, j int) bool { return key(&all[i]) < key(&all[j]) })
	from := sort.Search(len(all), func(i int) bool { return key(&all[i]) > p.after })
	page := append([]T{}, all[from:]...)
	if len(page) <= p.limit {
		return page, nil
	}
	page = page[:p.limit]
	return page, p.markerOf(key(&page[p.limit-1]))
}
