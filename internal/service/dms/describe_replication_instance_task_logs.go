package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeReplicationInstanceTaskLogs asks the instance itself how long the logs of its tasks are.
func (s *Service) describeReplicationInstanceTaskLogs() service.Operation {
	return handle(s, "DescribeReplicationInstanceTaskLogs", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationInstanceTaskLogsMessage) (*dmsapi.DescribeReplicationInstanceTaskLogsResponse, error) {
		p, err := pageOf("DescribeReplicationInstanceTaskLogs", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		i, err := byARN[Instance](s, s.reads(ctx), instances, *in.ReplicationInstanceArn)
		if err != nil {
			return nil, err
		}
		if err := i.must("asked for its logs", instanceAvailable, instanceModifying); err != nil {
			return nil, err
		}
		found, marker, err := collect(s.reads(ctx), tasks.keys(), p, func(t *Task) bool { return t.Instance == i.ID })
		if err != nil {
			return nil, err
		}
		out := &dmsapi.DescribeReplicationInstanceTaskLogsResponse{ReplicationInstanceArn: in.ReplicationInstanceArn, ReplicationInstanceTaskLogs: []dmsapi.ReplicationInstanceTaskLog{}, Marker: marker}
		for at := range found {
			size, err := s.logSize(ctx, i, found[at].ID)
			if err != nil {
				return nil, err
			}
			out.ReplicationInstanceTaskLogs = append(out.ReplicationInstanceTaskLogs, dmsapi.ReplicationInstanceTaskLog{
				ReplicationTaskName: &found[at].Name, ReplicationTaskArn: new(s.arn(tasks, found[at].ID)), ReplicationInstanceTaskLogSize: &size,
			})
		}
		return out, nil
	})
}

// logSize is the size of a task's log; of one that has none yet it is 0.
func (s *Service) logSize(ctx context.Context, i *Instance, task string) (int64, error) {
	_, size, err := s.Host.Client(i.ID).Log(ctx, task)
	var refused *instance.Refusal
	switch {
	case errors.As(err, &refused):
		return 0, nil // the instance knows of no such log
	case errors.Is(err, instance.ErrDown):
		return 0, badState("Replication Instance %s does not answer; its process is being started again.", i.Name)
	case err != nil:
		return 0, fmt.Errorf("ask for the log of task %s: %w", task, err)
	}
	return size, nil
}
