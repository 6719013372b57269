package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeReplicationSubnetGroups: a filter that nothing matches answers an empty list, unlike those of the other kinds.
func (s *Service) describeReplicationSubnetGroups() service.Operation {
	return handle(s, "DescribeReplicationSubnetGroups", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationSubnetGroupsMessage) (*dmsapi.DescribeReplicationSubnetGroupsResponse, error) {
		const byName = "replication-subnet-group-id"
		p, err := pageOf("DescribeReplicationSubnetGroups", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		f, err := filtersOf(in.Filters, byName)
		if err != nil {
			return nil, err
		}
		for i, v := range f[byName] {
			f[byName][i] = strings.ToLower(v)
		}
		found, marker, err := collect(s.reads(ctx), subnetGroups.keys(), p, func(g *SubnetGroup) bool { return f.allow(byName, g.Name) })
		if err != nil {
			return nil, err
		}
		out := &dmsapi.DescribeReplicationSubnetGroupsResponse{ReplicationSubnetGroups: []dmsapi.ReplicationSubnetGroup{}, Marker: marker}
		for i := range found {
			shown, err := showGroup(s.reads(ctx), &found[i])
			if err != nil {
				return nil, err
			}
			out.ReplicationSubnetGroups = append(out.ReplicationSubnetGroups, *shown)
		}
		return out, nil
	})
}
