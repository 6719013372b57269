package mysql

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// cpu is what the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStream reads a log of small transactions as sysbench makes them: two updates, a delete and an insert each.
func BenchmarkStream(b *testing.B) {
	const transactions = 5_000
	d := servertest.PrivateMariaDB(b)
	f := newFixture(b, d)
	for i := range 4 {
		f.exec(fmt.Sprintf("CREATE TABLE sb%d (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY (k))", i),
			fmt.Sprintf("INSERT INTO sb%d SELECT seq, seq, LPAD(seq, 119, '0'), LPAD(seq, 59, '0') FROM seq_1_to_10000", i))
	}
	f.exec(`CREATE PROCEDURE work(n INT) BEGIN
		DECLARE i INT DEFAULT 0; DECLARE d INT;
		WHILE i < n DO
			SET i = i + 1, d = 1 + FLOOR(RAND() * 9999);
			START TRANSACTION;
			UPDATE sb0 SET k = k + 1 WHERE id = 1 + FLOOR(RAND() * 1) + d % 9999;
			UPDATE sb1 SET c = LPAD(i, 119, 'x') WHERE id = d;
			DELETE FROM sb2 WHERE id = d;
			INSERT INTO sb2 VALUES (d, i, LPAD(i, 119, 'y'), LPAD(i, 59, 'z'));
			COMMIT;
		END WHILE; END`)
	from, err := f.source.End(b.Context())
	require.NoError(b, err)
	f.exec(fmt.Sprintf("CALL work(%d)", transactions))
	until, err := f.source.End(b.Context())
	require.NoError(b, err)
	c, err := f.source.Inspect(b.Context(), connector.InspectOptions{})
	require.NoError(b, err)
	pool := change.NewGroupPool(2)
	r := connector.StreamRequest{Run: "bench", Pool: pool}
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			if s.Name != f.name {
				continue
			}
			fo := connector.Followed{Number: len(r.Tables), Table: t}
			for _, c := range t.Columns {
				fo.Columns = append(fo.Columns, connector.ReadColumn{Column: c, Layout: change.Native})
			}
			r.Tables = append(r.Tables, fo)
		}
	}
	for _, followed := range []bool{true, false} {
		b.Run(fmt.Sprintf("followed=%v", followed), func(b *testing.B) {
			r := r
			if !followed {
				r.Tables = nil
			}
			used, groups := cpu(), 0
			for b.Loop() {
				s, err := f.source.Stream(b.Context(), r, from)
				require.NoError(b, err)
				n := 0
				for {
					e, err := s.Next(b.Context())
					require.NoError(b, err)
					if e.Changes != nil {
						n += e.Changes.Len()
						groups++
						pool.Put(e.Changes)
					}
					if past, _ := f.source.Compare(e.Position, until); past >= 0 {
						break
					}
				}
				require.NoError(b, s.Close())
				if followed {
					require.Equal(b, 4*transactions, n)
				}
			}
			b.ReportMetric((cpu()-used).Seconds()/float64(b.N)/(4*transactions)*1e6, "cpu-s/Mchange")
			b.ReportMetric(float64(groups)/float64(b.N), "groups")
		})
	}
}
