package task_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// Any changes to any rows arrive: tables are loaded, then changed by random transactions, some of them rolled back, and the
// target is the source again once it has caught up; twice, so that the second time goes on where the first has stopped.
func TestAnyChangesArrive(t *testing.T) {
	few(t, "6")
	same(t, "20261125")
	everyPair(t, checkAnyChanges)
}

// few makes a property test short, unless -rapid.checks says otherwise.
func few(t *testing.T, n string) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == checks.Name })
	if !chosen {
		require.NoError(t, checks.Value.Set(n))
		t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
	}
}

// same makes a property test try the same each time, unless -rapid.seed says otherwise (0: something new each time).
func same(t *testing.T, seed string) {
	t.Helper()
	f := flag.Lookup("rapid.seed")
	chosen := false
	flag.Visit(func(v *flag.Flag) { chosen = chosen || v.Name == f.Name })
	if !chosen {
		require.NoError(t, f.Value.Set(seed))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}

func checkAnyChanges(t *rapid.T, source, target *end) {
	ctx := context.Background()
	w := &workload{t: t, source: source, target: target}
	defer release(t, changesConfig(source, target)) // also when it fails, lest the next try goes on with this one
	w.create()
	loaded := changesConfig(source, target)
	loaded.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = true
	report, err := run(ctx, loaded)
	require.NoError(t, err)
	require.Equal(t, cdc.AfterLoad, report.Reason)
	names := map[string]catalog.Name{}
	for _, c := range report.Tables {
		require.NoError(t, c.Err, c.Source)
		names[c.Source.Name] = c.Target
	}
	for range 2 {
		w.transactions()
		follow := changesConfig(source, target)
		follow.Stop.CaughtUp = true
		report, err := run(ctx, follow)
		require.NoError(t, err)
		require.Equal(t, cdc.CaughtUp, report.Reason)
		for _, c := range report.Changes.Tables {
			require.Empty(t, c.Suspended, c.Source)
			if c.Failed > 0 {
				require.Fail(t, "changes failed", "%s: %q", c.Source, target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s", target.quote("ERROR"), exceptions(target), owned(target))))
			}
		}
		for i := range w.tables {
			compareTable(t, source, target, &w.tables[i], names[w.tables[i].name])
		}
	}
}

func changesConfig(source, target *end) task.Config {
	c := config(source, target)
	c.Type, c.ChangeStats = task.FullLoadAndCDC, &cdc.Stats{}
	return c
}

func release(t require.TestingT, c task.Config) {
	ctx := context.Background()
	m, err := task.Open(ctx, c)
	require.NoError(t, err)
	defer func() { _ = m.Close() }()
	require.NoError(t, m.Release(ctx))
}

// workload changes the rows of random tables.
type workload struct {
	t              *rapid.T
	source, target *end
	tables         []anyTable
	ids            [][]int // of the rows that are there, by table
	next           int
}

// create makes tables whose first column numbers their rows, with values that every engine takes.
func (w *workload) create() {
	w.tables = drawSchema(w.t, w.source.family)
	w.ids, w.next = make([][]int, len(w.tables)), 1000
	for i := range w.tables {
		a := &w.tables[i]
		a.parent = ""
		a.rows = slices.DeleteFunc(a.rows, func(row []literal) bool { return slices.ContainsFunc(row, w.hard) })
		for n, row := range a.rows {
			row[0] = literal{sql: strconv.Itoa(n*7 + 1)}
			w.ids[i] = append(w.ids[i], n*7+1)
		}
		must(w.t, w.source, a.create(w.source)...)
		if w.source.family == catalog.PostgreSQL && len(a.key) == 0 {
			must(w.t, w.source, "ALTER TABLE "+w.source.quote(a.name)+" REPLICA IDENTITY FULL")
		}
	}
}

func (w *workload) hard(l literal) bool { return l.hardFor(w.target.family) }

// transactions runs a few, one after another.
func (w *workload) transactions() {
	conn, err := w.source.db.Conn(context.Background())
	require.NoError(w.t, err)
	defer func() { _ = conn.Close() }()
	for range rapid.IntRange(1, 5).Draw(w.t, "transactions") {
		w.transaction(conn)
	}
}

func (w *workload) transaction(conn *sql.Conn) {
	do := func(sql string) {
		_, err := conn.ExecContext(context.Background(), sql)
		require.NoError(w.t, err, sql)
	}
	// A draw that has no more to draw from, while a failure is made smaller, leaves this function in the midst of it all.
	defer func() { _, _ = conn.ExecContext(context.Background(), "ROLLBACK") }()
	do("BEGIN")
	before := w.save()
	for range rapid.IntRange(1, 12).Draw(w.t, "changes") {
		switch rapid.IntRange(0, 9).Draw(w.t, "savepoint") {
		case 0:
			kept := w.save()
			do("SAVEPOINT here")
			do(w.change())
			do("ROLLBACK TO SAVEPOINT here")
			w.ids = kept
		default:
			do(w.change())
		}
	}
	if rapid.IntRange(0, 4).Draw(w.t, "give up") == 0 {
		do("ROLLBACK")
		w.ids = before
		return
	}
	do("COMMIT")
}

func (w *workload) save() [][]int {
	out := make([][]int, len(w.ids))
	for i := range w.ids {
		out[i] = slices.Clone(w.ids[i])
	}
	return out
}

// change draws one statement.
func (w *workload) change() string {
	i := rapid.IntRange(0, len(w.tables)-1).Draw(w.t, "table")
	a := &w.tables[i]
	name, number := w.source.quote(a.name), w.source.quote(a.columns[0].name)
	kind := rapid.IntRange(0, 9).Draw(w.t, "kind")
	if len(w.ids[i]) == 0 || kind < 4 {
		return w.insert(i, name)
	}
	at := rapid.IntRange(0, len(w.ids[i])-1).Draw(w.t, "row")
	id := w.ids[i][at]
	where := fmt.Sprintf(" WHERE %s = %d", number, id)
	switch {
	case kind < 6:
		w.ids[i] = slices.Delete(w.ids[i], at, at+1)
		return "DELETE FROM " + name + where
	case kind == 6:
		w.next++
		w.ids[i][at] = w.next
		return fmt.Sprintf("UPDATE %s SET %s = %d%s", name, number, w.next, where)
	default:
		c := rapid.IntRange(1, len(a.columns)-1).Draw(w.t, "column")
		return fmt.Sprintf("UPDATE %s SET %s = %s%s", name, w.source.quote(a.columns[c].name), w.value(&a.columns[c]).sql, where)
	}
}

func (w *workload) insert(i int, name string) string {
	w.next++
	w.ids[i] = append(w.ids[i], w.next)
	values := []string{strconv.Itoa(w.next)}
	a := &w.tables[i]
	for c := range a.columns[1:] {
		values = append(values, w.value(&a.columns[c+1]).sql)
	}
	return "INSERT INTO " + name + " VALUES (" + strings.Join(values, ", ") + ")"
}

// value draws a value that the target can hold.
func (w *workload) value(c *anyColumn) literal {
	if !c.notNull && rapid.IntRange(0, 5).Draw(w.t, "null") == 0 {
		return literal{sql: "NULL"}
	}
	return c.kind.values.Filter(func(l literal) bool { return !w.hard(l) }).Draw(w.t, "value")
}
