package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeTasks(ctx context.Context, call *service.Call, in *dmsapi.DescribeReplicationTasksMessage) (*dmsapi.DescribeReplicationTasksResponse, error) {
	f, err := filtersOf(in.Filters, "replication-task-arn", "replication-task-id", "migration-type", "endpoint-arn", "replication-instance-arn")
	if err != nil {
		return nil, err
	}
	p, err := pageOf("DescribeReplicationTasks", in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	from := s.reads(ctx)
	page, marker, err := collectItems(s.narrowed(ctx, tasks, f["replication-task-arn"], f["replication-task-id"]), tasks.keys(), p, func(t *Task) bool { return s.taskPasses(f, t) })
	if err != nil {
		return nil, err
	}
	if len(page) == 0 && len(f) > 0 && p.after == "" {
		return nil, notFound("No Tasks found matching provided filters")
	}
	out := &dmsapi.DescribeReplicationTasksResponse{ReplicationTasks: make([]dmsapi.ReplicationTask, len(page)), Marker: marker}
	known := remembering{from: from}
	parts := make([]*shownTask, len(page))
	for i := range page {
		if parts[i], err = s.shownItem(&known, page[i], value(in.WithoutSettings)); err != nil {
			return nil, err
		}
		out.ReplicationTasks[i] = *parts[i].task
	}
	call.Encode = func(dst []byte) []byte { return encodeTasks(dst, parts, marker) }
	return out, nil
}

func (s *Service) taskPasses(f filters, t *Task) bool {
	ends := s.allowsARN(f, "endpoint-arn", endpoints, t.Source) || s.allowsARN(f, "endpoint-arn", endpoints, t.Target)
	return ends && s.allowsARN(f, "replication-task-arn", tasks, t.ID) && f.allow("replication-task-id", t.Name) &&
		f.allow("migration-type", t.MigrationType) && s.allowsARN(f, "replication-instance-arn", instances, t.Instance)
}
