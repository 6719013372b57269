package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) deleteTask(ctx context.Context, _ *service.Call, in *dmsapi.DeleteReplicationTaskMessage) (*dmsapi.DeleteReplicationTaskResponse, error) {
	shown, err := s.changeTask(ctx, value(in.ReplicationTaskArn), func(_ store.Tx, t *Task) error {
		if t.active() || t.Status == taskDeleting || t.Status == taskTesting {
			return badState("Replication Task %s cannot be deleted while it is in %s state", t.Name, t.Status)
		}
		t.Status, t.Wish = taskDeleting, WishDelete
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.DeleteReplicationTaskResponse{ReplicationTask: shown}, nil
}
