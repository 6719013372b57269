package mysql

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// xa is a session that runs XA transactions.
type xa struct {
	*mirror
	conn *sql.Conn
}

func (m *mirror) xa() *xa {
	m.t.Helper()
	c, err := m.db.Conn(m.t.Context())
	require.NoError(m.t, err)
	m.t.Cleanup(func() { _ = c.Close() })
	return &xa{mirror: m, conn: c}
}

func (x *xa) run(statements ...string) {
	x.t.Helper()
	for _, q := range statements {
		_, err := x.conn.ExecContext(x.t.Context(), q)
		require.NoError(x.t, err, "%.200s", q)
	}
}

// prepare runs statements up to XA PREPARE.
func (x *xa) prepare(id string, statements ...string) {
	x.t.Helper()
	x.run("XA START " + id)
	x.run(statements...)
	x.run("XA END "+id, "XA PREPARE "+id)
}

// later ends a transaction from another session, as a coordinator does after a restart. A server may need a moment to
// see that the session that has prepared it is gone.
func (m *mirror) later(statement string) {
	m.t.Helper()
	require.EventuallyWithT(m.t, func(c *assert.CollectT) {
		_, err := m.db.ExecContext(m.t.Context(), statement)
		require.NoError(c, err, statement)
	}, 5*time.Minute, 100*time.Millisecond)
}

// away ends the session.
func (x *xa) away() {
	_ = x.conn.Raw(func(any) error { return driver.ErrBadConn })
}

// TestXATransactionsFollowTheirDecision prepares, commits and rolls back in all orders, with streams that are there all
// the time, that begin between the two, and that meet a server that was started anew in between.
func TestXATransactionsFollowTheirDecision(t *testing.T) {
	for name, open := range map[string]func(testing.TB, ...string) *servertest.Database{
		"mariadb": servertest.PrivateMariaDB, "mysql": servertest.PrivateMySQL,
	} {
		t.Run(name, func(t *testing.T) { xaTransactions(t, open(t)) })
	}
	t.Run("mysql compressed", func(t *testing.T) {
		xaTransactions(t, servertest.PrivateMySQL(t, "binlog_transaction_compression=ON", "gtid_mode=OFF", "enforce_gtid_consistency=OFF"))
	})
}

func xaTransactions(t *testing.T, d *servertest.Database) {
	m := newMirror(t, d, true)
	m.pool = change.NewBoundedGroupPool(2, 1000, 1<<20)
	m.exec("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(2000))", "CREATE TABLE b (x INT, y TEXT)", "CREATE TABLE many (n INT PRIMARY KEY)", "INSERT INTO many VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
	m.exec("CREATE TABLE "+m.to+".many LIKE many", "INSERT INTO "+m.to+".many SELECT * FROM many")
	r := m.begin()
	from := m.end()
	count := func(q string) string { return m.rowsOf(q)[0][0] }
	at := func(table string) string { return count("SELECT COUNT(*) FROM " + m.to + "." + table) }

	x := m.xa()
	x.prepare("'one'", "INSERT INTO a VALUES (1, 'one'), (2, 'two')", "UPDATE a SET v = 'zwei' WHERE id = 2", "INSERT INTO b VALUES (1, 'b')")
	m.exec("INSERT INTO a VALUES (3, 'plain')")
	m.follow(r, from, m.end())
	require.Equal(t, "1", at("a"), "what is prepared is not seen")

	// A stream that begins behind the preparation, by a position that tells nothing of it.
	x.run("XA COMMIT 'one'")
	between, err := m.source.Checkpointed(m)
	require.NoError(t, err)
	m.open()
	m.follow(r, between, m.end())
	require.Equal(t, "3", at("a"))
	require.Equal(t, "1", at("b"))

	// Rolled back, the same name again, one phase, empty, and two at once that end in the other order.
	from = m.end()
	y := m.xa()
	x.prepare("'one'", "INSERT INTO a VALUES (10, 'undone')", "DELETE FROM b")
	x.run("XA ROLLBACK 'one'")
	x.prepare("'one','branch',7", "UPDATE a SET v = 'again' WHERE id = 1", "SAVEPOINT s", "INSERT INTO b VALUES (5, 'gone')", "ROLLBACK TO s")
	y.prepare("'two'", "UPDATE a SET v = 'other' WHERE id = 2", "DELETE FROM a WHERE id = 3", "INSERT INTO a VALUES (4, 'y')")
	y.run("XA COMMIT 'two'")
	m.exec("FLUSH LOGS")
	x.run("XA COMMIT 'one','branch',7")
	x.run("XA START 'phase'", "INSERT INTO a VALUES (20, 'one phase')", "XA END 'phase'", "XA COMMIT 'phase' ONE PHASE")
	x.run("XA START 'none'", "XA END 'none'", "XA PREPARE 'none'", "XA COMMIT 'none'")
	m.follow(r, from, m.end())
	m.same()

	// Larger than a group, over a restart of the source (MariaDB), decided by someone else, and one that nobody decides.
	from = m.end()
	x.prepare("'large'", "INSERT INTO a SELECT 1000 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n, REPEAT('x', 300) FROM many a, many b, many c, many d WHERE d.n < 5")
	y.prepare("'open'", "INSERT INTO a VALUES (30, 'open')")
	restarts := m.source.host.mariadb
	if restarts {
		x.away()
		y.away()
	}
	m.exec("INSERT INTO b VALUES (7, 'z')")
	s, err := m.source.Stream(t.Context(), r, from)
	require.NoError(t, err)
	m.drain(s, m.end())
	require.NoError(t, s.Close())
	require.NoError(t, m.session.Close())
	at1, err := m.source.Checkpointed(m)
	require.NoError(t, err)
	if restarts {
		d.Server.Stop()
		require.NoError(t, d.Server.Start())
	}
	m.exec("INSERT INTO b VALUES (8, 'after')")
	if restarts {
		m.later("XA COMMIT 'large'")
	} else {
		x.run("XA COMMIT 'large'")
	}
	m.exec("UPDATE a SET v = 'last' WHERE id = 1500")
	m.open()
	m.follow(r, at1, m.end())
	require.Equal(t, "5004", at("a"))
	m.same()
	if restarts {
		m.later("XA ROLLBACK 'open'")
	} else {
		y.run("XA ROLLBACK 'open'")
	}

	// A decision whose preparation is gone is told, not left out.
	z := m.xa()
	z.prepare("'lost'", "INSERT INTO a VALUES (40, 'lost')")
	from = m.end()
	m.exec("FLUSH LOGS", "INSERT INTO b VALUES (9, 'x')")
	z.run("XA COMMIT 'lost'")
	st := s.(*stream)
	_, err = st.source.findPrepared(t.Context(), r, "X'6c6f7374',X'',1", position{file: "binlog.000001", offset: 4})
	require.Equal(t, connector.Missing, connector.ClassOf(err), "%v", err)
	m.open()
	m.follow(r, from, m.end())
	require.Equal(t, "1", count(fmt.Sprintf("SELECT COUNT(*) FROM %s.a WHERE id = 40", m.to)))
	m.same()
}
