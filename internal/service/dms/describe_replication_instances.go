package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeReplicationInstances() service.Operation {
	return handle(s, "DescribeReplicationInstances", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationInstancesMessage) (*dmsapi.DescribeReplicationInstancesResponse, error) {
		const byARN, byName, byClass, byVersion = "replication-instance-arn", "replication-instance-id", "replication-instance-class", "engine-version"
		p, err := pageOf("DescribeReplicationInstances", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		f, err := filtersOf(in.Filters, byARN, byName, byClass, byVersion)
		if err != nil {
			return nil, err
		}
		for i, v := range f[byName] {
			f[byName][i] = strings.ToLower(v) // as they are kept
		}
		found, marker, err := collect(s.reads(ctx), instances.keys(), p, func(i *Instance) bool {
			return f.allow(byARN, s.arn(instances, i.ID)) && f.allow(byName, i.Name) && f.allow(byClass, i.Class) && f.allow(byVersion, i.EngineVersion)
		})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && len(f) > 0 && p.after == "" {
			return nil, notFound("No Replication Instances found matching provided filters")
		}
		out := &dmsapi.DescribeReplicationInstancesResponse{ReplicationInstances: []dmsapi.ReplicationInstance{}, Marker: marker}
		for i := range found {
			shown, err := s.showInstance(s.reads(ctx), &found[i])
			if err != nil {
				return nil, err
			}
			out.ReplicationInstances = append(out.ReplicationInstances, *shown)
		}
		return out, nil
	})
}
