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
	arn := value(in.ReplicationTaskArn)
	if err := s.usableKeys(ctx, arn); err != nil {
		return nil, err
	}
	if err := s.taskLetIn(ctx, arn); err != nil {
		return nil, err
	}
	shown, err := s.changeTask(ctx, arn, func(tx store.Tx, t *Task) error {
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
