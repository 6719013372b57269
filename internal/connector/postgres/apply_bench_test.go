package postgres

import (
	"context"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// nativeBatch makes native columns of four-byte integers.
func nativeBatch(t *testing.B, cs []connector.LoadColumn, n int, value func(row, column int) int32) *change.Batch {
	t.Helper()
	b := &change.Batch{}
	layouts := make([]change.Layout, len(cs))
	for i := range layouts {
		layouts[i] = change.Native
		cs[i].Layout = change.Native
	}
	b.Reset(layouts)
	for row := range n {
		for c := range cs {
			x := uint32(value(row, c))
			b.Columns[c].AppendData([]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)})
		}
		b.EndRow()
	}
	return b
}

// BenchmarkApply measures Write: updates of a table of 200,000 rows by key, and inserts, in sets of several sizes.
func BenchmarkApply(b *testing.B) {
	a := newApplying(b, servertest.PostgreSQL15,
		`CREATE TABLE t (id int PRIMARY KEY, v int, filler text) WITH (fillfactor = 60)`, `INSERT INTO t SELECT g, g, repeat('x', 80) FROM generate_series(1, 200000) g`, `VACUUM ANALYZE t`,
		`CREATE TABLE history (a int, b int, c int, d int)`)
	ctx := context.Background()
	updated, inserted := a.table("t"), a.table("history")
	us, is, ks := columns(updated, "id", "v"), columns(inserted, "a", "b", "c", "d"), columns(inserted, "a")
	ks[0] = columns(updated, "id")[0]
	run := func(name string, n int, set connector.RowSet) {
		b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, a.session.Begin(ctx))
				affected, err := a.session.Write(ctx, []connector.RowSet{set})
				require.NoError(b, err)
				require.Equal(b, []int64{int64(n)}, affected)
				require.NoError(b, a.session.Rollback(ctx))
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/row")
		})
	}
	for _, n := range []int{1, 4, 50, 1000, 60_000} {
		spread := func(row, c int) int32 {
			if c == 0 {
				return int32(1 + row*7919%200_000)
			}
			return int32(row)
		}
		run("update", n, connector.RowSet{Op: change.Update, Table: updated, Columns: us, Rows: nativeBatch(b, us, n, spread), Key: []int{0}, Unique: true})
		run("delete", n, connector.RowSet{Op: change.Delete, Table: updated, OldColumns: ks, Old: nativeBatch(b, ks, n, spread), Key: []int{0}, Unique: true})
		run("insert", n, connector.RowSet{Op: change.Insert, Table: inserted, Columns: is, Rows: nativeBatch(b, is, n, spread)})
	}
}

// BenchmarkTransaction measures a small transaction from BEGIN to the answer to its COMMIT, with the checkpoint.
func BenchmarkTransaction(b *testing.B) {
	a := newApplying(b, servertest.PostgreSQL15, `CREATE TABLE t (id int PRIMARY KEY, v int) WITH (fillfactor = 50)`, `INSERT INTO t SELECT g, g FROM generate_series(1, 100000) g`,
		`CREATE TABLE history (a int, b int)`)
	ctx := context.Background()
	updated, inserted := a.table("t"), a.table("history")
	us, is := columns(updated, "id", "v"), columns(inserted, "a", "b")
	one := func(id int32) connector.RowSet {
		return connector.RowSet{Op: change.Update, Table: updated, Columns: us, Rows: nativeBatch(b, us, 1, func(_, c int) int32 { return id }), Key: []int{0}, Unique: true}
	}
	sets := []connector.RowSet{one(5), one(77), one(90_000), {Op: change.Insert, Table: inserted, Columns: is, Rows: nativeBatch(b, is, 1, func(_, c int) int32 { return 1 })}}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, a.session.Begin(ctx))
		_, err := a.session.Write(ctx, sets)
		require.NoError(b, err)
		require.NoError(b, a.session.Commit(ctx, connector.Checkpoint{Run: "r", Server: "s", Position: "0/1", At: time.Now()}))
	}
}

// recorded is the stream of a workload like TPC-B, as the server sent it.
func recorded(b *testing.B) (data []byte, changes int, request connector.StreamRequest, src *source, from, to string) {
	b.Helper()
	db := servertest.PostgreSQL(b, servertest.PostgreSQL15)
	execute(b, db, `CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))`, `CREATE TABLE tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))`,
		`CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))`,
		`INSERT INTO accounts SELECT g, 1, 0, '' FROM generate_series(1, 10000) g`, `INSERT INTO tellers SELECT g, 1, 0, '' FROM generate_series(1, 10) g`)
	s, err := Engine().OpenSource(context.Background(), connector.Config{URL: db.URL})
	require.NoError(b, err)
	src = s.(*source)
	found, err := src.Inspect(context.Background(), connector.InspectOptions{})
	require.NoError(b, err)
	request = connector.StreamRequest{Run: "bench", Pool: change.NewGroupPool(2)}
	for i, t := range found.Schema("public").Tables {
		f := connector.Followed{Number: i, Table: t}
		for _, c := range t.Columns {
			f.Columns = append(f.Columns, connector.ReadColumn{Column: c, Layout: change.Native})
		}
		request.Tables = append(request.Tables, f)
	}
	position, err := src.Start(context.Background(), request, connector.StartPoint{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = src.Release(context.Background(), request) })
	c, err := pgx.Connect(context.Background(), db.URL)
	require.NoError(b, err)
	defer func() { _ = c.Close(context.Background()) }()
	const transactions = 10_000
	_, err = c.Exec(context.Background(), fmt.Sprintf(`DO $$ BEGIN FOR i IN 1..%d LOOP
 UPDATE accounts SET abalance = abalance + i WHERE aid = 1 + i * 7919 %% 10000; UPDATE tellers SET tbalance = tbalance + i WHERE tid = 1 + i %% 10;
 INSERT INTO history VALUES (1, 1, i, i, now(), ''); COMMIT; END LOOP; END $$`, transactions))
	require.NoError(b, err)
	end, err := src.End(context.Background())
	require.NoError(b, err)
	return record(b, src, request, position, end), 3 * transactions, request, src, position, end
}

// record reads the raw bytes of a stream up to a position.
func record(b *testing.B, src *source, request connector.StreamRequest, from, to string) (data []byte) {
	b.Helper()
	st := &stream{src: src, r: request, slot: src.slotName(request), side: newSide(src), binary: true, pubs: pubs{whole: runName(request.Run)}}
	st.position, _, _ = parsePosition(from)
	w, err := st.connect(context.Background(), nil)
	require.NoError(b, err)
	defer w.close()
	end, _, _ := parsePosition(to)
	w.in.enlarge(copyBuffer)
	for {
		kind, size, err := w.in.next()
		require.NoError(b, err)
		body, err := w.in.take(size)
		require.NoError(b, err)
		head := []byte{kind, byte((size + 4) >> 24), byte((size + 4) >> 16), byte((size + 4) >> 8), byte(size + 4)}
		if body[0] == 'w' {
			data = append(append(data, head...), body...)
			continue
		}
		m := &message{p: body[1:]}
		if lsn(m.uint64()) >= end {
			return append(append(data, head...), body...) // says that nothing follows
		}
	}
}

// replayed is a connection on which the recorded stream comes, as fast as it is read.
type replayed struct {
	net.Conn
	data []byte
	over chan struct{}
}

func (r *replayed) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		<-r.over
		return 0, io.EOF
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

func (r *replayed) Write(p []byte) (int, error)     { return len(p), nil }
func (r *replayed) SetDeadline(time.Time) error     { return nil }
func (r *replayed) SetReadDeadline(time.Time) error { return nil }
func (r *replayed) Close() error                    { close(r.over); return nil }

// BenchmarkStreamDecode measures what a change costs us from the socket's bytes to the group.
func BenchmarkStreamDecode(b *testing.B) {
	data, changes, request, src, _, _ := recorded(b)
	begun := processorTime()
	defer func() { b.ReportMetric(float64(processorTime()-begun)/float64(b.N)/float64(changes), "cpu-ns/change") }()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		st, err := src.newStream(request, "0/0")
		require.NoError(b, err)
		st.binary, st.pubs.whole = true, runName(request.Run)
		conn := &replayed{data: data, over: make(chan struct{})}
		st.w = &wire{Conn: conn, in: frames{r: conn, buf: make([]byte, copyBuffer)}}
		st.pump = newPump(conn)
		st.w.in.r = st.pump
		got := 0
		for got < changes {
			e, err := st.Next(context.Background())
			require.NoError(b, err)
			if e.Changes != nil {
				got += e.Changes.Len()
				request.Pool.Put(e.Changes)
			}
		}
		require.NoError(b, st.Close())
	}
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStreamRead reads a backlog from the server, which decodes it anew each time and is the slower one.
func BenchmarkStreamRead(b *testing.B) {
	_, changes, request, src, from, to := recorded(b)
	begun := processorTime()
	for b.Loop() {
		st, err := src.Stream(context.Background(), request, from)
		require.NoError(b, err)
		for at, order := from, -1; order < 0; order, _ = src.Compare(at, to) {
			e, err := st.Next(context.Background())
			require.NoError(b, err)
			if e.Changes != nil {
				request.Pool.Put(e.Changes)
			}
			if e.Position != "" {
				at = e.Position
			}
		}
		require.NoError(b, st.Close())
	}
	b.ReportMetric(float64(processorTime()-begun)/float64(b.N)/float64(changes), "cpu-ns/change")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(changes), "ns/change")
}
