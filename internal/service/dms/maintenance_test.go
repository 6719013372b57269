package dms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

type modifyInstance = dmsapi.ModifyReplicationInstanceMessage

func TestWindow(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05", text)
		require.NoError(t, err)
		return v
	}
	for _, c := range []struct {
		window, when string
		inside       bool
		next         string
	}{
		// 2026-11-29 is a Sunday.
		{"sun:06:00-sun:06:30", "2026-11-29 06:00:00", true, "2026-11-29 06:00:00"},
		{"sun:06:00-sun:06:30", "2026-11-29 06:29:59", true, "2026-11-29 06:29:00"},
		{"sun:06:00-sun:06:30", "2026-11-29 06:30:00", false, "2026-12-06 06:00:00"},
		{"sun:06:00-sun:06:30", "2026-11-29 05:59:59", false, "2026-11-29 06:00:00"},
		{"sat:23:30-sun:00:30", "2026-11-29 00:10:00", true, "2026-11-29 00:10:00"},
		{"sat:23:30-sun:00:30", "2026-11-28 23:30:00", true, "2026-11-28 23:30:00"},
		{"sat:23:30-sun:00:30", "2026-11-29 00:30:00", false, "2026-12-05 23:30:00"},
		{"Sun:00:00-Mon:00:00", "2026-11-29 23:59:00", true, "2026-11-29 23:59:00"},
	} {
		w, err := windowOf(c.window)
		require.NoError(t, err)
		require.Equal(t, c.inside, w.contains(at(c.when)), "%+v", c)
		require.Equal(t, at(c.next), w.next(at(c.when)), "%+v", c)
	}
	for _, bad := range []string{"", "sun:06:00", "sun:6:00-sun:06:30", "sun:24:00-mon:00:30", "son:06:00-sun:06:30", "sun:06:00-sun:06:00", "sun:06:00-mon:06:01", "sun:06:30-sun:06:00", " sun:06:00-sun:06:30"} {
		_, err := windowOf(bad)
		require.Error(t, err, bad)
	}
	for range 1000 {
		w := randomWindow()
		again, err := windowOf(w.String())
		require.NoError(t, err, w)
		require.Equal(t, w, again)
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("sun:06:00-sun:06:30")
	f.Add("sat:23:30-sun:00:30")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := windowOf(text)
		if err != nil {
			return
		}
		again, err := windowOf(w.String())
		require.NoError(t, err)
		require.Equal(t, w, again)
		require.True(t, w.contains(w.next(time.Unix(1e9, 0))))
	})
}

// TestChangesWaitForTheWindow: what was not to be applied immediately is shown as pending until the window comes, and
// then is done once.
func TestChangesWaitForTheWindow(t *testing.T) {
	d := newDesk(t, nil)
	arn, id := d.made("box", nil) // sun:06:00-sun:07:00
	boot := d.instance(id).Boot
	out := does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, ReplicationInstanceClass: new("dms.c5.large"), AllocatedStorage: new(int64(80)), MultiAZ: new(true)}).ReplicationInstance
	require.Equal(t, "available", *out.ReplicationInstanceStatus)
	require.Equal(t, dmsapi.ReplicationPendingModifiedValues{ReplicationInstanceClass: new("dms.c5.large"), AllocatedStorage: new(int64(80)), MultiAZ: new(true)}, *out.PendingModifiedValues)
	require.Equal(t, "dms.t3.medium", *out.ReplicationInstanceClass)
	// Asking for the same again, or for what is, is no modification; asking for what is takes back what was planned.
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, ReplicationInstanceClass: new("dms.c5.large")}, "InvalidParameterCombinationException", "No modifications were requested")
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn}, "InvalidParameterCombinationException", "No modifications were requested")
	out = does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, MultiAZ: new(false)}).ReplicationInstance
	require.Nil(t, out.PendingModifiedValues.MultiAZ)
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, MultiAZ: new(true)})
	for _, early := range []time.Time{d.time(), time.Date(2026, 11, 29, 5, 59, 59, 0, time.UTC), time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)} {
		require.NoError(t, d.maintain(t.Context(), early))
		require.NotNil(t, d.instance(id).Pending, early)
	}
	// An instance that is busy waits for its turn within the window.
	sunday := time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC)
	edit(d, instances, id, func(i *Instance) { i.Status = instanceRebooting })
	require.NoError(t, d.maintain(t.Context(), sunday))
	require.NotNil(t, d.instance(id).Pending)
	edit(d, instances, id, func(i *Instance) { i.Status = instanceAvailable })
	for range 2 {
		require.NoError(t, d.maintain(t.Context(), sunday.Add(time.Minute)))
	}
	i := d.instance(id)
	require.Nil(t, i.Pending)
	require.Equal(t, "modifying", i.Status)
	require.Equal(t, "dms.c5.large", i.Class)
	require.EqualValues(t, 80, i.Storage)
	require.True(t, i.MultiAZ)
	require.Len(t, i.NICs, 2)
	require.Equal(t, boot+1, i.Boot)
}

// TestChangesAtOnce: ApplyImmediately brings about all that waits; some things wait for nothing.
func TestChangesAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	arn, id := d.made("box", nil)
	d.made("other", nil)
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, AllocatedStorage: new(int64(60))})
	out := does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, ReplicationInstanceClass: new("dms.r5.large"), ApplyImmediately: new(true)}).ReplicationInstance
	require.Equal(t, "modifying", *out.ReplicationInstanceStatus)
	require.EqualValues(t, 60, *out.AllocatedStorage)
	require.Equal(t, "dms.r5.large", *out.ReplicationInstanceClass)
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, AllocatedStorage: new(int64(70))}, "InvalidResourceStateFault", "modifying")
	d.settled(arn)
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, AllocatedStorage: new(int64(70))})
	out = does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, ApplyImmediately: new(true)}).ReplicationInstance
	require.EqualValues(t, 70, *out.AllocatedStorage, "the queue, with nothing new")
	d.settled(arn)
	g, err := d.run(d.ec2, "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("tight"), Description: new("-"), VpcId: out.ReplicationSubnetGroup.VpcId})
	require.NoError(t, err)
	group := g.(*ec2api.CreateSecurityGroupResult).GroupId
	out = does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{
		ReplicationInstanceArn: arn, ReplicationInstanceIdentifier: new("Renamed"), PreferredMaintenanceWindow: new("Mon:01:00-Mon:01:30"), AutoMinorVersionUpgrade: new(false), VpcSecurityGroupIds: []string{*group},
	}).ReplicationInstance
	require.Equal(t, "available", *out.ReplicationInstanceStatus)
	require.Equal(t, "renamed", *out.ReplicationInstanceIdentifier)
	require.Equal(t, "mon:01:00-mon:01:30", *out.PreferredMaintenanceWindow)
	require.False(t, *out.AutoMinorVersionUpgrade)
	require.Equal(t, *group, *out.VpcSecurityGroups[0].VpcSecurityGroupId)
	_, err = d.run(d.ec2, "DeleteSecurityGroup", &ec2api.DeleteSecurityGroupRequest{GroupId: group})
	require.ErrorContains(t, err, "DependencyViolation", "an instance is in it")
	d.made("box", nil) // its old name is free
	for name, c := range map[string]struct {
		in    modifyInstance
		code  string
		words string
	}{
		"name of another":   {modifyInstance{ReplicationInstanceIdentifier: new("OTHER")}, "ResourceAlreadyExistsFault", "other"},
		"less storage":      {modifyInstance{AllocatedStorage: new(int64(69))}, "InvalidParameterCombinationException", "decreased"},
		"no such class":     {modifyInstance{ReplicationInstanceClass: new("dms.x9.large")}, "InvalidParameterValueException", "class"},
		"no such version":   {modifyInstance{EngineVersion: new("4.0.0")}, "InvalidParameterValueException", "No replication engine found"},
		"older version":     {modifyInstance{EngineVersion: new("3.5.4")}, "InvalidParameterCombinationException", "downgrade"},
		"dual":              {modifyInstance{NetworkType: new("dual")}, "InvalidParameterCombinationException", "IPv6"},
		"no such group":     {modifyInstance{VpcSecurityGroupIds: []string{"sg-1"}}, "InvalidParameterValueException", "sg-1"},
		"no window":         {modifyInstance{PreferredMaintenanceWindow: new("x")}, "InvalidParameterValueException", "Window"},
		"Kerberos":          {modifyInstance{KerberosAuthenticationSettings: &dmsapi.KerberosAuthenticationSettings{}}, "InvalidParameterValueException", "not served"},
		"another's":         {modifyInstance{ReplicationInstanceArn: new("arn:aws:dms:eu-central-1:999999999999:rep:X")}, "InvalidParameterValueException", "Invalid ARN"},
		"no instance's ARN": {modifyInstance{ReplicationInstanceArn: new(d.arn(tasks, "X"))}, "InvalidParameterValueException", "Invalid ARN"},
		"nobody's":          {modifyInstance{ReplicationInstanceArn: new(d.arn(instances, "X"))}, "ResourceNotFoundFault", "rep:X"},
	} {
		t.Run(name, func(*testing.T) {
			if c.in.ReplicationInstanceArn == nil {
				c.in.ReplicationInstanceArn = arn
			}
			d.refuses("ModifyReplicationInstance", &c.in, c.code, c.words)
		})
	}
	require.Equal(t, "renamed", d.instance(id).Name)
}

// TestNoSecondZone: what cannot be is refused when it is asked for, and what can be no more is dropped in its window.
func TestNoSecondZone(t *testing.T) {
	d := newDesk(t, nil)
	zones := d.subnets()
	a, b := zones[testRegion+"a"][0], zones[testRegion+"b"][0]
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("two"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: []string{a, b}})
	arn, id := d.made("box", func(in *createInstance) {
		in.ReplicationSubnetGroupIdentifier, in.AvailabilityZone = new("two"), new(testRegion+"a")
	})
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, MultiAZ: new(true)})
	_, err := d.run(d.ec2, "DeleteSubnet", &ec2api.DeleteSubnetRequest{SubnetId: &b})
	require.NoError(t, err)
	sunday := time.Date(2026, 11, 29, 6, 30, 0, 0, time.UTC)
	require.NoError(t, d.maintain(t.Context(), sunday))
	i := d.instance(id)
	require.Equal(t, "available", i.Status)
	require.Nil(t, i.Pending)
	require.False(t, i.MultiAZ)
	require.Len(t, i.NICs, 1)
	d.set(sunday)
	events := does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &dmsapi.DescribeEventsMessage{EventCategories: []string{"maintenance"}}).Events
	require.Len(t, events, 1)
	require.Contains(t, *events[0].Message, "could not be modified in its maintenance window")
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, MultiAZ: new(true)}, "InsufficientResourceCapacityFault", "two")
}

// TestEngineUpgrades: minor ones come with the window to instances that take them, or when they are asked for; major ones
// need to be allowed.
func TestEngineUpgrades(t *testing.T) {
	d := newDesk(t, nil)
	d.set(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)) // 3.5.3 can still be had
	old := func(in *createInstance) { in.EngineVersion, in.AutoMinorVersionUpgrade = new("3.5.3"), new(false) }
	arn, id := d.made("careful", old)
	eager, eagerID := d.made("eager", old)
	_, _ = d.made("new", nil)
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: eager, AutoMinorVersionUpgrade: new(true)})
	shown := does[dmsapi.DescribePendingMaintenanceActionsResponse](d, "DescribePendingMaintenanceActions", &dmsapi.DescribePendingMaintenanceActionsMessage{})
	require.Len(t, shown.PendingMaintenanceActions, 2, "the new one has none")
	one := does[dmsapi.DescribePendingMaintenanceActionsResponse](d, "DescribePendingMaintenanceActions", &dmsapi.DescribePendingMaintenanceActionsMessage{ReplicationInstanceArn: eager}).PendingMaintenanceActions
	require.Len(t, one, 1)
	require.Equal(t, *eager, *one[0].ResourceIdentifier)
	action := one[0].PendingMaintenanceActionDetails[0]
	require.Equal(t, "db-upgrade", *action.Action)
	require.Contains(t, *action.Description, "3.5.4")
	sunday := time.Date(2025, 1, 5, 6, 0, 0, 0, time.UTC)
	require.Equal(t, sunday, *action.CurrentApplyDate)
	require.Equal(t, sunday, *action.AutoAppliedAfterDate)
	require.Equal(t, time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), *action.ForcedApplyDate)
	require.NoError(t, d.maintain(t.Context(), sunday))
	require.Equal(t, "3.5.4", d.instance(eagerID).EngineVersion)
	require.Equal(t, "upgrading", d.instance(eagerID).Status)
	require.Equal(t, "3.5.3", d.instance(id).EngineVersion)

	apply := func(action, how string) *dmsapi.ApplyPendingMaintenanceActionMessage {
		return &dmsapi.ApplyPendingMaintenanceActionMessage{ReplicationInstanceArn: arn, ApplyAction: &action, OptInType: &how}
	}
	d.refuses("ApplyPendingMaintenanceAction", apply("db-upgrade", "some-day"), "InvalidParameterValueException", "OptInType")
	d.refuses("ApplyPendingMaintenanceAction", apply("upgrade", "immediate"), "InvalidParameterValueException", "ApplyAction")
	d.refuses("ApplyPendingMaintenanceAction", apply("os-upgrade", "immediate"), "ResourceNotFoundFault", "os-upgrade")
	in := does[dmsapi.ApplyPendingMaintenanceActionResponse](d, "ApplyPendingMaintenanceAction", apply("db-upgrade", "next-maintenance")).ResourcePendingMaintenanceActions
	require.Equal(t, "next-maintenance", *in.PendingMaintenanceActionDetails[0].OptInStatus)
	require.Equal(t, sunday, *in.PendingMaintenanceActionDetails[0].CurrentApplyDate)
	in = does[dmsapi.ApplyPendingMaintenanceActionResponse](d, "ApplyPendingMaintenanceAction", apply("db-upgrade", "undo-opt-in")).ResourcePendingMaintenanceActions
	require.Nil(t, in.PendingMaintenanceActionDetails[0].OptInStatus)
	require.NoError(t, d.maintain(t.Context(), sunday))
	require.Equal(t, "3.5.3", d.instance(id).EngineVersion)
	does[dmsapi.ApplyPendingMaintenanceActionResponse](d, "ApplyPendingMaintenanceAction", apply("db-upgrade", "next-maintenance"))
	require.NoError(t, d.maintain(t.Context(), sunday))
	require.Equal(t, "3.5.4", d.instance(id).EngineVersion)
	d.refuses("ApplyPendingMaintenanceAction", apply("db-upgrade", "immediate"), "ResourceNotFoundFault", "no pending")
	d.settled(arn)
	d.refuses("ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, EngineVersion: new("3.6.1")}, "InvalidParameterCombinationException", "AllowMajorVersionUpgrade")
	out := does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, EngineVersion: new("3.6.1"), AllowMajorVersionUpgrade: new(true), ApplyImmediately: new(true)}).ReplicationInstance
	require.Equal(t, "upgrading", *out.ReplicationInstanceStatus)
	require.Equal(t, "3.6.1", *out.EngineVersion)
}

func TestForcedUpgrade(t *testing.T) {
	d := newDesk(t, nil)
	d.set(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC))
	arn, id := d.made("careful", func(in *createInstance) { in.EngineVersion, in.AutoMinorVersionUpgrade = new("3.5.3"), new(false) })
	d.set(time.Date(2026, 6, 28, 6, 0, 0, 0, time.UTC)) // a Sunday, two days before the end of 3.5.3
	require.NoError(t, d.maintain(t.Context(), d.time()))
	require.Equal(t, "3.5.3", d.instance(id).EngineVersion)
	d.set(time.Date(2026, 7, 5, 6, 0, 0, 0, time.UTC))
	require.NoError(t, d.maintain(t.Context(), d.time()))
	require.Equal(t, "3.5.4", d.instance(id).EngineVersion)
	d.settled(arn)
	// At once, on request.
	edit(d, instances, id, func(i *Instance) { i.EngineVersion = "3.5.3"; i.Pending = &PendingValues{Storage: 90} })
	does[dmsapi.ApplyPendingMaintenanceActionResponse](d, "ApplyPendingMaintenanceAction", &dmsapi.ApplyPendingMaintenanceActionMessage{ReplicationInstanceArn: arn, ApplyAction: new("db-upgrade"), OptInType: new("immediate")})
	require.Equal(t, "upgrading", d.instance(id).Status)
	require.EqualValues(t, 90, d.instance(id).Pending.Storage, "what waits for the window goes on waiting")
	for waiting, stays := range map[string]*PendingValues{"3.5.3": nil, "3.5.4": nil, "3.6.1": {EngineVersion: "3.6.1"}} {
		edit(d, instances, id, func(i *Instance) {
			i.Status, i.EngineVersion, i.Pending = instanceAvailable, "3.5.3", &PendingValues{EngineVersion: waiting}
		})
		does[dmsapi.ApplyPendingMaintenanceActionResponse](d, "ApplyPendingMaintenanceAction", &dmsapi.ApplyPendingMaintenanceActionMessage{ReplicationInstanceArn: arn, ApplyAction: new("db-upgrade"), OptInType: new("immediate")})
		require.Equal(t, "3.5.4", d.instance(id).EngineVersion)
		require.Equal(t, stays, d.instance(id).Pending, "%s waits for the window", waiting)
	}
}

func TestWhatCanBeOrdered(t *testing.T) {
	d := newDesk(t, nil)
	seen := map[string]bool{}
	var marker *string
	for {
		out := does[dmsapi.DescribeOrderableReplicationInstancesResponse](d, "DescribeOrderableReplicationInstances", &dmsapi.DescribeOrderableReplicationInstancesMessage{Marker: marker, MaxRecords: new(int64(20))})
		for _, o := range out.OrderableReplicationInstances {
			key := *o.ReplicationInstanceClass + *o.EngineVersion
			require.False(t, seen[key], key)
			seen[key] = true
			require.Equal(t, "gp2", *o.StorageType)
			require.EqualValues(t, 5, *o.MinAllocatedStorage)
			require.EqualValues(t, 6144, *o.MaxAllocatedStorage)
			require.Len(t, o.AvailabilityZones, 3)
		}
		if marker = out.Marker; marker == nil {
			break
		}
	}
	require.Len(t, seen, 2*len(offered()), "3.5.4 and 3.6.1")
	versions := does[dmsapi.DescribeEngineVersionsResponse](d, "DescribeEngineVersions", &dmsapi.DescribeEngineVersionsMessage{}).EngineVersions
	require.Len(t, versions, 2)
	require.Equal(t, "3.5.4", *versions[0].Version)
	require.Equal(t, "DEFAULT_VERSION", *versions[0].Lifecycle)
	require.Equal(t, []string{"3.6.1"}, versions[0].AvailableUpgrades)
	require.Equal(t, time.Date(2024, 11, 15, 0, 0, 0, 0, time.UTC), *versions[0].LaunchDate)
}

// TestANewPlanIsNotDroppedWithTheOld plans something else for an instance while its window tries what can be no more: that is
// dropped, and the new plan comes about.
func TestANewPlanIsNotDroppedWithTheOld(t *testing.T) {
	d := newDesk(t, nil)
	zones := d.subnets()
	a, b := zones[testRegion+"a"][0], zones[testRegion+"b"][0]
	does[dmsapi.CreateReplicationSubnetGroupResponse](d, "CreateReplicationSubnetGroup", &dmsapi.CreateReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: new("two"), ReplicationSubnetGroupDescription: new("-"), SubnetIds: []string{a, b}})
	arn, id := d.made("box", func(in *createInstance) {
		in.ReplicationSubnetGroupIdentifier, in.AvailabilityZone = new("two"), new(testRegion+"a")
	})
	modify := func(in modifyInstance) {
		in.ReplicationInstanceArn = arn
		does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &in)
	}
	modify(modifyInstance{MultiAZ: new(true)})
	_, err := d.run(d.ec2, "DeleteSubnet", &ec2api.DeleteSubnetRequest{SubnetId: &b})
	require.NoError(t, err)
	kept, met := d.Store, false
	d.Store = storetest.Raced(kept, func() {
		if !met {
			met = true
			modify(modifyInstance{MultiAZ: new(false), AllocatedStorage: new(int64(200))})
		}
	})
	sunday := time.Date(2026, 11, 29, 6, 30, 0, 0, time.UTC)
	require.NoError(t, d.maintain(t.Context(), sunday))
	d.Store = kept
	require.True(t, met)
	require.Equal(t, &PendingValues{Storage: 200}, d.instance(id).Pending)
	require.NoError(t, d.maintain(t.Context(), sunday))
	require.Equal(t, int64(200), d.instance(id).Storage)
}
