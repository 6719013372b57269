package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// replayApplyExceptions makes rows of a table of the target what the source's are now: those whose keys are named, or all
// that differ. The task must not run.
func (s *Service) replayApplyExceptions() service.Operation {
	return service.Handle("ReplayApplyExceptions",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.ReplayApplyExceptionsRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.ReplayApplyExceptionsRequest) (*whimbrelapi.ReplayApplyExceptionsResponse, error) {
			done, err := s.tasks.ReplayExceptions(ctx, *in.ReplicationTaskArn, tableOf(in.SchemaName, in.TableName), in.Keys)
			if err != nil {
				return nil, ours(err)
			}
			out := &whimbrelapi.ReplayApplyExceptionsResponse{
				ReplicationTaskArn: in.ReplicationTaskArn, RowsWritten: &done.Written, RowsRemoved: &done.Removed, EqualKeys: done.Equal,
			}
			for i := range done.Left {
				out.RowsLeft = append(out.RowsLeft, whimbrelapi.LeftRow{Key: &done.Left[i].Key, Reason: &done.Left[i].Reason})
			}
			return out, nil
		})
}
