package mysql

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// sysbenchRows is the size of the benchmark's table.
const sysbenchRows = 100_000

// sysbenchSet makes a set of changes to n different rows of a table as sysbench makes it.
func sysbenchSet(t *catalog.Table, op change.Op, n int) connector.RowSet {
	layouts := []change.Layout{change.Native, change.Native, change.Native, change.Native}
	b := &change.Batch{}
	b.Reset(layouts)
	for i, id := range rand.Perm(sysbenchRows)[:n] {
		b.Columns[0].AppendString(fmt.Sprint(id + 1))
		b.Columns[1].AppendString(fmt.Sprint(rand.IntN(sysbenchRows)))
		b.Columns[2].AppendString(fmt.Sprintf("%0119d", i))
		b.Columns[3].AppendString(fmt.Sprintf("%059d", i))
		b.EndRow()
	}
	s := connector.RowSet{Op: op, Table: t, Unique: true, Key: []int{0}}
	for i, c := range t.Columns {
		s.Columns = append(s.Columns, connector.LoadColumn{Column: c, Layout: layouts[i]})
	}
	s.Rows = b
	if op == change.Delete {
		s.Old, s.OldColumns, s.Rows, s.Columns = b, s.Columns, nil, nil
	}
	return s
}

// BenchmarkWrite measures the net changes of a group: 16,384 rows of a table with a secondary index.
func BenchmarkWrite(b *testing.B) {
	f := newFixture(b, servertest.MariaDB(b))
	f.exec("CREATE TABLE sb (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY (k))",
		fmt.Sprintf("INSERT INTO sb SELECT seq, seq, LPAD(seq, 119, '0'), LPAD(seq, 59, '0') FROM seq_1_to_%d", sysbenchRows))
	table := f.table("sb", "id")
	for _, bulk := range []bool{true, false} {
		for _, op := range []change.Op{change.Update, change.Delete, change.Insert} {
			b.Run(fmt.Sprintf("bulk=%v/%s", bulk, op), func(b *testing.B) {
				session, err := f.target.Apply(b.Context(), connector.ApplyOptions{Run: "bench"})
				require.NoError(b, err)
				a := session.(*applySession)
				a.bulk = bulk
				defer func() { _ = a.Close() }()
				const n = 16 << 10
				for b.Loop() {
					s := sysbenchSet(table, op, n)
					if op == change.Insert {
						old := sysbenchSet(table, change.Delete, n)
						old.Old = s.Rows
						b.StopTimer()
						_, err := a.Write(b.Context(), []connector.RowSet{old})
						require.NoError(b, err)
						b.StartTimer()
					}
					got, err := a.Write(b.Context(), []connector.RowSet{s})
					require.NoError(b, err)
					require.Equal(b, []int64{n}, got)
					if op == change.Delete {
						require.NoError(b, a.Rollback(b.Context()))
					} else {
						require.NoError(b, a.Commit(b.Context(), connector.Checkpoint{Position: "p"}))
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "us/row")
			})
		}
	}
}
