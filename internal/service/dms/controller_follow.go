package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// followRecords keeps the controller's picture true and has every record that changes looked at.
func (c *controller) followRecords(ctx context.Context) error {
	for _, f := range []struct {
		prefix string
		reset  func()
		see    func(id string, e store.Event) error
	}{
		{instances.keys(), func() { clear(c.mu.instances) }, c.seeInstance},
		{tasks.keys(), func() { clear(c.mu.tasks) }, c.seeTask},
		{connectionKeys, func() {}, c.seeConnection},
		{schemasKeys, func() {}, c.seeSchemas},
		{assessmentRuns.keys(), func() {}, c.seeAssessmentRun},
	} {
		reset := func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			f.reset()
		}
		apply := func(events []store.Event) error {
			for _, e := range events {
				if err := f.see(strings.TrimPrefix(e.Key, f.prefix), e); err != nil {
					return err
				}
			}
			return nil
		}
		if _, err := store.Follow(ctx, c.Store, f.prefix, c.Log, reset, apply); err != nil {
			return err
		}
	}
	return nil
}

func (c *controller) seeInstance(id string, e store.Event) error {
	var i Instance
	if !e.Deleted {
		if err := e.Decode(&i); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Deleted {
		delete(c.mu.instances, id)
	} else {
		c.mu.instances[id] = &i
	}
	c.work.add(instances.arn + "/" + id)
	return nil
}

func (c *controller) seeTask(id string, e store.Event) error {
	var t Task
	if !e.Deleted {
		if err := e.Decode(&t); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.mu.tasks[id]
	if e.Deleted {
		delete(c.mu.tasks, id)
		delete(c.mu.notes, id)
		return nil
	}
	c.mu.tasks[id] = &t
	c.work.add(tasks.arn + "/" + id)
	if t.Leaving != "" {
		c.work.add(leaving + "/" + id)
	}
	if t.ClearLog {
		c.work.add(clearing + "/" + id)
	}
	if t.Status == taskRunning && before != nil && before.Settings != t.Settings {
		c.work.add(logging + "/" + id)
	}
	return nil
}

func (c *controller) seeConnection(_ string, e store.Event) error {
	var of Connection
	if !e.Deleted {
		if err := e.Decode(&of); err != nil {
			return err
		}
	}
	c.probe(e.Key, of.Instance, of.Status == connectionTesting || of.Status == connectionDeleting)
	return nil
}

func (c *controller) seeSchemas(_ string, e store.Event) error {
	var of Schemas
	if !e.Deleted {
		if err := e.Decode(&of); err != nil {
			return err
		}
	}
	c.probe(e.Key, of.Instance, of.Status == schemasRefreshing)
	return nil
}

func (c *controller) seeAssessmentRun(_ string, e store.Event) error {
	of := AssessmentRun{Done: true}
	if !e.Deleted {
		of.Done = false
		if err := e.Decode(&of); err != nil {
			return err
		}
	}
	c.probe(e.Key, of.Instance, !of.Done)
	return nil
}

// probe notes that a record waits for a database, or does no longer.
func (c *controller) probe(key, host string, waits bool) {
	key = strings.TrimPrefix(key, Prefix)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !waits {
		delete(c.mu.waiting, key)
		return
	}
	c.mu.waiting[key] = host
	c.probes.add(key)
}

// followHost has everything looked at that may wait for an instance whose process has changed.
func (c *controller) followHost(ctx context.Context) {
	for {
		changed := c.Host.Changed()
		c.mu.Lock()
		for id := range c.mu.instances {
			c.work.add(instances.arn + "/" + id)
		}
		for key := range c.mu.waiting {
			c.probes.add(key)
		}
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
