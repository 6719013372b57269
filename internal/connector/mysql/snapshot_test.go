package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// writeAll keeps committing to two tables until the context ends; both always have as many rows.
func writeAll(ctx context.Context, f *fixture) func() error {
	var g errgroup.Group
	for w := range 2 {
		g.Go(func() error {
			for i := 0; ctx.Err() == nil; i++ {
				tx, err := f.db.BeginTx(context.Background(), nil)
				if err != nil {
					return err
				}
				for _, table := range []string{"s1", "s2"} {
					if _, err := tx.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%d, %d)", table, w, i)); err != nil {
						return err
					}
				}
				if err := tx.Commit(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait
}

// sums returns what each reader of the snapshot sees of both tables.
func sums(t *testing.T, s *snapshot) []string {
	t.Helper()
	var out []string
	for _, se := range s.all {
		rows, err := se.query(t.Context(), "SELECT (SELECT COUNT(*) FROM s1), (SELECT COUNT(*) FROM s2), (SELECT SUM(n) FROM s1)")
		require.NoError(t, err)
		require.Equal(t, rows[0][0], rows[0][1])
		out = append(out, strings.Join(rows[0], " "))
	}
	return out
}

// TestAllReadersSeeOneMoment takes snapshots while two sessions commit, as a user who may lock and as one who may not.
func TestAllReadersSeeOneMoment(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE s1 (w INT, n INT)", "CREATE TABLE s2 (w INT, n INT)",
		"CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'p'", "GRANT SELECT ON "+f.name+".* TO plain@'127.0.0.1'")
	ctx, cancel := context.WithCancel(t.Context())
	wait := writeAll(ctx, f)
	defer func() {
		cancel()
		require.NoError(t, wait())
	}()
	for range 5 {
		snap, err := f.source.Snapshot(t.Context(), 4)
		require.NoError(t, err)
		require.Regexp(t, `^binlog\.\d+:\d+ 0-1-\d+$`, snap.Position())
		seen := sums(t, snap.(*snapshot))
		require.Equal(t, []string{seen[0], seen[0], seen[0], seen[0]}, seen)
		require.Equal(t, seen, sums(t, snap.(*snapshot)))
		require.NoError(t, snap.Close())
	}
}

// TestReadersWithoutTheLockPrivilege get one moment from a quiet server, and from one without a binary log a refusal
// that names the privilege.
func TestReadersWithoutTheLockPrivilege(t *testing.T) {
	d := servertest.MariaDB(t)
	f := newFixture(t, d)
	f.exec("CREATE TABLE s1 (w INT, n INT)", "CREATE TABLE s2 (w INT, n INT)", "INSERT INTO s1 VALUES (1, 1)", "INSERT INTO s2 VALUES (1, 1)",
		"CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'p'", "GRANT SELECT ON "+f.name+".* TO plain@'127.0.0.1'")
	s, err := openSource(t.Context(), connector.Config{URL: strings.Replace(d.URL, "whimbrel:secret", "plain:p", 1)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	snap, err := s.Snapshot(t.Context(), 3)
	require.NoError(t, err)
	seen := sums(t, snap.(*snapshot))
	require.Equal(t, []string{"1 1 1", "1 1 1", "1 1 1"}, seen)
	require.NotEmpty(t, snap.Position())

	alone := snap.(*snapshot).noCommonMoment(t.Context(), errors.New("denied"))
	require.Equal(t, connector.Denied, connector.ClassOf(alone))
	require.ErrorContains(t, alone, "GRANT RELOAD, BINLOG MONITOR ON *.* TO 'plain'@'127.0.0.1', or")
	require.ErrorContains(t, alone, "GRANT LOCK TABLES ON *.* TO 'plain'@'127.0.0.1'")
	require.NoError(t, snap.Close())
}

// readInto reads a table into nothing.
func readInto(ctx context.Context, snap connector.Snapshot, r connector.ReadRequest) error {
	r.Pool = change.NewPool(2, 0)
	look := r.Emit
	r.Emit = func(b *change.Batch) error {
		defer r.Pool.Put(b)
		if look == nil {
			return nil
		}
		return look(b)
	}
	for _, c := range r.Table.Columns {
		r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: change.Native})
	}
	r.Segment.Number, r.Segment.Of = 1, 1
	return snap.Read(ctx, r)
}

// TestReadThatIsGivenUpLeavesTheSnapshot: an error of the receiver, or the end of a context, ends one read soon and
// spares the session, which holds the snapshot.
func TestReadThatIsGivenUpLeavesTheSnapshot(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE a (id INT PRIMARY KEY, s CHAR(250))", "INSERT INTO a SELECT seq, REPEAT('x', 250) FROM seq_1_to_100000",
		"CREATE VIEW slow AS SELECT id, SLEEP(0.1) AS z FROM a")
	table := f.table("a", "id")
	snap, err := f.source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer func() { require.NoError(t, snap.Close()) }()
	f.exec("DELETE FROM a WHERE id > 5")

	full := errors.New("no room")
	err = readInto(t.Context(), snap, connector.ReadRequest{Table: table, Emit: func(*change.Batch) error { return full }})
	require.ErrorIs(t, err, full)

	stop := errors.New("asked to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(stop) })
	start := time.Now()
	err = readInto(ctx, snap, connector.ReadRequest{Table: f.table("slow")})
	require.ErrorIs(t, err, stop)
	require.Less(t, time.Since(start), 2*time.Second)

	rows := 0
	pool := change.NewPool(1, 0)
	err = snap.Read(t.Context(), connector.ReadRequest{Table: table, Pool: pool, Segment: connector.Segment{Number: 1, Of: 1},
		Columns: []connector.ReadColumn{{Column: table.Columns[0], Layout: change.Int64}},
		Emit: func(b *change.Batch) error {
			rows += b.Rows()
			pool.Put(b)
			return nil
		}})
	require.NoError(t, err)
	require.Equal(t, 100000, rows, "the snapshot's rows, not what has been left since")
}

// TestLoadStopsSoon ends the context while the server is busy with the rows.
func TestLoadStopsSoon(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE w (id INT PRIMARY KEY, v INT)",
		"CREATE TRIGGER slow BEFORE INSERT ON w FOR EACH ROW SET NEW.v = SLEEP(30)")
	table := f.table("w", "id")
	for _, careful := range []bool{false, true} {
		stop := errors.New("asked to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		l, err := f.target.Load(ctx, connector.LoadRequest{Table: table, Careful: careful,
			Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Int64}}})
		require.NoError(t, err)
		b := &change.Batch{}
		b.Reset([]change.Layout{change.Int64})
		b.Columns[0].AppendInt(1)
		b.EndRow()
		time.AfterFunc(200*time.Millisecond, func() { cancel(stop) })
		start := time.Now()
		if err = l.Write(ctx, b); err == nil {
			err = l.Commit(ctx, connector.Counts{})
		}
		require.ErrorIs(t, err, stop)
		l.Abort()
		require.Less(t, time.Since(start), 2*time.Second)
		require.Empty(t, f.rowsOf("SELECT * FROM "+f.name+".w"))
	}
}

// TestKilledServerIsLost ends the server in the middle of a read and of a load.
func TestKilledServerIsLost(t *testing.T) {
	d := servertest.PrivateMariaDB(t)
	f := newFixture(t, d)
	// More rows than all the buffers between here and the server hold, so that the end of them is lost with it.
	f.exec("CREATE TABLE a (id INT PRIMARY KEY, s CHAR(250))", "INSERT INTO a SELECT seq, REPEAT('x', 250) FROM seq_1_to_300000")
	table := f.table("a", "id")
	snap, err := f.source.Snapshot(t.Context(), 2)
	require.NoError(t, err)
	l, err := f.target.Load(t.Context(), connector.LoadRequest{Table: table,
		Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Native}, {Column: table.Columns[1], Layout: change.Native}}})
	require.NoError(t, err)
	killed := false
	var written error
	err = readInto(t.Context(), snap, connector.ReadRequest{Table: table, Emit: func(b *change.Batch) error {
		if !killed {
			d.Server.Kill()
			killed = true
		}
		if written == nil {
			written = l.Write(t.Context(), b)
		}
		return nil
	}})
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	if written == nil {
		written = l.Commit(t.Context(), connector.Counts{})
	}
	require.Equal(t, connector.Lost, connector.ClassOf(written), "%v", written)
	l.Abort()
	_, err = snap.Split(t.Context(), table, connector.SplitOptions{SegmentBytes: 1})
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	err = readInto(t.Context(), snap, connector.ReadRequest{Table: table})
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	require.ErrorContains(t, err, "snapshot is gone")
	require.NoError(t, snap.Close())
}
