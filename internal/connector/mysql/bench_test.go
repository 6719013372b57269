package mysql

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// BenchmarkServers reads the tables WHIMBREL_BENCH_TABLES of the database at WHIMBREL_BENCH_SOURCE, to nowhere or, when
// WHIMBREL_BENCH_TARGET is set, into the tables of the same names there, which it empties first. WHIMBREL_BENCH_SEGMENT
// is the size of a segment in MB and WHIMBREL_BENCH_WORKERS the number of workers.
func BenchmarkServers(b *testing.B) {
	if os.Getenv("WHIMBREL_BENCH_SOURCE") == "" {
		b.Skip("WHIMBREL_BENCH_SOURCE is not set")
	}
	for _, native := range []bool{false, true} {
		b.Run(map[bool]string{false: "layouts", true: "native"}[native], func(b *testing.B) {
			c := newCopier(b, native)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				c.run()
			}
			b.ReportMetric(float64(c.rows.Load())/b.Elapsed().Seconds(), "rows/s")
			require.NoError(b, c.snap.Close())
		})
	}
}

type copier struct {
	b       *testing.B
	native  bool
	workers int
	segment int64
	snap    connector.Snapshot
	tables  []*catalog.Table
	target  connector.Target
	schema  string
	rows    atomic.Int64
}

func newCopier(b *testing.B, native bool) *copier {
	c := &copier{b: b, native: native, workers: setting("WHIMBREL_BENCH_WORKERS", 1), segment: int64(setting("WHIMBREL_BENCH_SEGMENT", 0)) << 20}
	s, err := openSource(b.Context(), connector.Config{URL: os.Getenv("WHIMBREL_BENCH_SOURCE")})
	require.NoError(b, err)
	c.snap, err = s.Snapshot(b.Context(), c.workers)
	require.NoError(b, err)
	all, err := s.Inspect(b.Context(), connector.InspectOptions{})
	require.NoError(b, err)
	for _, name := range strings.Split(os.Getenv("WHIMBREL_BENCH_TABLES"), ",") {
		t := all.Table(catalog.Name{Schema: s.(*source).host.cfg.database, Name: name})
		require.NotNil(b, t, name)
		c.tables = append(c.tables, t)
	}
	if url := os.Getenv("WHIMBREL_BENCH_TARGET"); url != "" {
		c.target, err = openTarget(b.Context(), connector.Config{URL: url})
		require.NoError(b, err)
		c.schema = c.target.DefaultSchema()
	}
	return c
}

func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func (c *copier) run() {
	var g errgroup.Group
	g.SetLimit(c.workers)
	for _, t := range c.tables {
		if c.target != nil {
			n := catalog.Name{Schema: c.schema, Name: t.Name.Name}
			require.NoError(c.b, c.target.Exec(c.b.Context(), []catalog.Statement{{SQL: "TRUNCATE " + quoteTable(n)}}))
		}
		segments, err := c.snap.Split(c.b.Context(), t, connector.SplitOptions{SegmentBytes: c.segment})
		require.NoError(c.b, err)
		for _, s := range segments {
			g.Go(func() error { return c.segmentOf(t, s) })
		}
	}
	require.NoError(c.b, g.Wait())
}

func (c *copier) segmentOf(t *catalog.Table, s connector.Segment) error {
	var columns []connector.ReadColumn
	to := *t
	to.Name.Schema = c.schema
	request := connector.LoadRequest{Table: &to}
	for _, column := range t.Columns {
		l := c.snap.Layout(column)
		if c.native {
			l = change.Native
		}
		columns = append(columns, connector.ReadColumn{Column: column, Layout: l})
		request.Columns = append(request.Columns, connector.LoadColumn{Column: column, Layout: l})
	}
	pool := change.NewPool(4, 0)
	read := connector.ReadRequest{Table: t, Columns: columns, Segment: s, Pool: pool}
	if c.target == nil {
		read.Emit = func(batch *change.Batch) error {
			c.rows.Add(int64(batch.Rows()))
			pool.Put(batch)
			return nil
		}
		return c.snap.Read(c.b.Context(), read)
	}
	l, err := c.target.Load(c.b.Context(), request)
	if err != nil {
		return err
	}
	// The reader runs beside the writer, as in a task.
	batches := make(chan *change.Batch, 4)
	var g errgroup.Group
	g.Go(func() error {
		defer close(batches)
		read.Emit = func(batch *change.Batch) error {
			batches <- batch
			return nil
		}
		return c.snap.Read(c.b.Context(), read)
	})
	for batch := range batches {
		c.rows.Add(int64(batch.Rows()))
		if err := l.Write(c.b.Context(), batch); err != nil {
			return err
		}
		pool.Put(batch)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return l.Commit(c.b.Context(), connector.Counts{})
}
