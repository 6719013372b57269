package dms

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// roleKey says which server runs the controllers. It hangs on that server's lease.
const roleKey = Prefix + "controller"

// releaseTime is how long a server takes at most to give the role back.
const (
	releaseTime = 5 * time.Second
	rolePause   = time.Second
)

// errRoleLost says that another server runs the controllers: what was to be written was not.
var errRoleLost = errors.New("another server runs the controllers")

// Run makes things as the records say, and records as things are, until the context ends. Of all servers with the same
// store one does so at a time.
func (s *Service) Run(ctx context.Context) {
	var delivering sync.WaitGroup
	defer delivering.Wait()
	delivering.Go(func() { _ = s.deliverEvents(ctx) }) // has a role of its own, and never an error
	for ctx.Err() == nil {
		if err := s.serveRole(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("the controllers of DMS ended and begin again", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(rolePause):
			}
		}
	}
}

// serveRole takes the role and runs the controllers for as long as it is ours.
func (s *Service) serveRole(ctx context.Context) error {
	lease, err := s.Store.Lease(ctx, s.times.role)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		if err := lease.Release(ctx); err != nil {
			s.Log.Warn("the role of the controllers is not given back and ends with its lease", "error", err)
		}
	}()
	id := newID()
	if err := s.takeRole(ctx, lease, id); err != nil {
		return err
	}
	ours, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the lease or with the controllers
		select {
		case <-lease.Done():
			cancel()
		case <-ours.Done():
		}
	}()
	c := newController(s, id)
	s.leads.Store(true)
	err = c.run(ours)
	s.leads.Store(false)
	if ctx.Err() == nil {
		c.yield(ctx)
	}
	return err
}

// yield stops the tasks that run here: another server has the role and runs them on instances of its own.
func (c *controller) yield(ctx context.Context) {
	c.Log.Warn("the role of the controllers is lost: the tasks of this server's instances are stopped")
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.mu.tasks {
		if !t.active() {
			continue
		}
		if err := c.Host.Client(t.Instance).Stop(ctx, t.ID); err != nil {
			c.Log.Warn("a task was not stopped", "task", t.ID, "error", err)
		}
	}
}

// takeRole waits until nobody has the role, and takes it.
func (s *Service) takeRole(ctx context.Context, lease store.Lease, id string) error {
	for {
		taken := false
		revision, err := s.Store.Update(ctx, func(tx store.Tx) error {
			there, err := store.Exists(tx, roleKey)
			if err != nil {
				return fmt.Errorf("see who runs the controllers: %w", err)
			}
			if taken = !there || s.Alone; taken {
				tx.PutLease(roleKey, []byte(id), lease)
			}
			return nil
		})
		if err != nil || taken {
			return err
		}
		if err := s.roleFree(ctx, lease, revision); err != nil {
			return err
		}
	}
}

var errFree = errors.New("the role is free")

// roleFree waits until the one who has the role has ended.
func (s *Service) roleFree(ctx context.Context, lease store.Lease, revision int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the wait
		select {
		case <-lease.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	err := s.Store.Watch(ctx, roleKey, revision, func(c store.Changes) error {
		for _, e := range c.Events {
			if e.Deleted {
				return errFree
			}
		}
		return nil
	})
	if errors.Is(err, errFree) || errors.Is(err, store.ErrCompacted) {
		return nil
	}
	return err
}

// update changes records as long as the role is ours: a server that has lost it and does not know yet writes nothing.
func (c *controller) update(ctx context.Context, change func(store.Tx) error) error {
	_, err := c.Store.Update(ctx, func(tx store.Tx) error {
		item, err := tx.Get(roleKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && string(item.Value) != c.role {
			return errRoleLost
		}
		if err != nil {
			return fmt.Errorf("see who runs the controllers: %w", err)
		}
		return change(tx)
	})
	return err
}
