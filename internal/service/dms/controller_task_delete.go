package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// patience is how often something is tried that an instance cannot do or does not answer to: about a minute.
const patience = 9

// remove cleans up after a deleted task and takes its record away. What cannot be cleaned up is told in an event, and does
// not keep the task from going.
func (c *controller) remove(ctx context.Context, t *Task) error {
	complaint := ""
	if t.Runs > 0 {
		var err error
		if complaint, err = c.release(ctx, t); err == nil {
			err = c.forget(ctx, t)
		}
		if err != nil {
			if ctx.Err() != nil || c.work.tries(tasks.arn+"/"+t.ID) < patience {
				return fmt.Errorf("clean up after task %s: %w", t.ID, err)
			}
			c.Log.Warn("what a deleted task kept stays behind", "task", t.ID, "error", err)
			complaint = "The replication instance does not answer."
		}
	}
	return c.dropTask(ctx, t, complaint)
}

// release has the instance remove what the task keeps in its source and target.
func (c *controller) release(ctx context.Context, t *Task) (complaint string, err error) {
	what, why, err := c.taskFor(ctx, t)
	if why != "" || err != nil {
		return why, err
	}
	within, cancel := context.WithTimeout(ctx, c.times.probe)
	defer cancel()
	err = c.Host.Client(t.Instance).Release(within, what)
	if within.Err() != nil && ctx.Err() == nil {
		return fmt.Sprintf("The databases did not answer within %s.", c.times.probe), nil
	}
	return told(err)
}

// forget drops the log and the statistics of a task wherever they may be.
func (c *controller) forget(ctx context.Context, t *Task) error {
	ctx, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	for _, id := range []string{t.Instance, t.MovingTo, t.Leaving} {
		if id == "" {
			continue
		}
		host, err := current[Instance](ctx, c.Service, instances.keys()+id)
		if err != nil {
			return err
		}
		if host == nil {
			continue
		}
		err = c.Host.Client(id).Forget(ctx, t.ID)
		if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
			c.Log.Warn("the log of a deleted task stays behind", "task", t.ID, "instance", id, "refusal", refusal.Message)
			continue
		}
		if err != nil {
			return fmt.Errorf("on instance %s: %w", id, err)
		}
	}
	return nil
}

func (c *controller) dropTask(ctx context.Context, t *Task, complaint string) error {
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Task](tx, tasks.keys()+t.ID)
		if err != nil || now == nil || now.Status != taskDeleting {
			return err
		}
		if complaint != "" {
			c.happened(tx, c.Now(), sourceTask, now.Name, categoryFailure, "Cleanup of task data failed. What the replication task has kept in its databases stays there, under the name of its run, "+now.run()+" (such as a replication slot of PostgreSQL, which keeps the log from being removed). "+complaint)
		}
		for _, id := range []string{now.Source, now.Target} {
			unrefer(tx, endpoints, id, tasks, now.ID)
		}
		for _, id := range []string{now.Instance, now.MovingTo} {
			unrefer(tx, instances, id, tasks, now.ID)
		}
		if err := dropRunsOf(tx, now); err != nil {
			return err
		}
		if err := unclaim(tx, tasks, now.Name, now.ID); err != nil {
			return err
		}
		tx.Delete(tasks.keys() + now.ID)
		c.happened(tx, c.Now(), sourceTask, now.Name, categoryDeletion, "Replication task deleted.")
		return nil
	})
}
