package dms

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

type createInstance = dmsapi.CreateReplicationInstanceMessage

// TestNewInstance compares what CreateReplicationInstance answers with AWS's own answers, member by member.
func TestNewInstance(t *testing.T) {
	d := newDesk(t, nil)
	made := does[dmsapi.CreateReplicationInstanceResponse](d, "CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("Mover-1"), ReplicationInstanceClass: new("dms.t3.medium")}).ReplicationInstance
	require.Equal(t, "mover-1", *made.ReplicationInstanceIdentifier, "kept in lower case")
	require.Equal(t, "creating", *made.ReplicationInstanceStatus)
	require.Regexp(t, `^arn:aws:dms:eu-central-1:111122223333:rep:[A-Z2-7]{26}$`, *made.ReplicationInstanceArn)
	require.EqualValues(t, 50, *made.AllocatedStorage)
	require.Equal(t, "3.6.1", *made.EngineVersion)
	require.False(t, *made.MultiAZ)
	require.True(t, *made.AutoMinorVersionUpgrade)
	require.True(t, *made.PubliclyAccessible)
	require.Equal(t, "IPV4", *made.NetworkType)
	require.Regexp(t, `^arn:aws:kms:eu-central-1:111122223333:key/`, *made.KmsKeyId)
	require.Equal(t, dmsapi.ReplicationPendingModifiedValues{}, *made.PendingModifiedValues)
	w, err := windowOf(*made.PreferredMaintenanceWindow)
	require.NoError(t, err)
	require.Equal(t, 30, w.length())
	require.Nil(t, made.AvailabilityZone, "not before it is available")
	require.Nil(t, made.InstanceCreateTime)
	require.Nil(t, made.ReplicationInstancePrivateIpAddress)
	require.Empty(t, made.ReplicationInstancePrivateIpAddresses)
	require.Equal(t, "default", *made.ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier)
	require.Equal(t, "default", *made.ReplicationSubnetGroup.ReplicationSubnetGroupDescription)
	require.Equal(t, "Complete", *made.ReplicationSubnetGroup.SubnetGroupStatus)
	require.Len(t, made.ReplicationSubnetGroup.Subnets, 6)
	require.Equal(t, "Active", *made.ReplicationSubnetGroup.Subnets[0].SubnetStatus)
	require.Len(t, made.VpcSecurityGroups, 1, "the default group")
	require.Equal(t, "active", *made.VpcSecurityGroups[0].Status)
	d.settled(made.ReplicationInstanceArn)
	got := does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &dmsapi.DescribeReplicationInstancesMessage{
		Filters: []dmsapi.Filter{{Name: new("replication-instance-id"), Values: []string{"MOVER-1"}}},
	}).ReplicationInstances
	require.Len(t, got, 1)
	require.Contains(t, *got[0].AvailabilityZone, testRegion)
	require.True(t, strings.HasPrefix(*got[0].ReplicationInstancePrivateIpAddress, "10.1."), "no subnet of the loopback while others are free: %s", *got[0].ReplicationInstancePrivateIpAddress)
	require.Equal(t, d.time(), *got[0].InstanceCreateTime)
	// The network interface is the instance's: nobody else takes it away or changes it, nor the group while it is in it.
	i := d.instance(strings.TrimPrefix(*made.ReplicationInstanceArn, d.arn(instances, "")))
	require.Len(t, i.NICs, 1)
	_, err = d.run(d.ec2, "DeleteNetworkInterface", &ec2api.DeleteNetworkInterfaceRequest{NetworkInterfaceId: &i.NICs[0]})
	require.ErrorContains(t, err, "in use")
	_, err = d.run(d.ec2, "ModifyNetworkInterfaceAttribute", &ec2api.ModifyNetworkInterfaceAttributeRequest{NetworkInterfaceId: &i.NICs[0], Groups: i.Groups})
	require.ErrorContains(t, err, "OperationNotPermitted")
}

// TestInstanceAsAskedFor: what has a default can be chosen.
func TestInstanceAsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	arn, _ := d.made("box", func(in *createInstance) {
		in.AllocatedStorage, in.PubliclyAccessible, in.NetworkType, in.AvailabilityZone = new(int64(77)), new(false), new("ipv4"), new(testRegion+"b")
	})
	got := does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, NetworkType: new("IPV4"), AutoMinorVersionUpgrade: new(false)}).ReplicationInstance
	require.Equal(t, []any{int64(77), false, "IPV4", testRegion + "b", false}, []any{*got.AllocatedStorage, *got.PubliclyAccessible, *got.NetworkType, *got.AvailabilityZone, *got.AutoMinorVersionUpgrade})
	require.Equal(t, dmsapi.ReplicationPendingModifiedValues{}, *got.PendingModifiedValues)
}

func TestInstancesThatCannotBe(t *testing.T) {
	d := newDesk(t, nil)
	d.made("there", func(in *createInstance) { in.ResourceIdentifier = new("MINE") })
	zones := d.subnets()
	two := []string{zones[testRegion+"a"][0], zones[testRegion+"b"][0]}
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("two"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: two})
	for name, c := range map[string]struct {
		change func(*createInstance)
		code   string
		words  string
	}{
		"no such class":        {func(in *createInstance) { in.ReplicationInstanceClass = new("dms.t9.huge") }, "InvalidParameterValueException", "Invalid ReplicationInstance class"},
		"class without prefix": {func(in *createInstance) { in.ReplicationInstanceClass = new("t3.medium") }, "InvalidParameterValueException", "Invalid ReplicationInstance class"},
		"two hyphens":          {func(in *createInstance) { in.ReplicationInstanceIdentifier = new("a--b") }, "InvalidParameterValueException", "ReplicationInstanceIdentifier"},
		"too long":             {func(in *createInstance) { in.ReplicationInstanceIdentifier = new(strings.Repeat("a", 64)) }, "InvalidParameterValueException", "63"},
		"a digit first":        {func(in *createInstance) { in.ReplicationInstanceIdentifier = new("1a") }, "InvalidParameterValueException", "letter"},
		"its name is taken":    {func(in *createInstance) { in.ReplicationInstanceIdentifier = new("THERE") }, "ResourceAlreadyExistsFault", "there"},
		"its ARN is taken":     {func(in *createInstance) { in.ResourceIdentifier = new("MINE") }, "ResourceAlreadyExistsFault", "rep:MINE"},
		"long resource":        {func(in *createInstance) { in.ResourceIdentifier = new(strings.Repeat("a", 32)) }, "InvalidParameterValueException", "ResourceIdentifier"},
		"version made up":      {func(in *createInstance) { in.EngineVersion = new("9.9.9") }, "InvalidParameterValueException", "No replication engine found with version: 9.9.9"},
		"version of the past":  {func(in *createInstance) { in.EngineVersion, in.AutoMinorVersionUpgrade = new("3.5.3"), new(false) }, "InvalidParameterValueException", "3.5.3"},
		"too little storage":   {func(in *createInstance) { in.AllocatedStorage = new(int64(4)) }, "InvalidParameterValueException", "AllocatedStorage"},
		"too much storage":     {func(in *createInstance) { in.AllocatedStorage = new(int64(6145)) }, "InvalidParameterValueException", "AllocatedStorage"},
		"short window":         {func(in *createInstance) { in.PreferredMaintenanceWindow = new("sun:06:00-sun:06:29") }, "InvalidParameterValueException", "29 minutes"},
		"no window":            {func(in *createInstance) { in.PreferredMaintenanceWindow = new("sunday 6 am") }, "InvalidParameterValueException", "ddd:hh24:mi-ddd:hh24:mi"},
		"zone and Multi-AZ":    {func(in *createInstance) { in.MultiAZ, in.AvailabilityZone = new(true), new(testRegion+"a") }, "InvalidParameterCombinationException", "AvailabilityZone"},
		"a zone of elsewhere":  {func(in *createInstance) { in.AvailabilityZone = new("us-east-1a") }, "InvalidParameterValueException", testRegion + "a"},
		"zone without a subnet": {func(in *createInstance) {
			in.ReplicationSubnetGroupIdentifier, in.AvailabilityZone = new("two"), new(testRegion+"c")
		}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs", testRegion + "c"},
		"no such subnet group":   {func(in *createInstance) { in.ReplicationSubnetGroupIdentifier = new("nowhere") }, "ResourceNotFoundFault", "nowhere"},
		"no such security group": {func(in *createInstance) { in.VpcSecurityGroupIds = []string{"sg-0"} }, "InvalidParameterValueException", "sg-0"},
		"dual":                   {func(in *createInstance) { in.NetworkType = new("DUAL") }, "InvalidParameterCombinationException", "IPv6"},
		"no such network":        {func(in *createInstance) { in.NetworkType = new("IPX") }, "InvalidParameterValueException", "IPX"},
		"Kerberos":               {func(in *createInstance) { in.KerberosAuthenticationSettings = &dmsapi.KerberosAuthenticationSettings{} }, "InvalidParameterValueException", "not served"},
		"name servers":           {func(in *createInstance) { in.DnsNameServers = new("10.0.0.2") }, "InvalidParameterValueException", "not served"},
		"no such key":            {func(in *createInstance) { in.KmsKeyId = new("alias/nothing") }, "KMSKeyNotAccessibleFault", "alias/nothing"},
		"reserved tag":           {func(in *createInstance) { in.Tags = []dmsapi.Tag{{Key: new("aws:x")}} }, "InvalidParameterValueException", "reserved"},
		"no class":               {func(in *createInstance) { in.ReplicationInstanceClass = nil }, "ValidationException", "replicationInstanceClass"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &createInstance{ReplicationInstanceIdentifier: new("new"), ReplicationInstanceClass: new("dms.c5.large")}
			c.change(in)
			d.refuses("CreateReplicationInstance", in, c.code, c.words)
		})
	}
	page, err := d.Store.List(t.Context(), store.Range{Prefix: instances.keys()})
	require.NoError(t, err)
	require.Len(t, page.Items, 1, "what was refused left nothing behind")
	page, err = d.Store.List(t.Context(), store.Range{Prefix: "ec2/network-interface/"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

// TestVersionOfNewInstances: one that takes minor upgrades gets the default instead of an older version.
func TestVersionOfNewInstances(t *testing.T) {
	at := func(day string) time.Time { v, _ := time.Parse(time.DateOnly, day); return v }
	for _, c := range []struct {
		asked string
		auto  bool
		day   string
		want  string
	}{
		{"", true, "2026-11-25", "3.6.1"}, {"", false, "2026-11-25", "3.6.1"}, {"3.5.1", true, "2026-11-25", "3.5.4"}, {"3.5.4", true, "2026-11-25", "3.5.4"},
		{"3.5.3", false, "2026-02-28", "3.5.3"}, {"3.5.3", false, "2026-03-01", ""}, {"3.6.0", true, "2026-11-25", ""}, {"3.5", true, "2026-11-25", ""},
	} {
		got, err := engineFor(c.asked, c.auto, at(c.day))
		require.Equal(t, c.want == "", err != nil, "%+v: %v", c, err)
		if c.want != "" {
			require.Equal(t, c.want, got, "%+v", c)
		}
	}
	require.Equal(t, []string{"3.5.4", "3.6.1"}, upgradesOf("3.5.3", at("2026-11-25")))
	require.Equal(t, "3.5.4", minorUpgrade("3.5.3", at("2026-11-25")))
	require.Empty(t, minorUpgrade("3.5.4", at("2026-11-25")), "3.6 is a major upgrade")
}

func TestClasses(t *testing.T) {
	for class, want := range map[string][3]int64{
		"dms.t3.micro": {2, 1 << 30, 50}, "dms.c5.9xlarge": {36, 72 << 30, 100}, "dms.c6i.32xlarge": {128, 256 << 30, 100}, "dms.r5.large": {2, 16 << 30, 100},
		"dms.r7i.48xlarge": {192, 1536 << 30, 100}, "dms.c4.large": {2, 3840 << 20, 100}, "dms.c7i.24xlarge": {96, 192 << 30, 100},
	} {
		processors, memory, storage, ok := classOf(class)
		require.True(t, ok, class)
		require.Equal(t, want, [3]int64{int64(processors), memory, storage}, class)
	}
	for _, none := range []string{"", "dms.", "dms.t3", "t3.micro", "dms.t3.micro.x", "DMS.t3.micro", "dms.c5.8xlarge"} {
		_, _, _, ok := classOf(none)
		require.False(t, ok, none)
	}
	require.Len(t, offered(), 4+8+9+9+8+9+9)
}

func TestMultiAZ(t *testing.T) {
	d := newDesk(t, nil)
	arn, id := d.made("pair", func(in *createInstance) { in.MultiAZ = new(true) })
	i := d.instance(id)
	require.Len(t, i.NICs, 2)
	require.NotEqual(t, i.Zone, i.SecondaryZone)
	d.refuses("RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn, ForceFailover: new(true), ForcePlannedFailover: new(true)}, "InvalidParameterCombinationException", "both")
	out := does[dmsapi.RebootReplicationInstanceResponse](d, "RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn, ForceFailover: new(true)}).ReplicationInstance
	require.Equal(t, "rebooting", *out.ReplicationInstanceStatus)
	require.Equal(t, i.SecondaryZone, *out.AvailabilityZone)
	require.Equal(t, i.Zone, *out.SecondaryAvailabilityZone)
	require.Equal(t, []string{i.Addresses[1], i.Addresses[0]}, out.ReplicationInstancePrivateIpAddresses)
	require.Equal(t, i.Addresses[1], *out.ReplicationInstancePrivateIpAddress)
	require.Equal(t, i.Boot+1, d.instance(id).Boot)
	d.refuses("RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn}, "InvalidResourceStateFault", "rebooting")
	d.settled(arn)
	back := does[dmsapi.RebootReplicationInstanceResponse](d, "RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn, ForcePlannedFailover: new(true)}).ReplicationInstance
	require.Equal(t, []string{i.Zone, i.SecondaryZone}, []string{*back.AvailabilityZone, *back.SecondaryAvailabilityZone})
	d.settled(arn)
	one := does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, MultiAZ: new(false), ApplyImmediately: new(true)}).ReplicationInstance
	require.Nil(t, one.SecondaryAvailabilityZone)
	require.Len(t, one.ReplicationInstancePrivateIpAddresses, 1)
	d.settled(arn)
	d.refuses("RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn, ForcePlannedFailover: new(true)}, "InvalidParameterCombinationException", "Multi-AZ")
	page, err := d.Store.List(t.Context(), store.Range{Prefix: "ec2/network-interface/"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestDeleteInstance(t *testing.T) {
	d := newDesk(t, nil)
	arn, id := d.made("goes", nil)
	in := &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: arn}
	_, err := d.Store.Update(t.Context(), func(tx store.Tx) error {
		refer(tx, instances, id, tasks, "T")
		return store.Write(tx, Prefix+"connection/"+id+"/E", Connection{Instance: id, Endpoint: "E"})
	})
	require.NoError(t, err)
	d.refuses("DeleteReplicationInstance", in, "InvalidResourceStateFault", "one or more replication tasks")
	_, err = d.Store.Update(t.Context(), func(tx store.Tx) error { unrefer(tx, instances, id, tasks, "T"); return nil })
	require.NoError(t, err)
	out := does[dmsapi.DeleteReplicationInstanceResponse](d, "DeleteReplicationInstance", in)
	require.Equal(t, "deleting", *out.ReplicationInstance.ReplicationInstanceStatus)
	_, err = d.Store.Get(t.Context(), Prefix+"connection/"+id+"/E")
	require.ErrorIs(t, err, store.ErrNotFound)
	d.refuses("DeleteReplicationInstance", in, "InvalidResourceStateFault", "deleting")
	d.refuses("DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("default")}, "InvalidResourceStateFault", "at least one database instance: goes is still using it")
	_, err = d.Store.Update(t.Context(), func(tx store.Tx) error {
		i, err := lookup[Instance](tx, instances, id)
		if err != nil {
			return err
		}
		return d.forgetInstance(tx, i)
	})
	require.NoError(t, err)
	d.refuses("DeleteReplicationInstance", in, "ResourceNotFoundFault", *arn)
	d.refuses("DescribeReplicationInstances", &dmsapi.DescribeReplicationInstancesMessage{Filters: []dmsapi.Filter{{Name: new("replication-instance-arn"), Values: []string{*arn}}}}, "ResourceNotFoundFault", "No Replication Instances found matching provided filters")
	require.Empty(t, does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &dmsapi.DescribeReplicationInstancesMessage{}).ReplicationInstances)
	does[dmsapi.DeleteReplicationSubnetGroupResponse](d, "DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("default")})
	for _, prefix := range []string{"ec2/network-interface/", instances.names(), Prefix + "ref/"} {
		page, err := d.Store.List(t.Context(), store.Range{Prefix: prefix})
		require.NoError(t, err)
		require.Empty(t, page.Items, "an orphan")
	}
	d.made("goes", nil) // the name is free again
}

// TestNetworkRole breaks dms-vpc-role in every way: no subnet group and no instance is made then.
func TestNetworkRole(t *testing.T) {
	d := newDesk(t, nil)
	zones := d.subnets()
	group := &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("g"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: []string{zones[testRegion+"a"][0], zones[testRegion+"b"][0]}}
	box := &createInstance{ReplicationInstanceIdentifier: new("box"), ReplicationInstanceClass: new("dms.t3.small")}
	says := "The IAM Role arn:aws:iam::111122223333:role/dms-vpc-role is not configured properly."
	trust := func(text string) {
		_, err := d.run(d.iam, "UpdateAssumeRolePolicy", &iamapi.UpdateAssumeRolePolicyRequest{RoleName: new("dms-vpc-role"), PolicyDocument: &text})
		require.NoError(t, err)
	}
	const good = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	trust(strings.Replace(good, "dms.", "ec2.", 1))
	d.refuses("CreateReplicationSubnetGroup", group, "AccessDeniedFault", says, "trust policy")
	d.refuses("CreateReplicationInstance", box, "AccessDeniedFault", says)
	trust(strings.Replace(good, `"Action"`, `"Condition":{"StringEquals":{"aws:SourceAccount":"999999999999"}},"Action"`, 1))
	d.refuses("CreateReplicationInstance", box, "AccessDeniedFault", says, "trust policy")
	trust(strings.Replace(good, `"Action"`, `"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},"ArnLike":{"aws:SourceArn":"arn:aws:dms:*:*:rep:*"}},"Action"`, 1))
	d.refuses("CreateReplicationSubnetGroup", group, "AccessDeniedFault", "subgrp:g")
	trust(good)
	// Its policies may be narrower than AWS's own, but not too narrow.
	_, err := d.run(d.iam, "DetachRolePolicy", &iamapi.DetachRolePolicyRequest{RoleName: new("dms-vpc-role"), PolicyArn: new("arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole")})
	require.NoError(t, err)
	d.refuses("CreateReplicationSubnetGroup", group, "AccessDeniedFault", says, "ec2:Describe")
	put := func(text string) {
		_, err := d.run(d.iam, "PutRolePolicy", &iamapi.PutRolePolicyRequest{RoleName: new("dms-vpc-role"), PolicyName: new("p"), PolicyDocument: &text})
		require.NoError(t, err)
	}
	put(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]}`)
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", group)
	box.ReplicationSubnetGroupIdentifier = new("g")
	d.refuses("CreateReplicationInstance", box, "AccessDeniedFault", says, "ec2:CreateNetworkInterface")
	put(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"},
		{"Effect":"Allow","Action":["ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface"],"Resource":["arn:aws:ec2:*:*:network-interface/*","arn:aws:ec2:*:*:security-group/*","arn:aws:ec2:*:*:subnet/` + group.SubnetIds[0] + `"]}]}`)
	d.refuses("CreateReplicationInstance", box, "AccessDeniedFault", group.SubnetIds[1])
	put(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`)
	does[dmsapi.CreateReplicationInstanceResponse](d, "CreateReplicationInstance", box)
}

// TestNetworkRoleOfChanges breaks dms-vpc-role while there is an instance: what would change its network is refused, and what was planned
// before is given up in the window.
func TestNetworkRoleOfChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	arn, id := d.made("box", nil) // sun:06:00-sun:07:00
	before := d.instance(id)
	allow := func(actions string) {
		_, err := d.run(d.iam, "PutRolePolicy", &iamapi.PutRolePolicyRequest{RoleName: new("dms-vpc-role"), PolicyName: new("p"),
			PolicyDocument: new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[` + actions + `],"Resource":"*"}}`)})
		require.NoError(t, err)
	}
	const attach, regroup = `"ec2:Describe*","ec2:CreateNetworkInterface","ec2:DeleteNetworkInterface"`, `"ec2:Describe*","ec2:ModifyNetworkInterfaceAttribute"`
	_, err := d.run(d.iam, "DetachRolePolicy", &iamapi.DetachRolePolicyRequest{RoleName: new("dms-vpc-role"), PolicyArn: new("arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole")})
	require.NoError(t, err)
	second := &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, MultiAZ: new(true)}
	groups := &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, VpcSecurityGroupIds: before.Groups, AllocatedStorage: new(int64(90))}
	allow(regroup)
	d.refuses("ModifyReplicationInstance", second, "AccessDeniedFault", "dms-vpc-role is not configured properly", "ec2:CreateNetworkInterface")
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", groups)
	allow(attach)
	groups.AllocatedStorage = new(int64(91))
	d.refuses("ModifyReplicationInstance", groups, "AccessDeniedFault", "ec2:ModifyNetworkInterfaceAttribute")
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", second)
	allow(regroup)
	d.refuses("ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, ApplyImmediately: new(true)}, "AccessDeniedFault", "ec2:CreateNetworkInterface")
	d.set(time.Date(2026, 11, 29, 6, 30, 0, 0, time.UTC))
	require.NoError(t, d.maintain(t.Context(), d.time()))
	now := d.instance(id)
	require.Nil(t, now.Pending)
	require.Equal(t, before.NICs, now.NICs)
	events := does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &dmsapi.DescribeEventsMessage{EventCategories: []string{"maintenance"}}).Events
	require.Len(t, events, 1)
	require.Contains(t, *events[0].Message, "dms-vpc-role is not configured properly")
	allow(`"ec2:Describe*"`)
	edit(d, instances, id, func(i *Instance) { i.MultiAZ = true })
	d.refuses("ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, MultiAZ: new(false)}, "AccessDeniedFault", "ec2:DeleteNetworkInterface")
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: arn, AutoMinorVersionUpgrade: new(false)})
	allow(`"ec2:CreateNetworkInterface"`)
	zones := d.subnets()
	d.refuses("ModifyReplicationSubnetGroup", &dmsapi.ModifyReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("default"), SubnetIds: []string{zones[testRegion+"a"][0], zones[testRegion+"b"][0]}},
		"AccessDeniedFault", "ec2:Describe")
}

// TestNoRoomInTheNetwork: a subnet without a free address, and a server without a default VPC.
func TestNoRoomInTheNetwork(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	vpc, err := d.run(d.ec2, "CreateVpc", &ec2api.CreateVpcRequest{CidrBlock: new("10.9.0.0/16")})
	require.NoError(t, err)
	var small []string
	for i, zone := range []string{"a", "b"} {
		made, err := d.run(d.ec2, "CreateSubnet", &ec2api.CreateSubnetRequest{VpcId: vpc.(*ec2api.CreateVpcResult).Vpc.VpcId, CidrBlock: new("10.9." + decimal(int64(i)) + ".0/28"), AvailabilityZone: new(testRegion + zone)})
		require.NoError(t, err)
		small = append(small, *made.(*ec2api.CreateSubnetResult).Subnet.SubnetId)
	}
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("small"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: small})
	for err == nil {
		_, err = d.run(d.ec2, "CreateNetworkInterface", &ec2api.CreateNetworkInterfaceRequest{SubnetId: &small[0]})
	}
	require.ErrorContains(t, err, "InsufficientFreeAddressesInSubnet")
	in := &createInstance{ReplicationInstanceIdentifier: new("box"), ReplicationInstanceClass: new("dms.t3.small"), ReplicationSubnetGroupIdentifier: new("small"), AvailabilityZone: new(testRegion + "a")}
	d.refuses("CreateReplicationInstance", in, "InsufficientResourceCapacityFault", "free address")
	in.AvailabilityZone = new(testRegion + "b")
	does[dmsapi.CreateReplicationInstanceResponse](d, "CreateReplicationInstance", in)

	_, err = d.Store.Update(t.Context(), func(tx store.Tx) error {
		tx.Delete("ec2default") // as in a store that was restored without its networks
		return nil
	})
	require.NoError(t, err)
	d.refuses("CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("other"), ReplicationInstanceClass: new("dms.t3.small")}, "InvalidSubnet", "no default VPC")
}

// TestNobodysInstance: an ARN that no instance has.
func TestNobodysInstance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	arn := new(d.arn(instances, "NOBODY"))
	for name, in := range map[string]any{
		"RebootReplicationInstance":           &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn},
		"DescribeReplicationInstanceTaskLogs": &dmsapi.DescribeReplicationInstanceTaskLogsMessage{ReplicationInstanceArn: arn},
		"ApplyPendingMaintenanceAction":       &dmsapi.ApplyPendingMaintenanceActionMessage{ReplicationInstanceArn: arn, ApplyAction: new("db-upgrade"), OptInType: new("immediate")},
		"DescribePendingMaintenanceActions":   &dmsapi.DescribePendingMaintenanceActionsMessage{ReplicationInstanceArn: arn},
		"DeleteConnection":                    &dmsapi.DeleteConnectionMessage{ReplicationInstanceArn: arn, EndpointArn: new(d.arn(endpoints, "NOBODY"))},
		"RefreshSchemas":                      &dmsapi.RefreshSchemasMessage{ReplicationInstanceArn: arn, EndpointArn: new(d.arn(endpoints, "NOBODY"))},
	} {
		d.refuses(name, in, "ResourceNotFoundFault", *arn)
	}
}

// TestKeysOfInstances: the key is kept by its ARN, however it was named; keys that cannot be used are refused.
func TestKeysOfInstances(t *testing.T) {
	d := newDesk(t, nil)
	own, err := d.vault.ManagedKey(t.Context(), testRegion, "secretsmanager") // some key of the account
	require.NoError(t, err)
	_, id := d.made("one", func(in *createInstance) { in.KmsKeyId = new("alias/aws/dms") })
	first := d.instance(id).KMSKey
	require.Contains(t, first, ":key/")
	_, id = d.made("two", nil)
	require.Equal(t, first, d.instance(id).KMSKey)
	_, id = d.made("three", func(in *createInstance) { in.KmsKeyId = new(own[strings.LastIndex(own, "/")+1:]) })
	require.Equal(t, own, d.instance(id).KMSKey)
}

// TestOneNameOneInstance makes instances of one name from many sides: one of them is made, with one network interface.
func TestOneNameOneInstance(t *testing.T) {
	d := newDesk(t, nil)
	var all sync.WaitGroup
	won := make(chan string, 8)
	for range 8 {
		all.Go(func() {
			out, err := d.run(d.api, "CreateReplicationInstance", &createInstance{ReplicationInstanceIdentifier: new("same"), ReplicationInstanceClass: new("dms.t3.small")})
			if err == nil {
				won <- *out.(*dmsapi.CreateReplicationInstanceResponse).ReplicationInstance.ReplicationInstanceArn
				return
			}
			if !strings.Contains(err.Error(), "ResourceAlreadyExistsFault") {
				won <- err.Error()
			}
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	page, err := d.Store.List(t.Context(), store.Range{Prefix: "ec2/network-interface/"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestDescribeInstances(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 25 {
		_, err := d.Store.Update(t.Context(), func(tx store.Tx) error {
			g, err := d.subnetGroup(tx, "default")
			if err != nil {
				return err
			}
			name := string(rune('a' + n))
			return store.Write(tx, instances.keys()+name, Instance{ID: name, Name: name, Status: "available", Class: "dms.t3.micro", SubnetGroup: g.Name, EngineVersion: "3.6.1", Window: "sun:06:00-sun:06:30"})
		})
		require.NoError(t, err)
	}
	type request = dmsapi.DescribeReplicationInstancesMessage
	first := does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &request{MaxRecords: new(int64(20))})
	require.Len(t, first.ReplicationInstances, 20)
	require.NotNil(t, first.Marker)
	rest := does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &request{MaxRecords: new(int64(20)), Marker: first.Marker})
	require.Len(t, rest.ReplicationInstances, 5)
	require.Nil(t, rest.Marker)
	require.Equal(t, "u", *rest.ReplicationInstances[0].ReplicationInstanceIdentifier)
	for name, values := range map[string][]string{
		"replication-instance-id": {"b", "C"}, "replication-instance-arn": {d.arn(instances, "b"), d.arn(instances, "c")},
	} {
		got := does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &request{Filters: []dmsapi.Filter{{Name: &name, Values: values}}})
		require.Len(t, got.ReplicationInstances, 2, name)
	}
	both := []dmsapi.Filter{{Name: new("replication-instance-class"), Values: []string{"dms.t3.micro"}}, {Name: new("engine-version"), Values: []string{"3.6.1"}}, {Name: new("replication-instance-id"), Values: []string{"b"}}}
	require.Len(t, does[dmsapi.DescribeReplicationInstancesResponse](d, "DescribeReplicationInstances", &request{Filters: both}).ReplicationInstances, 1)
	d.refuses("DescribeReplicationInstances", &request{Filters: []dmsapi.Filter{{Name: new("name"), Values: []string{"b"}}}}, "InvalidParameterValueException", "replication-instance-id")
	d.refuses("DescribeReplicationInstances", &request{Filters: []dmsapi.Filter{{Name: new("replication-instance-id"), Values: []string{}}}}, "InvalidParameterValueException", "no values")
	d.refuses("DescribeReplicationInstances", &request{MaxRecords: new(int64(19))}, "InvalidParameterValueException", "19")
	d.refuses("DescribeReplicationInstances", &request{Marker: new("!")}, "InvalidParameterValueException", "Marker")
}

// TestGroupsNamedTwice makes an instance whose security groups a caller has named twice and in no order: they are the same in
// the run of the transaction that is applied as in one that another call has overtaken.
func TestGroupsNamedTwice(t *testing.T) {
	d := newDesk(t, nil)
	_, first := d.made("first", nil)
	own := d.instance(first).Groups
	require.Len(t, own, 1)
	nic := d.instance(first).NICs[0]
	cards, err := d.run(d.ec2, "DescribeNetworkInterfaces", &ec2api.DescribeNetworkInterfacesRequest{NetworkInterfaceIds: []string{nic}})
	require.NoError(t, err)
	made, err := d.run(d.ec2, "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{
		GroupName: new("other"), Description: new("-"), VpcId: cards.(*ec2api.DescribeNetworkInterfacesResult).NetworkInterfaces[0].VpcId,
	})
	require.NoError(t, err)
	other := *made.(*ec2api.CreateSecurityGroupResult).GroupId
	asked := []string{own[0], other, own[0], other}
	_, id := d.made("second", func(in *createInstance) { in.VpcSecurityGroupIds = asked })
	require.ElementsMatch(t, []string{own[0], other}, d.instance(id).Groups)
	require.Equal(t, []string{own[0], other, own[0], other}, asked, "what the caller has sent stays as it is")
}
