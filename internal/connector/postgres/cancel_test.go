package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var errAsked = errors.New("asked to stop")

// stops runs f, ends its context once the query is running, and wants f to end at once and the query with it.
func (p *pair) stops(query string, f func(ctx context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithCancelCause(p.t.Context())
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	awaitQuery(p.t, p.to, query, 1)
	start := time.Now()
	cancel(errAsked)
	require.ErrorIs(p.t, <-done, errAsked)
	require.Less(p.t, time.Since(start), 2*time.Second)
	awaitQuery(p.t, p.to, query, 0)
}

func TestEndedContextStopsReadersAndLoaders(t *testing.T) {
	p := oneWay(t)
	p.to, p.target = p.from, newPair(t, p.from, p.from).target
	execute(t, p.from, `CREATE TABLE t (id int)`, `INSERT INTO t VALUES (1)`, `CREATE VIEW slow AS SELECT id FROM t WHERE pg_sleep(60) IS NOT NULL`)
	s, table := p.snapshot(), p.table("t")
	view := &catalog.Table{Name: catalog.Name{Schema: "public", Name: "slow"}, Columns: table.Columns}
	read, load := p.request(s, view, mode{})
	read.Emit = func(*change.Batch) error { return nil }
	p.stops(`"slow"`, func(ctx context.Context) error { return s.Read(ctx, read) })
	p.stops(`"slow"`, func(ctx context.Context) error {
		return s.ReadRaw(ctx, read, func([]byte, int) error { return nil })
	})
	load.Table = table
	load.Before = []catalog.Statement{{SQL: `SELECT pg_sleep(50)`}}
	p.stops(`pg_sleep(50)`, func(ctx context.Context) error {
		_, err := p.target.Load(ctx, load)
		return err
	})
	load.Before, load.After = nil, []catalog.Statement{{SQL: `SELECT pg_sleep(40)`}}
	p.stops(`pg_sleep(40)`, func(ctx context.Context) error {
		l, err := p.target.Load(ctx, load)
		require.NoError(t, err)
		defer l.Abort()
		return l.Commit(ctx, connector.Counts{})
	})
	require.Equal(t, []string{"1"}, lines(t, p.from, `SELECT count(*)::text FROM t`))
}

func TestAFloatIsPrintedAsPostgreSQLDoes(t *testing.T) {
	db := oneWay(t).from
	for _, x := range []string{"0", "-0.5", "0.0001", "0.00001234", "123456", "999999999999999", "1e15", "1.5e300", "5e-324"} {
		var v change.Vector
		v.Reset(change.Float64)
		wire := lines(t, db, `SELECT encode(float8send('`+x+`'), 'hex')`)[0]
		require.NoError(t, decodeFloat8(&v, unhex(t, wire)))
		require.Equal(t, lines(t, db, `SELECT '`+x+`'::float8::text`)[0], string(appendTextual(nil, &v, 0)))
	}
}
