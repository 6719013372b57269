package worker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Test implements instance.Client.
func (w *Worker) Test(ctx context.Context, e instance.Endpoint, asTarget bool) error {
	return w.with(ctx, e, asTarget, func(connector.Source) error { return nil })
}

// Schemas implements instance.Client.
func (w *Worker) Schemas(ctx context.Context, e instance.Endpoint) (names []string, err error) {
	err = w.with(ctx, e, false, func(s connector.Source) error {
		c, err := s.Inspect(ctx, connector.InspectOptions{})
		if err != nil {
			return err
		}
		for _, schema := range c.Schemas {
			names = append(names, schema.Name)
		}
		return nil
	})
	return names, err
}

// with opens a database; f is not asked for one that is a target.
func (w *Worker) with(ctx context.Context, e instance.Endpoint, asTarget bool, f func(connector.Source) error) error {
	c, err := w.reach(e)
	if err != nil {
		return refusal(ctx, err, e)
	}
	engine, err := w.Engines.ForURL(c.URL)
	if err != nil {
		return refusal(ctx, err, e)
	}
	if asTarget {
		t, err := engine.OpenTarget(ctx, c)
		if err != nil {
			return refusal(ctx, err, e)
		}
		if r, ok := t.(connector.Rehearser); ok {
			err = r.Rehearse(ctx)
		}
		return refusal(ctx, errors.Join(err, t.Close()), e)
	}
	s, err := engine.OpenSource(ctx, c)
	if err != nil {
		return refusal(ctx, err, e)
	}
	return refusal(ctx, errors.Join(f(s), s.Close()), e)
}

// refusal says in the database's own words what is wrong, without a password. An error that only says that nobody waits
// any more stays one.
func refusal(ctx context.Context, err error, ends ...instance.Endpoint) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &instance.Refusal{Message: bounded(newScrubber(ends...).text(oneLine(err.Error())))}
}

// Release implements instance.Client.
func (w *Worker) Release(ctx context.Context, t instance.Task) error {
	if err := w.idle(t.ID); err != nil {
		return err
	}
	s, err := parseSettings(t.Settings)
	if err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	c, err := w.config(t, s, nil)
	if err != nil {
		return refusal(ctx, err, t.Source, t.Target)
	}
	c.Stats, c.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	open, err := task.Open(ctx, c)
	if err != nil {
		return refusal(ctx, err, t.Source, t.Target)
	}
	if err := errors.Join(open.Forget(ctx), open.Close()); err != nil {
		return refusal(ctx, err, t.Source, t.Target)
	}
	return w.Forget(ctx, t.ID)
}

// Adopt implements instance.Client. from is the ID of another instance of this host.
func (w *Worker) Adopt(_ context.Context, id, from string) error {
	if err := errors.Join(w.idle(id), keep.CheckID(from)); err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	dir, err := filepath.Abs(w.Dir)
	if err != nil {
		return fmt.Errorf("find the other instance's directory: %w", err)
	}
	if filepath.Base(dir) == from {
		return nil // it is this one
	}
	if err := w.dir.Adopt(id, keep.Dir(filepath.Join(filepath.Dir(dir), from))); err != nil {
		return err
	}
	j, err := w.remember(id)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.mu.jobs[id] = j
	w.mu.Unlock()
	w.bump()
	return nil
}

// Reload implements instance.Client.
func (w *Worker) Reload(ctx context.Context, id string, names []instance.TableName, validateOnly bool) error {
	j, err := w.job(id)
	if err != nil {
		return err
	}
	j.mu.Lock()
	running := j.mu.running
	j.mu.Unlock()
	if running == nil {
		return &instance.Refusal{Message: fmt.Sprintf("task %s moves nothing now: tables are reloaded while it is running", id)}
	}
	tables := make([]catalog.Name, len(names))
	for i, n := range names {
		tables[i] = catalog.Name{Schema: n.Schema, Name: n.Name}
	}
	again := running.Reload
	if validateOnly {
		again = running.Revalidate
	}
	if err := again(ctx, tables); err != nil {
		return refusal(ctx, err)
	}
	return nil
}
