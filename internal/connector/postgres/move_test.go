package postgres

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// pair is a source and a target with the connectors on them.
type pair struct {
	t        *testing.T
	from, to *servertest.Database
	source   connector.Source
	target   connector.Target
}

func newPair(t *testing.T, from, to *servertest.Database) *pair {
	t.Helper()
	e := Engine()
	source, err := e.OpenSource(t.Context(), connector.Config{URL: from.URL})
	require.NoError(t, err)
	target, err := e.OpenTarget(t.Context(), connector.Config{URL: to.URL})
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = source.Close(), target.Close() })
	return &pair{t: t, from: from, to: to, source: source, target: target}
}

func freshPair(t *testing.T, from, to servertest.PostgreSQLVersion) *pair {
	t.Helper()
	return newPair(t, servertest.PostgreSQL(t, from), servertest.PostgreSQL(t, to))
}

// bothWays runs a test from 15 to 18 and back.
func bothWays(t *testing.T, test func(t *testing.T, p *pair)) {
	t.Helper()
	a, b := servertest.PostgreSQL15, servertest.PostgreSQL18
	t.Run("15to18", func(t *testing.T) { test(t, freshPair(t, a, b)) })
	t.Run("18to15", func(t *testing.T) { test(t, freshPair(t, b, a)) })
}

func execute(t testing.TB, db *servertest.Database, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), db.URL)
	require.NoError(t, err)
	defer func() { _ = c.Close(context.Background()) }()
	for _, s := range statements {
		_, err := c.Exec(context.Background(), s, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err, s)
	}
}

// lines returns the first column of a query's rows.
func lines(t testing.TB, db *servertest.Database, sql string) []string {
	t.Helper()
	c, err := pgx.Connect(context.Background(), db.URL)
	require.NoError(t, err)
	defer func() { _ = c.Close(context.Background()) }()
	rows, err := c.Query(context.Background(), sql, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

func (p *pair) both(statements ...string) {
	p.t.Helper()
	execute(p.t, p.from, statements...)
	execute(p.t, p.to, statements...)
}

func (p *pair) snapshot() connector.RawSnapshot {
	p.t.Helper()
	s, err := p.source.Snapshot(p.t.Context(), 2)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = s.Close() })
	return s.(connector.RawSnapshot)
}

func (p *pair) table(name string) *catalog.Table {
	p.t.Helper()
	c, err := p.source.Inspect(p.t.Context(), connector.InspectOptions{})
	require.NoError(p.t, err)
	t := c.Table(catalog.Name{Schema: "public", Name: name})
	require.NotNil(p.t, t, name)
	return t
}

// mode is how a table is moved.
type mode struct {
	name           string
	raw            bool
	native         bool
	careful        bool
	transformation func(*change.Batch)
}

var modes = []mode{{name: "decoded"}, {name: "native", native: true}, {name: "raw", raw: true}, {name: "careful", careful: true}}

func (p *pair) request(s connector.Snapshot, t *catalog.Table, m mode) (connector.ReadRequest, connector.LoadRequest) {
	read := connector.ReadRequest{Table: t, Pool: change.NewPool(2, 0)}
	load := connector.LoadRequest{Table: t, Careful: m.careful, Raw: m.raw}
	for _, c := range t.Columns {
		if c.Generated != "" {
			continue
		}
		layout := s.Layout(c)
		if m.native {
			layout = change.Native
		}
		read.Columns = append(read.Columns, connector.ReadColumn{Column: c, Layout: layout})
		load.Columns = append(load.Columns, connector.LoadColumn{Column: c, Layout: layout})
	}
	return read, load
}

// move copies a table in segments and returns what was rejected.
func (p *pair) move(s connector.RawSnapshot, t *catalog.Table, m mode, o connector.SplitOptions) ([]change.Reject, error) {
	segments, err := s.Split(p.t.Context(), t, o)
	if err != nil {
		return nil, err
	}
	var marks []connector.Mark
	for _, g := range segments {
		marks = append(marks, connector.Mark{Run: "r", Table: t.Name, Segment: g, Witness: "w"})
	}
	if err := p.target.Journal().Plan(p.t.Context(), marks); err != nil {
		return nil, err
	}
	var rejects []change.Reject
	for _, g := range segments {
		if err := p.moveSegment(s, t, m, g, &rejects); err != nil {
			return rejects, err
		}
	}
	return rejects, nil
}

func (p *pair) moveSegment(s connector.RawSnapshot, t *catalog.Table, m mode, g connector.Segment, rejects *[]change.Reject) error {
	ctx := p.t.Context()
	read, load := p.request(s, t, m)
	read.Segment = g
	load.Mark = connector.Mark{Run: "r", Table: t.Name, Segment: g, Witness: "w"}
	load.Reject = func(r change.Reject) error { *rejects = append(*rejects, r); return nil }
	l, err := p.target.Load(ctx, load)
	if err != nil {
		return err
	}
	defer l.Abort()
	var counts connector.Counts
	if m.raw {
		if !s.CanReadRaw(read, load.Columns) {
			return fmt.Errorf("cannot be read raw")
		}
		err = s.ReadRaw(ctx, read, func(piece []byte, rows int) error {
			counts.Rows += int64(rows)
			return l.(connector.RawLoader).WriteRaw(ctx, piece)
		})
	} else {
		read.Emit = func(b *change.Batch) error {
			defer read.Pool.Put(b)
			if m.transformation != nil {
				m.transformation(b)
			}
			counts.Rows += int64(b.Rows())
			return l.Write(ctx, b)
		}
		err = s.Read(ctx, read)
	}
	if err != nil {
		return err
	}
	return l.Commit(ctx, counts)
}

// plan makes the journal's table.
func (p *pair) plan() {
	p.t.Helper()
	require.NoError(p.t, p.target.Journal().Plan(p.t.Context(), []connector.Mark{{Run: "r", Table: catalog.Name{Schema: "public", Name: "t"}, Segment: connector.Segment{Number: 1, Of: 1}}}))
}

func (p *pair) same(sql string) {
	p.t.Helper()
	want := lines(p.t, p.from, sql)
	require.NotEmpty(p.t, want)
	require.Equal(p.t, want, lines(p.t, p.to, sql))
}

func TestMovesRowsInEveryMode(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, p *pair) {
				p.both(`CREATE TABLE t (id bigint PRIMARY KEY, a int, s text, n numeric, at timestamptz, j jsonb, b bytea)`)
				execute(t, p.from, `INSERT INTO t SELECT g, nullif(g % 10, 3), repeat('ü', g % 50), g / 7.0, to_timestamp(g * 1e5), jsonb_build_object('g', g), decode(md5(g::text), 'hex') FROM generate_series(1, 20000) g`)
				p.plan()
				s := p.snapshot()
				execute(t, p.from, `DELETE FROM t WHERE id % 2 = 0`) // the snapshot still has them
				rejects, err := p.move(s, p.table("t"), m, connector.SplitOptions{SegmentBytes: 300 << 10})
				require.NoError(t, err)
				require.Empty(t, rejects)
				require.Equal(t, []string{"20000"}, lines(t, p.to, `SELECT count(*)::text FROM t`))
				p.same(`SELECT t::text FROM t WHERE id % 2 = 1 ORDER BY id`)

				known, err := p.target.Journal().Read(t.Context(), "r")
				require.NoError(t, err)
				require.Greater(t, len(known), 3)
				rows := int64(0)
				for _, k := range known {
					require.True(t, k.Done)
					rows += k.Rows
				}
				require.Equal(t, int64(20000), rows)
				require.NoError(t, p.target.Journal().Close(t.Context(), "r"))
				require.Equal(t, []string{"0"}, lines(t, p.to, `SELECT count(*)::text FROM pg_class WHERE relname = 'awsdms_load_progress'`))
			})
		})
	}
}
