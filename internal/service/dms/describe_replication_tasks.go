package dms

import (
	"context"
	"errors"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeTasks(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationTasksMessage) (*dmsapi.DescribeReplicationTasksResponse, error) {
	f, err := filtersOf(in.Filters, "replication-task-arn", "replication-task-id", "migration-type", "endpoint-arn", "replication-instance-arn")
	if err != nil {
		return nil, err
	}
	p, err := pageOf(in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	from := outside{ctx, s.Store}
	page, marker, err := collect(s.narrowed(from, f), tasks.keys(), p, func(t *Task) bool { return s.taskPasses(f, t) })
	if err != nil {
		return nil, err
	}
	if len(page) == 0 && len(f) > 0 && p.after == "" {
		return nil, notFound("No Tasks found matching provided filters")
	}
	out := &dmsapi.DescribeReplicationTasksResponse{ReplicationTasks: []dmsapi.ReplicationTask{}, Marker: marker}
	known := remembering{from: from}
	for i := range page {
		shown, err := s.showTask(&known, &page[i])
		if err != nil {
			return nil, err
		}
		if value(in.WithoutSettings) {
			shown.ReplicationTaskSettings = nil
		}
		out.ReplicationTasks = append(out.ReplicationTasks, *shown)
	}
	return out, nil
}

// narrowed reads the tasks alone that filters name, if they name some: a person who asks for one task must not wait for
// all to be read.
func (s *Service) narrowed(from outside, f filters) lister {
	arns, names := f["replication-task-arn"], f["replication-task-id"]
	if arns == nil && names == nil {
		return from
	}
	return &someTasks{s, from, arns, names}
}

type someTasks struct {
	s           *Service
	from        outside
	arns, names []string
}

func (l *someTasks) List(r store.Range) (store.Page, error) {
	var keys []string
	for _, arn := range l.arns {
		if id, err := l.s.parseOf(tasks, arn); err == nil {
			keys = append(keys, tasks.keys()+id)
		}
	}
	for _, name := range l.names {
		id, err := named(l.from, tasks, name)
		if err != nil {
			return store.Page{}, err
		}
		keys = append(keys, tasks.keys()+id)
	}
	slices.Sort(keys)
	page := store.Page{}
	for _, key := range slices.Compact(keys) {
		if key <= r.After {
			continue
		}
		item, err := l.from.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return store.Page{}, err
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

func (s *Service) taskPasses(f filters, t *Task) bool {
	ends := f.allow("endpoint-arn", s.arn(endpoints, t.Source)) || f.allow("endpoint-arn", s.arn(endpoints, t.Target))
	return ends && f.allow("replication-task-arn", s.arn(tasks, t.ID)) && f.allow("replication-task-id", t.Name) &&
		f.allow("migration-type", t.MigrationType) && f.allow("replication-instance-arn", s.arn(instances, t.Instance))
}
