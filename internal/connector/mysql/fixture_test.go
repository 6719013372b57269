package mysql

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// fixture is a database with a source and a target open on it.
type fixture struct {
	t      testing.TB
	name   string
	source *source
	target *target
	db     *sql.DB
}

func newFixture(t testing.TB, d *servertest.Database) *fixture {
	t.Helper()
	s, err := openSource(t.Context(), connector.Config{URL: d.URL})
	require.NoError(t, err)
	tg, err := openTarget(t.Context(), connector.Config{URL: d.URL, ControlSchema: d.Name})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, tg.Close())
	})
	return &fixture{t: t, name: d.Name, source: s.(*source), target: tg.(*target), db: tg.(*target).host.control}
}

func (f *fixture) exec(statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		_, err := f.db.ExecContext(f.t.Context(), s)
		require.NoError(f.t, err, s)
	}
}

// table describes a table from the server's own words, as far as reading and loading need it.
func (f *fixture) table(name string, key ...string) *catalog.Table {
	f.t.Helper()
	n := catalog.Name{Schema: f.name, Name: name}
	t := &catalog.Table{Name: n}
	rows, err := f.db.QueryContext(f.t.Context(), `SELECT column_name, column_type, is_nullable = 'NO' FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`, n.Schema, n.Name)
	require.NoError(f.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		c := &catalog.Column{}
		require.NoError(f.t, rows.Scan(&c.Name, &c.NativeType, &c.NotNull))
		c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, c.NativeType)
		t.Columns = append(t.Columns, c)
	}
	require.NoError(f.t, rows.Err())
	require.NotEmpty(f.t, t.Columns, "table %s", n)
	if len(key) > 0 {
		t.PrimaryKey = &catalog.Key{Columns: key}
	}
	return t
}

// rowsOf reads a table as text, in the order given.
func (f *fixture) rowsOf(query string) [][]string {
	f.t.Helper()
	se, err := f.source.host.session(f.t.Context(), f.source.host.readSettings())
	require.NoError(f.t, err)
	defer se.close()
	rows, err := se.query(f.t.Context(), query)
	require.NoError(f.t, err)
	return rows
}

// copyTable moves the rows of one table into another of the same column names.
func (f *fixture) copyTable(from, to *catalog.Table, native, careful bool) ([]change.Reject, error) {
	f.t.Helper()
	var rejects []change.Reject
	take := func(r change.Reject) error {
		rejects = append(rejects, r)
		return nil
	}
	snap, err := f.source.Snapshot(f.t.Context(), 1)
	require.NoError(f.t, err)
	defer func() { require.NoError(f.t, snap.Close()) }()
	segments, err := snap.Split(f.t.Context(), from, connector.SplitOptions{SegmentBytes: 64 << 20})
	require.NoError(f.t, err)
	var read []connector.ReadColumn
	var load []connector.LoadColumn
	for _, c := range from.Columns {
		l := snap.Layout(c)
		if native {
			l = change.Native
		}
		read = append(read, connector.ReadColumn{Column: c, Layout: l})
		load = append(load, connector.LoadColumn{Column: to.Column(c.Name), Layout: l})
	}
	pool := change.NewPool(2, 0)
	for _, s := range segments {
		l, err := f.target.Load(f.t.Context(), connector.LoadRequest{Table: to, Columns: load, Careful: careful, Reject: take})
		if err != nil {
			return rejects, err
		}
		err = snap.Read(f.t.Context(), connector.ReadRequest{Table: from, Columns: read, Segment: s, Pool: pool, Reject: take,
			Emit: func(b *change.Batch) error {
				defer pool.Put(b)
				return l.Write(f.t.Context(), b)
			}})
		if err == nil {
			err = l.Commit(f.t.Context(), connector.Counts{})
		}
		l.Abort()
		if err != nil {
			return rejects, err
		}
	}
	return rejects, nil
}
