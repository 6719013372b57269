package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// sink is a target table that takes batches made by hand.
type sink struct {
	t       *testing.T
	db      *servertest.Database
	target  connector.Target
	table   *catalog.Table
	rejects []change.Reject
}

func newSink(t *testing.T, ddl ...string) *sink {
	t.Helper()
	s := &sink{t: t, db: servertest.PostgreSQL(t, servertest.PostgreSQL18)}
	var err error
	s.target, err = Engine().OpenTarget(t.Context(), connector.Config{URL: s.db.URL})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.target.Close() })
	s.make(t, ddl...)
	return s
}

// make makes the table t anew.
func (s *sink) make(t *testing.T, ddl ...string) {
	t.Helper()
	s.t, s.rejects = t, nil
	var ss []catalog.Statement
	for _, sql := range append([]string{"SET search_path = public", "DROP TABLE IF EXISTS t"}, ddl...) {
		ss = append(ss, catalog.Statement{SQL: sql})
	}
	require.NoError(t, s.target.Exec(t.Context(), ss))
	found, err := s.target.Describe(t.Context(), []catalog.Name{{Schema: "public", Name: "t"}})
	require.NoError(t, err)
	s.table = found[catalog.Name{Schema: "public", Name: "t"}].Table
}

func (s *sink) request(layouts ...change.Layout) connector.LoadRequest {
	r := connector.LoadRequest{Table: s.table, Reject: func(r change.Reject) error {
		s.rejects = append(s.rejects, r)
		return nil
	}}
	for i, l := range layouts {
		r.Columns = append(r.Columns, connector.LoadColumn{Column: s.table.Columns[i], Layout: l})
	}
	return r
}

// load writes one batch and commits.
func (s *sink) load(r connector.LoadRequest, fill func(b *change.Batch)) error {
	layouts := make([]change.Layout, len(r.Columns))
	for i, c := range r.Columns {
		layouts[i] = c.Layout
	}
	var b change.Batch
	b.Reset(layouts)
	fill(&b)
	l, err := s.target.Load(s.t.Context(), r)
	if err != nil {
		return err
	}
	defer l.Abort()
	if err := l.Write(s.t.Context(), &b); err != nil {
		return err
	}
	return l.Commit(s.t.Context(), connector.Counts{})
}

func (s *sink) rows() []string { return lines(s.t, s.db, `SELECT t::text FROM t ORDER BY 1`) }

func TestValuesThatDoNotFitAreRejectedWithColumnAndKey(t *testing.T) {
	text := func(values ...string) func(*change.Vector, int) {
		return func(v *change.Vector, i int) { v.AppendString(values[i]) }
	}
	ints := func(values ...int64) func(*change.Vector, int) {
		return func(v *change.Vector, i int) { v.AppendInt(values[i]) }
	}
	s := newSink(t, `CREATE TABLE t (id int)`)
	for _, c := range []struct {
		name, typ string
		layout    change.Layout
		add       func(v *change.Vector, i int)
		good      string // row 2; row 1 is the bad one
		reason    string
	}{
		{"nul", "text", change.Text, text("a\x00b", "ab"), "ab", "NUL"},
		{"encoding", "text", change.Text, text("a\xffb", "ab"), "ab", "UTF-8"},
		{"bytes as text", "text", change.Bytes, text("a\xffb", "ab"), "ab", "UTF-8"},
		{"int2", "smallint", change.Int64, ints(32768, -32768), "-32768", "range"},
		{"int4", "int", change.Decimal, text("2147483648", "2147483647.000"), "2147483647", "range"},
		{"fraction", "int", change.Decimal, text("1.5", "1.0"), "1", "whole"},
		{"int8", "bigint", change.Uint64, ints(-1, 5), "5", "18446744073709551615"},
		{"varchar", "varchar(3)", change.Text, text("éééé", "ééé"), "ééé", "too long"},
		{"varchar blanks", "varchar(3)", change.Text, text("abc ", "abc"), "abc", "too long"},
		{"numeric whole", "numeric(5,2)", change.Decimal, text("1000", "999.99"), "999.99", "before the point"},
		{"numeric scale", "numeric(5,2)", change.Decimal, text("1.001", "1.010"), "1.01", "after the point"},
		{"numeric infinity", "numeric(5,2)", change.Decimal, text("Infinity", "NaN"), "NaN", "infinity"},
		{"numeric text", "numeric", change.Text, text("12x", "1.5e2"), "150", "not a number"},
		{"odd date", "date", change.Date, ints(int64(change.OddDay(2020, 2, 31)), int64(change.DayOf(2020, 2, 29))), "2020-02-29", "calendar"},
		{"far date", "date", change.Date, ints(int64(change.DayOf(5874898, 1, 1)), 0), "2000-01-01", "range"},
		{"zero moment", "timestamp", change.Timestamp, ints(int64(change.OddDay(0, 0, 0).At(5)), 0), `"2000-01-01 00:00:00"`, "calendar"},
		{"fine moment", "timestamp(3)", change.Timestamp, ints(1, 1000), `"2000-01-01 00:00:00.001"`, "finer"},
		{"moment as date", "date", change.Timestamp, ints(1, 0), "2000-01-01", "time of day"},
		{"long time", "time", change.Time, ints(-1, 86_400_000_000), "24:00:00", "time of day"},
		{"uuid", "uuid", change.Text, text("a0eebc99", "A0EEBC999C0B4EF8BB6D6BB9BD380A11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "uuid"},
		{"bool", "boolean", change.Int64, ints(2, 1), "t", "neither"},
		{"float exact", "double precision", change.Int64, ints(1<<53+1, 1<<53), "9.007199254740992e+15", "exactly"},
		{"name", "name", change.Text, text(strings.Repeat("n", 64), "n"), "n", "63"},
		{"inet by text", "inet", change.Text, text("a\x00", "10.0.0.1"), "10.0.0.1", "NUL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.make(t, `CREATE TABLE t (id int PRIMARY KEY, v `+c.typ+`)`)
			err := s.load(s.request(change.Int64, c.layout), func(b *change.Batch) {
				for i := range 2 {
					b.Columns[0].AppendInt(int64(i + 1))
					c.add(&b.Columns[1], i)
					b.EndRow()
				}
			})
			require.NoError(t, err)
			require.Equal(t, []string{"(2," + c.good + ")"}, s.rows())
			require.Len(t, s.rejects, 1)
			require.Equal(t, "v", s.rejects[0].Column)
			require.Equal(t, "id=1", s.rejects[0].Key)
			require.Contains(t, s.rejects[0].Reason, c.reason)
			if strings.Contains(c.reason, "too long") {
				require.Equal(t, change.TruncationFault, s.rejects[0].Fault)
			}
		})
	}
}

func TestUnlikeLayoutsBecomeTheTargetsTypes(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (a numeric, b text, c double precision, d date, e timestamptz, f jsonb, g inet, h text, i bytea, j interval, k text)`)
	err := s.load(s.request(change.Uint64, change.Bool, change.Text, change.Text, change.Date, change.Text, change.Text, change.Timestamp, change.Bytes, change.Text, change.Float64), func(b *change.Batch) {
		c := b.Columns
		c[0].AppendInt(-1)
		c[1].AppendBool(true)
		c[2].AppendString("1.5")
		c[3].AppendString("2020-02-29")
		c[4].AppendInt(int64(change.DayOf(2020, 1, 2)))
		c[5].AppendString(`{"a":"\t\\"}`)
		c[6].AppendString("::1")
		c[7].AppendInt(int64(change.DayOf(-43, 3, 15).At(1_500_000)))
		c[8].AppendData([]byte{0, '\\', '\n', 255})
		c[9].AppendString("1 day")
		c[10].AppendFloat(0.1)
		b.EndRow()
	})
	require.NoError(t, err)
	require.Equal(t, []string{`18446744073709551615|true|1.5|2020-02-29|2020-01-02 00:00:00+00|{"a": "\t\\"}|::1|0044-03-15 00:00:01.5 BC|\x005c0aff|1 day|0.1`},
		lines(t, s.db, `SELECT concat_ws('|', a, b, c, d, e, f, g, h, i, j, k) FROM t`))
}

func TestCarefulLoadRejectsWhatTheServerRefuses(t *testing.T) {
	s := newSink(t, `CREATE TYPE mood AS ENUM ('ok')`, `CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v < 900), m mood)`)
	fill := func(b *change.Batch) {
		for i := range 1000 {
			b.Columns[0].AppendInt(int64(min(i, 998))) // the last is a duplicate
			b.Columns[1].AppendInt(int64(i % 901))     // 900 breaks the check
			if i == 17 {
				b.Columns[2].AppendString("bad")
			} else {
				b.Columns[2].AppendString("ok")
			}
			b.EndRow()
		}
	}
	r := s.request(change.Int64, change.Int64, change.Text)
	err := s.load(r, fill)
	require.Equal(t, connector.Data, connector.ClassOf(err), "%v", err)
	require.Empty(t, s.rows())

	r.Careful = true
	require.NoError(t, s.load(r, fill))
	require.Len(t, s.rows(), 997)
	require.Len(t, s.rejects, 3)
	require.Equal(t, "id=17", s.rejects[0].Key)
	require.Contains(t, s.rejects[0].Reason, "mood")
	require.Equal(t, "id=900", s.rejects[1].Key)
	require.Contains(t, s.rejects[1].Reason, "23514")
	require.Equal(t, "id=998", s.rejects[2].Key)
	require.Contains(t, s.rejects[2].Reason, "23505")
}

func TestAnErrorOfRejectEndsTheLoadWithoutATrace(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`)
	enough := errors.New("enough")
	for _, careful := range []bool{false, true} {
		r := s.request(change.Int64)
		r.Careful = careful
		r.Reject = func(change.Reject) error { return enough }
		err := s.load(r, func(b *change.Batch) {
			b.Columns[0].AppendInt(1)
			b.EndRow()
			b.Columns[0].AppendInt(1 << 40)
			b.EndRow()
		})
		require.ErrorIs(t, err, enough)
		require.Empty(t, s.rows())
	}
}

func TestStatementsShareTheTransactionOfTheRows(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`, `INSERT INTO t VALUES (7)`)
	r := s.request(change.Int64)
	r.Before = []catalog.Statement{{SQL: `TRUNCATE public.t`}}
	r.After = []catalog.Statement{{SQL: `ALTER TABLE public.t ADD PRIMARY KEY (id)`}}
	r.Mark.Segment.Bytes = worthFreezing
	one := func(b *change.Batch) { b.Columns[0].AppendInt(1); b.EndRow() }
	twice := func(b *change.Batch) { one(b); one(b) }
	require.Equal(t, connector.Data, connector.ClassOf(s.load(r, twice)))
	require.Equal(t, []string{"(7)"}, s.rows())
	require.NoError(t, s.load(r, one))
	require.Equal(t, []string{"(1)"}, s.rows())
	// The rows were stored frozen: their page says that all may see them.
	execute(t, s.db, `CREATE EXTENSION pg_visibility`)
	require.Equal(t, []string{"true"}, lines(t, s.db, `SELECT all_frozen::text FROM pg_visibility_map('t')`))
}

func TestEndedContextStopsAStatementAtOnce(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`)
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := errors.New("asked to stop")
	done := make(chan error, 1)
	go func() {
		done <- s.target.Exec(ctx, []catalog.Statement{{SQL: `SELECT pg_sleep(60)`}})
	}()
	awaitQuery(t, s.db, "pg_sleep(60)", 1)
	start := time.Now()
	cancel(asked)
	require.ErrorIs(t, <-done, asked)
	require.Less(t, time.Since(start), 2*time.Second)
	awaitQuery(t, s.db, "pg_sleep(60)", 0)
}

// awaitQuery waits until so many sessions run a query that holds the text.
func awaitQuery(t *testing.T, db *servertest.Database, text string, n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), db.URL)
	require.NoError(t, err)
	defer func() { _ = c.Close(context.Background()) }()
	require.Eventually(t, func() bool {
		var got int
		require.NoError(t, c.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database() AND strpos(query, $1) > 0`, text).Scan(&got))
		return got == n
	}, 10*time.Second, 5*time.Millisecond)
}

func TestParkMakesTheTableAndTakesWhatTextCannot(t *testing.T) {
	s := newSink(t, `CREATE TABLE t (id int)`)
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: s.db.URL, ControlSchema: "Control Room"})
	require.NoError(t, err)
	defer func() { _ = target.Close() }()
	for range 2 {
		require.NoError(t, target.Park(t.Context(), []connector.Parked{{
			Task: strings.Repeat("ü", 200), Table: catalog.Name{Schema: "s", Name: "t"}, Time: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), Statement: "a\x00b\xff", Reason: "r",
		}}))
	}
	require.Equal(t, []string{"128|s|t|2020-01-02 03:04:05|a\\0b\uFFFD|r", "128|s|t|2020-01-02 03:04:05|a\\0b\uFFFD|r"},
		lines(t, s.db, `SELECT concat_ws('|', length("TASK_NAME"), "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR") FROM "Control Room".awsdms_apply_exceptions`))
	at := time.Date(2020, 1, 2, 3, 4, 6, 0, time.UTC)
	require.NoError(t, target.Park(t.Context(), []connector.Parked{{Task: strings.Repeat("ü", 200), Table: catalog.Name{Schema: "s", Name: "u"}, Time: at, Statement: "i", Reason: "why"}}))
	back := func(q connector.ParkedQuery) []connector.Parked {
		rows, err := target.(connector.ParkedReader).Parked(t.Context(), q)
		require.NoError(t, err)
		return rows
	}
	name := strings.Repeat("ü", 128)
	require.Len(t, back(connector.ParkedQuery{Task: name, Limit: 2}), 2)
	rows := back(connector.ParkedQuery{Task: name, Skip: 2, Limit: 2})
	require.Equal(t, []connector.Parked{{Task: name, Table: catalog.Name{Schema: "s", Name: "u"}, Time: at, Statement: "i", Reason: "why"}}, rows)
	require.Equal(t, rows, back(connector.ParkedQuery{Task: name, Table: catalog.Name{Schema: "s", Name: "u"}, Limit: 9}))
	require.Empty(t, back(connector.ParkedQuery{Task: "another", Limit: 9}))
	plain, err := Engine().OpenTarget(t.Context(), connector.Config{URL: s.db.URL})
	require.NoError(t, err)
	defer func() { _ = plain.Close() }()
	none, err := plain.(connector.ParkedReader).Parked(t.Context(), connector.ParkedQuery{Task: name, Limit: 9})
	require.NoError(t, err)
	require.Empty(t, none, "no such table")
}
