package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestSnapshotUnderWriter opens snapshots while somebody commits as fast as possible, and asks every reader for the
// number of the last commit it sees.
func TestSnapshotUnderWriter(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		t.Run(mode, func(t *testing.T) {
			path := newFile(t, "PRAGMA journal_mode="+mode+"; CREATE TABLE a (n); CREATE TABLE b (n); INSERT INTO a VALUES (0); INSERT INTO b VALUES (0)")
			source := openTestSource(t, path)
			ctx, stop := context.WithCancel(t.Context())
			commits := make(chan int64)
			go func() { commits <- commitUntil(ctx, path) }()
			seen := map[int64]bool{}
			for i := 0; i < 25 || len(seen) < 4; i++ { // snapshots between which nobody commits prove nothing
				seen[readByAll(t, source)] = true
			}
			stop()
			require.Positive(t, <-commits)
		})
	}
}

// readByAll opens a snapshot and returns the number that all its readers agree on, twice each.
func readByAll(t *testing.T, source connector.Source) int64 {
	opened, err := source.Snapshot(t.Context(), 5)
	require.NoError(t, err)
	defer opened.Close()
	readers := opened.(*snapshot).readers
	want, err := readers[0].number("SELECT n FROM a")
	require.NoError(t, err)
	for range 2 {
		for i, c := range readers {
			for _, table := range []string{"a", "b"} {
				got, err := c.number("SELECT n FROM " + table)
				require.NoError(t, err)
				require.Equal(t, want, got, "reader %d, table %s", i, table)
			}
		}
	}
	return want
}

// commitUntil adds one to both tables in one transaction after another.
func commitUntil(ctx context.Context, path string) int64 {
	at, _ := parseURL("sqlite:"+path, "rw")
	at.busyTimeout = 5 * time.Millisecond
	c, err := openConn(at, lib.SQLITE_OPEN_READWRITE)
	if err != nil {
		return -1
	}
	defer c.close()
	n := int64(0)
	for ctx.Err() == nil {
		if transact(c, func() error { return c.exec("UPDATE a SET n = n + 1; UPDATE b SET n = n + 1") }) == nil {
			n++
		}
	}
	return n
}

// TestSnapshotOfFreshWAL covers WAL mode before its log holds a commit, where SQLite can name no snapshot.
func TestSnapshotOfFreshWAL(t *testing.T) {
	path := newFile(t, "CREATE TABLE a (n); INSERT INTO a VALUES (7); CREATE TABLE b (n); INSERT INTO b VALUES (7); PRAGMA journal_mode=WAL")
	require.Equal(t, int64(7), readByAll(t, openTestSource(t, path)))
}

func TestReadEndsWithItsContext(t *testing.T) {
	path := newFile(t, `CREATE TABLE t (n); INSERT INTO t VALUES (1);
		CREATE VIEW forever AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) AS n FROM c`)
	sn, err := openTestSource(t, path).Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer sn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	col := &catalog.Column{Name: "n"}
	start := time.Now()
	err = sn.Read(ctx, connector.ReadRequest{Table: &catalog.Table{Name: catalog.Name{Schema: Schema, Name: "forever"}, Columns: []*catalog.Column{col}},
		Columns: []connector.ReadColumn{{Column: col, Layout: change.Int64}}, Pool: change.NewPool(1, 0)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 2*time.Second)
}

func TestSplitHoldsEveryRowOnce(t *testing.T) {
	path := newFile(t, `CREATE TABLE spread (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE plain (v TEXT);
		CREATE TABLE hidden (rowid TEXT, _rowid_ TEXT, oid TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 3000) INSERT INTO plain SELECT 'row ' || i FROM n;
		INSERT INTO spread SELECT (rowid - 1500) * 6148914691236517, v FROM plain;
		INSERT INTO spread VALUES (9223372036854775807, 'last'), (-9223372036854775808, 'first');
		INSERT INTO hidden SELECT v, v, v FROM plain`)
	source := openTestSource(t, path)
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	sn, err := source.Snapshot(t.Context(), 2)
	require.NoError(t, err)
	defer sn.Close()
	for name, want := range map[string]int{"spread": 3002, "plain": 3000, "hidden": 3000} {
		table := cat.Table(catalog.Name{Schema: Schema, Name: name})
		segments, err := sn.Split(t.Context(), table, connector.SplitOptions{SegmentBytes: table.Bytes / 7})
		require.NoError(t, err)
		if name == "hidden" {
			require.Len(t, segments, 1)
		} else {
			require.Greater(t, len(segments), 6)
		}
		seen := map[string]int{}
		for i, s := range segments {
			require.Equal(t, i+1, s.Number)
			require.Equal(t, len(segments), s.Of)
			pool := change.NewPool(1, 100)
			col := table.Columns[len(table.Columns)-1]
			require.NoError(t, sn.Read(t.Context(), connector.ReadRequest{Table: table, Segment: s, Pool: pool,
				Columns: []connector.ReadColumn{{Column: col, Layout: change.Text}},
				Emit: func(b *change.Batch) error {
					for r := range b.Rows() {
						seen[string(b.Columns[0].Value(r))]++
					}
					pool.Put(b)
					return nil
				}}))
		}
		require.Len(t, seen, want)
		for v, n := range seen {
			require.Equal(t, 1, n, v)
		}
	}
}

func TestWitness(t *testing.T) {
	path := newFile(t, "CREATE TABLE keyed (id INTEGER PRIMARY KEY); CREATE TABLE plain (v); INSERT INTO plain VALUES (1)")
	source := openTestSource(t, path)
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	unmoved := func(witness map[string]string) map[string]bool {
		sn, err := source.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		defer sn.Close()
		out := map[string]bool{}
		for _, table := range cat.Schemas[0].Tables {
			if witness[table.Name.Name] == "" {
				witness[table.Name.Name], err = sn.Witness(t.Context(), table)
				require.NoError(t, err)
			}
			out[table.Name.Name], err = sn.Unmoved(t.Context(), table, witness[table.Name.Name])
			require.NoError(t, err)
		}
		return out
	}
	exec := func(sql string) {
		target := openTestTarget(t, path)
		require.NoError(t, target.Exec(t.Context(), []catalog.Statement{{SQL: sql}}))
		require.NoError(t, target.Close())
	}
	witness := map[string]string{}
	require.Equal(t, map[string]bool{"keyed": true, "plain": true}, unmoved(witness))
	for _, change := range []string{
		"INSERT INTO keyed VALUES (1), (2)", "UPDATE keyed SET id = 7 WHERE id = 1", "VACUUM", "PRAGMA journal_mode=WAL",
		"INSERT INTO plain VALUES (2)", "UPDATE keyed SET id = 9 WHERE id = 7",
	} {
		exec(change)
		require.Equal(t, map[string]bool{"keyed": false, "plain": false}, unmoved(witness), "%s: %v", change, witness)
		clear(witness)
		unmoved(witness)
		require.Equal(t, map[string]bool{"keyed": true, "plain": true}, unmoved(witness))
	}
}

func TestSplitByRule(t *testing.T) {
	path := newFile(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100) INSERT INTO t SELECT i, i FROM n`)
	source := openTestSource(t, path)
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	table := cat.Schemas[0].Tables[0]
	sn, err := source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer sn.Close()
	split := func(p catalog.ParallelLoad) ([]connector.Segment, error) {
		return sn.Split(t.Context(), table, connector.SplitOptions{Parallel: &p})
	}
	segments, err := split(catalog.ParallelLoad{Type: "ranges", Columns: []string{"ID"}, Boundaries: [][]string{{"10"}, {"60"}}})
	require.NoError(t, err)
	var counts []int
	for _, s := range segments {
		pool, n := change.NewPool(1, 0), 0
		require.NoError(t, sn.Read(t.Context(), connector.ReadRequest{Table: table, Segment: s, Pool: pool,
			Columns: []connector.ReadColumn{{Column: table.Columns[0], Layout: change.Int64}},
			Emit:    func(b *change.Batch) error { n += b.Rows(); pool.Put(b); return nil }}))
		counts = append(counts, n)
	}
	require.Equal(t, []int{10, 50, 40}, counts)
	for _, p := range []catalog.ParallelLoad{
		{Type: "partitions-auto"},
		{Type: "ranges", Columns: []string{"v"}, Boundaries: [][]string{{"a"}}},
		{Type: "ranges", Columns: []string{"id"}, Boundaries: [][]string{{"x"}}},
		{Type: "ranges", Columns: []string{"id"}, Boundaries: [][]string{{"5"}, {"4"}}},
		{Type: "ranges", Columns: []string{"id"}, Boundaries: [][]string{{"9223372036854775807"}}},
	} {
		_, err := split(p)
		require.Equal(t, connector.Invalid, connector.ClassOf(err), "%v: %v", p, err)
	}
}

func TestFilters(t *testing.T) {
	path := newFile(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL_TEXT(20,2), name TEXT, ok BOOLEAN, day DATE);
		INSERT INTO t VALUES (1, '9.50', 'a', 1, '2024-01-01'), (2, '10.00', 'b', 0, '2024-06-01'), (3, NULL, '9', 1, NULL)`)
	source := openTestSource(t, path)
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	table := cat.Schemas[0].Tables[0]
	sn, err := source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer sn.Close()
	for i, c := range []struct {
		where []catalog.Predicate
		want  []int64
	}{
		{nil, []int64{1, 2, 3}},
		{[]catalog.Predicate{{Column: "id", Any: []catalog.Comparison{{Operator: catalog.Equal, Value: "2"}, {Operator: catalog.GreaterOrEqual, Value: "3"}}}}, []int64{2, 3}},
		{[]catalog.Predicate{{Column: "price", Any: []catalog.Comparison{{Operator: catalog.LessOrEqual, Value: "9.75"}}}}, []int64{1}},
		{[]catalog.Predicate{{Column: "price", Any: []catalog.Comparison{{Operator: catalog.IsNull}}}}, []int64{3}},
		{[]catalog.Predicate{{Column: "name", Any: []catalog.Comparison{{Operator: catalog.Equal, Value: "9"}}}}, []int64{3}},
		{[]catalog.Predicate{{Column: "ok", Any: []catalog.Comparison{{Operator: catalog.NotEqual, Value: "true"}}}}, []int64{2}},
		{[]catalog.Predicate{{Column: "day", Any: []catalog.Comparison{{Operator: catalog.Between, Low: "2024-01-01", High: "2024-05-31"}}}}, []int64{1}},
		{[]catalog.Predicate{{Column: "day", Any: []catalog.Comparison{{Operator: catalog.IsNotNull}}}, {Column: "id", Any: []catalog.Comparison{{Operator: catalog.NotBetween, Low: "0", High: "1"}}}}, []int64{2}},
	} {
		var got []int64
		pool := change.NewPool(1, 0)
		require.NoError(t, sn.Read(t.Context(), connector.ReadRequest{Table: table, Where: c.where, Pool: pool,
			Columns: []connector.ReadColumn{{Column: table.Columns[0], Layout: change.Int64}},
			Emit:    func(b *change.Batch) error { got = append(got, b.Columns[0].Ints...); pool.Put(b); return nil }}))
		require.Equal(t, c.want, got, "case %d", i)
	}
	err = sn.Read(t.Context(), connector.ReadRequest{Table: table, Pool: change.NewPool(1, 0), Where: []catalog.Predicate{{Column: "none"}}})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}

func TestClosedSnapshotIsLost(t *testing.T) {
	source := openTestSource(t, newFile(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)"))
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	sn, err := source.Snapshot(t.Context(), 2)
	require.NoError(t, err)
	require.NoError(t, sn.Close())
	require.NoError(t, sn.Close())
	err = sn.Read(t.Context(), connector.ReadRequest{Table: cat.Schemas[0].Tables[0], Pool: change.NewPool(1, 0)})
	require.Equal(t, connector.Lost, connector.ClassOf(err), err)
}
