package dms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/store"
)

type (
	createGroup = dmsapi.CreateReplicationSubnetGroupMessage
	modifyGroup = dmsapi.ModifyReplicationSubnetGroupMessage
)

func TestSubnetGroups(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Quotas = map[string]int64{quotaSubnetGroups: 2, quotaSubnets: 3} })
	zones := d.subnets()
	a, b, c := zones[testRegion+"a"], zones[testRegion+"b"], zones[testRegion+"c"]
	made := does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &createGroup{
		ReplicationSubnetGroupIdentifier: new("My-Group"), ReplicationSubnetGroupDescription: new("mine"), SubnetIds: []string{a[0], b[0]}, Tags: []dmsapi.Tag{{Key: new("k"), Value: new("v")}},
	}).ReplicationSubnetGroup
	require.Equal(t, "my-group", *made.ReplicationSubnetGroupIdentifier)
	require.Equal(t, "mine", *made.ReplicationSubnetGroupDescription)
	require.NotEmpty(t, *made.VpcId)
	require.Equal(t, []string{"IPV4"}, made.SupportedNetworkTypes)
	require.Equal(t, testRegion+"b", *made.Subnets[1].SubnetAvailabilityZone.Name)
	vpc, err := d.run(d.ec2, "CreateVpc", &ec2api.CreateVpcRequest{CidrBlock: new("10.9.0.0/16")})
	require.NoError(t, err)
	foreign, err := d.run(d.ec2, "CreateSubnet", &ec2api.CreateSubnetRequest{VpcId: vpc.(*ec2api.CreateVpcResult).Vpc.VpcId, CidrBlock: new("10.9.0.0/24"), AvailabilityZone: new(testRegion + "b")})
	require.NoError(t, err)
	other := *foreign.(*ec2api.CreateSubnetResult).Subnet.SubnetId
	for name, x := range map[string]struct {
		id    string
		nets  []string
		code  string
		words string
	}{
		"default":         {"Default", []string{a[0], b[0]}, "InvalidParameterValueException", "default"},
		"blank":           {"a b", []string{a[0], b[0]}, "InvalidParameterValueException", "ReplicationSubnetGroupIdentifier"},
		"too long":        {strings.Repeat("x", 256), []string{a[0], b[0]}, "InvalidParameterValueException", "255"},
		"there":           {"MY-GROUP", []string{a[0], b[0]}, "ResourceAlreadyExistsFault", "my-group"},
		"one zone":        {"g", []string{a[0], a[1]}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs", "Current coverage: 1"},
		"none":            {"g", []string{}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs", "Current coverage: 0"},
		"no such subnet":  {"g", []string{a[0], "subnet-0"}, "InvalidSubnet", "subnet-0"},
		"twice":           {"g", []string{a[0], b[0], a[0]}, "InvalidSubnet", "twice"},
		"of another VPC":  {"g", []string{a[0], other}, "InvalidSubnet", "one VPC"},
		"too many to one": {"g", []string{a[0], b[0], c[0], a[1]}, "ResourceQuotaExceededFault", "SubnetsPerReplicationSubnetGroup"},
	} {
		t.Run(name, func(*testing.T) {
			d.refuses("CreateReplicationSubnetGroup", &createGroup{ReplicationSubnetGroupIdentifier: &x.id, ReplicationSubnetGroupDescription: new("-"), SubnetIds: x.nets}, x.code, x.words)
		})
	}
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &createGroup{ReplicationSubnetGroupIdentifier: new("second"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: []string{a[0], c[0]}})
	d.refuses("CreateReplicationSubnetGroup", &createGroup{ReplicationSubnetGroupIdentifier: new("third"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: []string{a[0], c[0]}}, "ResourceQuotaExceededFault", "ReplicationSubnetGroups")

	_, _ = d.made("box", func(in *createInstance) {
		in.ReplicationSubnetGroupIdentifier, in.AvailabilityZone = new("MY-group"), new(testRegion+"a")
	})
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{b[0], c[0]}}, "SubnetAlreadyInUse", a[0])
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{a[0], a[1]}}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs", "1")
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("nothing"), SubnetIds: []string{a[0], b[0]}}, "ResourceNotFoundFault", "nothing")
	changed := does[dmsapi.ModifyReplicationSubnetGroupResponse](d, "ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{a[0], c[0]}}).ReplicationSubnetGroup
	require.Equal(t, "mine", *changed.ReplicationSubnetGroupDescription, "kept")
	require.Len(t, changed.Subnets, 2)
	d.refuses("DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("my-group")}, "InvalidResourceStateFault", "Cannot delete the subnet group 'my-group' because at least one database instance: box is still using it.")
	require.Equal(t, dmsapi.DeleteReplicationSubnetGroupResponse{}, *does[dmsapi.DeleteReplicationSubnetGroupResponse](d, "DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("SECOND")}))
	d.refuses("DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("second")}, "ResourceNotFoundFault", "second")

	byName := func(name string) *dmsapi.DescribeReplicationSubnetGroupsMessage {
		return &dmsapi.DescribeReplicationSubnetGroupsMessage{Filters: []dmsapi.Filter{{Name: new("replication-subnet-group-id"), Values: []string{name}}}}
	}
	require.Len(t, does[dmsapi.DescribeReplicationSubnetGroupsResponse](d, "DescribeReplicationSubnetGroups", byName("My-Group")).ReplicationSubnetGroups, 1)
	require.Empty(t, does[dmsapi.DescribeReplicationSubnetGroupsResponse](d, "DescribeReplicationSubnetGroups", byName("second")).ReplicationSubnetGroups, "no fault, unlike the others")
	d.refuses("DescribeReplicationSubnetGroups", &dmsapi.DescribeReplicationSubnetGroupsMessage{Filters: []dmsapi.Filter{{Name: new("name"), Values: []string{"x"}}}}, "InvalidParameterValueException", "name")
}

func TestQuotas(t *testing.T) {
	_, err := New(Config{Quotas: map[string]int64{"Machines": 1}})
	require.ErrorContains(t, err, "there is no quota Machines")
	_, err = New(Config{Quotas: map[string]int64{quotaTasks: -1}})
	require.ErrorContains(t, err, "less than nothing")
	d := newDesk(t, func(c *Config) { c.Quotas = map[string]int64{quotaInstances: 2, quotaStorage: 130} })
	arn, _ := d.made("one", nil)
	d.refuses("CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("two"), ReplicationInstanceClass: new("dms.c5.large")}, "StorageQuotaExceededFault", "130")
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, AllocatedStorage: new(int64(80))})
	d.made("two", nil)
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, AllocatedStorage: new(int64(81))}, "StorageQuotaExceededFault", "130")
	d.refuses("CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("three"), ReplicationInstanceClass: new("dms.t3.micro"), AllocatedStorage: new(int64(5))}, "ResourceQuotaExceededFault", "ReplicationInstances")
	_, err = d.Store.Update(t.Context(), func(tx store.Tx) error {
		for _, on := range []string{"A", "B"} {
			if err := store.Write(tx, tasks.keys()+"on"+on, Task{ID: "on" + on, Instance: on}); err != nil {
				return err
			}
		}
		for _, pair := range [][2]string{{"A", "E"}, {"A", "F"}, {"B", "E"}} {
			if err := store.Write(tx, connectionKey(pair[0], pair[1]), Connection{Instance: pair[0], Endpoint: pair[1]}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	out := does[dmsapi.DescribeAccountAttributesResponse](d, "DescribeAccountAttributes", &dmsapi.DescribeAccountAttributesMessage{})
	require.Regexp(t, `^c[a-z0-9]{11}$`, *out.UniqueAccountIdentifier)
	again := does[dmsapi.DescribeAccountAttributesResponse](d, "DescribeAccountAttributes", &dmsapi.DescribeAccountAttributesMessage{})
	require.Equal(t, out, again)
	got := map[string][2]int64{}
	for _, q := range out.AccountQuotas {
		got[*q.AccountQuotaName] = [2]int64{*q.Used, *q.Max}
	}
	require.Equal(t, [2]int64{2, 2}, got["ReplicationInstances"])
	require.Equal(t, [2]int64{130, 130}, got["AllocatedStorage"])
	require.Equal(t, [2]int64{1, 60}, got["ReplicationSubnetGroups"])
	require.Equal(t, [2]int64{6, 60}, got["SubnetsPerReplicationSubnetGroup"])
	require.Equal(t, [2]int64{0, 1000}, got["Endpoints"])
	require.Equal(t, [2]int64{2, 100}, got["EndpointsPerInstance"])
	require.Equal(t, [2]int64{1, 200}, got["ReplicationTasksPerInstance"])
}
