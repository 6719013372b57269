package fullload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// load is a running full load.
type load struct {
	Config
	queue  *queue
	pace   pace
	tables []*tableState
	failed atomic.Int64 // tables
	big    *semaphore.Weighted
	logs   sync.Map // tasklog.Component → *slog.Logger
}

// log is the logger of a component. It is kept: many small tables would each make it several times.
func (l *load) log(c tasklog.Component) *slog.Logger {
	kept, ok := l.logs.Load(c)
	if !ok {
		kept, _ = l.logs.LoadOrStore(c, tasklog.Of(l.Log, c))
	}
	return kept.(*slog.Logger)
}

// tableState is a table while it is loaded.
type tableState struct {
	*Table
	index   int
	stats   *TableStats
	ended   atomic.Bool // failed: its remaining work is dropped
	pending atomic.Int64
	line    line
	huge    bool        // its rows are huge on average and travel in batches
	small   bool        // it is one small segment that passes as a stream
	loaded  sync.Map    // segment number → connector.Counts
	redo    atomic.Bool // an attempt may have run some of the statements that follow the rows
}

// Run loads every table. The error is nil when the task may go on, even with failed tables: those are in Stats. It
// wraps ErrStopped when a policy stopped the task and context.Cause(ctx) when the context ended.
func Run(ctx context.Context, c Config) error {
	l := &load{Config: c, queue: newQueue(c.PerTable), pace: newPace(c.RowsPerSecond, c.BytesPerSecond), big: semaphore.NewWeighted(1)}
	l.queue.extra = c.Extra > 0
	for i, t := range c.Tables {
		l.tables = append(l.tables, l.enqueue(ctx, i, t))
	}
	for {
		if err := l.workOff(ctx); err != nil {
			return err
		}
		if again, err := l.reconcile(ctx); !again || err != nil {
			return err
		}
	}
}

// workOff empties the queue.
func (l *load) workOff(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range max(1, l.Workers) {
		g.Go(rescue.Func(func() error { return l.work(ctx, l.queue.pop) }))
	}
	for range l.Extra {
		g.Go(rescue.Func(func() error { return l.work(ctx, l.queue.popSmall) }))
	}
	return g.Wait()
}

// Register makes the tables visible in Stats before the load begins.
func (t *Table) register(s *Stats) *TableStats {
	ts := &TableStats{Source: t.Source.Name, Target: t.Target.Name, TotalRows: t.Source.EstimatedRows(), TotalBytes: t.Source.Bytes, EarlierRows: t.EarlierRows}
	ts.segments.Store(int64(len(t.Segments)))
	s.add(ts)
	return ts
}

// hugeRow is the average size from which the rows of a table count as huge.
const hugeRow = 4 << 20

func (t *Table) hugeRows() bool { return t.Source.Rows > 0 && t.Source.Bytes/t.Source.Rows >= hugeRow }

// smallTable is up to which size a table takes its steps longer to begin and to end than its rows to pass.
const smallTable = 1 << 20

func (t *Table) smallRows() bool {
	return len(t.Segments) == 1 && t.Source.Bytes >= 0 && t.Source.Bytes <= smallTable
}

// mayBeRaw reports whether the table's rows may be passed on as a stream, of which no row is ever held whole.
func (l *load) mayBeRaw(t *Table) bool {
	_, raw := l.Snapshot.(connector.RawSnapshot)
	return raw && t.NewTransform == nil && !slices.Contains(t.Native, false)
}

func (l *load) enqueue(ctx context.Context, i int, t *Table) *tableState {
	raw := l.mayBeRaw(t)
	ts := &tableState{Table: t, index: i, stats: t.register(l.Stats), huge: t.hugeRows() && !raw, small: t.smallRows() && raw}
	ts.pending.Store(int64(len(t.Segments)))
	if len(t.Segments) == 0 {
		l.pushKeys(ctx, ts)
		return ts
	}
	for _, s := range t.Segments {
		l.queue.push(work{table: ts, segment: s})
	}
	return ts
}

func (l *load) work(ctx context.Context, pop func(context.Context) (work, bool)) error {
	for {
		w, ok := pop(ctx)
		if !ok {
			return context.Cause(ctx)
		}
		err := l.do(ctx, w)
		l.queue.done(w)
		if err != nil {
			return err
		}
	}
}

// do returns an error only when the whole task must end.
func (l *load) do(ctx context.Context, w work) error {
	if w.table.ended.Load() {
		return nil
	}
	ctx = tasklog.With(ctx, slog.String("schema", w.table.Source.Name.Schema), slog.String("table", w.table.Source.Name.Name))
	var err error
	if w.isBuild() {
		err = l.build(ctx, w)
	} else {
		err = l.loadSegment(ctx, w.table, w.segment)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return l.tableFailed(ctx, w.table, err)
}

// tableFailed applies TableErrorPolicy.
func (l *load) tableFailed(ctx context.Context, t *tableState, err error) error {
	err = fmt.Errorf("table %s: %w", t.Source.Name, err)
	if !t.ended.Swap(true) {
		t.stats.fail(err)
		t.trace(ctx)
		l.failed.Add(1)
	}
	switch {
	case errors.Is(err, ErrStopped), connector.ClassOf(err) == connector.Full, rescue.In(err) != nil:
		return err
	case l.Policy.Table == StopTask:
		return fmt.Errorf("%w (TableErrorPolicy STOP_TASK): %w", ErrStopped, err)
	case l.Policy.TableEscalationCount > 0 && l.failed.Load() >= int64(l.Policy.TableEscalationCount):
		return fmt.Errorf("%w (TableErrorEscalationCount %d): %w", ErrStopped, l.Policy.TableEscalationCount, err)
	case connector.ClassOf(err) == connector.Lost:
		// The snapshot is gone, so no other table can be loaded either.
		return err
	}
	l.log(tasklog.TablesManager).ErrorContext(ctx, "table suspended", "table", t.Source.Name.String(), "error", err)
	return nil
}

// segmentDone is called after each commit; the last one leads to keys and indexes.
func (l *load) segmentDone(ctx context.Context, t *tableState, withStatements bool) {
	t.stats.segmentsDone.Add(1)
	if t.pending.Add(-1) > 0 {
		return
	}
	if withStatements {
		t.completed(ctx)
		return
	}
	l.pushKeys(ctx, t)
}

func (l *load) pushKeys(ctx context.Context, t *tableState) {
	t.stats.enter(Building)
	if len(t.Keys) == 0 {
		l.pushIndexes(ctx, t)
		return
	}
	l.queue.push(work{table: t, statements: t.Keys, then: func(ctx context.Context) { l.pushIndexes(ctx, t) }})
}

func (l *load) pushIndexes(ctx context.Context, t *tableState) {
	if len(t.Indexes) == 0 {
		t.completed(ctx)
		return
	}
	var once sync.Mutex
	left := len(t.Indexes)
	for _, s := range t.Indexes {
		l.queue.push(work{table: t, statements: []catalog.Statement{s}, then: func(ctx context.Context) {
			once.Lock()
			defer once.Unlock()
			if left--; left == 0 {
				t.completed(ctx)
			}
		}})
	}
}

// completed says that everything of a table is there.
func (t *tableState) completed(ctx context.Context) {
	t.stats.enter(Completed)
	t.trace(ctx)
}

// trace tells of the load of a table that has ended.
func (t *tableState) trace(ctx context.Context) {
	if !span.Traced(ctx) {
		return
	}
	c := t.stats.counts()
	if c.Started.IsZero() {
		c.Started = c.Ended // there was nothing to load
	}
	span.Record(ctx, "load table", c.Started, c.Ended, c.Err, attribute.String("db.namespace", t.Source.Name.Schema), attribute.String("db.collection.name", t.Source.Name.Name),
		attribute.Int64("whimbrel.rows", c.Rows), attribute.Int64("whimbrel.bytes", c.Bytes), attribute.Int64("whimbrel.rejected", c.Rejected))
}

func (l *load) build(ctx context.Context, w work) error {
	if err := l.exec(ctx, w.table, w.statements); err != nil {
		return err
	}
	w.then(ctx)
	return nil
}

// exec runs statements, leaving out what an earlier run has made.
func (l *load) exec(ctx context.Context, t *tableState, ss []catalog.Statement) error {
	for _, s := range ss {
		look := t.Resumed || t.redo.Load()
		err := l.retry(ctx, "run DDL", func() error {
			if look && s.Makes.Kind != catalog.NoRef {
				if there, err := l.Target.Exists(ctx, s.Makes); there || err != nil {
					return err
				}
			}
			look = true
			l.tell(ctx, s)
			return Make(ctx, l.Target, s)
		})
		if err != nil {
			return fmt.Errorf("make %s %s: %w", s.Makes.Kind, s.Makes.Name, err)
		}
	}
	return nil
}

// Make runs a statement. What it makes may have come to be while it waited: the server may still be at work on the same
// statement of a process that was killed.
func Make(ctx context.Context, t connector.Target, s catalog.Statement) error {
	err := t.Exec(ctx, []catalog.Statement{s})
	if err == nil || s.Makes.Kind == catalog.NoRef || ctx.Err() != nil {
		return err
	}
	if there, unknown := t.Exists(ctx, s.Makes); unknown == nil && there {
		return nil
	}
	return err
}

// tell logs a statement before it is run.
func (l *load) tell(ctx context.Context, s catalog.Statement) {
	ctx = tasklog.With(ctx, slog.String("statement", s.SQL))
	l.log(tasklog.TablesManager).DebugContext(ctx, "make", "kind", s.Makes.Kind, "name", s.Makes.Name.String())
}
