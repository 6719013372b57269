package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// captured is a file that is followed.
type captured struct {
	t       *testing.T
	path    string
	app     *sql.DB
	source  connector.Streamer
	request connector.StreamRequest
}

// capture makes a file and follows all its tables.
func capture(t *testing.T, script string) *captured {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	c := &captured{t: t, path: path, app: openApp(t, path, "&_pragma=foreign_keys(1)")}
	c.exec(script)
	src, err := Engine().OpenSource(t.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(t, err)
	c.source = src.(connector.Streamer)
	c.request = connector.StreamRequest{Run: "run", Pool: change.NewGroupPool(2)}
	cat, err := src.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	for i, table := range cat.Schemas[0].Tables {
		c.request.Tables = append(c.request.Tables, followAll(i, table))
	}
	return c
}

func followAll(number int, table *catalog.Table) connector.Followed {
	f := connector.Followed{Number: number, Table: table}
	for _, col := range table.Columns {
		f.Columns = append(f.Columns, connector.ReadColumn{Column: col, Layout: change.Native})
	}
	return f
}

func (c *captured) exec(sql string) {
	c.t.Helper()
	_, err := c.app.ExecContext(c.t.Context(), sql)
	require.NoError(c.t, err, sql)
}

func (c *captured) number(sql string) (n int64) {
	c.t.Helper()
	require.NoError(c.t, c.app.QueryRowContext(c.t.Context(), sql).Scan(&n), sql)
	return n
}

func (c *captured) start() string {
	c.t.Helper()
	position, err := c.source.Start(c.t.Context(), c.request, connector.StartPoint{})
	require.NoError(c.t, err)
	return position
}

func (c *captured) stream(position string) connector.Stream {
	c.t.Helper()
	st, err := c.source.Stream(c.t.Context(), c.request, position)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, st.Close()) })
	return st
}

// changes reads until everything has been delivered, and lists what was: "table OP old new".
func (c *captured) changes(st connector.Stream) []string {
	c.t.Helper()
	var out []string
	end, err := c.source.End(c.t.Context())
	require.NoError(c.t, err)
	for {
		e, err := st.Next(c.t.Context())
		require.NoError(c.t, err)
		if g := e.Changes; g != nil {
			list := make([]string, g.Len())
			for _, ch := range g.Tables {
				for i, op := range ch.Ops {
					list[ch.Seq[i]] = strings.Join([]string{c.request.Tables[ch.Table].Table.Name.Name, op.String(), showRow(&ch.Old, ch.Before[i]), showRow(&ch.New, ch.After[i])}, " ")
				}
			}
			out = append(out, list...)
			c.request.Pool.Put(g)
		}
		if e.Structure != nil {
			out = append(out, e.Structure.Kind.String())
		}
		if e.Ended {
			return append(out, "ended")
		}
		if e.Position != "" {
			if n, err := c.source.Compare(e.Position, end); err == nil && n >= 0 {
				return out
			}
		}
	}
}

func showRow(b *change.Batch, row int32) string {
	if row == change.None {
		return "-"
	}
	var parts []string
	for i := range b.Columns {
		if b.Columns[i].IsAbsent(int(row)) {
			parts = append(parts, "·")
			continue
		}
		parts = append(parts, showValue(&b.Columns[i], int(row)))
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// TestWhatIsLogged: what a change becomes, by the kind of its table.
func TestWhatIsLogged(t *testing.T) {
	for _, c := range []struct {
		name, script, sql string
		want              []string
	}{
		{"rowid key", "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
			"INSERT INTO t VALUES (NULL, 'x'); UPDATE t SET a = 5; UPDATE t SET id = 7; DELETE FROM t",
			[]string{`t INSERT - (1,"x")`, `t UPDATE - (1,5)`, `t UPDATE (1,·) (7,5)`, `t DELETE (7,·) -`}},
		{"key of two columns", "CREATE TABLE t (v, k2 NOT NULL, k1 TEXT COLLATE NOCASE NOT NULL, PRIMARY KEY (k1, k2))",
			"INSERT INTO t VALUES (NULL, 1, 'a'); UPDATE t SET v = 2; UPDATE t SET k1 = 'A'; UPDATE t SET k2 = 1.0; DELETE FROM t",
			[]string{`t INSERT - (NULL,1,"a")`, `t UPDATE - (2,1,"a")`, `t UPDATE (·,1,"a") (2,1,"A")`, `t UPDATE (·,1,"A") (2,1,"A")`, `t DELETE (·,1,"A") -`}},
		{"no key", "CREATE TABLE t (a, b)",
			"INSERT INTO t VALUES (1, NULL); UPDATE t SET a = 1; DELETE FROM t",
			[]string{`t INSERT - (1,NULL)`, `t UPDATE (1,NULL) (1,NULL)`, `t DELETE (1,NULL) -`}},
		{"key that may be null", "CREATE TABLE t (k TEXT PRIMARY KEY, b)",
			"INSERT INTO t VALUES ('a', 1), (NULL, 2); UPDATE t SET b = b + 10; DELETE FROM t",
			[]string{`t INSERT - ("a",1)`, `t INSERT - (NULL,2)`, `t UPDATE - ("a",11)`, `t UPDATE (NULL,2) (NULL,12)`, `t DELETE ("a",·) -`, `t DELETE (NULL,12) -`}},
		{"generated", "CREATE TABLE t (id INTEGER PRIMARY KEY, v AS (id + 1) VIRTUAL, s AS (id + 2) STORED)",
			"INSERT INTO t VALUES (1); UPDATE t SET id = 2",
			[]string{`t INSERT - (1,2,3)`, `t UPDATE (1,·,·) (2,3,4)`}},
		{"affinity", "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, t TEXT, n NUMERIC, b BLOB)",
			"INSERT INTO t VALUES ('1', 2, 3, '4.0', '5')", []string{`t INSERT - (1,2,"3",4,"5")`}},
		{"replace", "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, w UNIQUE)",
			"INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z'); INSERT OR REPLACE INTO t VALUES (1, 'b', 'z')",
			[]string{`t INSERT - (1,"a","x")`, `t INSERT - (2,"b","y")`, `t INSERT - (3,"c","z")`,
				`t DELETE (1,·,·) -`, `t DELETE (2,·,·) -`, `t DELETE (3,·,·) -`, `t INSERT - (1,"b","z")`}},
		{"update or replace", "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE)",
			"INSERT INTO t VALUES (1, 'a'), (2, 'b'); UPDATE OR REPLACE t SET u = 'b' WHERE id = 1",
			[]string{`t INSERT - (1,"a")`, `t INSERT - (2,"b")`, `t DELETE (2,·) -`, `t UPDATE - (1,"b")`}},
		{"ignore and upsert are no replace", "CREATE TABLE t (id INTEGER PRIMARY KEY, u COLLATE NOCASE UNIQUE)",
			`INSERT INTO t VALUES (1, 'a'), (2, 'b'); INSERT OR IGNORE INTO t VALUES (1, 'c'), (9, 'A');
			INSERT INTO t VALUES (7, 'A') ON CONFLICT (u) DO UPDATE SET u = excluded.u; UPDATE OR IGNORE t SET u = 'a' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 'a')`,
			[]string{`t INSERT - (1,"a")`, `t INSERT - (2,"b")`, `t UPDATE - (1,"A")`, `t DELETE (1,·) -`, `t INSERT - (1,"a")`}},
		{"conflict clause of the table", "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE)",
			"INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'a')",
			[]string{`t INSERT - (1,"a")`, `t DELETE (1,·) -`, `t INSERT - (2,"a")`}},
		{"foreign keys act", "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE, s REFERENCES p ON DELETE SET NULL)",
			"INSERT INTO p VALUES (1), (2); INSERT INTO q VALUES (1, 1, 2), (2, 2, 1); DELETE FROM p WHERE id = 1",
			[]string{`p INSERT - (1)`, `p INSERT - (2)`, `q INSERT - (1,1,2)`, `q INSERT - (2,2,1)`, `q UPDATE - (2,2,NULL)`, `q DELETE (1,·,·) -`, `p DELETE (1) -`}},
		{"triggers act", "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (n); CREATE TRIGGER t1 AFTER INSERT ON p BEGIN INSERT INTO q VALUES (NEW.id); UPDATE p SET id = id + 10 WHERE id = NEW.id; END",
			"INSERT INTO p VALUES (1)", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := capture(t, c.script)
			position := f.start()
			tx, err := f.app.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(t.Context(), "PRAGMA defer_foreign_keys=1; "+c.sql)
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			got := f.changes(f.stream(position))
			if c.want == nil {
				require.ElementsMatch(t, []string{`p INSERT - (1)`, `q INSERT - (1)`, `p UPDATE (1) (11)`}, got)
				return
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestTheApplicationNoticesNothing: neither the functions it asks after a statement nor its own triggers are disturbed.
func TestTheApplicationNoticesNothing(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, v); CREATE TABLE seen (changed, last)")
	f.start()
	conn, err := f.app.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	for _, c := range []struct {
		sql     string
		changes int64
		last    int64
	}{
		{"INSERT INTO t VALUES (100, 'a', 1), (200, 'b', 2)", 2, 200},
		{"UPDATE t SET v = 3", 2, 200},
		{"INSERT OR REPLACE INTO t VALUES (300, 'a', 1)", 1, 300},
		{"INSERT OR IGNORE INTO t VALUES (400, 'a', 1)", 0, 300},
		{"DELETE FROM t", 2, 300},
	} {
		r, err := conn.ExecContext(t.Context(), c.sql)
		require.NoError(t, err)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.Equal(t, c.changes, n, c.sql)
		var last int64
		require.NoError(t, conn.QueryRowContext(t.Context(), "SELECT last_insert_rowid()").Scan(&last))
		require.Equal(t, c.last, last, c.sql)
	}
}

// TestOwnObjectsAreNeverSeen: no inspection lists the log or its triggers, and Release leaves nothing.
func TestOwnObjectsAreNeverSeen(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TRIGGER own AFTER INSERT ON t BEGIN SELECT 1; END")
	before := f.number("SELECT count(*) FROM sqlite_schema")
	f.start()
	require.Greater(t, f.number("SELECT count(*) FROM sqlite_schema"), before+3)
	cat, err := f.source.Inspect(t.Context(), connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	require.Len(t, cat.Schemas[0].Tables, 1)
	require.Len(t, cat.Schemas[0].Objects, 1)
	other := f.request
	other.Run = "other"
	_, err = f.source.Start(t.Context(), other, connector.StartPoint{})
	require.NoError(t, err)
	require.NoError(t, f.source.Release(t.Context(), f.request))
	require.Greater(t, f.number("SELECT count(*) FROM sqlite_schema"), before+3, "the other run still follows")
	require.NoError(t, f.source.Release(t.Context(), other))
	require.Equal(t, before, f.number("SELECT count(*) FROM sqlite_schema"))
}

// TestAcknowledgedRowsAreDeleted: what is durable is deleted in time, the last row is kept, and positions that have been
// left behind are refused.
func TestAcknowledgedRowsAreDeleted(t *testing.T) {
	f := capture(t, "PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY)")
	position := f.start()
	st := f.stream(position)
	f.exec("WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 5000) INSERT INTO t SELECT i FROM x")
	require.Len(t, f.changes(st), 5000)
	end, err := f.source.End(t.Context())
	require.NoError(t, err)
	st.Acknowledge(end)
	require.Eventually(t, func() bool { return f.number("SELECT count(*) FROM awsdms_changes") == 1 }, 20*time.Second, 10*time.Millisecond)
	f.exec("DELETE FROM t WHERE id = 1")
	require.Equal(t, []string{"t DELETE (1) -"}, f.changes(st))
	_, err = f.source.Stream(t.Context(), f.request, position)
	require.Equal(t, connector.Missing, connector.ClassOf(err), "%v", err)
	require.Equal(t, []string{"t DELETE (1) -"}, f.changes(f.stream(end)))
}

// TestTriggersAreMadeAgain: triggers that somebody has removed are made again, and what was missed is made good.
func TestTriggersAreMadeAgain(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
	st := f.stream(f.start())
	f.exec("INSERT INTO t VALUES (1, 2, 3)")
	require.Equal(t, []string{"t INSERT - (1,2,3)"}, f.changes(st))
	f.exec("BEGIN; DROP TRIGGER awsdms_cdc_1_i; INSERT INTO t VALUES (2, 2, 3); COMMIT")
	var got []string
	for len(got) < 3 { // the triggers are made again by the stream
		got = append(got, f.changes(st)...)
	}
	require.Equal(t, []string{"TRUNCATE TABLE", "t INSERT - (1,2,3)", "t INSERT - (2,2,3)"}, got)
	f.exec("INSERT INTO t VALUES (3, 4, 5)")
	require.Equal(t, []string{"t INSERT - (3,4,5)"}, f.changes(st))
}

// TestDropColumn: SQLite drops no column that a trigger names; with the triggers dropped beside it the stream follows.
func TestDropColumn(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
	st := f.stream(f.start())
	f.exec("INSERT INTO t VALUES (1, 2, 3)")
	require.Equal(t, []string{"t INSERT - (1,2,3)"}, f.changes(st))
	_, err := f.app.ExecContext(t.Context(), "ALTER TABLE t DROP COLUMN a")
	require.ErrorContains(t, err, "awsdms_cdc_1_")
	drops := rows(t, f.path, "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE tbl_name = 't' AND name LIKE 'awsdms%'")
	f.exec("BEGIN; " + strings.Join(drops, "; ") + "; ALTER TABLE t DROP COLUMN a; INSERT INTO t VALUES (2, 4); COMMIT")
	var table *catalog.Table
	for table == nil {
		e, err := st.Next(t.Context())
		require.NoError(t, err)
		if e.Structure != nil {
			require.Equal(t, connector.Altered, e.Structure.Kind)
			table = e.Structure.Table
		}
	}
	f.request.Tables[0] = followAll(0, table)
	require.NoError(t, st.Follow(f.request.Tables[0]))
	require.Equal(t, []string{"TRUNCATE TABLE", "t INSERT - (1,3)", "t INSERT - (2,4)"}, f.changes(st))
}

// TestStartAndUntil: a stream begins and ends at a time.
func TestStartAndUntil(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	first := f.start()
	tick := func() {
		<-time.After(20 * time.Millisecond)
	}
	f.exec("INSERT INTO t VALUES (1)")
	tick() // the log's times are exact to a fraction of a millisecond
	at := time.Now()
	tick()
	st := f.stream(first)
	f.request.Until = at
	limited := f.stream(first)
	require.Equal(t, []string{"t INSERT - (1)"}, f.changes(limited))
	f.exec("INSERT INTO t VALUES (2)")
	require.Equal(t, []string{"ended"}, f.changes(limited))
	require.Equal(t, []string{"t INSERT - (1)", "t INSERT - (2)"}, f.changes(st))
	f.request.Until = time.Time{}
	from := func(p connector.StartPoint) []string {
		position, err := f.source.Start(t.Context(), f.request, p)
		require.NoError(t, err)
		return f.changes(f.stream(position))
	}
	require.Equal(t, []string{"t INSERT - (2)"}, from(connector.StartPoint{At: at}))
	require.Empty(t, from(connector.StartPoint{At: time.Now().Add(time.Hour)}))
	require.Equal(t, []string{"t INSERT - (1)", "t INSERT - (2)"}, from(connector.StartPoint{Native: "checkpoint:" + first}))
	for _, p := range []connector.StartPoint{{Native: "1000"}, {Native: "LSN"}, {Native: "-1"}, {At: at.Add(-time.Hour)}} {
		_, err := f.source.Start(t.Context(), f.request, p)
		require.Equal(t, connector.Invalid, connector.ClassOf(err), "%+v: %v", p, err)
	}
}

// TestMisfitsAreRejected: a change with a value that is not what its column says is rejected by name, and the others go on.
func TestMisfitsAreRejected(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, d DATE)")
	for i, c := range f.request.Tables[0].Columns {
		f.request.Tables[0].Columns[i].Layout = change.LayoutOf(c.Column.Type)
	}
	st := f.stream(f.start())
	f.exec("INSERT INTO t VALUES (1, 1, NULL)")
	f.exec("INSERT INTO t VALUES (2, 'abc', NULL), (3, 3, '2024-02-29')")
	_, err := func() (connector.Event, error) {
		for {
			e, err := st.Next(t.Context())
			if err != nil {
				return e, err
			}
			if e.Changes != nil {
				f.request.Pool.Put(e.Changes)
			}
		}
	}()
	require.Equal(t, connector.Data, connector.ClassOf(err), "%v", err)
	var rejected []change.Reject
	f.request.Reject = func(table int, r change.Reject) error {
		require.Zero(t, table)
		rejected = append(rejected, r)
		return nil
	}
	first, err := f.source.Start(t.Context(), f.request, connector.StartPoint{Native: "1"})
	require.NoError(t, err)
	require.Equal(t, []string{"t INSERT - (1,1,NULL)", "t INSERT - (3,3,2024-02-29)"}, f.changes(f.stream(first)))
	require.Len(t, rejected, 1)
	require.Equal(t, "n", rejected[0].Column)
	require.Equal(t, "id=2", rejected[0].Key)
	require.Contains(t, rejected[0].Reason, `"abc"`)
}

// TestSince: the changes of a table that was loaded later are left out up to there.
func TestSince(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE u (id INTEGER PRIMARY KEY)")
	first := f.start()
	f.exec("INSERT INTO t VALUES (1)")
	f.exec("INSERT INTO u VALUES (1)")
	end, err := f.source.End(t.Context())
	require.NoError(t, err)
	f.exec("INSERT INTO u VALUES (2)")
	f.request.Tables[1].Since = end
	require.Equal(t, []string{"t INSERT - (1)", "u INSERT - (2)"}, f.changes(f.stream(first)))
}

// TestObstacles: what keeps a file from being followed is named with its remedy.
func TestObstacles(t *testing.T) {
	f := capture(t, "PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE loose (a)")
	found, err := f.source.Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "loose", found[0].Table.Name)
	require.False(t, found[0].Fatal)
	f.exec("PRAGMA journal_mode=DELETE")
	found, err = f.source.Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Contains(t, found[0].Remedy, "WAL")

	f.exec("CREATE VIEW v AS SELECT 1 AS a")
	r := f.request
	r.Tables = []connector.Followed{{Table: &catalog.Table{Name: catalog.Name{Schema: Schema, Name: "v"}}}}
	found, err = f.source.Obstacles(t.Context(), r)
	require.NoError(t, err)
	require.True(t, found[len(found)-1].Fatal)

	src, err := Engine().OpenSource(t.Context(), connector.Config{URL: "sqlite:" + f.path + "?immutable=1"})
	require.NoError(t, err)
	found, err = src.(connector.Streamer).Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.True(t, found[0].Fatal)
	require.Contains(t, found[0].Remedy, "immutable")
	if os.Getuid() == 0 {
		t.Log("a user who may do anything is stopped by no file mode: that part needs another one")
		return
	}
	require.NoError(t, os.Chmod(f.path, 0o400))
	found, err = f.source.Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.True(t, found[0].Fatal)
	require.Contains(t, found[0].Remedy, "write permission")
}

// TestAnotherFile: a database file that is replaced by another one ends the stream.
func TestAnotherFile(t *testing.T) {
	f := capture(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	st := f.stream(f.start())
	require.NoError(t, os.Rename(f.path, f.path+".old"))
	require.NoError(t, os.WriteFile(f.path, nil, 0o600))
	for {
		_, err := st.Next(t.Context())
		if err != nil {
			require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
			return
		}
	}
}
