package dms

import (
	"context"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) moveTask(ctx context.Context, _ *service.Call, in *dmsapi.MoveReplicationTaskMessage) (*dmsapi.MoveReplicationTaskResponse, error) {
	if err := s.usableKeys(ctx, value(in.ReplicationTaskArn)); err != nil {
		return nil, err
	}
	shown, err := s.changeTask(ctx, value(in.ReplicationTaskArn), func(tx store.Tx, t *Task) error {
		if !t.resting() {
			return badState("Replication Task %s cannot be moved while it is in %s state", t.Name, t.Status)
		}
		to, err := s.readyInstance(tx, value(in.TargetReplicationInstanceArn))
		if err != nil {
			return err
		}
		if to.ID == t.Instance {
			return invalidCombination("The target replication instance has the replication task already: %s.", to.Name)
		}
		from, err := lookup[Instance](tx, instances, t.Instance)
		if err != nil {
			return err
		}
		if older(to.EngineVersion, from.EngineVersion) {
			return badState("The engine version of the target replication instance, %s, should be the same as or newer than that of the current one, %s.", to.EngineVersion, from.EngineVersion)
		}
		if err := s.joinInstance(tx, t, to.ID); err != nil {
			return err
		}
		t.Before, t.Status, t.MovingTo = t.Status, taskMoving, to.ID
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.MoveReplicationTaskResponse{ReplicationTask: shown}, nil
}

// usableKeys says at once that another instance could not open the passwords of a task's endpoints. A task that is not there is for the
// transaction to miss.
func (s *Service) usableKeys(ctx context.Context, taskARN string) error {
	t, err := byARN[Task](s, s.outside(ctx), tasks, taskARN)
	if err != nil {
		return nil //nolint:nilerr // the transaction finds the same
	}
	for _, id := range []string{t.Source, t.Target} {
		if err := s.usableKey(ctx, s.arn(endpoints, id)); err != nil {
			return err
		}
	}
	return nil
}

// older compares versions such as 3.5.4.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}
