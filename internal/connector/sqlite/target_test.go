package sqlite

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// tableOf describes a table of the target by its columns "name type".
func tableOf(name string, columns ...[2]string) *catalog.Table {
	t := &catalog.Table{Name: catalog.Name{Schema: Schema, Name: name}}
	for _, c := range columns {
		t.Columns = append(t.Columns, &catalog.Column{Name: c[0], NativeType: c[1], Type: typemap.FromSQLite(c[1])})
	}
	return t
}

// loadRow loads one value into a column v of the declared type and returns the reject, if any, and what is stored.
func loadRow(t *testing.T, declared string, l change.Layout, fill func(*change.Vector)) ([]change.Reject, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.db")
	to := openTestTarget(t, path)
	table := tableOf("t", [2]string{"v", declared})
	require.NoError(t, to.Exec(t.Context(), Dialect{}.Script(table, true).Create))
	var rejected []change.Reject
	loader, err := to.Load(t.Context(), connector.LoadRequest{Table: table, Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: l}},
		Reject: func(r change.Reject) error { rejected = append(rejected, r); return nil }})
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset([]change.Layout{l})
	fill(&b.Columns[0])
	b.EndRow()
	require.NoError(t, loader.Write(t.Context(), b))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Close())
	return rejected, rows(t, path, "SELECT quote(v) FROM t")
}

func TestStorageOfLayouts(t *testing.T) {
	text := func(s string) func(*change.Vector) { return func(v *change.Vector) { v.AppendString(s) } }
	number := func(n int64) func(*change.Vector) { return func(v *change.Vector) { v.AppendInt(n) } }
	float := func(f float64) func(*change.Vector) { return func(v *change.Vector) { v.AppendFloat(f) } }
	day := change.DayOf(2024, 2, 29)
	for _, c := range []struct {
		declared string
		layout   change.Layout
		fill     func(*change.Vector)
		want     string // quote(v); empty means rejected
	}{
		{"BOOLEAN", change.Bool, number(1), "1"},
		{"INTEGER", change.Int64, number(math.MinInt64), "-9223372036854775808"},
		{"TEXT", change.Int64, number(5), "'5'"},
		{"DECIMAL_TEXT(20,0)", change.Uint64, number(-1), "'18446744073709551615'"},
		{"INTEGER", change.Uint64, number(-1), ""},
		{"INTEGER", change.Uint64, number(7), "7"},
		{"REAL", change.Float64, float(math.NaN()), ""},
		{"REAL", change.Float64, float(math.Inf(-1)), "-9.0e+999"},
		{"REAL", change.Float32, float(0.5), "0.5"},
		{"TEXT", change.Float64, float(math.Inf(1)), "'+Inf'"},
		{"DECIMAL(10,2)", change.Decimal, text("12.30"), "12.3"},
		{"DECIMAL(10,2)", change.Decimal, text("-0012"), "-12"},
		{"DECIMAL(10,2)", change.Decimal, text("9223372036854775807"), "9223372036854775807"},
		{"DECIMAL(10,2)", change.Decimal, text("9223372036854775808"), ""},
		{"DECIMAL(10,2)", change.Decimal, text("123456789012345678.25"), ""},
		{"DECIMAL(10,2)", change.Decimal, text("NaN"), ""},
		{"DECIMAL(10,2)", change.Decimal, text("Infinity"), "9.0e+999"},
		{"DECIMAL_TEXT(30,2)", change.Decimal, text("123456789012345678.250"), "'123456789012345678.250'"},
		{"JSON", change.Text, text("1.0"), ""},
		{"JSON", change.Text, text("12"), "12"},
		{"JSON", change.Text, text(" 12 "), ""},
		{"JSON", change.Text, text(`{"a":1.0}`), `'{"a":1.0}'`},
		{"TEXT", change.Text, text("Zoë"), "'Zoë'"},
		{"BLOB", change.Bytes, text("\x00\xff"), "X'00FF'"},
		{"BLOB", change.Bytes, text(""), "X''"},
		{"TEXT", change.Text, text(""), "''"},
		{"DATE", change.Date, number(int64(day)), "'2024-02-29'"},
		{"DATE", change.Date, number(int64(change.OddDay(0, 0, 0))), "'0000-00-00'"},
		{"DATE", change.Date, number(int64(change.PositiveInfinityDay)), "'infinity'"},
		{"DATE", change.Date, number(int64(change.DayOf(-43, 3, 15))), "'-0043-03-15'"},
		{"DATE", change.Date, number(int64(change.DayOf(12024, 3, 15))), "'+12024-03-15'"},
		{"TIME", change.Time, number(-(838*3600 + 59*60 + 59) * microsPerSecond), "'-838:59:59'"},
		{"TIME", change.Time, number(1), "'00:00:00.000001'"},
		{"DATETIME", change.Timestamp, number(int64(day.At(12 * 3600 * microsPerSecond))), "'2024-02-29 12:00:00'"},
		{"DATETIME", change.Timestamp, number(int64(day.At(500000))), "'2024-02-29 00:00:00.500'"},
		{"TIMESTAMPTZ", change.Instant, number(int64(day.At(1))), "'2024-02-29 00:00:00.000001+00:00'"},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s", c.declared, c.layout, c.want), func(t *testing.T) {
			rejected, got := loadRow(t, c.declared, c.layout, c.fill)
			if c.want == "" {
				require.Len(t, rejected, 1)
				require.Equal(t, "v", rejected[0].Column)
				require.Empty(t, got)
				return
			}
			require.Empty(t, rejected)
			require.Equal(t, []string{c.want}, got)
		})
	}
}

// intsLoader opens a load of one INTEGER column and returns a function that writes keys.
func intsLoader(t *testing.T, to connector.Target, table *catalog.Table, r connector.LoadRequest) (connector.Loader, func(...int64) error) {
	t.Helper()
	r.Table, r.Columns = table, []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Int64}}
	loader, err := to.Load(t.Context(), r)
	require.NoError(t, err)
	return loader, func(keys ...int64) error {
		b := &change.Batch{}
		b.Reset([]change.Layout{change.Int64})
		for _, k := range keys {
			b.Columns[0].AppendInt(k)
			b.EndRow()
		}
		return loader.Write(t.Context(), b)
	}
}

func keyedTarget(t *testing.T) (connector.Target, *catalog.Table, string) {
	path := filepath.Join(t.TempDir(), "t.db")
	to := openTestTarget(t, path)
	table := tableOf("t", [2]string{"id", "INTEGER"})
	table.PrimaryKey = &catalog.Key{Columns: []string{"id"}}
	table.Checks = []*catalog.Check{{Name: "small", Expression: "id < 1000"}}
	require.NoError(t, to.Exec(t.Context(), Dialect{}.Script(table, true).Create))
	return to, table, path
}

func TestCarefulRejectsWhatIsRefused(t *testing.T) {
	to, table, path := keyedTarget(t)
	loader, write := intsLoader(t, to, table, connector.LoadRequest{})
	err := write(1, 2, 2, 3)
	require.Equal(t, connector.Data, connector.ClassOf(err), err)
	loader.Abort()

	var rejected []change.Reject
	loader, write = intsLoader(t, to, table, connector.LoadRequest{Careful: true,
		Reject: func(r change.Reject) error { rejected = append(rejected, r); return nil }})
	require.NoError(t, write(1, 2, 2, 3, 5000, 4))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	loader.Abort() // does nothing any more
	require.Len(t, rejected, 2)
	require.Equal(t, "id=2", rejected[0].Key)
	require.Contains(t, rejected[0].Reason, "UNIQUE constraint failed: t.id")
	require.Equal(t, "id=5000", rejected[1].Key)
	require.Contains(t, rejected[1].Reason, "CHECK constraint failed: small")
	require.NoError(t, to.Close())
	require.Equal(t, []string{"1", "2", "3", "4"}, rows(t, path, "SELECT id FROM t"))
}

// TestConflictClauseDoesNotDrop: a table may say that rows in conflict vanish or replace others; a load says no.
func TestConflictClauseDoesNotDrop(t *testing.T) {
	to := openTestTarget(t, newFile(t, "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u INT UNIQUE ON CONFLICT IGNORE)"))
	loader, write := intsLoader(t, to, tableOf("t", [2]string{"id", "INTEGER"}), connector.LoadRequest{})
	require.Equal(t, connector.Data, connector.ClassOf(write(1, 1)))
	loader.Abort()
	require.NoError(t, to.Close())
}

func TestTriggersDoNotActOnLoadedRows(t *testing.T) {
	path := newFile(t, `CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE log (n);
		CREATE TRIGGER tell AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END`)
	to := openTestTarget(t, path)
	loader, write := intsLoader(t, to, tableOf("t", [2]string{"id", "INTEGER"}), connector.LoadRequest{})
	require.NoError(t, write(1, 2))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Close())
	require.Equal(t, []string{"0"}, rows(t, path, "SELECT count(*) FROM log"))
}

func TestAbortLeavesNothing(t *testing.T) {
	to, table, path := keyedTarget(t)
	mark := connector.Mark{Run: "r", Table: table.Name, Segment: connector.Segment{Number: 1, Of: 1}}
	require.NoError(t, to.Journal().Plan(t.Context(), []connector.Mark{mark}))
	loader, write := intsLoader(t, to, table, connector.LoadRequest{Mark: mark})
	require.NoError(t, write(1, 2, 3))
	loader.Abort()
	loaded, err := to.Journal().Read(t.Context(), "r")
	require.NoError(t, err)
	require.Len(t, loaded, 1)
	require.False(t, loaded[0].Done)
	require.NoError(t, to.Close())
	require.Equal(t, []string{"0"}, rows(t, path, "SELECT count(*) FROM t"))
}

// TestLoadsTakeTurns: a second load waits with its first row, and its wait ends with its context.
func TestLoadsTakeTurns(t *testing.T) {
	to, table, path := keyedTarget(t)
	first, writeFirst := intsLoader(t, to, table, connector.LoadRequest{})
	require.NoError(t, writeFirst(1))
	second, err := to.Load(t.Context(), connector.LoadRequest{Table: table, Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Int64}}})
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64})
	b.Columns[0].AppendInt(2)
	b.EndRow()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, second.Write(ctx, b), context.Canceled)
	written := make(chan error)
	go func() { written <- second.Write(t.Context(), b) }()
	require.NoError(t, writeFirst(3))
	require.NoError(t, first.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, <-written)
	require.NoError(t, second.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Close())
	require.Equal(t, []string{"1", "2", "3"}, rows(t, path, "SELECT id FROM t ORDER BY id"))
}

func TestForeignKeysAreCheckedAtTheEnd(t *testing.T) {
	to := openTestTarget(t, newFile(t, `CREATE TABLE parent (id INTEGER PRIMARY KEY);
		CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES parent); INSERT INTO parent VALUES (1)`))
	defer to.Close()
	table := tableOf("t", [2]string{"id", "INTEGER"})
	table.ForeignKeys = []*catalog.ForeignKey{{Columns: []string{"id"}, Table: catalog.Name{Schema: Schema, Name: "parent"}}}
	loader, write := intsLoader(t, to, table, connector.LoadRequest{})
	require.NoError(t, write(1, 9))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	err := to.Exec(t.Context(), Dialect{}.Script(table, true).Attach)
	require.ErrorContains(t, err, "1 rows violate foreign keys: t (rowid=9) has no parent in parent")
	require.Equal(t, connector.Data, connector.ClassOf(err))
}

func TestParkedRowsComeWithTheCommit(t *testing.T) {
	to, table, path := keyedTarget(t)
	parked := []connector.Parked{{Task: "task", Table: table.Name, Time: time.Unix(0, 0), Statement: "INSERT", Reason: "no"}}
	loader, write := intsLoader(t, to, table, connector.LoadRequest{})
	require.NoError(t, write(1))
	require.NoError(t, to.Park(t.Context(), parked)) // does not wait for the load
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Park(t.Context(), parked))
	require.NoError(t, to.Close())
	require.Equal(t, []string{"main.t 1970-01-01 00:00:00.000000 no", "main.t 1970-01-01 00:00:00.000000 no"},
		rows(t, path, `SELECT TABLE_OWNER||'.'||TABLE_NAME||' '||ERROR_TIME||' '||"ERROR" FROM awsdms_apply_exceptions`))
}

// TestParkedRowsAreHeldWithinBounds parks far more than the memory that is set aside for rows that wait, twice, and once
// with a load that is given up.
func TestParkedRowsAreHeldWithinBounds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	to, table, path := keyedTarget(t)
	const n, size = 500, 20 << 10
	park := func(from int) {
		for i := range n {
			row := connector.Parked{Task: "task", Table: table.Name, Time: time.Unix(0, 0), Statement: strings.Repeat("\xffs", size/2), Reason: fmt.Sprint(from + i)}
			require.NoError(t, to.Park(t.Context(), []connector.Parked{row}))
			require.LessOrEqual(t, to.(*target).parked.size, parkingRoom+size)
			require.LessOrEqual(t, len(to.(*target).parked.rows), parkingRoom/size+1)
		}
	}
	for round, end := range []func(connector.Loader){
		func(l connector.Loader) { require.NoError(t, l.Commit(t.Context(), connector.Counts{})) },
		connector.Loader.Abort,
		func(l connector.Loader) { require.NoError(t, l.Commit(t.Context(), connector.Counts{})) },
	} {
		loader, write := intsLoader(t, to, table, connector.LoadRequest{})
		require.NoError(t, write(int64(1+10*round)))
		park(round * n)
		end(loader)
		require.True(t, to.(*target).parked.empty())
	}
	require.NoError(t, to.Close())
	var want []string
	for i := range 3 * n {
		want = append(want, fmt.Sprintf("%d %d", i, size/2*2))
	}
	require.Equal(t, want, rows(t, path, `SELECT "ERROR"||' '||length(CAST("STATEMENT" AS BLOB)) FROM awsdms_apply_exceptions ORDER BY rowid`))
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestJournal(t *testing.T) {
	to, table, path := keyedTarget(t)
	mark := func(run string, n int) connector.Mark {
		return connector.Mark{Run: run, Table: table.Name, Witness: "w", Segment: connector.Segment{Number: n, Of: 2, Spec: "s", Rows: -1, Bytes: -1}}
	}
	j := to.Journal()
	loaded, err := j.Read(t.Context(), "a")
	require.NoError(t, err)
	require.Empty(t, loaded)
	require.NoError(t, j.Plan(t.Context(), []connector.Mark{mark("a", 1), mark("a", 2)}))
	require.NoError(t, j.Plan(t.Context(), []connector.Mark{mark("b", 1)}))
	loader, write := intsLoader(t, to, table, connector.LoadRequest{Mark: mark("a", 2)})
	require.NoError(t, write(1))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{Rows: 1, Bytes: 8, Rejected: 3}))
	loaded, err = j.Read(t.Context(), "a")
	require.NoError(t, err)
	require.Len(t, loaded, 2)
	require.Equal(t, mark("a", 1), loaded[0].Mark)
	require.False(t, loaded[0].Done)
	require.True(t, loaded[1].Done)
	require.Equal(t, connector.Counts{Rows: 1, Bytes: 8, Rejected: 3}, loaded[1].Counts)
	require.WithinDuration(t, time.Now(), loaded[1].At, time.Minute)
	require.NoError(t, j.Forget(t.Context(), "a", table.Name))
	loaded, err = j.Read(t.Context(), "a")
	require.NoError(t, err)
	require.Empty(t, loaded)
	require.NoError(t, j.Close(t.Context(), "a"))
	require.NoError(t, j.Close(t.Context(), "b"))
	require.NoError(t, to.Close())
	require.Equal(t, []string{"0"}, rows(t, path, "SELECT count(*) FROM sqlite_schema WHERE name = 'awsdms_load_progress'"))
}

func TestErrorClasses(t *testing.T) {
	open := func(f func(context.Context, connector.Config) (connector.Source, error), url string) error {
		s, err := f(t.Context(), connector.Config{URL: url})
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	require.NoError(t, os.WriteFile(junk, []byte("this is a text file, and a long one, as long as the header of a database at least is: 100 bytes"+string(make([]byte, 600))), 0o600))
	whole := newFile(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX i ON t (v); INSERT INTO t VALUES (1, 'x')")
	broken := filepath.Join(dir, "broken.db")
	image, err := os.ReadFile(whole)
	require.NoError(t, err)
	for i := 100; i < 4096; i++ {
		image[i] = 0xff
	}
	require.NoError(t, os.WriteFile(broken, image, 0o600))
	for url, want := range map[string]connector.Class{
		"sqlite:" + filepath.Join(dir, "none.db"): connector.Missing,
		"sqlite:" + dir:    connector.Invalid,
		"sqlite:" + junk:   connector.Invalid,
		"sqlite:" + broken: connector.Invalid,
	} {
		err := open(openSource, url)
		require.Equal(t, want, connector.ClassOf(err), "%s: %v", url, err)
		require.ErrorContains(t, err, url[len("sqlite:"):])
	}
	_, err = openTarget(t.Context(), connector.Config{URL: "sqlite:" + filepath.Join(dir, "no", "such", "folder.db")})
	require.Equal(t, connector.Missing, connector.ClassOf(err), err)
	_, err = openTarget(t.Context(), connector.Config{URL: "sqlite:" + filepath.Join(dir, "none.db") + "?mode=rw"})
	require.Equal(t, connector.Missing, connector.ClassOf(err), err)
	_, err = openTarget(t.Context(), connector.Config{URL: "sqlite:" + whole + "?mode=ro"})
	require.Equal(t, connector.Invalid, connector.ClassOf(err), err)
	_, err = openTarget(t.Context(), connector.Config{URL: "sqlite:" + whole, ControlSchema: "elsewhere"})
	require.Equal(t, connector.Invalid, connector.ClassOf(err), err)
}

func TestBusyAndFull(t *testing.T) {
	to, table, path := keyedTarget(t)
	require.NoError(t, to.Close())
	other := openTestTarget(t, path).(*target)
	require.NoError(t, other.conn.exec("BEGIN IMMEDIATE"))
	to, err := openTarget(t.Context(), connector.Config{URL: "sqlite:" + path + "?busy_timeout=1"})
	require.NoError(t, err)
	_, write := intsLoader(t, to, table, connector.LoadRequest{})
	require.Equal(t, connector.Busy, connector.ClassOf(write(1)))
	require.NoError(t, other.conn.exec("ROLLBACK"))
	require.NoError(t, other.Close())

	require.NoError(t, to.(*target).conn.exec("PRAGMA max_page_count=5"))
	loader, write := intsLoader(t, to, &catalog.Table{Name: table.Name, Columns: table.Columns}, connector.LoadRequest{})
	keys := make([]int64, 900)
	for i := range keys {
		keys[i] = int64(i)
	}
	require.NoError(t, write(keys...))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Exec(t.Context(), []catalog.Statement{{SQL: "CREATE TABLE big (id INTEGER)"}}))
	loader, write = intsLoader(t, to, tableOf("big", [2]string{"id", "INTEGER"}), connector.LoadRequest{})
	err = nil
	for range 100 {
		if err = write(keys...); err != nil {
			break
		}
	}
	require.Equal(t, connector.Full, connector.ClassOf(err), err)
	loader.Abort()
	has, err := to.Describe(t.Context(), []catalog.Name{{Schema: Schema, Name: "BIG"}})
	require.NoError(t, err)
	require.False(t, has[catalog.Name{Schema: Schema, Name: "BIG"}].HasRows)
	require.NoError(t, to.Close())
}

// TestCloseLeavesOneFile: what a load needs beside the database file is gone after Close, and a target that was only
// looked at leaves nothing.
func TestCloseLeavesOneFile(t *testing.T) {
	to, table, path := keyedTarget(t)
	loader, write := intsLoader(t, to, table, connector.LoadRequest{})
	require.NoError(t, write(1))
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Close())
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, files)
	require.Equal(t, []string{"delete"}, rows(t, path, "PRAGMA journal_mode"))

	untouched := filepath.Join(t.TempDir(), "none.db")
	to = openTestTarget(t, untouched)
	has, err := to.Describe(t.Context(), []catalog.Name{table.Name})
	require.NoError(t, err)
	require.Empty(t, has)
	require.NoError(t, to.Close())
	require.NoFileExists(t, untouched)
}

func TestExists(t *testing.T) {
	to := openTestTarget(t, newFile(t, "CREATE TABLE t (v); CREATE INDEX i ON t (v); CREATE VIEW w AS SELECT 1; CREATE VIEW x AS SELECT * FROM nowhere"))
	defer to.Close()
	main := func(name string) catalog.Name { return catalog.Name{Schema: Schema, Name: name} }
	for ref, want := range map[catalog.Ref]bool{
		{}: false,
		{Kind: catalog.SchemaRef, Name: catalog.Name{Name: "main"}}:     true,
		{Kind: catalog.TableRef, Name: main("T")}:                       true,
		{Kind: catalog.TableRef, Name: main("i")}:                       false,
		{Kind: catalog.IndexRef, Name: main("i"), Table: "t"}:           true,
		{Kind: catalog.ViewRef, Name: main("x")}:                        true,
		{Kind: catalog.ViewRef, Name: main("y")}:                        false,
		{Kind: catalog.ViewRef, Name: main("w")}:                        true,
		{Kind: catalog.PrimaryKeyRef, Name: main("t_pkey"), Table: "t"}: true,
		{Kind: catalog.ConstraintRef, Name: main("c"), Table: "gone"}:   false,
		{Kind: catalog.ObjectRef, Name: main("w")}:                      true,
	} {
		got, err := to.Exists(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, want, got, "%v", ref)
	}
}

// TestWorkEndsWithItsContext interrupts a statement and a load; the target can be used afterwards.
func TestWorkEndsWithItsContext(t *testing.T) {
	to := openTestTarget(t, newFile(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)"))
	defer to.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := to.Exec(ctx, []catalog.Statement{{SQL: "CREATE TABLE u AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 2*time.Second)

	loader, write := intsLoader(t, to, tableOf("t", [2]string{"id", "INTEGER"}), connector.LoadRequest{})
	require.NoError(t, write(1))
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64})
	require.ErrorIs(t, loader.Write(ctx, b), context.DeadlineExceeded)
	require.ErrorIs(t, loader.Commit(ctx, connector.Counts{}), context.DeadlineExceeded)
	loader.Abort()
	has, err := to.Describe(t.Context(), []catalog.Name{{Schema: Schema, Name: "t"}, {Schema: Schema, Name: "u"}})
	require.NoError(t, err)
	require.Len(t, has, 1)
	require.False(t, has[catalog.Name{Schema: Schema, Name: "t"}].HasRows)
}

// TestHugeValues are bound where they are, without a copy, except under the race detector.
func TestHugeValues(t *testing.T) {
	const size = 5 << 20
	path := filepath.Join(t.TempDir(), "t.db")
	to := openTestTarget(t, path)
	table := tableOf("t", [2]string{"a", "TEXT"}, [2]string{"b", "BLOB"}, [2]string{"c", "TEXT"}, [2]string{"d", "DATE"})
	require.NoError(t, to.Exec(t.Context(), Dialect{}.Script(table, true).Create))
	layouts := []change.Layout{change.Text, change.Bytes, change.Text, change.Date}
	r := connector.LoadRequest{Table: table}
	for i, l := range layouts {
		r.Columns = append(r.Columns, connector.LoadColumn{Column: table.Columns[i], Layout: l})
	}
	loader, err := to.Load(t.Context(), r)
	require.NoError(t, err)
	b := &change.Batch{}
	for _, n := range []int{1, size, 2} { // small, huge and small again
		b.Reset(layouts)
		for range 2 {
			b.Columns[0].AppendString(strings.Repeat("x", n))
			b.Columns[1].AppendData(make([]byte, n))
			b.Columns[2].AppendString("")
			b.Columns[3].AppendInt(0)
			b.EndRow()
		}
		require.NoError(t, loader.Write(t.Context(), b))
	}
	require.NoError(t, loader.Commit(t.Context(), connector.Counts{}))
	require.NoError(t, to.Close())
	require.Equal(t, []string{"1 1 '' 2000-01-01", "1 1 '' 2000-01-01", "5242880 5242880 '' 2000-01-01", "5242880 5242880 '' 2000-01-01",
		"2 2 '' 2000-01-01", "2 2 '' 2000-01-01"},
		rows(t, path, "SELECT length(a)||' '||length(b)||' '||quote(c)||' '||d FROM t ORDER BY rowid"))
	require.Equal(t, []string{"6"}, rows(t, path, "SELECT count(*) FROM t WHERE b = zeroblob(length(b)) AND replace(a, 'x', '') = ''"))
}
