package redshift

import (
	"context"
	"maps"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeClusters() service.Operation {
	return service.Handle("DescribeClusters",
		func(_ context.Context, call *service.Call, in *redshiftapi.DescribeClustersMessage) ([]service.Check, error) {
			return onCluster(call, in.ClusterIdentifier), nil
		},
		func(ctx context.Context, call *service.Call, in *redshiftapi.DescribeClustersMessage) (*redshiftapi.ClustersMessage, error) {
			all := s.Clusters
			if id := value(in.ClusterIdentifier); id != "" {
				c, err := s.find(id)
				if err != nil {
					return nil, err
				}
				all = []Cluster{*c}
			}
			all = slices.DeleteFunc(slices.Clone(all), func(c Cluster) bool { return !c.tagged(in.TagKeys, in.TagValues) })
			page, next, err := paged(all, func(c *Cluster) string { return c.Identifier }, in.MaxRecords, in.Marker)
			if err != nil {
				return nil, err
			}
			out := &redshiftapi.ClustersMessage{Clusters: []redshiftapi.Cluster{}, Marker: next}
			for i := range page {
				shown, err := s.show(ctx, call, &page[i])
				if err != nil {
					return nil, err
				}
				out.Clusters = append(out.Clusters, *shown)
			}
			return out, nil
		})
}

// tagged reports whether a cluster has one of the keys, and one of the values, where any are asked for.
func (c *Cluster) tagged(keys, values []string) bool {
	has := func(wanted []string, there []string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(there, w) })
	}
	return has(keys, slices.Collect(maps.Keys(c.Tags))) && has(values, slices.Collect(maps.Values(c.Tags)))
}

// show tells of a cluster what is known.
func (s *Service) show(ctx context.Context, call *service.Call, c *Cluster) (*redshiftapi.Cluster, error) {
	r, err := s.rolesOf(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &redshiftapi.Cluster{
		ClusterIdentifier: &c.Identifier, ClusterStatus: new("available"), ClusterAvailabilityStatus: new("Available"),
		Endpoint: &redshiftapi.Endpoint{Address: &c.Address, Port: &c.Port}, PubliclyAccessible: &c.Public, Encrypted: &c.Encrypted,
		ClusterNamespaceArn: new(call.ARN("namespace:" + c.Identifier)),
	}
	for text, to := range map[string]**string{c.Database: &out.DBName, c.MasterUsername: &out.MasterUsername, c.NodeType: &out.NodeType, c.VPC: &out.VpcId, r.Default: &out.DefaultIamRoleArn} {
		if text != "" {
			*to = new(text)
		}
	}
	if c.Nodes > 0 {
		out.NumberOfNodes = &c.Nodes
	}
	if !c.Created.IsZero() {
		out.ClusterCreateTime = &c.Created
	}
	for _, role := range r.Roles {
		out.IamRoles = append(out.IamRoles, redshiftapi.ClusterIamRole{IamRoleArn: new(role), ApplyStatus: new("in-sync")})
	}
	for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
		out.Tags = append(out.Tags, redshiftapi.Tag{Key: new(k), Value: new(c.Tags[k])})
	}
	return out, nil
}
