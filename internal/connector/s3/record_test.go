package s3

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// recording is a session into a folder, and a group of changes of some tables in turn, run of them at a time, ten to a transaction.
func recording(t testing.TB, tables, run, changes int, settings map[string]string) (*session, *change.Group, []*connector.Recorded) {
	t.Helper()
	at, err := openTarget(t.Context(), connector.Config{URL: "file://" + t.TempDir(), Settings: settings})
	require.NoError(t, err)
	opened, err := at.(*target).Apply(t.Context(), connector.ApplyOptions{Run: "run"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	g, err := change.NewGroupPool(1).Get(t.Context())
	require.NoError(t, err)
	layouts := []change.Layout{change.Int64, change.Text, change.Text, change.Int64}
	var recorded []*connector.Recorded
	for i := range tables {
		r := &connector.Recorded{Table: &catalog.Table{Name: catalog.Name{Schema: "shop", Name: fmt.Sprintf("t%d", i)}}}
		for c, layout := range layouts {
			column := typed(fmt.Sprintf("c%d", c), datatype.Type{Kind: map[change.Layout]datatype.Kind{change.Int64: datatype.Int8, change.Text: datatype.WString}[layout], Length: 40 * (c % 3)}, false)
			r.Columns = append(r.Columns, connector.LoadColumn{Column: column, Layout: layout})
		}
		recorded = append(recorded, r)
		g.Table(i, layouts)
	}
	begun := time.Date(2026, 11, 26, 3, 15, 0, 0, time.UTC)
	for n := range changes {
		c := g.Table(n/run%tables, layouts)
		c.New.Columns[0].AppendInt(int64(n))
		c.New.Columns[1].AppendString("name of something")
		c.New.Columns[2].AppendString("more")
		c.New.Columns[3].AppendInt(int64(n) * 7919)
		c.New.EndRow()
		g.Add(c, change.Insert, true, false, 40)
		if n%10 == 9 {
			g.Commit(begun.Add(time.Duration(n) * time.Millisecond))
		}
	}
	return opened.(*session), g, recorded
}

// TestTransactionsKeepTheOrderOfTables: of what came in turn each line stands behind the one before it, over several groups, without
// those of a table that is not followed and those that were taken out of the group.
func TestTransactionsKeepTheOrderOfTables(t *testing.T) {
	s, g, recorded := recording(t, 5, 2, 100, map[string]string{"PreserveTransactions": "true", "CsvDelimiter": "|"})
	recorded[3] = nil
	g.Tables[4].Keep(func(i int) bool { return i%2 == 0 })
	var want []string
	for range 2 {
		for n := range 100 {
			table := n / 2 % 5
			if table == 3 || table == 4 && n%2 == 1 {
				continue
			}
			want = append(want, fmt.Sprintf("I|t%d|shop|%d|name of something|more|%d", table, n, n*7919))
		}
		require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
	}
	require.Len(t, s.panes, 1)
	require.NoError(t, s.panes[0].writer.Close())
	require.Equal(t, strings.Join(want, "\n")+"\n", string(s.panes[0].spool.mem))
}

// TestChangesLieInTheFolderOfTheirDay, also those of an open transaction, whose day is the best guess there is.
func TestChangesLieInTheFolderOfTheirDay(t *testing.T) {
	s, g, recorded := recording(t, 2, 1, 25, map[string]string{"DatePartitionEnabled": "true", "DatePartitionTimezone": "Europe/Paris"})
	g.Times[0], g.Times[1] = time.Date(2026, 11, 25, 22, 59, 59, 0, time.UTC), time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC)
	g.Last = g.Times[1]
	require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
	lines := map[string]int{}
	for _, p := range s.panes {
		require.NoError(t, p.writer.Close())
		lines[p.folder] = strings.Count(string(p.spool.mem), "\n")
	}
	require.Equal(t, map[string]int{"shop/t0/2026/11/25/": 5, "shop/t0/2026/11/26/": 8, "shop/t1/2026/11/25/": 5, "shop/t1/2026/11/26/": 7}, lines)
}

func refuseNone(int, int, change.Reject) error { return nil }

func BenchmarkRecord(b *testing.B) {
	for name, c := range map[string]struct {
		tables, run int
		settings    map[string]string
	}{
		"transactions of one table":             {1, 1, map[string]string{"PreserveTransactions": "true"}},
		"transactions of 200 tables":            {200, 1, map[string]string{"PreserveTransactions": "true"}},
		"transactions of 200 tables, 5 at once": {200, 5, map[string]string{"PreserveTransactions": "true"}},
		"tables":                                {4, 1, nil},
		"tables by date":                        {4, 1, map[string]string{"DatePartitionEnabled": "true", "DatePartitionTimezone": "Europe/Paris"}},
	} {
		b.Run(name, func(b *testing.B) {
			s, g, recorded := recording(b, c.tables, c.run, change.MaxGroupChanges, c.settings)
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, s.Record(b.Context(), g, recorded, refuseNone))
				_ = s.Close()
				clear(s.byKey)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*g.Len()), "ns/change")
		})
	}
}
