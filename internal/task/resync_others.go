package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// othersFailures are what a validation-only task has listed in awsdms_validation_failures.
type othersFailures struct {
	table *catalog.Table
	task  string
	// tables are the failures by the target's names, ids the RESYNC_ID of each, by the text of its key; there are none in v1.
	tables map[catalog.Name][]validate.Failure
	ids    map[catalog.Name]map[string]int64
}

// failuresOf reads what a task has listed and no resync has put right. A window is too rare to be given up for an end that is away or busy.
func (r *run) failuresOf(ctx context.Context, task string) (out *othersFailures, err error) {
	err = r.patiently(ctx, "read another task's validation failures", func() error {
		out, err = r.listed(ctx, task)
		return err
	})
	return out, err
}

func (r *run) listed(ctx context.Context, task string) (*othersFailures, error) {
	out := &othersFailures{task: task, tables: map[catalog.Name][]validate.Failure{}, ids: map[catalog.Name]map[string]int64{}}
	var err error
	if out.table, err = r.failureTable(ctx); err != nil {
		return nil, fmt.Errorf("look for awsdms_validation_failures: %w", err)
	}
	columns := []string{"TABLE_OWNER", "TABLE_NAME", "KEY", "FAILURE_TYPE"}
	if out.v2() {
		columns = append(columns, "RESYNC_RESULT", "RESYNC_ID")
	}
	err = r.readOwn(ctx, out.table, columns, catalog.Predicate{Column: "TASK_NAME", Any: []catalog.Comparison{{Operator: catalog.Equal, Value: task}}}, out.take)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", out.table.Name, err)
	}
	return out, nil
}

func (o *othersFailures) v2() bool { return o.table.Column("RESYNC_ID") != nil }

// take takes up a row of failuresOf.
func (o *othersFailures) take(b *change.Batch, i int) error {
	text := func(column int) string { return string(b.Columns[column].Value(i)) }
	if validate.Kind(text(3)) == validate.TableWarning || o.v2() && !b.Columns[4].IsNull(i) && text(4) == "SUCCESS" {
		return nil
	}
	var key struct{ Key []string }
	if err := json.Unmarshal([]byte(text(2)), &key); err != nil {
		return fmt.Errorf("%s holds the KEY %q: want {\"key\": [texts]}", o.table.Name, text(2))
	}
	table := catalog.Name{Schema: text(0), Name: text(1)}
	f := validate.Failure{Key: key.Key, Kind: validate.Kind(text(3))}
	o.tables[table] = append(o.tables[table], f)
	if o.v2() {
		if o.ids[table] == nil {
			o.ids[table] = map[string]int64{}
		}
		o.ids[table][failureKey(f)] = b.Columns[5].Ints[i]
	}
	return nil
}

// readOwn reads columns of one of our tables in the target.
func (r *run) readOwn(ctx context.Context, t *catalog.Table, columns []string, where catalog.Predicate, take func(*change.Batch, int) error) (err error) {
	s, release, err := r.openTarget(ctx, 1)
	if err != nil {
		return err
	}
	defer release()
	q := connector.ReadRequest{
		Table: t, Where: []catalog.Predicate{where}, Segment: connector.Segment{Number: 1, Of: 1, Rows: -1, Bytes: -1}, Pool: change.NewPool(2, 0),
		Reject: func(j change.Reject) error { return errors.New(j.Error()) },
	}
	for _, name := range columns {
		c := t.Column(name)
		if c == nil {
			return fmt.Errorf("table %s has no column %s", t.Name, name)
		}
		q.Columns = append(q.Columns, connector.ReadColumn{Column: c, Layout: s.Layout(c)})
	}
	q.Emit = func(b *change.Batch) error {
		defer q.Pool.Put(b)
		for i := range b.Rows() {
			if err := take(b, i); err != nil {
				return err
			}
		}
		return nil
	}
	return s.Read(ctx, q)
}

// recordResync writes into another task's failures of a table what has become of them: RESYNC_RESULT and its companions in v2; from v1, which
// has none, what is right again is removed.
func (r *run) recordResync(ctx context.Context, o *othersFailures, table catalog.Name, failures []validate.Failure) error {
	if len(failures) == 0 {
		return nil
	}
	return r.patiently(ctx, "write the results of a resync", func() error {
		session, err := r.applier.Apply(ctx, connector.ApplyOptions{Run: "validation"})
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		if err := session.Begin(ctx); err != nil {
			return err
		}
		set := o.results(table, failures)
		if !o.v2() {
			set = o.removal(table, failures)
		}
		if _, err := session.Write(ctx, []connector.RowSet{set}); err != nil {
			_ = session.Rollback(context.WithoutCancel(ctx))
			return fmt.Errorf("write %s: %w", o.table.Name, err)
		}
		if err := session.Commit(ctx, connector.Checkpoint{}); err != nil {
			return err
		}
		return session.Sync(ctx)
	})
}

func (o *othersFailures) columns(names ...string) (load []connector.LoadColumn, layouts []change.Layout) {
	for _, n := range names {
		l := change.Text
		switch n {
		case "RESYNC_ID":
			l = change.Int64
		case "RESYNC_TIME":
			l = change.Timestamp
		}
		load = append(load, connector.LoadColumn{Column: o.table.Column(n), Layout: l})
		layouts = append(layouts, l)
	}
	return load, layouts
}

// results sets the columns of a resync.
func (o *othersFailures) results(table catalog.Name, failures []validate.Failure) connector.RowSet {
	load, layouts := o.columns("RESYNC_ID", "RESYNC_RESULT", "RESYNC_TIME", "RESYNC_ACTION")
	var b change.Batch
	b.Reset(layouts)
	for _, f := range failures {
		b.Columns[0].AppendInt(o.ids[table][failureKey(f)])
		appendResynced(b.Columns[1:], f.Resynced)
		b.EndRow()
	}
	return connector.RowSet{Op: change.Update, Table: o.table, Columns: load, Rows: &b, Key: []int{0}, Unique: true}
}

// removal removes what is right again.
func (o *othersFailures) removal(table catalog.Name, failures []validate.Failure) connector.RowSet {
	load, layouts := o.columns("TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "KEY")
	var b change.Batch
	b.Reset(layouts)
	for _, f := range failures {
		if f.Resynced.Why != "" {
			continue
		}
		for i, text := range []string{o.task, table.Schema, table.Name, failureKey(f)} {
			b.Columns[i].AppendString(text)
		}
		b.EndRow()
	}
	return connector.RowSet{Op: change.Delete, Table: o.table, OldColumns: load, Old: &b, Key: []int{0, 1, 2, 3}}
}
