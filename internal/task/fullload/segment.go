package fullload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// sourceError marks an error that came from reading: the snapshot ends with its connection, so there is no retry.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "read: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

func isSource(err error) bool {
	var s *sourceError
	return errors.As(err, &s)
}

// loadSegment loads one segment, fast first, carefully when the server refuses rows.
func (l *load) loadSegment(ctx context.Context, t *tableState, s connector.Segment) error {
	t.stats.enter(FullLoad)
	careful, again := false, t.Resumed
	parked := newParkedRows()
	once := func() error {
		err := l.attempt(ctx, t, s, parked, careful, again)
		again = true
		if connector.ClassOf(err) == connector.Data && !careful && !isSource(err) && !errors.Is(err, ErrSuspended) && !errors.Is(err, ErrStopped) {
			l.Log.Warn("the target refuses rows, loading the segment carefully", "table", t.Source.Name.String(), "segment", s.Number, "error", err)
			careful = true
			err = l.attempt(ctx, t, s, parked, careful, again)
		}
		return err
	}
	if err := l.retry(ctx, fmt.Sprintf("load segment %d of %d of %s", s.Number, s.Of, t.Source.Name), once); err != nil {
		return err
	}
	l.segmentDone(ctx, t, s.Of == 1)
	return nil
}

// attempt is one try at a segment: everything or nothing of it is in the target afterwards. again says that an earlier
// try may have made the table, which some engines cannot take back.
func (l *load) attempt(ctx context.Context, t *tableState, s connector.Segment, parked *parkedRows, careful, again bool) (err error) {
	parked.again()
	a := &attempt{load: l, table: t, segment: s, rejects: rejects{ctx: ctx, load: l, table: t, parked: parked}}
	defer func() {
		if err != nil {
			t.stats.rows.Add(-a.counts.Rows)
			t.stats.bytes.Add(-a.counts.Bytes)
		}
	}()
	if err := a.prepare(careful); err != nil {
		return err
	}
	request := a.loadRequest(careful)
	if again {
		if request.Before, err = l.missing(ctx, request.Before); err != nil {
			return err
		}
	}
	loader, err := l.Target.Load(ctx, request)
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
	if err := loader.Commit(ctx, a.counts); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	t.stats.rejected.Add(a.rejects.dropped)
	t.stats.changed.Add(a.rejects.changed)
	return nil
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
