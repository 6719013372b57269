package dms

import (
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// showInstance shows an instance as the API does: where it is and since when only when it has come up.
func (s *Service) showInstance(from getter, i *Instance) (*dmsapi.ReplicationInstance, error) {
	group, err := s.showGroupOf(from, i)
	if err != nil {
		return nil, err
	}
	out := &dmsapi.ReplicationInstance{
		ReplicationInstanceArn: new(s.arn(instances, i.ID)), ReplicationInstanceIdentifier: &i.Name, ReplicationInstanceStatus: new(s.statusOf(i)),
		ReplicationInstanceClass: &i.Class, AllocatedStorage: &i.Storage, EngineVersion: &i.EngineVersion, MultiAZ: &i.MultiAZ,
		AutoMinorVersionUpgrade: &i.AutoMinor, PubliclyAccessible: &i.Public, NetworkType: &i.NetworkType, KmsKeyId: some(i.KMSKey),
		PreferredMaintenanceWindow: &i.Window, ReplicationSubnetGroup: group, VpcSecurityGroups: []dmsapi.VpcSecurityGroupMembership{},
		PendingModifiedValues: showPending(i.Pending), InstanceCreateTime: i.Created, DnsNameServers: some(i.DNS),
	}
	for _, id := range i.Groups {
		out.VpcSecurityGroups = append(out.VpcSecurityGroups, dmsapi.VpcSecurityGroupMembership{VpcSecurityGroupId: new(id), Status: new("active")})
	}
	if i.Status == instanceCreating {
		return out, nil
	}
	out.AvailabilityZone, out.SecondaryAvailabilityZone = some(i.Zone), some(i.SecondaryZone)
	out.ReplicationInstancePrivateIpAddresses, out.ReplicationInstancePublicIpAddresses = i.Addresses, []string{}
	if len(i.Addresses) > 0 {
		out.ReplicationInstancePrivateIpAddress = &i.Addresses[0]
	}
	return out, nil
}

// statusOf is what an instance is in. One whose process has ended, or has not answered yet since the server has started, is not
// available, though its record says so: it is being started again. Another server than that which runs the instances cannot tell.
// One whose disk is full is storage-full, and may be asked for all that an available one may: its tasks go on as long as they can.
func (s *Service) statusOf(i *Instance) string {
	if i.Status == instanceAvailable && s.Leads() && s.Host.State(i.ID).Phase != instance.Up {
		return instanceRebooting
	}
	if i.Status == instanceAvailable && i.Room == roomFull {
		return instanceStorageFull
	}
	return i.Status
}

// showGroupOf shows the subnet group of an instance; its name alone if a restored or older state has it no more, so that one
// such record does not keep the others from being seen.
func (s *Service) showGroupOf(from getter, i *Instance) (*dmsapi.ReplicationSubnetGroup, error) {
	g, err := lookup[SubnetGroup](from, subnetGroups, i.SubnetGroup)
	if isFault(err) {
		return &dmsapi.ReplicationSubnetGroup{ReplicationSubnetGroupIdentifier: &i.SubnetGroup}, nil
	}
	if err != nil {
		return nil, err
	}
	return showGroup(from, g)
}

func showPending(p *PendingValues) *dmsapi.ReplicationPendingModifiedValues {
	out := &dmsapi.ReplicationPendingModifiedValues{}
	if p == nil {
		return out
	}
	out.ReplicationInstanceClass, out.EngineVersion, out.NetworkType, out.MultiAZ = some(p.Class), some(p.EngineVersion), some(p.NetworkType), p.MultiAZ
	if p.Storage > 0 {
		out.AllocatedStorage = &p.Storage
	}
	return out
}
