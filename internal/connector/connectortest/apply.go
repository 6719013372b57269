package connectortest

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// change applies change i of a table as a set of its own.
func (f *follower) change(ctx context.Context, c *change.Changes, i int) {
	to := f.request.Tables[f.place(c.Table)]
	target := f.targets[c.Table]
	set := connector.RowSet{Op: c.Ops[i], Table: target}
	columns := f.loadColumns(to)
	if r := c.After[i]; r != change.None {
		set.Columns, set.Rows = pick(columns, &c.New, int(r))
	}
	if r := c.Before[i]; r != change.None {
		set.OldColumns, set.Old = pick(columns, &c.Old, int(r))
	}
	if set.Op != change.Insert {
		set.Key, set.Unique = key(to.Table, &set)
	}
	affected, err := f.session.Write(ctx, []connector.RowSet{set})
	require.NoError(f.t, err, "%s of %s", set.Op, target.Name)
	require.Equal(f.t, []int64{1}, affected, "%s of %s", set.Op, target.Name)
}

func (f *follower) place(number int) int {
	i := slices.IndexFunc(f.request.Tables, func(x connector.Followed) bool { return x.Number == number })
	require.GreaterOrEqual(f.t, i, 0, "table %d is not followed", number)
	return i
}

// pick copies one row, without the columns whose values are absent.
func pick(columns []connector.LoadColumn, b *change.Batch, row int) ([]connector.LoadColumn, *change.Batch) {
	var load []connector.LoadColumn
	var layouts []change.Layout
	for i, c := range columns {
		if !b.Columns[i].IsAbsent(row) {
			load, layouts = append(load, c), append(layouts, c.Layout)
		}
	}
	out := &change.Batch{}
	out.Reset(layouts)
	n := 0
	for i := range columns {
		if !b.Columns[i].IsAbsent(row) {
			out.Columns[n].AppendFrom(&b.Columns[i], row)
			n++
		}
	}
	out.EndRow()
	return load, out
}

// key finds what identifies a row: the primary key when all of it is there and not null, else all columns.
func key(t *catalog.Table, set *connector.RowSet) (places []int, unique bool) {
	columns, row := set.Columns, set.Rows
	if set.Old != nil {
		columns, row = set.OldColumns, set.Old
	}
	var all []int
	for i := range columns {
		all = append(all, i)
	}
	if t.PrimaryKey == nil {
		return all, false
	}
	for _, name := range t.PrimaryKey.Columns {
		i := slices.IndexFunc(columns, func(c connector.LoadColumn) bool { return c.Column.Name == name })
		if i < 0 || row.Columns[i].IsNull(0) {
			return all, false
		}
		places = append(places, i)
	}
	return places, true
}

// structure carries out a change of structure.
func (f *follower) structure(ctx context.Context, s *connector.Structure) {
	d := f.dialect().(connector.Alterer)
	exec := func(ss ...catalog.Statement) {
		_, records := f.session.(connector.Recorder) // structure changes with its commit
		if f.inside && (records || !f.session.Features().TransactionalDDL) {
			f.commit(ctx, "")
		}
		if records {
			f.begin(ctx)
		}
		must(f.t, f.session.Exec(ctx, ss))
		if records {
			f.commit(ctx, "")
		}
		f.session.Forget()
	}
	switch s.Kind {
	case connector.Created:
		number := len(f.targets) // one that no table has had
		there := f.suite.there(s.Table)
		script := f.dialect().Script(there, true)
		exec(append(script.Create, script.Keys...)...)
		f.describe(ctx, number, there.Name)
		to := f.followed(number, s.Table)
		f.request.Tables = append(f.request.Tables, to)
		must(f.t, f.stream.Follow(to))
	case connector.Dropped:
		exec(f.dialect().Drop(f.targets[s.Number].Name))
		f.stream.Drop(s.Number)
		f.request.Tables = slices.Delete(f.request.Tables, f.place(s.Number), f.place(s.Number)+1)
	case connector.Truncated:
		f.begin(ctx)
		must(f.t, f.session.Truncate(ctx, f.targets[s.Number].Name))
	case connector.Altered:
		there := f.suite.there(s.Table)
		f.alter(d, exec, s, there)
		f.describe(ctx, s.Number, there.Name)
		to := f.followed(s.Number, s.Table)
		f.request.Tables[f.place(s.Number)] = to
		must(f.t, f.stream.Follow(to))
	default:
		f.t.Fatalf("%s of table %d: %s", s.Kind, s.Number, s.Why)
	}
}

// alter makes the target's table what the source's is.
func (f *follower) alter(d connector.Alterer, exec func(...catalog.Statement), s *connector.Structure, want *catalog.Table) {
	have := f.targets[s.Number]
	name := have.Name
	if name != want.Name {
		exec(d.RenameTable(name, want.Name)...)
		name = want.Name
	}
	there := map[string]string{}
	for _, c := range have.Columns {
		there[c.Name] = f.suite.typeOf(c)
	}
	for from, to := range s.Renamed {
		exec(d.RenameColumn(name, from, to)...)
		there[to] = there[from]
		delete(there, from)
	}
	for _, c := range want.Columns {
		native, ok := there[c.Name]
		switch {
		case !ok:
			exec(d.AddColumn(name, c)...)
		case native != f.suite.typeOf(c):
			exec(d.ChangeType(name, c)...)
		}
		delete(there, c.Name)
	}
	for column := range there {
		exec(d.DropColumn(name, column)...)
	}
}
