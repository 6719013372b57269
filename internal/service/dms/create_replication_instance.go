package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createReplicationInstance() service.Operation {
	return handle(s, "CreateReplicationInstance", func(ctx context.Context, call *service.Call, in *dmsapi.CreateReplicationInstanceMessage) (*dmsapi.CreateReplicationInstanceResponse, error) {
		i, err := s.newInstance(call, in)
		if err != nil {
			return nil, err
		}
		if err := s.mayAttach(ctx, i); err != nil {
			return nil, err
		}
		if i.KMSKey, err = s.keyARN(ctx, call, value(in.KmsKeyId)); err != nil {
			return nil, err
		}
		var shown *dmsapi.ReplicationInstance
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			made := *i
			if err := s.placeInstance(tx, &made, value(in.AvailabilityZone)); err != nil {
				return err
			}
			s.happened(tx, call.Now, sourceInstance, made.Name, categoryCreation, "Replication instance is being created.")
			if shown, err = s.showInstance(tx, &made); err != nil {
				return err
			}
			return store.Write(tx, instances.keys()+made.ID, &made)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.CreateReplicationInstanceResponse{ReplicationInstance: shown}, nil
	})
}

// newInstance reads what is asked for, as far as it can be judged without the store.
func (s *Service) newInstance(call *service.Call, in *dmsapi.CreateReplicationInstanceMessage) (*Instance, error) {
	i := &Instance{
		Status: instanceCreating, Class: *in.ReplicationInstanceClass, MultiAZ: value(in.MultiAZ), Groups: in.VpcSecurityGroupIds,
		AutoMinor: in.AutoMinorVersionUpgrade == nil || *in.AutoMinorVersionUpgrade, Public: in.PubliclyAccessible == nil || *in.PubliclyAccessible, Boot: 1,
	}
	var problems [6]error
	i.Name, problems[0] = instanceNameOf(*in.ReplicationInstanceIdentifier)
	problems[1] = checkClass(i.Class)
	i.EngineVersion, problems[2] = engineFor(value(in.EngineVersion), i.AutoMinor, call.Now)
	i.NetworkType, problems[3] = networkTypeOf(value(in.NetworkType))
	i.ID, problems[4] = idFor(in.ResourceIdentifier)
	i.Tags, problems[5] = tagsIn(in.Tags)
	for _, err := range append(problems[:], s.checkZone(value(in.AvailabilityZone), i.MultiAZ), notServed(in.KerberosAuthenticationSettings, in.DnsNameServers)) {
		if err != nil {
			return nil, err
		}
	}
	w := randomWindow()
	if text := value(in.PreferredMaintenanceWindow); text != "" {
		var err error
		if w, err = windowOf(text); err != nil {
			return nil, err
		}
	}
	i.Window = w.String()
	_, _, i.Storage, _ = classOf(i.Class)
	if in.AllocatedStorage != nil {
		i.Storage = *in.AllocatedStorage
	}
	i.SubnetGroup = defaultGroup
	if text := value(in.ReplicationSubnetGroupIdentifier); text != "" {
		var err error
		if i.SubnetGroup, err = groupNameOf(text); err != nil {
			return nil, err
		}
	}
	return i, checkStorage(i.Storage)
}

// mayAttach asks dms-vpc-role whether DMS may make the instance's network interfaces.
func (s *Service) mayAttach(ctx context.Context, i *Instance) error {
	var nets []string
	g, err := lookup[SubnetGroup](s.outside(ctx), subnetGroups, i.SubnetGroup)
	switch {
	case err == nil:
		nets = g.Subnets
	case !isFault(err):
		return err // one that is not there is the transaction's to say, or to make
	}
	return s.needsNetworkRole(ctx, s.arn(instances, i.ID), s.attaches(nets, i.Groups))
}

// placeInstance takes the instance's identifier, counts it, and gives it its place in the network.
func (s *Service) placeInstance(tx store.Tx, i *Instance, zone string) error {
	there, err := store.Exists(tx, instances.keys()+i.ID)
	if err != nil {
		return err
	}
	if there {
		return exists(s.arn(instances, i.ID), "%s already exists: %s", instances.noun, s.arn(instances, i.ID))
	}
	if have, err := named(tx, instances, i.Name); err != nil || have != "" {
		return errors.Join(err, s.claim(tx, instances, i.Name, i.ID))
	}
	if err := errors.Join(s.quota(tx, quotaInstances, 1), s.quota(tx, quotaStorage, i.Storage)); err != nil {
		return err
	}
	g, err := s.subnetGroup(tx, i.SubnetGroup)
	if err != nil {
		return err
	}
	if i.Groups, err = groupsFor(tx, g.VPC, i.Groups); err != nil {
		return err
	}
	if err := settle(tx, i, g, zone); err != nil {
		return err
	}
	refer(tx, subnetGroups, g.Name, instances, i.ID)
	return s.claim(tx, instances, i.Name, i.ID)
}
