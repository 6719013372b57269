package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) stopTask(ctx context.Context, _ *service.Call, in *dmsapi.StopReplicationTaskMessage) (*dmsapi.StopReplicationTaskResponse, error) {
	arn := value(in.ReplicationTaskArn)
	shown, err := s.changeTask(ctx, arn, func(_ store.Tx, t *Task) error {
		waits := t.Status == taskStarting && t.Failure != "" // for room, without an end in sight
		if t.Status != taskRunning && !waits {
			return badState("Replication Task %s is currently not running, its status is %s", arn, t.Status)
		}
		t.Status, t.Wish = taskStopping, WishStop
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.StopReplicationTaskResponse{ReplicationTask: shown}, nil
}
