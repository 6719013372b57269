package fullload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// SourceError marks an error that came from reading: the snapshot ends with its connection, so there is no retry.
type SourceError struct{ Err error }

// Error returns the message.
func (e *SourceError) Error() string { return "read: " + e.Err.Error() }

// Unwrap returns the error of the read.
func (e *SourceError) Unwrap() error { return e.Err }

func isSource(err error) bool {
	var s *SourceError
	return errors.As(err, &s)
}

// loadSegment loads one segment, fast first, carefully when the server refuses rows.
func (l *load) loadSegment(ctx context.Context, t *tableState, s connector.Segment) error {
	t.stats.enter(FullLoad)
	ctx = tasklog.With(ctx, slog.Int("segment", s.Number))
	o := &once{load: l, table: t, segment: s, again: t.Resumed || t.redo.Load(), parked: newParkedRows()}
	if err := l.retry(ctx, fmt.Sprintf("load segment %d of %d of %s", s.Number, s.Of, t.Source.Name), func() error { return o.try(ctx) }); err != nil {
		return err
	}
	l.segmentDone(ctx, t, s.Of == 1 && !o.durable)
	return nil
}

// once sees a segment through its attempts, so that its rows go into the target once.
type once struct {
	load    *load
	table   *tableState
	segment connector.Segment
	careful bool
	again   bool // an earlier attempt may have left something
	unsure  bool // an attempt failed when its rows may have been durable already
	durable bool // the rows are in; what belongs behind them may not be
	parked  *parkedRows
}

func (o *once) try(ctx context.Context) error {
	err := o.attempt(ctx)
	if err == nil || o.careful || !refused(err) {
		return err
	}
	o.load.log(tasklog.TargetLoad).WarnContext(ctx, "the target refuses rows, loading the segment carefully",
		"table", o.table.Source.Name.String(), "segment", o.segment.Number, "error", err)
	o.careful = true
	return o.attempt(ctx)
}

func refused(err error) bool {
	return connector.ClassOf(err) == connector.Data && !isSource(err) && !errors.Is(err, ErrSuspended) && !errors.Is(err, ErrStopped)
}

// attempt tries once more. A commit may fail after the rows have become durable: when its answer is lost, or when a
// statement after it fails on an engine without DDL transactions. The journal then knows.
func (o *once) attempt(ctx context.Context) error {
	if o.unsure {
		if done, err := o.marked(ctx); done || err != nil {
			return err
		}
	}
	o.parked.again()
	a := o.load.newAttempt(ctx, o.table, o.segment, o.parked)
	err := a.run(ctx, o.careful, o.again)
	o.again, o.unsure = true, a.committing
	if err == nil || !o.unsure || ctx.Err() != nil {
		return err
	}
	if done, unknown := o.marked(ctx); unknown == nil && done {
		o.load.log(tasklog.TargetLoad).WarnContext(ctx, "the rows of a segment are in, although its load ended with an error",
			"table", o.table.Source.Name.String(), "segment", o.segment.Number, "error", err)
		a.keep()
		return nil
	}
	return err
}

// marked asks the journal whether the segment is loaded.
func (o *once) marked(ctx context.Context) (bool, error) {
	known, err := o.load.Target.Journal().Read(ctx, o.load.Run)
	if err != nil {
		return false, fmt.Errorf("look whether the segment is loaded: %w", err)
	}
	for _, k := range known {
		if k.Table == o.table.Target.Name && k.Segment.Number == o.segment.Number {
			// What was to follow the rows is looked for one by one.
			o.durable = o.durable || k.Done
			o.table.redo.Store(o.table.redo.Load() || k.Done)
			return k.Done, nil
		}
	}
	return false, nil
}

// run is one try at a segment: everything or nothing of it is in the target afterwards. again says that an earlier
// try may have made the table, which some engines cannot take back.
func (a *attempt) run(ctx context.Context, careful, again bool) (err error) {
	defer func() {
		if err != nil {
			a.table.stats.rows.Add(-a.counts.Rows)
			a.table.stats.bytes.Add(-a.counts.Bytes)
		}
	}()
	if err := a.prepare(careful); err != nil {
		return err
	}
	request := a.loadRequest(careful)
	if again {
		if request.Before, err = a.load.missing(ctx, request.Before); err != nil {
			return err
		}
		// Indexes may have been made with the table, before its rows.
		if request.After, err = a.load.missing(ctx, request.After); err != nil {
			return err
		}
	}
	for _, s := range slices.Concat(request.Before, request.After) {
		a.load.tell(ctx, s)
	}
	began := time.Now()
	a.load.log(tasklog.SourceUnload).DebugContext(ctx, "read a segment", "table", a.table.Source.Name.String(), "segment", a.segment.Number,
		"of", a.segment.Of, "part", a.segment.Spec, "raw", a.raw != nil, "careful", careful)
	loader, err := a.load.Target.Load(ctx, request)
	if err != nil {
		return fmt.Errorf("begin the load: %w", err)
	}
	defer loader.Abort()
	if err := a.move(ctx, loader); err != nil {
		return err
	}
	if err := a.rejects.park(); err != nil {
		return err
	}
	a.counts.Rejected = a.rejects.dropped
	a.settle()
	a.committing = true
	if err := loader.Commit(ctx, a.counts); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	a.load.log(tasklog.TargetLoad).DebugContext(ctx, "segment loaded", "table", a.table.Target.Name.String(), "segment", a.segment.Number,
		"rows", a.counts.Rows, "bytes", a.counts.Bytes, "rejected", a.counts.Rejected, "seconds", time.Since(began).Seconds())
	a.table.stats.rejected.Add(a.rejects.dropped)
	a.table.stats.changed.Add(a.rejects.changed)
	a.table.loaded.Store(a.segment.Number, a.counts)
	return nil
}

// keep counts the rows of an attempt whose commit held in spite of its error.
func (a *attempt) keep() {
	a.table.stats.rows.Add(a.counts.Rows)
	a.table.stats.bytes.Add(a.counts.Bytes)
	a.table.stats.rejected.Add(a.rejects.dropped)
	a.table.stats.changed.Add(a.rejects.changed)
	a.table.loaded.Store(a.segment.Number, a.counts)
}

// missing leaves out the statements whose result exists.
func (l *load) missing(ctx context.Context, ss []catalog.Statement) ([]catalog.Statement, error) {
	var left []catalog.Statement
	for _, s := range ss {
		there, err := l.Target.Exists(ctx, s.Makes)
		if err != nil {
			return nil, fmt.Errorf("look for %s %s: %w", s.Makes.Kind, s.Makes.Name, err)
		}
		if !there {
			left = append(left, s)
		}
	}
	return left, nil
}

// attempt holds the parts of one try.
type attempt struct {
	load      *load
	table     *tableState
	segment   connector.Segment
	read      connector.ReadRequest
	target    []connector.LoadColumn
	transform Transform
	raw       connector.RawSnapshot // nil when rows go in batches
	rejects   rejects
	counts    connector.Counts
	// committing says that the commit has begun, so that an error no longer means that nothing is in the target.
	committing bool
}

func (l *load) newAttempt(ctx context.Context, t *tableState, s connector.Segment, parked *parkedRows) *attempt {
	return &attempt{load: l, table: t, segment: s, rejects: rejects{ctx: ctx, load: l, table: t, parked: parked}}
}

// prepare settles in which layouts the columns travel.
func (a *attempt) prepare(careful bool) error {
	t := a.table
	read := make([]change.Layout, len(t.Columns))
	columns := make([]connector.ReadColumn, len(t.Columns))
	for i, c := range t.Columns {
		read[i] = a.load.Snapshot.Layout(c)
		if t.Native[i] {
			read[i] = change.Native
		}
		columns[i] = connector.ReadColumn{Column: c, Layout: read[i]}
	}
	layouts := read
	if t.NewTransform != nil {
		var err error
		if a.transform, err = t.NewTransform(read); err != nil {
			return fmt.Errorf("prepare the transformation: %w", err)
		}
		layouts = a.transform.Layouts()
	}
	a.target = make([]connector.LoadColumn, len(t.TargetColumns))
	for i, c := range t.TargetColumns {
		a.target[i] = connector.LoadColumn{Column: c, Layout: layouts[i]}
	}
	a.read = connector.ReadRequest{
		Table: t.Source, Columns: columns, Where: t.Where, Segment: a.segment, Reject: a.rejects.take,
	}
	// The snapshot compares types by name, which says nothing of a target of another family: Native does.
	mayBeRaw := !careful && a.transform == nil && !slices.Contains(t.Native, false)
	if raw, ok := a.load.Snapshot.(connector.RawSnapshot); ok && mayBeRaw && raw.CanReadRaw(a.read, a.target) {
		a.raw = raw
	}
	return nil
}

func (a *attempt) loadRequest(careful bool) connector.LoadRequest {
	t, alone := a.table, a.segment.Of == 1
	r := connector.LoadRequest{
		Table: t.Target, Columns: a.target, Fresh: t.Fresh, Alone: alone, Careful: careful, Raw: a.raw != nil,
		Mark:   connector.Mark{Run: a.load.Run, Table: t.Target.Name, Segment: a.segment, Witness: t.Note},
		Reject: a.rejects.takeLate,
	}
	if alone {
		r.Before = t.Create
		r.After = append(append(r.After, t.Keys...), t.Indexes...)
	}
	return r
}
