package dms

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// modifyReplicationInstance: the identifier, the window, the security groups and AutoMinorVersionUpgrade change at once;
// the rest waits for the maintenance window, unless ApplyImmediately brings it and all that waits about.
func (s *Service) modifyReplicationInstance() service.Operation {
	return handle(s, "ModifyReplicationInstance", func(ctx context.Context, call *service.Call, in *dmsapi.ModifyReplicationInstanceMessage) (*dmsapi.ModifyReplicationInstanceResponse, error) {
		if err := notServed(in.KerberosAuthenticationSettings, nil); err != nil {
			return nil, err
		}
		if err := s.mayModify(ctx, in); err != nil {
			return nil, err
		}
		shown, err := s.changeInstance(ctx, *in.ReplicationInstanceArn, func(tx store.Tx, i *Instance) error {
			if err := i.must("modified", instanceAvailable); err != nil {
				return err
			}
			before := *i
			at, err := s.changeAtOnce(tx, i, in)
			if err != nil {
				return err
			}
			later, err := i.plan(in, call.Now)
			if err != nil {
				return err
			}
			waits := i.Pending != nil && value(in.ApplyImmediately)
			if !at && !later && !waits {
				return invalidCombination("No modifications were requested")
			}
			if err := checkSecond(tx, i); err != nil {
				return err
			}
			if more := i.reserved() - before.reserved(); more > 0 {
				if err := s.quota(tx, quotaStorage, more); err != nil {
					return err
				}
			}
			if i.Pending != nil && value(in.ApplyImmediately) {
				return s.applyPending(tx, i, call.Now)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.ModifyReplicationInstanceResponse{ReplicationInstance: shown}, nil
	})
}

// mayModify asks dms-vpc-role about what the call changes in the network. An instance that is not there is for the transaction to miss.
func (s *Service) mayModify(ctx context.Context, in *dmsapi.ModifyReplicationInstanceMessage) error {
	i, err := byARN[Instance](s, s.outside(ctx), instances, *in.ReplicationInstanceArn)
	if err != nil {
		if isFault(err) {
			return nil
		}
		return err
	}
	multi := in.MultiAZ
	if multi == nil && value(in.ApplyImmediately) && i.Pending != nil {
		multi = i.Pending.MultiAZ
	}
	return s.mayRefit(ctx, i, multi, in.VpcSecurityGroupIds)
}

// mayRefit asks dms-vpc-role whether DMS may give an instance a second network interface, or take it, and put those that it has into
// other security groups.
func (s *Service) mayRefit(ctx context.Context, i *Instance, multi *bool, groups []string) error {
	what := map[string][]string{}
	switch {
	case multi == nil || *multi == i.MultiAZ:
	case *multi:
		g, err := lookup[SubnetGroup](s.outside(ctx), subnetGroups, i.SubnetGroup)
		if err != nil {
			return err
		}
		what = s.attaches(g.Subnets, i.Groups)
	default:
		what = s.detaches()
	}
	if len(groups) > 0 {
		maps.Copy(what, s.regroups(groups))
	}
	if len(what) == 0 {
		return nil
	}
	return s.needsNetworkRole(ctx, s.arn(instances, i.ID), what)
}

// changeAtOnce changes what waits for no window, and reports whether anything has changed.
func (s *Service) changeAtOnce(tx store.Tx, i *Instance, in *dmsapi.ModifyReplicationInstanceMessage) (changed bool, err error) {
	if text := in.ReplicationInstanceIdentifier; text != nil {
		name, err := instanceNameOf(*text)
		if err != nil {
			return false, err
		}
		if name != i.Name {
			if err := s.claim(tx, instances, name, i.ID); err != nil {
				return false, err
			}
			tx.Delete(instances.names() + i.Name)
			if err := renameSource(tx, sourceInstance, i.Name, name); err != nil {
				return false, err
			}
			i.Name, changed = name, true
		}
	}
	if text := in.PreferredMaintenanceWindow; text != nil {
		w, err := windowOf(*text)
		if err != nil {
			return false, err
		}
		changed = changed || w.String() != i.Window
		i.Window = w.String()
	}
	if auto := in.AutoMinorVersionUpgrade; auto != nil {
		changed = changed || *auto != i.AutoMinor
		i.AutoMinor = *auto
	}
	regrouped, err := s.regroup(tx, i, in.VpcSecurityGroupIds)
	return changed || regrouped, err
}

// regroup puts an instance into other security groups.
func (s *Service) regroup(tx store.Tx, i *Instance, ids []string) (bool, error) {
	if len(ids) == 0 {
		return false, nil
	}
	g, err := lookup[SubnetGroup](tx, subnetGroups, i.SubnetGroup)
	if err != nil {
		return false, err
	}
	groups, err := groupsFor(tx, g.VPC, ids)
	if err != nil || slices.Equal(groups, i.Groups) {
		return false, err
	}
	i.Groups = groups
	for _, id := range i.NICs {
		if err := ec2.Regroup(tx, id, groups); err != nil {
			return false, err
		}
	}
	return true, nil
}

// plan notes what shall change in the maintenance window, and reports whether that is new. Asking for what is takes back
// what was planned.
func (i *Instance) plan(in *dmsapi.ModifyReplicationInstanceMessage, now time.Time) (bool, error) {
	var p PendingValues
	if i.Pending != nil {
		p = *i.Pending
	}
	before := p
	if class := in.ReplicationInstanceClass; class != nil {
		if err := checkClass(*class); err != nil {
			return false, err
		}
		p.Class = unless(*class, i.Class)
	}
	if gb := in.AllocatedStorage; gb != nil {
		if err := checkStorage(*gb); err != nil {
			return false, err
		}
		if *gb < i.Storage {
			return false, invalidCombination("AllocatedStorage cannot be decreased from %d to %d.", i.Storage, *gb)
		}
		p.Storage = unless(*gb, i.Storage)
	}
	if version := in.EngineVersion; version != nil {
		if *version != i.EngineVersion {
			if err := checkUpgrade(i.EngineVersion, *version, value(in.AllowMajorVersionUpgrade), now); err != nil {
				return false, err
			}
		}
		p.EngineVersion = unless(*version, i.EngineVersion)
	}
	if multi := in.MultiAZ; multi != nil {
		p.MultiAZ = nil
		if *multi != i.MultiAZ {
			p.MultiAZ = multi
		}
	}
	if network := in.NetworkType; network != nil {
		if _, err := networkTypeOf(*network); err != nil {
			return false, err
		}
	}
	i.Pending = &p
	if p == (PendingValues{}) {
		i.Pending = nil
	}
	return !p.same(&before), nil
}

// unless is a value that differs from what is; otherwise none.
func unless[T comparable](asked, is T) (v T) {
	if asked != is {
		v = asked
	}
	return v
}

func (p *PendingValues) same(q *PendingValues) bool {
	a, b := *p, *q
	a.MultiAZ, b.MultiAZ = nil, nil
	return a == b && (p.MultiAZ == nil) == (q.MultiAZ == nil) && value(p.MultiAZ) == value(q.MultiAZ)
}
