package dms

import (
	"context"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// ApplyExceptions is one page of what a task has left out, from its target.
func (s *Service) ApplyExceptions(ctx context.Context, arn string, table instance.TableName, size *int64, marker *string) (rows []instance.Exception, next *string, err error) {
	return pageOfTarget(ctx, s, arn, table, "DescribeApplyExceptions", size, marker, instance.Client.Exceptions)
}

// ValidationFailures is one page of what validation of a task has found to differ, from its target.
func (s *Service) ValidationFailures(ctx context.Context, arn string, table instance.TableName, size *int64, marker *string) (rows []instance.ValidationFailure, next *string, err error) {
	return pageOfTarget(ctx, s, arn, table, "DescribeValidationFailures", size, marker, instance.Client.ValidationFailures)
}

// pageOfTarget is one page of a control table in a task's target, as read reads it.
func pageOfTarget[Row any](ctx context.Context, s *Service, arn string, table instance.TableName, operation string, size *int64, marker *string,
	read func(instance.Client, context.Context, instance.Task, instance.Exceptions) ([]Row, error),
) (rows []Row, next *string, err error) {
	if (table.Schema == "") != (table.Name == "") { // half a name is no table's, whose rows would seem to be none
		return nil, nil, invalidCombination("SchemaName and TableName name a table of the target together: give both, or neither for all tables.")
	}
	p, err := pageOf(operation, marker, size, most)
	if err != nil {
		return nil, nil, err
	}
	q := instance.Exceptions{Table: table, Limit: p.limit}
	if p.after != "" {
		if q.Skip, err = strconv.Atoi(p.after); err != nil || q.Skip < 0 {
			return nil, nil, p.foreign()
		}
	}
	t, what, err := s.askable(ctx, arn)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.times.probe)
	defer cancel()
	client := s.Host.Client(t.Instance)
	if rows, err = read(client, ctx, what, q); err != nil {
		return nil, nil, s.askedInVain(t, err)
	}
	if len(rows) > 0 { // fewer than were asked for need not be the last: large ones make small pages
		more, err := read(client, ctx, what, instance.Exceptions{Table: table, Skip: q.Skip + len(rows), Limit: 1})
		if err != nil {
			return nil, nil, s.askedInVain(t, err)
		}
		if len(more) > 0 {
			next = p.markerOf(strconv.Itoa(q.Skip + len(rows)))
		}
	}
	return rows, next, nil
}

// ReplayExceptions makes rows of a table of the target what the source's are, for a task that rests.
func (s *Service) ReplayExceptions(ctx context.Context, arn string, table instance.TableName, keys []string) (*instance.Replayed, error) {
	t, what, err := s.askable(ctx, arn)
	if err != nil {
		return nil, err
	}
	if !t.resting() {
		return nil, badState("Replication Task %s is currently %s: rows are copied once more while it is stopped, so that no change is on its way to them", t.Name, t.Status)
	}
	ctx, cancel := context.WithTimeout(ctx, s.times.probe)
	defer cancel()
	done, err := s.Host.Client(t.Instance).Replay(ctx, what, table, keys)
	if err != nil {
		return nil, s.askedInVain(t, err)
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		s.happened(tx, s.Now(), sourceTask, t.Name, "", fmt.Sprintf("Rows of %s.%s were copied once more: %d written, %d removed.", table.Schema, table.Name, done.Written, done.Removed))
		return nil
	})
	return done, err
}

// askable is a task and what its instance has to know of it to answer for it, without its being run.
func (s *Service) askable(ctx context.Context, arn string) (*Task, instance.Task, error) {
	t, err := byARN[Task](s, s.outside(ctx), tasks, arn)
	if err != nil {
		return nil, instance.Task{}, err
	}
	host, err := lookup[Instance](s.outside(ctx), instances, t.Instance)
	if err != nil {
		return nil, instance.Task{}, err
	}
	if host.Status != instanceAvailable {
		return nil, instance.Task{}, badState("Replication Instance %s should be available for this, its status is %s.", host.Name, host.Status)
	}
	what, why, err := s.taskFor(ctx, t)
	if err == nil && why != "" {
		err = badState("%s", why)
	}
	return t, what, err
}
