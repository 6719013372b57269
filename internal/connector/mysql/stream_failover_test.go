package mysql

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestStreamFailsOverByGTID goes on at a replica that was made primary: its files are others, its transactions the same.
func TestStreamFailsOverByGTID(t *testing.T) {
	a := servertest.PrivateMariaDB(t, "log_slave_updates=ON", "gtid_strict_mode=ON")
	b := servertest.PrivateMariaDB(t, "log_slave_updates=ON", "server-id=2", "log-bin=other")
	m := newMirror(t, a, true)
	replica := newFixture(t, b)
	start := m.rowsOf("SELECT @@gtid_binlog_pos")[0][0]
	replica.exec("CREATE DATABASE IF NOT EXISTS "+m.name, "CREATE DATABASE IF NOT EXISTS "+m.to, "RESET MASTER", "SET GLOBAL gtid_slave_pos = '"+start+"'", fmt.Sprintf("CHANGE MASTER TO master_host='127.0.0.1', master_port=%d, master_user='whimbrel', master_password='secret', master_use_gtid=slave_pos", a.Server.Port()), "START SLAVE")
	m.exec("CREATE TABLE f (id INT PRIMARY KEY, v INT)")
	r := m.begin()
	from := m.end()
	for i := range 30 {
		m.exec(fmt.Sprintf("INSERT INTO f VALUES (%d, %d)", i, i))
	}
	m.follow(r, from, m.end())
	m.exec("INSERT INTO f VALUES (100, 1)", "UPDATE f SET v = v + 1")
	at, err := m.source.Checkpointed(m)
	require.NoError(t, err)
	end := m.rowsOf("SELECT @@gtid_binlog_pos")[0][0]
	require.Eventually(t, func() bool {
		var pos string
		_ = replica.db.QueryRowContext(t.Context(), "SELECT @@gtid_slave_pos").Scan(&pos)
		return pos == end
	}, 20*time.Second, 50*time.Millisecond)
	replica.exec("STOP SLAVE", "UPDATE "+m.name+".f SET v = v * 2")
	old := m.source
	m.source = replica.source
	m.follow(r, at, m.end())
	m.source = old
	require.Equal(t, m.rowsOf("SELECT id, 2 * v FROM "+m.name+".f ORDER BY id"), m.rowsOf("SELECT id, v FROM "+m.to+".f ORDER BY id"))
}

// Checkpointed is the position that the target's last commit has written.
func (s *source) Checkpointed(m *mirror) (string, error) {
	c, ok, err := m.target.Checkpoint(m.t.Context(), "mirror")
	if err == nil && !ok {
		err = fmt.Errorf("no checkpoint")
	}
	return c.Position, err
}

// TestPurgedPositionIsExplained asks for a file that is gone, by file and by GTID.
func TestPurgedPositionIsExplained(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t), true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY)")
	r := m.begin()
	from := m.end()
	m.exec("INSERT INTO f VALUES (1)", "FLUSH LOGS", "INSERT INTO f VALUES (2)", "FLUSH LOGS")
	files := m.rowsOf("SHOW BINARY LOGS")
	require.Eventually(t, func() bool { // the server keeps a file until the storage engine has flushed what it holds
		m.exec("PURGE BINARY LOGS TO '" + files[len(files)-1][0] + "'")
		return len(m.rowsOf("SHOW BINARY LOGS")) == 1
	}, 20*time.Second, 200*time.Millisecond)
	place, _, _ := strings.Cut(from, " ")
	_, gtids, _ := strings.Cut(from, " ")
	for _, p := range []string{from, place, gtids} {
		s, err := m.source.Stream(t.Context(), r, p)
		require.NoError(t, err)
		for range 20 {
			if _, err = s.Next(t.Context()); err != nil {
				break
			}
		}
		require.NoError(t, s.Close())
		require.Equal(t, connector.Missing, connector.ClassOf(err), "%s: %v", p, err)
		require.ErrorContains(t, err, "no longer has its binary log")
	}
	_, err := m.source.Start(t.Context(), r, connector.StartPoint{Native: place})
	require.Equal(t, connector.Missing, connector.ClassOf(err))
}

// TestStreamEndsWithItsServer and begins again where it was.
func TestStreamEndsWithItsServer(t *testing.T) {
	d := servertest.PrivateMariaDB(t)
	m := newMirror(t, d, true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY, v INT)")
	r := m.begin()
	s, err := m.source.Stream(t.Context(), r, m.end())
	require.NoError(t, err)
	m.exec("INSERT INTO f VALUES (1, 1)")
	m.drain(s, m.end())
	d.Server.Stop()
	for err == nil {
		_, err = s.Next(t.Context())
	}
	require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
	require.NoError(t, s.Close())
	require.NoError(t, d.Server.Start())
	at, err := m.source.Checkpointed(m)
	require.NoError(t, err)
	m.exec("INSERT INTO f VALUES (2, 2)")
	m.open()
	m.follow(r, at, m.end())
	m.same()
}

// TestMillionRowTransactionTakesLittleMemory.
func TestMillionRowTransactionTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	m := newMirror(t, servertest.PrivateMariaDB(t, "max_binlog_size=1G"), true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY, v VARCHAR(100))")
	r := m.begin()
	from := m.end()
	const rows = 1_000_000
	m.exec(fmt.Sprintf("INSERT INTO f SELECT seq, REPEAT('v', 60) FROM seq_1_to_%d", rows))
	until := m.end()
	s, err := m.source.Stream(t.Context(), r, from)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var base, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&base)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	n, most := 0, uint64(0)
	for {
		e, err := s.Next(ctx)
		require.NoError(t, err)
		if e.Changes != nil {
			n += e.Changes.Len()
			require.Equal(t, n < rows, e.Changes.Open)
			m.pool.Put(e.Changes)
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		if past, _ := m.source.Compare(e.Position, until); e.Position != "" && past >= 0 {
			break
		}
	}
	require.Equal(t, rows, n)
	require.Less(t, most-min(most, base.HeapAlloc), uint64(6*change.MaxGroupBytes))
}

// until waits for a time, which is what the log tells transactions apart by.
func (m *mirror) until(at time.Time) {
	m.t.Helper()
	require.Eventually(m.t, func() bool { return !time.Now().Before(at) }, time.Minute, 10*time.Millisecond)
}

// TestStartFromTime finds the first transaction that committed then or later, also in an older file.
func TestStartFromTime(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t), true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY)")
	r := m.begin()
	var at time.Time
	for i := range 6 {
		if i == 3 {
			at = time.Now().Truncate(time.Second).Add(2 * time.Second)
			m.until(at)
		}
		m.exec(fmt.Sprintf("INSERT INTO f VALUES (%d)", i))
		if i%2 == 0 {
			m.exec("FLUSH LOGS")
		}
	}
	from, err := m.source.Start(t.Context(), r, connector.StartPoint{At: at})
	require.NoError(t, err)
	m.follow(r, from, m.end())
	require.Equal(t, [][]string{{"3"}, {"4"}, {"5"}}, m.rowsOf("SELECT id FROM "+m.to+".f ORDER BY id"))
	_, err = m.source.Start(t.Context(), r, connector.StartPoint{At: time.Now().Add(-time.Hour)})
	require.Equal(t, connector.Missing, connector.ClassOf(err))
	for _, native := range []string{"checkpoint:" + from, "checkpoint:V1#27#" + strings.Fields(from)[0] + ":-1:2002:6778:" + strings.Fields(from)[0] + "#0#0#*#0#93", strings.Fields(from)[0]} {
		p, err := m.source.Start(t.Context(), r, connector.StartPoint{Native: native})
		require.NoError(t, err)
		require.Equal(t, from, p)
	}
}

// TestStreamEndsBeforeUntil and leaves the later transaction out.
func TestStreamEndsBeforeUntil(t *testing.T) {
	m := newMirror(t, servertest.MariaDB(t), true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY)")
	r := m.begin()
	from := m.end()
	m.exec("INSERT INTO f VALUES (1)")
	r.Until = time.Now().Truncate(time.Second).Add(time.Second)
	m.until(r.Until.Add(time.Second))
	m.exec("INSERT INTO f VALUES (2)")
	s, err := m.source.Stream(t.Context(), r, from)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	n := 0
	for ended := false; !ended; {
		e, err := s.Next(t.Context())
		require.NoError(t, err)
		if e.Changes != nil {
			n += e.Changes.Len()
			m.pool.Put(e.Changes)
		}
		ended = e.Ended
	}
	require.Equal(t, 1, n)
}

// TestSinceLeavesOutWhatWasLoaded.
func TestSinceLeavesOutWhatWasLoaded(t *testing.T) {
	m := newMirror(t, servertest.MariaDB(t), true)
	m.exec("CREATE TABLE f (id INT PRIMARY KEY)", "CREATE TABLE g (id INT PRIMARY KEY)")
	r := m.begin()
	from := m.end()
	m.exec("INSERT INTO f VALUES (1)", "INSERT INTO g VALUES (1)")
	r.Tables[0].Since = m.end()
	m.exec("INSERT INTO f VALUES (2)", "INSERT INTO g VALUES (2)")
	m.follow(r, from, m.end())
	require.Equal(t, [][]string{{"2"}}, m.rowsOf("SELECT id FROM "+m.to+".f"))
	require.Equal(t, [][]string{{"1"}, {"2"}}, m.rowsOf("SELECT id FROM "+m.to+".g ORDER BY id"))
}
