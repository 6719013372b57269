package redshift

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const (
	loading = "arn:aws:iam::111122223333:role/loading"
	other   = "arn:aws:iam::111122223333:role/other"
)

// bench calls the service without an edge.
type bench struct {
	*Service
	t   *testing.T
	api *service.Service
}

func newBench(t *testing.T, clusters ...Cluster) *bench {
	kept := etcdtest.Private(t)
	s := &Service{Config{Store: storetest.Retried(kept), Clusters: clusters}}
	api, err := s.API()
	require.NoError(t, err)
	return &bench{s, t, api}
}

func (b *bench) call() *service.Call {
	return &service.Call{Service: &redshiftapi.Service, Partition: "aws", Region: "us-east-1", Account: "111122223333"}
}

func (b *bench) callOf(name string) *service.Call {
	c := b.call()
	c.Operation = redshiftapi.Service.Operation(name)
	return c
}

func (b *bench) do(name string, in any) (any, error) {
	return b.api.Operation(name).Do(b.t.Context(), b.callOf(name), in)
}

func TestClustersAreRegisteredInAFile(t *testing.T) {
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "clusters.json")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	all, err := ReadClusters(write(`[{"clusterIdentifier": "two", "address": "b.example"}, {"clusterIdentifier": "one", "address": "a.example", "port": 5440, "iamRoles": ["` + loading + `"], "tags": {"k": "v"}}]`))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, []string{all[0].Identifier, all[1].Identifier})
	require.EqualValues(t, 5439, all[1].Port)
	none, err := ReadClusters("")
	require.NoError(t, err)
	require.Empty(t, none)
	for text, words := range map[string]string{
		"": "line 1:1", "{}": "is an object; want a JSON list", "[] []": "line 1:4", "[1]": "cluster 1: [0]: is 1; want an object",
		`[{"clusterIdentifier": "One", "address": "a"}]`:                                               `cluster 1: [0].clusterIdentifier: is "One"; want up to 63 small letters`,
		`[{"clusterIdentifier": "one"}]`:                                                               "cluster 1: [0].address: is missing; want a host's name",
		`[{"clusterIdentifier": "one", "address": "a:1"}]`:                                             `address: is "a:1"; want a host's name or address, without a port`,
		`[{"clusterIdentifier": "one", "address": "a", "colour": 1}]`:                                  "colour: the key has no meaning here; keys that have: address, clusterCreateTime,",
		`[{"clusterIdentifier": "one", "address": "a"}, {"clusterIdentifier": "one", "address": "b"}]`: `cluster 2: clusterIdentifier: is "one", as that of cluster 1`,
		`[{"clusterIdentifier": "one", "address": "a", "iamRoles": [7, "x"]}]`:                         `[0].iamRoles[1]: is "x"; want the ARN of a role`,
		`[{"clusterIdentifier": "one", "address": "a", "port": 99999, "tags": {"k": 1}}]`:              "port: is 99999; want a whole number from 1 to 65535\ncluster 1: [0].tags.k: is 1; want a string",
		`[{"clusterIdentifier": "one", "address": "a", "clusterCreateTime": "now"}]`:                   `is "now"; want a time such as`,
	} {
		_, err := ReadClusters(write(text))
		require.ErrorContains(t, err, words)
	}
	_, err = ReadClusters(filepath.Join(t.TempDir(), "nowhere"))
	require.Error(t, err)
}

func FuzzParseClusters(f *testing.F) {
	f.Add([]byte(`[{"clusterIdentifier": "one", "address": "a"}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseClusters(text)
		if err != nil {
			return
		}
		for i := range all {
			require.True(t, isIdentifier(all[i].Identifier) && isAddress(all[i].Address) && all[i].Port > 0)
		}
	})
}

func TestClustersAreDescribed(t *testing.T) {
	var many []Cluster
	for i := range 45 {
		many = append(many, Cluster{Identifier: fmt.Sprintf("c%02d", i), Address: "a", Port: 5439, Nodes: 2, Database: "dwh", Tags: map[string]string{"n": fmt.Sprint(i % 2)}})
	}
	b := newBench(t, many...)
	var seen []string
	in := &redshiftapi.DescribeClustersMessage{MaxRecords: new(int64(20))}
	for {
		out, err := b.do("DescribeClusters", in)
		require.NoError(t, err)
		page := out.(*redshiftapi.ClustersMessage)
		for _, c := range page.Clusters {
			seen = append(seen, *c.ClusterIdentifier)
			require.Equal(t, []any{"available", "dwh", int64(2), "a"}, []any{*c.ClusterStatus, *c.DBName, *c.NumberOfNodes, *c.Endpoint.Address})
			require.Nil(t, c.NodeType)
		}
		if in.Marker = page.Marker; in.Marker == nil {
			break
		}
	}
	require.Len(t, seen, 45)
	require.True(t, slices.IsSorted(seen))
	out, err := b.do("DescribeClusters", &redshiftapi.DescribeClustersMessage{TagKeys: []string{"n"}, TagValues: []string{"1"}})
	require.NoError(t, err)
	require.Len(t, out.(*redshiftapi.ClustersMessage).Clusters, 22)
	for _, in := range []*redshiftapi.DescribeClustersMessage{{ClusterIdentifier: new("gone")}, {MaxRecords: new(int64(5))}, {Marker: new("nowhere")}} {
		_, err := b.do("DescribeClusters", in)
		var fault *wire.Error
		require.ErrorAs(t, err, &fault)
	}
	checks, err := b.api.Operation("DescribeClusters").Access(t.Context(), &service.Call{Service: &redshiftapi.Service, Operation: redshiftapi.Service.Operation("DescribeClusters"), Partition: "aws", Region: "us-east-1", Account: "111122223333"}, &redshiftapi.DescribeClustersMessage{ClusterIdentifier: new("c01")})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:redshift:us-east-1:111122223333:cluster:c01", checks[0].Resource)
	tags, err := b.do("DescribeTags", &redshiftapi.DescribeTagsMessage{ResourceName: new("arn:aws:redshift:us-east-1:111122223333:cluster:c01")})
	require.NoError(t, err)
	require.Len(t, tags.(*redshiftapi.TaggedResourceListMessage).TaggedResources, 1)
	_, err = b.do("DescribeTags", &redshiftapi.DescribeTagsMessage{ResourceName: new("arn:aws:redshift:us-east-1:111122223333:cluster:gone")})
	require.ErrorContains(t, err, "is not there")
	_, err = b.do("DescribeLoggingStatus", &redshiftapi.DescribeLoggingStatusMessage{ClusterIdentifier: new("gone")})
	require.ErrorContains(t, err, "not found")
	_, err = b.do("DescribeClusterParameterGroups", &redshiftapi.DescribeClusterParameterGroupsMessage{ParameterGroupName: new("g")})
	require.ErrorContains(t, err, "not found")
}

// TestWhatIsNotRegistered: what an administrator registers no clusters for is told as empty lists, and what is asked for by its name is not there; each
// operation asks for the right to itself.
func TestWhatIsNotRegistered(t *testing.T) {
	b := newBench(t, Cluster{Identifier: "dwh", Address: "a", Port: 5439})
	for name, in := range map[string]any{
		"DescribeAccountAttributes": &redshiftapi.DescribeAccountAttributesMessage{}, "DescribeClusterParameterGroups": &redshiftapi.DescribeClusterParameterGroupsMessage{},
		"DescribeClusterSubnetGroups": &redshiftapi.DescribeClusterSubnetGroupsMessage{}, "DescribeClusterVersions": &redshiftapi.DescribeClusterVersionsMessage{},
		"DescribeEvents": &redshiftapi.DescribeEventsMessage{}, "DescribeOrderableClusterOptions": &redshiftapi.DescribeOrderableClusterOptionsMessage{},
		"DescribeTags": &redshiftapi.DescribeTagsMessage{},
	} {
		out, err := b.do(name, in)
		require.NoError(t, err, name)
		lists := 0
		for _, v := range reflect.ValueOf(out).Elem().Fields() {
			if v.Kind() == reflect.Slice {
				lists++
				require.False(t, v.IsNil(), "%s: the list is left out", name)
				require.Zero(t, v.Len(), name)
			}
		}
		require.Equal(t, 1, lists, name)
	}
	size, err := b.do("DescribeStorage", &service.None{})
	require.NoError(t, err)
	require.Zero(t, *size.(*redshiftapi.CustomerStorageMessage).TotalProvisionedStorageInMegaBytes)
	logging, err := b.do("DescribeLoggingStatus", &redshiftapi.DescribeLoggingStatusMessage{ClusterIdentifier: new("dwh")})
	require.NoError(t, err)
	require.False(t, *logging.(*redshiftapi.LoggingStatus).LoggingEnabled)
	for name, c := range map[string]struct {
		in   any
		code string
	}{
		"DescribeClusterParameterGroups": {&redshiftapi.DescribeClusterParameterGroupsMessage{ParameterGroupName: new("g")}, "ClusterParameterGroupNotFound"},
		"DescribeClusterParameters":      {&redshiftapi.DescribeClusterParametersMessage{ParameterGroupName: new("g")}, "ClusterParameterGroupNotFound"},
		"DescribeClusterSubnetGroups":    {&redshiftapi.DescribeClusterSubnetGroupsMessage{ClusterSubnetGroupName: new("g")}, "ClusterSubnetGroupNotFoundFault"},
		"DescribeLoggingStatus":          {&redshiftapi.DescribeLoggingStatusMessage{ClusterIdentifier: new("gone")}, "ClusterNotFound"},
		"DescribeTags":                   {&redshiftapi.DescribeTagsMessage{ResourceName: new("arn:aws:redshift:us-east-1:111122223333:cluster:gone")}, "ResourceNotFoundFault"},
	} {
		_, err := b.do(name, c.in)
		var fault *wire.Error
		require.ErrorAs(t, err, &fault, name)
		require.Equal(t, c.code, fault.Code, name)
		checks, err := b.api.Operation(name).Access(t.Context(), b.callOf(name), c.in)
		require.NoError(t, err)
		require.Equal(t, "redshift:"+name, checks[0].Action)
	}
}

// TestCapitalsNameNoOtherResource: whoever is denied a cluster is denied it in whatever letters it is asked for.
func TestCapitalsNameNoOtherResource(t *testing.T) {
	b := newBench(t, Cluster{Identifier: "sales", Address: "a", Port: 5439})
	access := func(name string, in any) string {
		checks, err := b.api.Operation(name).Access(t.Context(), b.callOf(name), in)
		require.NoError(t, err)
		return checks[0].Resource
	}
	for _, id := range []string{"sales", "Sales", "SALES", "\u017fales"} {
		resources := []string{
			access("DescribeClusters", &redshiftapi.DescribeClustersMessage{ClusterIdentifier: &id}),
			access("DescribeLoggingStatus", &redshiftapi.DescribeLoggingStatusMessage{ClusterIdentifier: &id}),
			access("ModifyClusterIamRoles", &redshiftapi.ModifyClusterIamRolesMessage{ClusterIdentifier: &id}),
		}
		found, err := b.find(id)
		for _, resource := range resources {
			if err == nil {
				require.Equal(t, "arn:aws:redshift:us-east-1:111122223333:cluster:"+found.Identifier, resource, id)
			} else {
				require.NotEqual(t, "arn:aws:redshift:us-east-1:111122223333:cluster:sales", resource, id)
			}
		}
	}
	_, err := b.find("SALES")
	require.NoError(t, err)
}

func TestRolesOfAClusterAreKept(t *testing.T) {
	b := newBench(t, Cluster{Identifier: "dwh", Address: "cluster.example", Port: 5439, Roles: []string{loading}})
	change := func(add, remove []string, byDefault *string) ([]string, error) {
		out, err := b.do("ModifyClusterIamRoles", &redshiftapi.ModifyClusterIamRolesMessage{ClusterIdentifier: new("dwh"), AddIamRoles: add, RemoveIamRoles: remove, DefaultIamRoleArn: byDefault})
		if err != nil {
			return nil, err
		}
		var have []string
		for _, r := range out.(*redshiftapi.ModifyClusterIamRolesResult).Cluster.IamRoles {
			require.Equal(t, "in-sync", *r.ApplyStatus)
			have = append(have, *r.IamRoleArn)
		}
		return have, nil
	}
	why, err := b.Refuses(t.Context(), "CLUSTER.example", 5439, other)
	require.NoError(t, err)
	require.Contains(t, why, "modify-cluster-iam-roles --cluster-identifier dwh --add-iam-roles "+other)
	have, err := change([]string{other}, nil, new(other))
	require.NoError(t, err)
	require.Equal(t, []string{loading, other}, have)
	for _, c := range []struct {
		address string
		port    int64
	}{{"cluster.example", 5439}, {"elsewhere.example", 5439}, {"cluster.example", 5440}} {
		why, err = b.Refuses(t.Context(), c.address, c.port, other)
		require.NoError(t, err)
		require.Empty(t, why)
	}
	have, err = change(nil, []string{other}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{loading}, have)
	for _, bad := range []struct {
		add, remove []string
		byDefault   *string
	}{{add: []string{"x"}}, {add: []string{other}, remove: []string{other}}, {byDefault: new(other)}} {
		_, err := change(bad.add, bad.remove, bad.byDefault)
		require.Error(t, err)
	}
	_, err = b.do("ModifyClusterIamRoles", &redshiftapi.ModifyClusterIamRolesMessage{ClusterIdentifier: new("gone")})
	require.ErrorContains(t, err, "not found")
	checks, err := b.api.Operation("ModifyClusterIamRoles").Access(t.Context(), &service.Call{Service: &redshiftapi.Service, Operation: redshiftapi.Service.Operation("ModifyClusterIamRoles")}, &redshiftapi.ModifyClusterIamRolesMessage{ClusterIdentifier: new("dwh"), AddIamRoles: []string{other}})
	require.NoError(t, err)
	require.Equal(t, []any{"iam:PassRole", other, []string{"redshift.amazonaws.com"}}, []any{checks[1].Action, checks[1].Resource, checks[1].Keys["iam:PassedToService"]})
}
