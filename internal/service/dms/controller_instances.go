package dms

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// manyDeaths of a process that has never answered make a new instance a failed one. It is tried further.
const manyDeaths = 5

// instance brings a replication instance to what its record says.
func (c *controller) instance(ctx context.Context, id string) error {
	i, err := current[Instance](ctx, c.Service, instances.keys()+id)
	if err != nil {
		return err
	}
	if i == nil {
		c.deafTo(id)
		if c.Host.State(id).Phase == instance.Absent {
			return nil
		}
		return c.Host.Unwant(ctx, id) // what a deletion that was cut short has left
	}
	if i.Status == taskDeleting {
		return c.removeInstance(ctx, i)
	}
	processors, memory, _, ok := classOf(i.Class)
	if !ok {
		return fmt.Errorf("instance %s has the unknown class %s", id, i.Class)
	}
	c.Host.Want(instance.Spec{ID: id, Class: i.Class, Processors: processors, Memory: memory, Boot: i.Boot})
	c.listenTo(id)
	state := c.Host.State(id)
	if err := c.mourn(ctx, i, state); err != nil {
		return err
	}
	switch {
	case i.Status == instanceAvailable:
		return nil
	case state.Phase == instance.Up && state.Boot == i.Boot:
		return c.arrive(ctx, i)
	case i.Status == instanceCreating && state.Deaths >= manyDeaths:
		return c.rewrite(ctx, i, func(tx store.Tx, now *Instance) {
			now.Status, now.Failure = taskFailed, state.Failure
			c.happened(tx, c.Now(), sourceInstance, i.Name, categoryFailure, "The replication instance could not be started: "+state.Failure)
		})
	}
	return nil
}

// arrivals say, by the status that ends, which event has happened.
var arrivals = map[string]struct{ category, message string }{
	instanceCreating:  {categoryCreation, "Replication instance created."},
	instanceModifying: {categoryConfiguration, "Replication instance has been modified."},
	instanceRebooting: {"", "Replication instance has been rebooted."},
	instanceUpgrading: {categoryMaintenance, "Replication instance software has been updated."},
	taskFailed:        {categoryCreation, "Replication instance created."},
}

// arrive makes an instance available whose process answers.
func (c *controller) arrive(ctx context.Context, i *Instance) error {
	event, ok := arrivals[i.Status]
	if !ok {
		return nil
	}
	return c.rewrite(ctx, i, func(tx store.Tx, now *Instance) {
		at := c.Now().UTC()
		if now.Created == nil {
			now.Created = &at
		}
		now.Status, now.Failure = instanceAvailable, ""
		c.happened(tx, at, sourceInstance, now.Name, event.category, event.message)
	})
}

// rewrite writes if the instance is still as it was seen: in the same status and at the same boot.
func (c *controller) rewrite(ctx context.Context, seen *Instance, change func(store.Tx, *Instance)) error {
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Instance](tx, instances.keys()+seen.ID)
		if err != nil || now == nil || now.Status != seen.Status || now.Boot != seen.Boot || now.Class != seen.Class {
			return err
		}
		change(tx, now)
		return store.Write(tx, instances.keys()+now.ID, now)
	})
}

// mourn tells of a process that has ended by itself. That it was told of is noted once it stands in the store.
func (c *controller) mourn(ctx context.Context, i *Instance, state instance.State) error {
	c.mu.Lock()
	seen, known := c.mu.deaths[i.ID]
	c.mu.Unlock()
	if known && state.Deaths > seen && i.Status == instanceAvailable {
		c.Log.Warn("the process of a replication instance has ended and is started again", "instance", i.ID, "failure", state.Failure)
		if err := c.rewrite(ctx, i, func(tx store.Tx, now *Instance) {
			c.happened(tx, c.Now(), sourceInstance, now.Name, categoryFailure, "The process of the replication instance has ended and is started again; its tasks go on. "+state.Failure)
		}); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.deaths[i.ID] = state.Deaths
	return nil
}

// removeInstance ends the process and takes away the record with all that hangs on it.
func (c *controller) removeInstance(ctx context.Context, i *Instance) error {
	c.deafTo(i.ID)
	if err := c.Host.Unwant(ctx, i.ID); err != nil {
		return fmt.Errorf("end instance %s: %w", i.ID, err)
	}
	c.live.put(i.ID, nil)
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Instance](tx, instances.keys()+i.ID)
		if err != nil || now == nil || now.Status != taskDeleting {
			return err
		}
		return c.forgetInstance(tx, now)
	})
}

// unclaim gives an identifier back if it is this resource's.
func unclaim(tx store.Tx, k kind, name, id string) error {
	have, err := named(tx, k, name)
	if err == nil && have == id {
		tx.Delete(k.names() + name)
	}
	return err
}

// found reads a record in a transaction; nil if it is not there.
func found[T any](tx store.Tx, key string) (*T, error) {
	there, err := store.Exists(tx, key)
	if err != nil || !there {
		return nil, err
	}
	v, err := store.Read[T](tx, key)
	return &v, err
}
