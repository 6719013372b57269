package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// cutOverReplicationTask has the target of a running task take over once it has caught up and the source is quiet. The task
// stops by itself then; its StopReason and the events say how it went.
func (s *Service) cutOverReplicationTask() service.Operation {
	return service.Handle("CutOverReplicationTask",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.CutOverReplicationTaskRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.CutOverReplicationTaskRequest) (*whimbrelapi.CutOverReplicationTaskResponse, error) {
			status, err := s.tasks.CutOver(ctx, *in.ReplicationTaskArn)
			if err != nil {
				return nil, ours(err)
			}
			return &whimbrelapi.CutOverReplicationTaskResponse{ReplicationTaskArn: in.ReplicationTaskArn, Status: &status}, nil
		})
}
