package task_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// counting is a relay that counts what a server sends.
type counting struct {
	net.Listener
	to   string
	sent atomic.Int64
}

func relay(t testing.TB, e *end) (*counting, string) {
	t.Helper()
	u, err := url.Parse(e.url)
	require.NoError(t, err)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &counting{Listener: l, to: u.Host}
	t.Cleanup(func() { _ = l.Close() })
	go c.serve()
	u.Host = l.Addr().String()
	return c, u.String()
}

func (c *counting) serve() {
	for {
		conn, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", c.to)
			if err != nil {
				return
			}
			defer func() { _ = server.Close() }()
			go func() {
				_, _ = io.Copy(server, conn)
				_ = server.(*net.TCPConn).CloseWrite() //nolint:forcetypeassert // it was dialled
			}()
			_, _ = io.Copy(io.MultiWriter(conn, c), server)
		}()
	}
}

func (c *counting) Write(p []byte) (int, error) {
	c.sent.Add(int64(len(p)))
	return len(p), nil
}

// BenchmarkValidate compares a load, the validation of what was loaded, and a count of both sides. WHIMBREL_BENCH_ROWS says how many rows,
// WHIMBREL_BENCH_PAIRS which pairs.
func BenchmarkValidate(b *testing.B) {
	rows, _ := strconv.Atoi(os.Getenv("WHIMBREL_BENCH_ROWS"))
	if rows == 0 {
		rows = 100_000
	}
	which := os.Getenv("WHIMBREL_BENCH_PAIRS")
	if which == "" {
		which = "postgresql-18 postgresql-18,postgresql-18 mariadb,mariadb postgresql-18,mariadb mariadb,sqlite postgresql-18,postgresql-18 sqlite"
	}
	for _, pair := range strings.Split(which, ",") {
		from, to, _ := strings.Cut(pair, " ")
		b.Run(from+" to "+to, func(b *testing.B) { benchmarkValidate(b, from, to, rows) })
	}
}

func benchmarkValidate(b *testing.B, from, to string, rows int) {
	source, target := newEnd(b, from), newEnd(b, to)
	fillBench(b, source, rows)
	wires := [2]*counting{}
	c := config(source, target)
	for i, e := range []*end{source, target} {
		if e.family != catalog.SQLite {
			var u string
			if wires[i], u = relay(b, e); i == 0 {
				c.Source.URL = u
			} else {
				c.Target.URL = u
			}
		}
	}
	measured := func(name string, f func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			before := int64(0)
			for _, w := range wires {
				if w != nil {
					before -= w.sent.Load()
				}
			}
			for b.Loop() {
				f(b)
			}
			for _, w := range wires {
				if w != nil {
					before += w.sent.Load()
				}
			}
			b.ReportMetric(float64(before)/float64(b.N), "received-B/op")
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	c.RefuseRows = false
	c.Settings.FullLoadSettings.TargetTablePrepMode = "DROP_AND_CREATE"
	measured("load", func(b *testing.B) {
		_, err := run(context.Background(), c)
		require.NoError(b, err)
	})
	measured("validate", func(b *testing.B) {
		v := benchCompare(b, c)
		require.True(b, v.Equal(), "%+v", v.Tables[0])
	})
	there := target.quote("t")
	if target.engine == "postgres" && source.engine == "mariadb" {
		there = target.quote(source.database()) + "." + there
	}
	measured("count both", func(b *testing.B) {
		require.Equal(b, source.column(b, "SELECT count(*) FROM t"), target.column(b, "SELECT count(*) FROM "+there))
	})
	target.exec(b, fmt.Sprintf("UPDATE %s SET note = 'x' WHERE id = %d", there, rows/2))
	measured("validate one row that differs", func(b *testing.B) {
		require.EqualValues(b, 1, benchCompare(b, c).Tables[0].Different)
	})
}

func benchCompare(b *testing.B, c task.Config) *task.Validation {
	b.Helper()
	m, err := task.Open(context.Background(), c)
	require.NoError(b, err)
	defer func() { _ = m.Close() }()
	v, err := m.Validate(context.Background(), &validate.Stats{}, false)
	require.NoError(b, err)
	return v
}

// fillBench makes a table like those of shops: numbers, an amount, a time, texts.
func fillBench(b testing.TB, e *end, rows int) {
	b.Helper()
	e.exec(b, "CREATE TABLE t (id bigint NOT NULL PRIMARY KEY, customer int NOT NULL, amount decimal(12,2), placed "+
		map[catalog.Family]string{catalog.PostgreSQL: "timestamp", catalog.MySQL: "datetime(6)", catalog.SQLite: "DATETIME"}[e.family]+
		", state varchar(20), note varchar(200))")
	for at := 0; at < rows; at += 5000 {
		var s strings.Builder
		s.WriteString("INSERT INTO t VALUES ")
		for i := at; i < min(at+5000, rows); i++ {
			if i > at {
				s.WriteByte(',')
			}
			fmt.Fprintf(&s, "(%d,%d,%d.%02d,'20%02d-%02d-%02d %02d:%02d:%02d.%06d','%s','note of order number %d, which says little')", i+1, i*7919%100003,
				i%9973, i%100, i%25, i%12+1, i%28+1, i%24, i%60, i%59, i%1000000, []string{"new", "paid", "sent", "returned"}[i%4], i)
		}
		e.exec(b, s.String())
	}
	if e.family == catalog.PostgreSQL {
		e.exec(b, "VACUUM ANALYZE t")
	}
}
