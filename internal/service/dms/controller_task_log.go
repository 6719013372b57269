package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/instance"
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
