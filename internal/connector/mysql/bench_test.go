package mysql

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// BenchmarkServerRead reads the table WHIMBREL_BENCH_TABLE of the database at WHIMBREL_BENCH_SOURCE, to nowhere or into
// the table of the same name at WHIMBREL_BENCH_TARGET.
func BenchmarkServerRead(b *testing.B) {
	url, name := os.Getenv("WHIMBREL_BENCH_SOURCE"), os.Getenv("WHIMBREL_BENCH_TABLE")
	if url == "" {
		b.Skip("WHIMBREL_BENCH_SOURCE is not set")
	}
	for _, native := range []bool{false, true} {
		b.Run(map[bool]string{false: "layouts", true: "native"}[native], func(b *testing.B) {
			s, err := openSource(b.Context(), connector.Config{URL: url})
			require.NoError(b, err)
			snap, err := s.Snapshot(b.Context(), 1)
			require.NoError(b, err)
			c, err := s.Inspect(b.Context(), connector.InspectOptions{})
			require.NoError(b, err)
			t := c.Table(catalog.Name{Schema: s.(*source).host.cfg.database, Name: name})
			require.NotNil(b, t)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				benchmarkRead(b, snap, t, native)
			}
			require.NoError(b, snap.Close())
			require.NoError(b, s.Close())
		})
	}
}

func benchmarkRead(b *testing.B, snap connector.Snapshot, t *catalog.Table, native bool) {
	var columns []connector.ReadColumn
	for _, c := range t.Columns {
		l := snap.Layout(c)
		if native {
			l = change.Native
		}
		columns = append(columns, connector.ReadColumn{Column: c, Layout: l})
	}
	pool := change.NewPool(2, 0)
	rows := 0
	require.NoError(b, snap.Read(b.Context(), connector.ReadRequest{Table: t, Columns: columns, Segment: connector.Segment{Number: 1, Of: 1}, Pool: pool,
		Emit: func(batch *change.Batch) error {
			rows += batch.Rows()
			pool.Put(batch)
			return nil
		}}))
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
