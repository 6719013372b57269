package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// collect reads segments and returns the first column of their rows as text, by segment.
func collect(t *testing.T, s connector.Snapshot, table *catalog.Table, segments []connector.Segment, where ...catalog.Predicate) [][]string {
	t.Helper()
	var all [][]string
	for _, g := range segments {
		var got []string
		r := connector.ReadRequest{
			Table: table, Segment: g, Where: where, Pool: change.NewPool(1, 0),
			Columns: []connector.ReadColumn{{Column: table.Columns[0], Layout: s.Layout(table.Columns[0])}},
		}
		r.Emit = func(b *change.Batch) error {
			for i := range b.Rows() {
				got = append(got, cell(&b.Columns[0], i))
			}
			r.Pool.Put(b)
			return nil
		}
		require.NoError(t, s.Read(t.Context(), r))
		all = append(all, got)
	}
	return all
}

func flat(all [][]string) []string {
	var out []string
	for _, a := range all {
		out = append(out, a...)
	}
	return out
}

func oneWay(t *testing.T) *pair {
	t.Helper()
	return freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
}

func TestParallelLoadRangesHoldEveryRowOnce(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE t (id text, a int, b date)`,
		`INSERT INTO t SELECT concat_ws('/', coalesce(a::text, 'null'), coalesce(b::text, 'null')), a, b
		 FROM unnest(ARRAY[NULL, -1, 4, 5, 6, 10, 11, 99]) a, unnest(ARRAY[NULL, date '2019-12-31', '2020-01-01', '2020-06-01']) b`)
	s, table := p.snapshot(), p.table("t")
	want := lines(t, p.from, `SELECT id FROM t`)
	split := func(columns []string, boundaries ...[]string) [][]string {
		segments, err := s.Split(t.Context(), table, connector.SplitOptions{Parallel: &catalog.ParallelLoad{Type: "ranges", Columns: columns, Boundaries: boundaries}})
		require.NoError(t, err)
		require.Len(t, segments, len(boundaries)+1)
		parts := collect(t, s, table, segments)
		require.ElementsMatch(t, want, flat(parts))
		return parts
	}
	one := split([]string{"a"}, []string{"5"}, []string{"10"})
	require.Len(t, one[0], 12) // null, -1 and 4
	require.Len(t, one[1], 8)  // 5 and 6
	require.Contains(t, one[2], "10/2020-01-01")
	two := split([]string{"a", "b"}, []string{"5", "2020-01-01"}, []string{"10", "2020-06-01"})
	require.Contains(t, two[0], "5/2019-12-31")
	require.Contains(t, two[1], "5/2020-01-01")
	require.Contains(t, two[1], "10/null")
	require.Contains(t, two[2], "10/2020-06-01")
	split([]string{"a"}, []string{"10"}, []string{"5"}) // descending boundaries neither lose nor double

	_, err := s.Split(t.Context(), table, connector.SplitOptions{Parallel: &catalog.ParallelLoad{Type: "ranges", Columns: []string{"a"}, Boundaries: [][]string{{"1", "2"}}}})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}

func TestPartitionsInheritanceAndViewsAreReadOnce(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at)`,
		`CREATE TABLE "Part one" PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')`,
		`CREATE TABLE sub PARTITION OF parted DEFAULT PARTITION BY LIST (id)`,
		`CREATE TABLE sub1 (at date, gone int, id int)`, `ALTER TABLE sub1 DROP gone`, `ALTER TABLE sub ATTACH PARTITION sub1 DEFAULT`,
		`INSERT INTO parted SELECT g, date '2020-12-25' + g FROM generate_series(1, 20) g`,
		`CREATE TABLE parent (id int)`, `CREATE TABLE child () INHERITS (parent)`, `INSERT INTO parent VALUES (1)`, `INSERT INTO child VALUES (2)`,
		`CREATE VIEW v AS SELECT id FROM parted WHERE id < 5`)
	s := p.snapshot()
	read := func(table *catalog.Table, o connector.SplitOptions) [][]string {
		segments, err := s.Split(t.Context(), table, o)
		require.NoError(t, err)
		return collect(t, s, table, segments)
	}
	parted := p.table("parted")
	parts := read(parted, connector.SplitOptions{})
	require.Len(t, parts, 2)
	require.ElementsMatch(t, lines(t, p.from, `SELECT id::text FROM parted`), flat(parts))
	require.Len(t, flat(collect(t, s, parted, []connector.Segment{{}})), 20)
	require.Equal(t, [][]string{{"1"}}, read(p.table("parent"), connector.SplitOptions{}))
	require.Equal(t, [][]string{{"2"}}, read(p.table("child"), connector.SplitOptions{}))
	v := &catalog.Table{Name: catalog.Name{Schema: "public", Name: "v"}, Columns: parted.Columns[:1]}
	require.Len(t, flat(read(v, connector.SplitOptions{SegmentBytes: 1})), 4)
}

func TestFiltersArePushedDown(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE t (id int, "Wé""ird" char(4), at timestamptz)`,
		`INSERT INTO t VALUES (1, 'ab', '2020-01-01 00:00+00'), (2, 'it''s', '2021-01-01 00:00+00'), (3, NULL, NULL)`)
	s, table := p.snapshot(), p.table("t")
	all := []connector.Segment{{}}
	for _, c := range []struct {
		want   []string
		column string
		any    []catalog.Comparison
	}{
		{[]string{"2"}, `Wé"ird`, []catalog.Comparison{{Operator: catalog.Equal, Value: "it's"}}},
		{[]string{"1"}, `Wé"ird`, []catalog.Comparison{{Operator: catalog.NotEqual, Value: "it's"}}},
		{[]string{"2", "3"}, "id", []catalog.Comparison{{Operator: catalog.GreaterOrEqual, Value: "2"}}},
		{[]string{"1", "3"}, "id", []catalog.Comparison{{Operator: catalog.LessOrEqual, Value: "1"}, {Operator: catalog.Equal, Value: "3"}}},
		{[]string{"2"}, "at", []catalog.Comparison{{Operator: catalog.Between, Low: "2020-06-01", High: "2021-01-01 01:00+01"}}},
		{[]string{"1"}, "at", []catalog.Comparison{{Operator: catalog.NotBetween, Low: "2020-06-01", High: "2021-01-01 01:00+01"}}},
		{[]string{"3"}, "at", []catalog.Comparison{{Operator: catalog.IsNull}}},
		{[]string{"1", "2"}, "at", []catalog.Comparison{{Operator: catalog.IsNotNull}}},
	} {
		require.Equal(t, c.want, flat(collect(t, s, table, all, catalog.Predicate{Column: c.column, Any: c.any})))
	}
}

func TestUnmovedTellsUpdatedTables(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE t (id int) WITH (autovacuum_enabled = off)`, `CREATE TABLE other (id int)`, `INSERT INTO t SELECT generate_series(1, 1000)`)
	table := p.table("t")
	// A snapshot keeps the tables it has looked at locked, so each is closed at once.
	within := func(f func(s connector.Snapshot)) {
		s, err := p.source.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		defer func() { _ = s.Close() }()
		f(s)
	}
	var witness string
	look := func() {
		within(func(s connector.Snapshot) {
			var err error
			witness, err = s.Witness(t.Context(), table)
			require.NoError(t, err)
		})
	}
	unmoved := func() (ok bool) {
		within(func(s connector.Snapshot) {
			var err error
			ok, err = s.Unmoved(t.Context(), table, witness)
			require.NoError(t, err)
		})
		return ok
	}
	look()
	require.True(t, unmoved(), "nothing happened")
	execute(t, p.from, `INSERT INTO other VALUES (1)`)
	require.True(t, unmoved(), "another table was written")
	execute(t, p.from, `DELETE FROM t WHERE id = 500`)
	require.True(t, unmoved(), "a deleted row is in no other segment")
	execute(t, p.from, `VACUUM FREEZE t`)
	require.True(t, unmoved(), "freezing moves no row")
	execute(t, p.from, `BEGIN; UPDATE t SET id = -1 WHERE id = 1; ROLLBACK`)
	require.True(t, unmoved(), "what was rolled back does not count")
	execute(t, p.from, `UPDATE t SET id = 2000 WHERE id = 1`)
	require.False(t, unmoved(), "a row was written again")
	look()
	execute(t, p.from, `VACUUM FULL t`)
	require.False(t, unmoved(), "the file is another")
	witness = "rubbish"
	require.False(t, unmoved())
}

func TestUnmovedSeesWhatWasRunningWhenTheWitnessWasTaken(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE t (id int)`, `CREATE TABLE other (id int)`, `INSERT INTO t VALUES (1)`)
	c, err := pgx.Connect(t.Context(), p.from.URL)
	require.NoError(t, err)
	defer func() { _ = c.Close(t.Context()) }()
	_, err = c.Exec(t.Context(), `BEGIN; UPDATE t SET id = 2`)
	require.NoError(t, err)
	execute(t, p.from, `INSERT INTO other VALUES (1)`)
	table := p.table("t")
	witness, err := p.snapshot().Witness(t.Context(), table)
	require.NoError(t, err)
	_, err = c.Exec(t.Context(), `COMMIT`)
	require.NoError(t, err)
	ok, err := p.snapshot().Unmoved(t.Context(), table, witness)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestLargeValuesPassThroughEveryMode(t *testing.T) {
	p := oneWay(t)
	p.both(`CREATE TABLE t (id int, a text, b bytea, j jsonb, c int)`)
	execute(t, p.from, `INSERT INTO t SELECT g, repeat(md5(g::text), g * 10000), decode(repeat(md5((-g)::text), g * 3000), 'hex'), to_jsonb(repeat('xä', g * 9000)), g FROM generate_series(0, 12) g`)
	p.plan()
	s := p.snapshot()
	for _, m := range modes {
		execute(t, p.to, `TRUNCATE t`)
		rejects, err := p.move(s, p.table("t"), m, connector.SplitOptions{})
		require.NoError(t, err, m.name)
		require.Empty(t, rejects)
		p.same(`SELECT id || md5(t::text) FROM t ORDER BY id`)
	}
}

func TestServerKilledWhileReading(t *testing.T) {
	db := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18)
	p := newPair(t, db, db)
	execute(t, db, `CREATE TABLE t (id int, s text)`, `INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 50000) g`)
	s, table := p.snapshot(), p.table("t")
	read, _ := p.request(s, table, mode{})
	killed := false
	read.Emit = func(b *change.Batch) error {
		read.Pool.Put(b)
		if !killed {
			killed = true
			db.Server.Kill()
		}
		return nil
	}
	err := s.Read(t.Context(), read)
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	require.NoError(t, db.Server.Start())
	// The snapshot is gone for good, even though the server is back.
	_, err = s.Split(t.Context(), table, connector.SplitOptions{})
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
}

func TestServerKilledWhileLoading(t *testing.T) {
	db := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15)
	execute(t, db, `CREATE TABLE t (id int)`)
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: db.URL})
	require.NoError(t, err)
	defer func() { _ = target.Close() }()
	column := &catalog.Column{Name: "id"}
	l, err := target.Load(t.Context(), connector.LoadRequest{Table: &catalog.Table{Name: catalog.Name{Schema: "public", Name: "t"}}, Columns: []connector.LoadColumn{{Column: column, Layout: change.Int64}}})
	require.NoError(t, err)
	var b change.Batch
	b.Reset([]change.Layout{change.Int64})
	b.Columns[0].AppendInt(1)
	b.EndRow()
	require.NoError(t, l.Write(t.Context(), &b))
	db.Server.Kill()
	err = l.Commit(t.Context(), connector.Counts{})
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	l.Abort()
	require.NoError(t, db.Server.Start())
	require.Empty(t, lines(t, db, `SELECT id::text FROM t`))
}

func TestAnErrorOfEmitEndsTheReadAndLeavesTheSnapshotUsable(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE t (id int)`, `INSERT INTO t SELECT generate_series(1, 300000)`)
	s, table := p.snapshot(), p.table("t")
	enough := errors.New("enough")
	for range 3 { // more often than there are readers
		read, _ := p.request(s, table, mode{})
		read.Emit = func(b *change.Batch) error { read.Pool.Put(b); return enough }
		require.ErrorIs(t, s.Read(t.Context(), read), enough)
		require.ErrorIs(t, s.ReadRaw(t.Context(), read, func([]byte, int) error { return enough }), enough)
	}
	require.Len(t, flat(collect(t, s, table, []connector.Segment{{}})), 300000)
}

func TestRowSecurityFailsTheReadInsteadOfThinningIt(t *testing.T) {
	p := oneWay(t)
	role := "reader_" + p.from.Name
	execute(t, p.from, `CREATE TABLE t (id int)`, `INSERT INTO t VALUES (1), (2)`, `ALTER TABLE t ENABLE ROW LEVEL SECURITY`,
		`CREATE POLICY half ON t USING (id = 1)`, `CREATE ROLE `+role+` LOGIN`, `GRANT SELECT ON t TO `+role)
	table := p.table("t")
	from := *p.from
	from.URL = strings.Replace(from.URL, "postgres:secret", role, 1)
	limited := newPair(t, &from, p.to)
	s := limited.snapshot()
	read, _ := limited.request(s, table, mode{})
	read.Emit = func(*change.Batch) error { return fmt.Errorf("no row may come") }
	require.Equal(t, connector.Denied, connector.ClassOf(s.Read(t.Context(), read)))
}

// TestTablesAreCopiedWithoutAQuery shows that a table read whole and as it is needs no query, which the server would have to plan, and that
// whatever COPY takes no table of still is one.
func TestTablesAreCopiedWithoutAQuery(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TABLE parent (id int, "to" text)`, `INSERT INTO parent VALUES (1, 'a'), (2, 'b')`,
		`CREATE TABLE child () INHERITS (parent)`, `INSERT INTO child VALUES (3, 'c')`,
		`CREATE TABLE computed (id int, twice int GENERATED ALWAYS AS (id * 2) STORED)`, `INSERT INTO computed VALUES (4)`,
		`CREATE TABLE parts (id int) PARTITION BY LIST (id)`, `CREATE TABLE part PARTITION OF parts FOR VALUES IN (5)`, `INSERT INTO parts VALUES (5)`,
		`CREATE MATERIALIZED VIEW kept AS SELECT 6 AS id`, `CREATE VIEW seen AS SELECT 7 AS id`)
	s := p.snapshot().(*snapshot)
	from := func(name string, change func(*connector.ReadRequest), more ...string) string {
		table := &catalog.Table{Name: catalog.Name{Schema: "public", Name: name}}
		if name == "parts" {
			table.PartitionBy = "LIST (id)"
		}
		r := connector.ReadRequest{Table: table}
		if change != nil {
			change(&r)
		}
		w, err := s.readers.get(t.Context())
		require.NoError(t, err)
		defer s.give(w, nil)
		all, err := s.attributes(t.Context(), w, table.Name)
		require.NoError(t, err)
		sql, err := copyFrom(&r, append([]string{`"id"`}, more...), all)
		require.NoError(t, err)
		return sql
	}
	require.Equal(t, `"public"."parent" ("id", "to")`, from("parent", nil, `"to"`))
	require.Equal(t, `"public"."computed" ("id")`, from("computed", nil))
	for _, query := range []string{
		from("parent", nil, `"to"::text`), from("computed", nil, `"twice"`), from("parts", nil), from("kept", nil), from("seen", nil),
		from("parent", func(r *connector.ReadRequest) { r.Segment.Spec = (&segmentSpec{Table: r.Table.Name, To: 1}).text() }),
		from("parent", func(r *connector.ReadRequest) {
			r.Segment.Spec = (&segmentSpec{Table: r.Table.Name, Whole: true}).text()
		}),
		from("parent", func(r *connector.ReadRequest) {
			r.Where = []catalog.Predicate{{Column: "id", Any: []catalog.Comparison{{Operator: catalog.Equal, Value: "1"}}}}
		}),
	} {
		require.True(t, strings.HasPrefix(query, "(SELECT "), query)
	}
	for name, want := range map[string][]string{"parent": {"1", "2"}, "child": {"3"}, "computed": {"4"}, "parts": {"5"}, "kept": {"6"}, "seen": {"7"}} {
		table := &catalog.Table{Name: catalog.Name{Schema: "public", Name: name}, Columns: []*catalog.Column{{Name: "id", Type: datatype.Type{Kind: datatype.Int4}}}}
		if name == "parts" {
			table.PartitionBy = "LIST (id)"
		}
		require.Equal(t, want, flat(collect(t, s, table, []connector.Segment{{}})), name)
	}
}
