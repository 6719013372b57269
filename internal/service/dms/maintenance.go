package dms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// nextMaintenance is an instance's OptIn when its upgrade shall come with the next window.
const nextMaintenance = "next-maintenance"

// maintain applies what waits for the maintenance window of instances whose window it is, upgrades included. It is called
// every minute; a window that was missed is waited for again.
func (s *Service) maintain(ctx context.Context, now time.Time) error {
	page, err := s.Store.List(ctx, store.Range{Prefix: instances.keys()})
	if err != nil {
		return fmt.Errorf("list the replication instances: %w", err)
	}
	var problems []error
	for _, item := range page.Items {
		var i Instance
		if err := item.Decode(&i); err != nil {
			problems = append(problems, err)
			continue
		}
		if !i.due(now) {
			continue
		}
		if err := s.maintainOne(ctx, &i, now); err != nil {
			problems = append(problems, fmt.Errorf("maintain replication instance %s: %w", i.Name, err))
		}
	}
	return errors.Join(problems...)
}

// due reports that something is to be done with an instance now.
func (i *Instance) due(now time.Time) bool {
	w, err := windowOf(i.Window)
	return err == nil && i.Status == instanceAvailable && w.contains(now) && (i.Pending != nil || i.upgrade(now) != "")
}

// upgrade is the version that the window brings although nobody planned it; empty if none.
func (i *Instance) upgrade(now time.Time) string {
	to := minorUpgrade(i.EngineVersion, now)
	v, known := findEngine(i.EngineVersion)
	if known && v.ended(now) && to == "" {
		to = newestEngine() // it has come to its end and there is nothing nearer
	}
	if to == "" || i.Pending != nil && i.Pending.EngineVersion != "" {
		return ""
	}
	if i.AutoMinor || i.OptIn == nextMaintenance || known && v.ended(now) {
		return to
	}
	return ""
}

func (s *Service) maintainOne(ctx context.Context, i *Instance, now time.Time) error {
	id, tried := i.ID, i.planned()
	if err := s.mayRefit(ctx, i, tried.values.MultiAZ, nil); isFault(err) {
		return s.dropPending(ctx, id, tried, now, err)
	} else if err != nil {
		return err
	}
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		i, err := lookup[Instance](tx, instances, id)
		if isFault(err) {
			return nil // it has gone
		}
		if err != nil {
			return err
		}
		if !i.due(now) {
			return nil
		}
		tried = i.planned()
		if to := i.upgrade(now); to != "" {
			if i.Pending == nil {
				i.Pending = &PendingValues{}
			}
			i.Pending.EngineVersion = to
		}
		if err := s.applyPending(tx, i, now); err != nil {
			return err
		}
		return store.Write(tx, instances.keys()+i.ID, i)
	})
	if isFault(err) {
		// What was possible when it was asked for is no more. It is dropped, or it would be tried every minute.
		return s.dropPending(ctx, id, tried, now, err)
	}
	return err
}

// plan is what waits for the window of an instance.
type plan struct {
	values PendingValues
	optIn  string
}

func (i *Instance) planned() plan { return plan{value(i.Pending), i.OptIn} }

// dropPending gives up what waits for the window, and says why. What was planned since it was tried stays.
func (s *Service) dropPending(ctx context.Context, id string, tried plan, now time.Time, why error) error {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		i, err := lookup[Instance](tx, instances, id)
		if isFault(err) {
			return nil // it has gone
		}
		if err != nil {
			return err
		}
		if have := i.planned(); !have.values.same(&tried.values) || have.optIn != tried.optIn {
			return nil
		}
		i.Pending, i.OptIn = nil, ""
		s.happened(tx, now, sourceInstance, i.Name, categoryMaintenance, "Replication instance could not be modified in its maintenance window: "+faultText(why))
		return store.Write(tx, instances.keys()+i.ID, i)
	})
	return err
}

// applyPending makes what was planned so. The class and the version need the process to be started anew; the controller
// makes the instance available again.
func (s *Service) applyPending(tx store.Tx, i *Instance, now time.Time) error {
	p := *i.Pending
	i.Pending, i.Status = nil, instanceModifying
	tell := func(form string, args ...any) {
		s.happened(tx, now, sourceInstance, i.Name, categoryConfiguration, fmt.Sprintf(form, args...))
	}
	if p.Class != "" {
		tell("Replication instance class is being changed from %s to %s.", i.Class, p.Class)
		i.Class, i.Boot = p.Class, i.Boot+1
	}
	if p.Storage > 0 {
		i.Storage = p.Storage
		tell("Replication instance storage has been increased to %d GB.", i.Storage)
	}
	if p.MultiAZ != nil {
		if err := s.changeZones(tx, i, *p.MultiAZ); err != nil {
			return err
		}
		to := map[bool]string{true: "Multi-AZ", false: "Single-AZ"}[i.MultiAZ]
		tell("Replication instance has been changed to %s.", to)
	}
	if p.EngineVersion != "" {
		s.happened(tx, now, sourceInstance, i.Name, categoryMaintenance, fmt.Sprintf("Replication instance is in offline maintenance: its engine is upgraded from %s to %s.", i.EngineVersion, p.EngineVersion))
		i.Status, i.EngineVersion, i.OptIn, i.Boot = instanceUpgrading, p.EngineVersion, "", i.Boot+1
	}
	return nil
}

// changeZones gives an instance a second zone, or takes it.
func (s *Service) changeZones(tx store.Tx, i *Instance, multi bool) error {
	i.MultiAZ = multi
	if !multi {
		i.single(tx)
		return nil
	}
	g, err := lookup[SubnetGroup](tx, subnetGroups, i.SubnetGroup)
	if err != nil {
		return err
	}
	return capacity(settle(tx, i, g, ""))
}

// checkSecond says beforehand that there is no second zone to be had.
func checkSecond(tx store.Tx, i *Instance) error {
	if i.Pending == nil || !value(i.Pending.MultiAZ) {
		return nil
	}
	g, err := lookup[SubnetGroup](tx, subnetGroups, i.SubnetGroup)
	if err != nil {
		return err
	}
	nets, err := subnetsOf(tx, g)
	if err != nil {
		return err
	}
	_, err = pick(g, slices.DeleteFunc(zonesOf(nets), func(z string) bool { return z == i.Zone }), "")
	return capacity(err)
}

// capacity words what ModifyReplicationInstance has no fault of its own for.
func capacity(err error) error {
	if isFault(err) {
		return fault("InsufficientResourceCapacityFault", "%s", faultText(err))
	}
	return err
}
