package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) startTask(ctx context.Context, call *service.Call, in *dmsapi.StartReplicationTaskMessage) (*dmsapi.StartReplicationTaskResponse, error) {
	arn := value(in.ReplicationTaskArn)
	if err := s.taskLetIn(ctx, arn); err != nil {
		return nil, err
	}
	shown, err := s.changeTask(ctx, arn, func(tx store.Tx, t *Task) error {
		if !t.resting() {
			return badState("Replication Task cannot be started, invalid state")
		}
		wish := Wish(value(in.StartReplicationTaskType))
		p := pointsOf(in.CdcStartTime, in.CdcStartPosition, in.CdcStopPosition)
		if err := checkStart(t, wish, p); err != nil {
			return err
		}
		if err := s.checkConnections(tx, t); err != nil {
			return err
		}
		p.put(t)
		now := call.Now.UTC()
		begin(t, wish)
		t.Unmoved = nil
		t.Started, t.Failure, t.StopReason, t.Progress, t.Trace = &now, "", "", nil, span.Parent(ctx)
		if wish != WishResume {
			t.FreshStart = &now
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.StartReplicationTaskResponse{ReplicationTask: shown}, nil
}

// begin makes a new attempt of what a person wishes.
func begin(t *Task, wish Wish) {
	t.Status, t.Wish, t.Before = taskStarting, wish, ""
	t.Attempt, t.Runs, t.Sent, t.Begun, t.Cutover = t.Attempt+1, t.Runs+1, false, false, ""
	t.Mode = map[Wish]instance.Mode{WishFresh: instance.Fresh, WishResume: instance.Resume, WishReload: instance.Reload}[wish]
}

// checkStart holds a start to the rules of its type.
func checkStart(t *Task, wish Wish, p points) error {
	switch {
	case wish != WishFresh && wish != WishResume && wish != WishReload:
		return invalidValue("Invalid StartReplicationTaskType: %q. It is one of start-replication, resume-processing, reload-target.", wish)
	case wish == WishFresh && t.Runs > 0 && (t.MigrationType != onlyChanges || !p.starts()):
		return invalidCombination("Start Type : START_REPLICATION, valid only for tasks running for the first time")
	case wish == WishResume && t.Runs == 0:
		return invalidCombination("Start Type : RESUME_PROCESSING, valid only for tasks that have run before")
	case wish == WishReload && t.Runs == 0:
		return invalidCombination("Start Type : RELOAD_TARGET, valid only for tasks that have run before")
	case wish == WishReload && t.MigrationType == onlyChanges:
		return invalidCombination("Start Type : RELOAD_TARGET, not valid for tasks of migration type cdc, which load nothing")
	case wish == WishResume && p.starts():
		return invalidCombination("Start Type : RESUME_PROCESSING goes on where the task has stopped: CdcStartTime and CdcStartPosition are valid with start-replication alone")
	}
	return p.check(t.MigrationType)
}

// checkConnections wants the last tests of both endpoints from the task's instance to have been successful.
func (s *Service) checkConnections(tx store.Tx, t *Task) error {
	host, err := lookup[Instance](tx, instances, t.Instance)
	if err != nil {
		return err
	}
	if host.Status != instanceAvailable {
		return badState("Replication Instance %s should be available for starting the replication task, its status is %s.", host.Name, host.Status)
	}
	for _, id := range []string{t.Source, t.Target} {
		c, err := store.Read[Connection](tx, connectionKey(t.Instance, id))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("read the connection: %w", err)
		}
		if err == nil && c.Status == successful {
			continue
		}
		e, err := lookup[Endpoint](tx, endpoints, id)
		if err != nil {
			return err
		}
		return badState("Test connection for replication instance %s and endpoint %s should be successful for starting the replication task", host.Name, e.Name)
	}
	return nil
}
