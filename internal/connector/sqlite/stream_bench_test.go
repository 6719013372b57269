package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const benchTable = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT); CREATE UNIQUE INDEX t_name ON t (name);`

// benchSource makes a file, follows its table if asked to, and opens a connection as an application's.
func benchSource(b *testing.B, follow bool, script string) (*conn, connector.Streamer, connector.StreamRequest) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "app.db")
	at, err := parseURL("sqlite:"+path, "rwc")
	require.NoError(b, err)
	c, err := openConn(at, 6)
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.close() })
	require.NoError(b, c.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"+script))
	src, err := Engine().OpenSource(b.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(b, err)
	r := connector.StreamRequest{Run: "bench", Pool: change.NewGroupPool(2)}
	cat, err := src.Inspect(b.Context(), connector.InspectOptions{})
	require.NoError(b, err)
	for i, t := range cat.Schemas[0].Tables {
		r.Tables = append(r.Tables, followAll(i, t))
	}
	if follow {
		_, err = src.(connector.Streamer).Start(b.Context(), r, connector.StartPoint{})
		require.NoError(b, err)
	}
	return c, src.(connector.Streamer), r
}

// BenchmarkApplication measures what the triggers cost the application: one row of four columns and two indexes, in
// transactions of a thousand changes and of one.
func BenchmarkApplication(b *testing.B) {
	for _, size := range []int{1000, 1} {
		for _, op := range []struct{ name, sql string }{
			{"insert", "INSERT INTO t VALUES (?1 + 1000000, 'new ' || ?1, 1.5, 'some text that is not very long')"},
			{"update", "UPDATE t SET price = ?1 WHERE id = 1 + ?1 % 100000"},
			{"delete", "DELETE FROM t WHERE id = ?1"},
		} {
			for _, follow := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s by %d/followed=%v", op.name, size, follow), func(b *testing.B) {
					c, _, _ := benchSource(b, follow, benchTable+`WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM x WHERE i < 300000)
						INSERT INTO t SELECT i, 'name ' || i, i, 'some text that is not very long' FROM x`)
					s, err := c.prepare(op.sql)
					require.NoError(b, err)
					defer s.finalize()
					b.ResetTimer()
					for i := range b.N {
						if i%size == 0 {
							require.NoError(b, c.exec("BEGIN IMMEDIATE"))
						}
						s.bindInt(0, int64(i))
						_, err := s.step()
						require.NoError(b, err)
						s.reset()
						if (i+1)%size == 0 || i == b.N-1 {
							require.NoError(b, c.exec("COMMIT"))
						}
					}
				})
			}
		}
	}
}

// BenchmarkStream delivers a backlog; beside it stands the bare scan of the log.
func BenchmarkStream(b *testing.B) {
	const rows = 200_000
	script := benchTable
	fill := fmt.Sprintf(`WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM x WHERE i < %d)
		INSERT INTO t SELECT i, 'name ' || i, i, 'some text that is not very long' FROM x`, rows)
	b.Run("scan", func(b *testing.B) {
		c, _, _ := benchSource(b, true, script)
		require.NoError(b, c.exec(fill))
		b.ResetTimer()
		for range b.N {
			n := int64(0)
			require.NoError(b, c.query("SELECT seq, t, op, at, c0, c1, c2, c3 FROM awsdms_changes", func(s *stmt) error {
				n += s.int(0) + s.int(4) + int64(len(s.textBytes(5))) + int64(len(s.textBytes(7)))
				return nil
			}))
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("stream", func(b *testing.B) {
		c, src, r := benchSource(b, true, script)
		position, err := src.End(b.Context())
		require.NoError(b, err)
		require.NoError(b, c.exec(fill))
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			st, err := src.Stream(b.Context(), r, position)
			require.NoError(b, err)
			for n := 0; n < rows; {
				e, err := st.Next(b.Context())
				require.NoError(b, err)
				if e.Changes != nil {
					n += e.Changes.Len()
					r.Pool.Put(e.Changes)
				}
			}
			require.NoError(b, st.Close())
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkWrite applies sets of changes; beside it stands the bare statement.
func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{1, 1000} {
		for _, op := range []change.Op{change.Insert, change.Update, change.Delete} {
			b.Run(fmt.Sprintf("%s by %d", op, size), func(b *testing.B) { benchWrite(b, op, size) })
		}
	}
	b.Run("bare insert", func(b *testing.B) {
		c, _, _ := benchSource(b, false, benchTable)
		s, err := c.prepare("INSERT INTO t VALUES (?1, 'name ' || ?1, 1.5, 'some text that is not very long')")
		require.NoError(b, err)
		defer s.finalize()
		require.NoError(b, c.exec("BEGIN IMMEDIATE"))
		b.ResetTimer()
		for i := range b.N {
			s.bindInt(0, int64(i))
			_, err := s.step()
			require.NoError(b, err)
			s.reset()
		}
		b.StopTimer()
		require.NoError(b, c.exec("COMMIT"))
	})
}

func benchWrite(b *testing.B, op change.Op, size int) {
	to := openTestTarget(b, filepath.Join(b.TempDir(), "t.db"))
	defer to.Close()
	require.NoError(b, to.Exec(b.Context(), []catalog.Statement{{SQL: benchTable}}))
	if op != change.Insert {
		require.NoError(b, to.Exec(b.Context(), []catalog.Statement{{SQL: fmt.Sprintf(`WITH RECURSIVE x(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM x WHERE i < %d)
			INSERT INTO t SELECT i, 'old ' || i, i, 'some text that is not very long' FROM x`, b.N)}}))
	}
	n := catalog.Name{Schema: Schema, Name: "t"}
	found, err := to.Describe(b.Context(), []catalog.Name{n})
	require.NoError(b, err)
	set := connector.RowSet{Op: op, Table: found[n].Table, Key: []int{0}, Unique: true}
	layouts := []change.Layout{change.Int64, change.Text, change.Float64, change.Text}
	var columns []connector.LoadColumn
	for i, l := range layouts {
		columns = append(columns, connector.LoadColumn{Column: set.Table.Columns[i], Layout: l})
	}
	batch := &change.Batch{}
	set.Columns, set.Rows = columns, batch
	if op == change.Delete {
		set.Columns, set.Rows, set.OldColumns, set.Old = nil, nil, columns, batch
	}
	s, err := to.(connector.Applier).Apply(b.Context(), connector.ApplyOptions{Run: "bench"})
	require.NoError(b, err)
	defer s.Close()
	require.NoError(b, s.Begin(b.Context()))
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += size {
		batch.Reset(layouts)
		for k := i; k < min(i+size, b.N); k++ {
			batch.Columns[0].AppendInt(int64(k))
			batch.Columns[1].Data = fmt.Appendf(batch.Columns[1].Data, "name %d", k)
			batch.Columns[1].Seal()
			batch.Columns[2].AppendFloat(1.5)
			batch.Columns[3].AppendString("some text that is not very long")
			batch.EndRow()
		}
		affected, err := s.Write(b.Context(), []connector.RowSet{set})
		require.NoError(b, err)
		require.EqualValues(b, min(size, b.N-i), affected[0])
	}
	b.StopTimer()
	require.NoError(b, s.Commit(b.Context(), connector.Checkpoint{}))
}
