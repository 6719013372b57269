package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeTaskProgress tells what DescribeReplicationTasks has no members for: rows, bytes, changes and latencies, in
// seconds, as CloudWatch's metrics of the same names have them.
func (s *Service) describeTaskProgress() service.Operation {
	return service.Handle("DescribeTaskProgress",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeTaskProgressRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		}, s.describeTaskProgressDo)
}

func (s *Service) describeTaskProgressDo(ctx context.Context, _ *service.Call, in *whimbrelapi.DescribeTaskProgressRequest) (*whimbrelapi.DescribeTaskProgressResponse, error) {
	status, p, err := s.tasks.TaskProgress(ctx, *in.ReplicationTaskArn)
	if err != nil {
		return nil, ours(err)
	}
	out := &whimbrelapi.DescribeTaskProgressResponse{ReplicationTaskArn: in.ReplicationTaskArn, Status: &status}
	if p == nil {
		return out, nil
	}
	out.FullLoadProgressPercent = &p.Percent
	out.TablesLoaded, out.TablesLoading, out.TablesQueued, out.TablesErrored = &p.Loaded, &p.Loading, &p.Queued, &p.Errored
	out.RowsLoaded, out.BytesLoaded = &p.Rows, &p.Bytes
	out.Following, out.ChangesApplied, out.BytesApplied, out.ChangesWaiting = &p.Following, &p.Changes, &p.ChangeBytes, &p.Waiting
	out.CDCLatencySource, out.CDCLatencyTarget = new(p.SourceLatency.Seconds()), new(p.TargetLatency.Seconds())
	if p.Position != "" {
		out.Position = &p.Position
	}
	if p.Warning != "" {
		out.Warning = &p.Warning
	}
	if !p.Started.IsZero() {
		out.Started = &p.Started
	}
	out.Ended = p.Ended
	return out, nil
}
