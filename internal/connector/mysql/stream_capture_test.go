package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// scribbler keeps changing three tables in transactions of all kinds.
type scribbler struct {
	db   *sql.DB
	rand *rand.Rand
	id   int
}

var scribbled = []string{
	"CREATE TABLE acc (id BIGINT PRIMARY KEY, v VARCHAR(200), n INT NOT NULL, d DECIMAL(12,3), t TIMESTAMP(6) NULL)",
	"CREATE TABLE two (a INT, b VARCHAR(30) CHARACTER SET latin1 COLLATE latin1_bin, body MEDIUMTEXT, PRIMARY KEY (a, b))",
	"CREATE TABLE bag (x INT NULL, y VARCHAR(40) NULL)",
}

// statement is a random one; which keys there are is left to chance.
func (s *scribbler) statement() string {
	r := s.rand
	key := r.IntN(200)
	switch r.IntN(11) {
	case 0, 1:
		return fmt.Sprintf("INSERT IGNORE INTO acc VALUES (%d, REPEAT('ä', %d), %d, %d.125, NOW(6))", key, r.IntN(200), r.IntN(100), r.IntN(10000))
	case 2:
		return fmt.Sprintf("UPDATE acc SET n = n + 1, v = NULL WHERE id BETWEEN %d AND %d", key, key+r.IntN(20))
	case 3:
		return fmt.Sprintf("DELETE FROM acc WHERE id BETWEEN %d AND %d", key, key+r.IntN(5))
	case 4:
		return fmt.Sprintf("UPDATE IGNORE acc SET id = %d WHERE id = %d", r.IntN(200), key)
	case 5:
		return fmt.Sprintf("INSERT INTO two VALUES (%d, 'Ä%d', REPEAT('x', %d)) ON DUPLICATE KEY UPDATE body = CONCAT(body, 'y')", key%20, r.IntN(10), r.IntN(3)*r.IntN(40000))
	case 6:
		return fmt.Sprintf("UPDATE IGNORE two SET b = CONCAT('k', %d) WHERE a = %d", r.IntN(10), key%20)
	case 7:
		return fmt.Sprintf("DELETE FROM two WHERE a = %d LIMIT 3", key%20)
	case 8:
		return fmt.Sprintf("INSERT INTO bag VALUES (%d, 'same'), (NULL, 'Same'), (%d, NULL)", key%5, key%5)
	case 9:
		return fmt.Sprintf("UPDATE bag SET y = IF(y = 'same', 'SAME', 'other'), x = %d WHERE x <=> %d LIMIT 2", key%7, key%5)
	default:
		return "DELETE FROM bag WHERE y <=> NULL OR y = 'other' LIMIT 4"
	}
}

// transaction runs some statements, with savepoints now and then, and commits or rolls back.
func (s *scribbler) transaction(ctx context.Context) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	run := func(q string) error {
		_, err := c.ExecContext(context.WithoutCancel(ctx), q)
		return err
	}
	if err := run("BEGIN"); err != nil {
		return err
	}
	for range 1 + s.rand.IntN(6) {
		q := s.statement()
		if s.rand.IntN(8) == 0 {
			q = "SAVEPOINT s1"
			if s.rand.IntN(2) == 0 {
				_ = run(q)
				_ = run(s.statement())
				q = "ROLLBACK TO s1"
			}
		}
		if err := run(q); err != nil && (strings.Contains(err.Error(), "Deadlock") || strings.Contains(err.Error(), "timeout")) {
			return run("ROLLBACK")
		} else if err != nil && !strings.Contains(err.Error(), "SAVEPOINT") {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	if s.rand.IntN(6) == 0 {
		return run("ROLLBACK")
	}
	return run("COMMIT")
}

// scribble runs writers until stop is called, which waits for them.
func scribble(m *mirror, writers int) (stop func()) {
	ctx, cancel := context.WithCancel(m.t.Context())
	var g errgroup.Group
	for w := range writers {
		s := &scribbler{db: m.db, id: w, rand: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(w)))}
		g.Go(func() error {
			for ctx.Err() == nil {
				if err := s.transaction(ctx); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		})
	}
	return func() {
		cancel()
		require.NoError(m.t, g.Wait())
	}
}

// busy waits until the writers have committed some transactions more.
func (m *mirror) busy(transactions int) {
	m.t.Helper()
	commits := func() int {
		counter := "Binlog_commits"
		if !m.source.host.mariadb {
			counter = "Com_commit"
		}
		n, err := strconv.Atoi(m.rowsOf("SHOW GLOBAL STATUS LIKE '" + counter + "'")[0][1])
		require.NoError(m.t, err)
		return n
	}
	start := commits()
	require.Eventually(m.t, func() bool { return commits() >= start+transactions }, time.Minute, 5*time.Millisecond)
}

// loadSnapshot copies all tables of a snapshot to the mirror's target.
func (m *mirror) loadSnapshot(snap connector.Snapshot) {
	m.t.Helper()
	for number, from := range m.tables {
		to := *from
		to.Name = m.renamed(from.Name)
		columns := m.columns[number]
		var load []connector.LoadColumn
		for _, c := range columns {
			load = append(load, connector.LoadColumn{Column: c.Column, Layout: c.Layout})
		}
		no := func(r change.Reject) error { return fmt.Errorf("rejected: %w", r) }
		l, err := m.target.Load(m.t.Context(), connector.LoadRequest{Table: &to, Columns: load, Reject: no})
		require.NoError(m.t, err)
		pool := change.NewPool(2, 0)
		segments, err := snap.Split(m.t.Context(), from, connector.SplitOptions{SegmentBytes: 1 << 30})
		require.NoError(m.t, err)
		for _, s := range segments {
			require.NoError(m.t, snap.Read(m.t.Context(), connector.ReadRequest{Table: from, Columns: columns, Segment: s, Pool: pool, Reject: no,
				Emit: func(b *change.Batch) error {
					defer pool.Put(b)
					return l.Write(m.t.Context(), b)
				}}))
		}
		require.NoError(m.t, l.Commit(m.t.Context(), connector.Counts{}))
	}
}

// TestSnapshotAndStreamMeet captures while writers write, again and again, with one reader and with several: no change
// may be lost or doubled. Every apply must affect exactly one row, and in the end both databases must be equal.
func TestSnapshotAndStreamMeet(t *testing.T) {
	for _, image := range []string{"FULL", "MINIMAL", "NOBLOB"} {
		for _, more := range []string{"binlog_row_metadata=NO_LOG", "binlog_row_metadata=FULL", "log_bin_compress=ON\nlog_bin_compress_min_len=10"} {
			t.Run(image+"/"+more[:20], func(t *testing.T) {
				d := servertest.PrivateMariaDB(t, "binlog_row_image="+image, more, "max_binlog_size=1M")
				snapshotAndStreamMeet(newMirror(t, d, image == "FULL"), image, 4, nil)
			})
		}
	}
}

// captures is Streamer.Capture, or what takes its place.
type captures func(context.Context, connector.StreamRequest, int) (connector.Snapshot, error)

// snapshotAndStreamMeet captures and follows a number of times.
func snapshotAndStreamMeet(m *mirror, image string, rounds int, capture captures) {
	t := m.t
	if capture == nil {
		capture = m.source.Capture
	}
	m.exec(scribbled...)
	r := m.begin()
	if image != "FULL" {
		// Without the whole row before, a table without a key cannot be followed.
		m.exec("ALTER TABLE bag ADD id INT AUTO_INCREMENT PRIMARY KEY INVISIBLE")
		m.exec("DROP TABLE " + m.to + ".bag")
		r = m.begin()
	}
	stop := scribble(m, 4)
	for round := range rounds {
		for _, table := range []string{"acc", "two", "bag"} {
			m.exec("TRUNCATE " + m.to + "." + table)
		}
		snap, err := capture(t.Context(), r, 1+round%3)
		require.NoError(t, err)
		m.busy(5)
		m.loadSnapshot(snap)
		require.NoError(t, snap.Close())
		s, err := m.source.Stream(t.Context(), r, snap.Position())
		require.NoError(t, err)
		m.busy(10 * round)
		if round == rounds-1 {
			stop()
		}
		m.drain(s, m.end())
		require.NoError(t, s.Close())
	}
	require.Empty(t, m.events)
	require.Greater(t, m.changes, 100)
	m.same()
}
