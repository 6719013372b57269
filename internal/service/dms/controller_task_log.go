package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// relog gives a running task the severities of its log that a person has changed. An instance that cannot change them
// does so when the task starts next.
func (c *controller) relog(ctx context.Context, id string) error {
	t, err := current[Task](ctx, c.Service, tasks.keys()+id)
	if err != nil || t == nil || t.Status != taskRunning {
		return err
	}
	client, ok := c.Host.Client(t.Instance).(instance.LoggingClient)
	if !ok || c.live.of(t.Instance) == nil {
		return nil // a process that comes up is told of the new ones with the task
	}
	ctx, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	document, err := t.effectiveSettings()
	if err != nil {
		return err
	}
	err = client.SetLogging(ctx, id, document)
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		c.Log.Warn("a task does not take new severities of its log", "task", id, "refusal", refusal.Message)
		return nil
	}
	if err != nil && !errors.Is(err, instance.ErrDown) {
		return fmt.Errorf("set the log of task %s: %w", id, err)
	}
	return nil
}

// clearLog has the instance delete the log of a task (DeleteTaskLogs). What has gone to CloudWatch Logs stays there. An instance that is
// down is asked again.
func (c *controller) clearLog(ctx context.Context, id string) error {
	t, err := current[Task](ctx, c.Service, tasks.keys()+id)
	if err != nil || t == nil || !t.ClearLog {
		return err
	}
	if client, ok := c.Host.Client(t.Instance).(instance.LogClearer); ok {
		within, cancel := context.WithTimeout(ctx, c.times.call)
		defer cancel()
		err := client.ClearLog(within, id)
		if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
			c.Log.Warn("the log of a task is not deleted", "task", id, "refusal", refusal.Message)
		} else if err != nil {
			return fmt.Errorf("delete the log of task %s: %w", id, err)
		}
	}
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Task](tx, tasks.keys()+id)
		if err != nil || now == nil || !now.ClearLog {
			return err
		}
		now.ClearLog = false
		return writeTask(tx, now)
	})
}
