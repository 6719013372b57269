package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// load sends one batch of (id, v) rows, ids from 1, and returns the rejects.
func (f *fixture) load(table string, careful bool, layout change.Layout, fill func(v *change.Vector)) ([]change.Reject, error) {
	f.t.Helper()
	t := f.table(table, "id")
	var rejects []change.Reject
	l, err := f.target.Load(f.t.Context(), connector.LoadRequest{
		Table: t, Careful: careful,
		Columns: []connector.LoadColumn{{Column: t.Columns[0], Layout: change.Int64}, {Column: t.Columns[1], Layout: layout}},
		Reject: func(r change.Reject) error {
			rejects = append(rejects, r)
			return nil
		},
	})
	require.NoError(f.t, err)
	defer l.Abort()
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64, layout})
	fill(&b.Columns[1])
	for i := range b.Columns[1].Len() {
		b.Columns[0].AppendInt(int64(i + 1))
		b.EndRow()
	}
	if err := l.Write(f.t.Context(), b); err != nil {
		return rejects, err
	}
	return rejects, l.Commit(f.t.Context(), connector.Counts{Rows: int64(b.Rows())})
}

func texts(values ...string) func(*change.Vector) {
	return func(v *change.Vector) {
		for _, s := range values {
			v.AppendString(s)
		}
	}
}

// TestServerNeverChangesAValue loads, between two good values, one that the server would bend to fit. The fast way has
// to fail and leave nothing; the careful way has to reject that row alone and say why.
func TestServerNeverChangesAValue(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	cases := []struct{ column, good, bad string }{
		{"INT", "7", "abc"}, {"INT", "7", "7x"}, {"INT", "7", "1.7"}, {"INT", "7", ""}, {"INT", "7", "2147483648"},
		{"TINYINT UNSIGNED", "7", "-1"}, {"DECIMAL(5,2)", "1.25", "1.255"}, {"DECIMAL(5,2)", "1.25", "1000"},
		{"FLOAT", "0.5", "1e39"}, {"DOUBLE", "0.5", "1e400"}, {"DOUBLE", "0.5", "x"},
		{"DATE", "2020-01-01", "2020-13-01"}, {"DATE", "2020-01-01", "2020-01-01 10:00:00"}, {"DATE", "2020-01-01", "yesterday"},
		{"DATETIME", "2020-01-01 00:00:00", "2020-01-01 25:00:00"}, {"DATETIME(3)", "2020-01-01 00:00:00.123", "2020-01-01 00:00:00.1234"},
		{"TIMESTAMP NULL", "2020-01-01 00:00:00", "2039-01-01 00:00:00"}, {"TIME", "10:00:00", "839:00:00"}, {"TIME", "10:00:00", "10:00:00.5"},
		{"YEAR", "2020", "1900"}, {"CHAR(3)", "abc", "abcd"}, {"VARCHAR(3)", "äöü", "äöüä"}, {"VARCHAR(3)", "abc", "abc "},
		{"VARCHAR(9) CHARACTER SET latin1", "Ä", "漢"}, {"VARCHAR(9) CHARACTER SET utf8mb3", "漢", "😀"}, {"VARCHAR(9)", "ä", "\xc3("},
		{"VARCHAR(9) CHARACTER SET ascii", "a", "ä"}, {"VARBINARY(2)", "ab", "abc"}, {"TINYTEXT", "a", strings.Repeat("x", 256)},
		{"ENUM('a','b')", "a", "c"}, {"ENUM('a','b')", "a", ""}, {"SET('a','b')", "a,b", "a,c"}, {"BIT(4)", "1010", "10101"},
		{"JSON", "{}", "{"}, {"UUID", "123e4567-e89b-12d3-a456-426655440000", "123"}, {"INT CHECK (v < 10)", "7", "11"},
		{"INT UNIQUE", "7", "8"}, {"POINT", "POINT(1 1)", "POINT(1"},
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%s/%.20q", c.column, c.bad), func(t *testing.T) {
			g := *f
			g.t = t
			name := fmt.Sprintf("v%d", i)
			g.exec("CREATE TABLE " + name + " (id INT PRIMARY KEY, v " + c.column + ")")
			values := []string{c.good, c.bad, c.good}
			if strings.Contains(c.column, "UNIQUE") {
				values = []string{"7", "8", "8"}
			}
			rejects, err := g.load(name, false, change.Text, texts(values...))
			if len(rejects) == 0 {
				require.Equal(t, connector.Data, connector.ClassOf(err), "error %v, table %v", err, g.rowsOf("SELECT * FROM "+g.name+"."+name))
				require.Empty(t, g.rowsOf("SELECT * FROM "+g.name+"."+name))
			} else {
				require.NoError(t, err)
			}
			g.exec("TRUNCATE " + name)
			rejects, err = g.load(name, true, change.Text, texts(values...))
			require.NoError(t, err)
			require.Len(t, rejects, 1)
			require.NotEmpty(t, rejects[0].Reason)
			require.Contains(t, rejects[0].Key, "id=")
			require.Len(t, g.rowsOf("SELECT id FROM "+g.name+"."+name), 2)
		})
	}
}

// TestCarefulLoadFindsEveryBadRow hides a few bad rows among many.
func TestCarefulLoadFindsEveryBadRow(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE c (id INT PRIMARY KEY, v VARCHAR(5) NOT NULL)", "INSERT INTO c VALUES (4000, 'there')")
	rejects, err := f.load("c", true, change.Text, func(v *change.Vector) {
		for i := range 4096 {
			switch i + 1 {
			case 1, 700, 701, 4096:
				v.AppendString("too long")
			case 2000:
				v.AppendNull()
			default:
				v.AppendString("ok")
			}
		}
	})
	require.NoError(t, err)
	var found []string
	for _, r := range rejects {
		found = append(found, fmt.Sprintf("%s %d %s", r.Key, r.Fault, r.Column))
	}
	require.Equal(t, []string{"id=1 1 v", "id=700 1 v", "id=701 1 v", "id=2000 0 v", "id=4000 0 ", "id=4096 1 v"}, found)
	require.Equal(t, [][]string{{"4091"}}, f.rowsOf("SELECT COUNT(*) FROM "+f.name+".c"))
}

// TestLoadWithoutLocalInfile: the server refuses LOAD DATA LOCAL, so rows go in by INSERT, as strictly.
func TestLoadWithoutLocalInfile(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.target.localInfile = false
	f.exec("CREATE TABLE n (id INT PRIMARY KEY, v VARCHAR(5))")
	_, err := f.load("n", false, change.Text, texts("a", `\N'"`, "toolong"))
	require.Equal(t, connector.Data, connector.ClassOf(err))
	_, err = f.load("n", false, change.Text, texts("a", `\N'"`, "x\x00\n"))
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1", "a"}, {"2", `\N'"`}, {"3", "x\x00\n"}}, f.rowsOf("SELECT * FROM "+f.name+".n ORDER BY id"))
}

// TestEncoderRejectsWhatTheColumnCannotHold: these values never reach the server.
func TestEncoderRejectsWhatTheColumnCannotHold(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	moment := func(m change.Moment) func(*change.Vector) { return func(v *change.Vector) { v.AppendInt(int64(m)) } }
	day := func(d change.Day) func(*change.Vector) { return func(v *change.Vector) { v.AppendInt(int64(d)) } }
	real := func(x float64) func(*change.Vector) { return func(v *change.Vector) { v.AppendFloat(x) } }
	zero := 0.0
	cases := []struct {
		column string
		layout change.Layout
		fill   func(*change.Vector)
	}{
		{"DATE", change.Date, day(change.PositiveInfinityDay)}, {"DATE", change.Date, day(change.DayOf(10000, 1, 1))},
		{"DATE", change.Date, day(change.DayOf(-44, 3, 15))}, {"DATE", change.Timestamp, moment(1)},
		{"DATETIME", change.Timestamp, moment(change.NegativeInfinityMoment)}, {"DATETIME(2)", change.Instant, moment(1000)},
		{"DOUBLE", change.Float64, real(1 / zero)}, {"FLOAT", change.Float64, real(0.1)}, {"INT", change.Float64, real(1.5)},
		{"INT", change.Decimal, texts("1.01")}, {"DECIMAL(9,2)", change.Decimal, texts("NaN")}, {"DECIMAL(9,2)", change.Decimal, texts("1.001")},
		{"TIME", change.Time, func(v *change.Vector) { v.AppendInt(1) }}, {"YEAR", change.Int64, func(v *change.Vector) { v.AppendInt(70) }},
		{"BIT(3)", change.Int64, func(v *change.Vector) { v.AppendInt(8) }}, {"BIT(3)", change.Text, texts("12")},
		{"POINT", change.Bytes, texts("nonsense")}, {"DATETIME", change.Native, texts("2020-01-01 00:00:00.000001")},
		{"FLOAT", change.Native, texts("0.1000001")},
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%s/%s/%d", c.column, c.layout, i), func(t *testing.T) {
			g := *f
			g.t = t
			name := fmt.Sprintf("e%d", i)
			g.exec("CREATE TABLE " + name + " (id INT PRIMARY KEY, v " + c.column + ")")
			for _, careful := range []bool{false, true} {
				rejects, err := g.load(name, careful, c.layout, c.fill)
				require.NoError(t, err)
				require.Len(t, rejects, 1)
				require.Equal(t, "v", rejects[0].Column)
				require.Equal(t, "id=1", rejects[0].Key)
				require.Empty(t, g.rowsOf("SELECT * FROM "+g.name+"."+name))
			}
		})
	}
}

// TestRejectedRowBesideALargeValue: the large value is sent in pieces, the row must still go whole or not at all.
func TestRejectedRowBesideALargeValue(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE l (b LONGTEXT, d DATE, c LONGTEXT)")
	table := f.table("l")
	var rejects int
	request := connector.LoadRequest{Table: table, Reject: func(change.Reject) error { rejects++; return nil }}
	layouts := []change.Layout{change.Text, change.Date, change.Text}
	for i, c := range table.Columns {
		request.Columns = append(request.Columns, connector.LoadColumn{Column: c, Layout: layouts[i]})
	}
	l, err := f.target.Load(t.Context(), request)
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset(layouts)
	large := strings.Repeat("a\tb\\", 300_000)
	for i := range 3 {
		b.Columns[0].AppendString(large)
		b.Columns[1].AppendInt(int64(change.PositiveInfinityDay) * int64(i%2))
		b.Columns[2].AppendString(large)
		b.EndRow()
	}
	require.NoError(t, l.Write(t.Context(), b))
	require.NoError(t, l.Commit(t.Context(), connector.Counts{}))
	require.Equal(t, 1, rejects)
	require.Equal(t, [][]string{{"2", "1200000", "1200000", "2"}},
		f.rowsOf("SELECT COUNT(*), MIN(LENGTH(b)), MIN(LENGTH(c)), SUM(SHA2(b, 256) = SHA2("+"REPEAT('a\\tb\\\\', 300000), 256)) FROM "+f.name+".l"))
}

// TestGeneratedAndInvisibleColumns: the first are computed by the target, the second loaded.
func TestGeneratedAndInvisibleColumns(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	columns := "(id INT PRIMARY KEY, a INT INVISIBLE, g INT AS (id * 2) STORED, v INT AS (id + 1) VIRTUAL)"
	f.exec("CREATE TABLE gf "+columns, "CREATE TABLE gt "+columns, "INSERT INTO gf (id, a) VALUES (1, 10), (2, NULL)")
	for _, careful := range []bool{false, true} {
		f.exec("TRUNCATE gt")
		_, err := f.copyTable(f.table("gf", "id"), f.table("gt", "id"), true, careful)
		require.NoError(t, err)
		require.Equal(t, f.rowsOf("SELECT id, IFNULL(a, 'n'), g, v FROM "+f.name+".gf"), f.rowsOf("SELECT id, IFNULL(a, 'n'), g, v FROM "+f.name+".gt"))
	}
}

// TestJournalMarksWithTheRows: planned, loaded with its mark, forgotten, closed.
func TestJournalMarksWithTheRows(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE j (id INT PRIMARY KEY, v INT)")
	table := f.table("j", "id")
	j := f.target.Journal()
	known, err := j.Read(t.Context(), "run 'é'")
	require.NoError(t, err)
	require.Empty(t, known)
	marks := make([]connector.Mark, 250)
	for i := range marks {
		marks[i] = connector.Mark{Run: "run 'é'", Table: table.Name, Witness: "w\\",
			Segment: connector.Segment{Number: i + 1, Of: len(marks), Spec: `{"to":["'\\"]}`, Rows: -1, Bytes: 5}}
	}
	require.NoError(t, j.Plan(t.Context(), marks))
	require.NoError(t, j.Plan(t.Context(), marks))
	l, err := f.target.Load(t.Context(), connector.LoadRequest{Table: table, Mark: marks[6],
		Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Int64}}})
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64})
	b.Columns[0].AppendInt(1)
	b.EndRow()
	require.NoError(t, l.Write(t.Context(), b))
	require.NoError(t, l.Commit(t.Context(), connector.Counts{Rows: 1, Bytes: 2, Rejected: 3}))
	known, err = j.Read(t.Context(), "run 'é'")
	require.NoError(t, err)
	require.Len(t, known, len(marks))
	for i, k := range known {
		require.Equal(t, marks[i], k.Mark)
		require.Equal(t, i == 6, k.Done)
	}
	require.Equal(t, connector.Counts{Rows: 1, Bytes: 2, Rejected: 3}, known[6].Counts)
	require.WithinDuration(t, time.Now(), known[6].At, time.Minute)
	require.NoError(t, j.Forget(t.Context(), "run 'é'", table.Name))
	require.NoError(t, j.Close(t.Context(), "run 'é'"))
	exists, err := f.target.Exists(t.Context(), catalog.Ref{Kind: catalog.TableRef, Name: catalog.Name{Schema: f.name, Name: "awsdms_load_progress"}})
	require.NoError(t, err)
	require.False(t, exists)
	require.NoError(t, j.Close(t.Context(), "run 'é'"))
}

// TestParkWritesTheDocumentedTable with whatever bytes a reason quotes.
func TestParkWritesTheDocumentedTable(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	back := func(q connector.ParkedQuery) []connector.Parked {
		rows, err := f.target.Parked(t.Context(), q)
		require.NoError(t, err)
		return rows
	}
	require.Empty(t, back(connector.ParkedQuery{Task: "T", Limit: 9}), "no such table")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	require.NoError(t, f.target.Park(t.Context(), []connector.Parked{
		{Task: "T", Table: catalog.Name{Schema: "s", Name: "t"}, Time: at, Statement: "INSERT '", Reason: "bad \xff \\ value"}}))
	require.Equal(t, [][]string{{"T", "s", "t", "2026-01-02 03:04:05.000006", "INSERT '", "bad ? \\ value"}},
		f.rowsOf("SELECT * FROM "+f.name+".awsdms_apply_exceptions"))
	want := []connector.Parked{{Task: "T", Table: catalog.Name{Schema: "s", Name: "t"}, Time: at, Statement: "INSERT '", Reason: "bad ? \\ value"}}
	require.Equal(t, want, back(connector.ParkedQuery{Task: "T", Limit: 9}))
	require.Equal(t, want, back(connector.ParkedQuery{Task: "T", Table: catalog.Name{Schema: "s", Name: "t"}, Limit: 9}))
	require.Empty(t, back(connector.ParkedQuery{Task: "T", Skip: 1, Limit: 9}))
	require.Empty(t, back(connector.ParkedQuery{Task: "U", Limit: 9}))
}
