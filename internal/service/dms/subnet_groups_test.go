package dms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/notify"
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
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{a[0], "subnet-0"}}, "InvalidSubnet", "subnet-0")
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{a[0], b[0], c[0], a[1]}}, "ResourceQuotaExceededFault", "SubnetsPerReplicationSubnetGroup")
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), ReplicationSubnetGroupDescription: new("a\x07b"), SubnetIds: []string{a[0], b[0]}}, "InvalidParameterValueException", "control characters")
	d.refuses("CreateReplicationSubnetGroup", &createGroup{ReplicationSubnetGroupIdentifier: new("g"), ReplicationSubnetGroupDescription: new("a\nb"), SubnetIds: []string{a[0], b[0]}}, "InvalidParameterValueException", "control characters")
	d.refuses("ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("nothing"), SubnetIds: []string{a[0], b[0]}}, "ResourceNotFoundFault", "nothing")
	changed := does[dmsapi.ModifyReplicationSubnetGroupResponse](d, "ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("my-group"), SubnetIds: []string{a[0], c[0]}}).ReplicationSubnetGroup
	require.Equal(t, "mine", *changed.ReplicationSubnetGroupDescription, "kept")
	require.Len(t, changed.Subnets, 2)
	changed = does[dmsapi.ModifyReplicationSubnetGroupResponse](d, "ModifyReplicationSubnetGroup", &modifyGroup{ReplicationSubnetGroupIdentifier: new("My-group"), ReplicationSubnetGroupDescription: new("yours"), SubnetIds: []string{a[0], c[0]}}).ReplicationSubnetGroup
	require.Equal(t, "yours", *changed.ReplicationSubnetGroupDescription)
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

// TestEveryQuotaIsEnforced: where a quota is used up, each operation that makes one more is refused with the quota's name, and
// nothing is written.
func TestEveryQuotaIsEnforced(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *Config) {
		c.Notify = notify.Topics{Topics: map[string]string{testTopic: "https://hooks.example/dms"}, Secret: []byte("0123456789abcdef")}
	})
	arn, id := d.made("one", nil)
	other, _ := d.made("two", nil)
	subnets := d.subnets()
	var some []string
	for _, in := range subnets {
		some = append(some, in[0])
	}
	endpoint := func(name, end string) *string {
		return does[dmsapi.CreateEndpointResponse](d, "CreateEndpoint", &dmsapi.CreateEndpointMessage{EndpointIdentifier: &name, EndpointType: &end, EngineName: new("postgres"),
			ServerName: new("10.1.0.9"), Port: new(int64(5432)), DatabaseName: new("shop"), Username: new("u"), Password: new("p")}).Endpoint.EndpointArn
	}
	source, target := endpoint("s", "source"), endpoint("t", "target")
	task := func(name string, on *string) *dmsapi.CreateReplicationTaskMessage {
		return &dmsapi.CreateReplicationTaskMessage{ReplicationTaskIdentifier: &name, MigrationType: new(fullLoad), TableMappings: new(everything), SourceEndpointArn: source, TargetEndpointArn: target, ReplicationInstanceArn: on}
	}
	moved := does[dmsapi.CreateReplicationTaskResponse](d, "CreateReplicationTask", task("there", arn)).ReplicationTask.ReplicationTaskArn
	movedID, err := d.parseOf(tasks, *moved)
	require.NoError(t, err)
	edit(d, tasks, movedID, func(t *Task) { t.Status = taskStopped })
	wants := map[string][]struct {
		operation string
		in        any
	}{
		quotaInstances:    {{"CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("three"), ReplicationInstanceClass: new("dms.t3.micro")}}},
		quotaSubnetGroups: {{"CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("more"), ReplicationSubnetGroupDescription: new("x"), SubnetIds: some}}},
		quotaSubnets:      {{"CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("more"), ReplicationSubnetGroupDescription: new("x"), SubnetIds: some}}},
		quotaEndpoints: {{"CreateEndpoint", &dmsapi.CreateEndpointMessage{EndpointIdentifier: new("e"), EndpointType: new("source"), EngineName: new("postgres"), ServerName: new("10.1.0.9"), Port: new(int64(5432)),
			DatabaseName: new("shop"), Username: new("u"), Password: new("p")}}},
		quotaInstanceEndpoint: {{"TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: arn, EndpointArn: source}}},
		quotaTasks:            {{"CreateReplicationTask", task("more", arn)}},
		quotaInstanceTasks:    {{"CreateReplicationTask", task("more", arn)}, {"MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: moved, TargetReplicationInstanceArn: other}}},
		quotaSubscriptions:    {{"CreateEventSubscription", &subscribe{SubscriptionName: new("more"), SnsTopicArn: new(testTopic)}}},
		quotaCertificates:     {{"ImportCertificate", &dmsapi.ImportCertificateMessage{CertificateIdentifier: new("more"), CertificatePem: new(someAuthority(t))}}},
	}
	for _, name := range QuotaNames() {
		if name == quotaStorage {
			continue // has a fault of its own, see TestQuotas
		}
		require.NotEmpty(t, wants[name], "no operation is held to the quota %s", name)
		for _, c := range wants[name] {
			d.Quotas = map[string]int64{name: 0}
			before, err := d.Store.List(t.Context(), store.Range{Prefix: Prefix})
			require.NoError(t, err)
			d.refuses(c.operation, c.in, "ResourceQuotaExceededFault", name)
			after, err := d.Store.List(t.Context(), store.Range{Prefix: Prefix})
			require.NoError(t, err)
			require.Len(t, after.Items, len(before.Items), "%s has written something", c.operation)
		}
	}
	require.Equal(t, taskStopped, must[Task](d, tasks, movedID).Status)
	require.Equal(t, instanceAvailable, d.instance(id).Status)
}

func must[T any](d *desk, k kind, id string) *T {
	d.t.Helper()
	v, err := lookup[T](d.outside(d.t.Context()), k, id)
	require.NoError(d.t, err)
	return v
}
