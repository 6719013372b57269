package fullload

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// reconcile makes everything durable and compares the journal with what this process believes to be loaded. A target
// that has crashed and come back may have lost its last commits, rows and marks together, when commits do not wait for
// the disk. Such segments are queued again.
func (l *load) reconcile(ctx context.Context) (again bool, err error) {
	done, err := l.marks(ctx)
	if err != nil {
		return false, fmt.Errorf("make sure of the rows: %w", err)
	}
	for _, t := range l.tables {
		if t.ended.Load() {
			continue
		}
		for _, s := range t.Segments {
			if done[segmentName{t.Target.Name, s.Number}] {
				continue
			}
			again = true
			l.log(tasklog.TargetLoad).WarnContext(ctx, "the target has lost a segment that it had committed, loading it again",
				"table", t.Source.Name.String(), "segment", s.Number)
			l.loadAgain(t, s)
		}
	}
	return again, nil
}

type segmentName struct {
	table  catalog.Name
	number int
}

func (l *load) marks(ctx context.Context) (done map[segmentName]bool, err error) {
	err = l.retry(ctx, "read the journal", func() error {
		if f, ok := l.Target.(connector.Flusher); ok {
			if err := f.Flush(ctx); err != nil {
				return err
			}
		}
		known, err := l.Target.Journal().Read(ctx, l.Run)
		if err != nil {
			return err
		}
		done = map[segmentName]bool{}
		for _, k := range known {
			done[segmentName{k.Table, k.Segment.Number}] = k.Done
		}
		return nil
	})
	return done, err
}

func (l *load) loadAgain(t *tableState, s connector.Segment) {
	if counted, ok := t.loaded.LoadAndDelete(s.Number); ok {
		c := counted.(connector.Counts)
		t.stats.rows.Add(-c.Rows)
		t.stats.bytes.Add(-c.Bytes)
		t.stats.rejected.Add(-c.Rejected)
	}
	t.stats.segmentsDone.Add(-1)
	t.pending.Add(1)
	t.redo.Store(true)
	l.queue.push(work{table: t, segment: s})
}
