package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestSnapshotAndStreamOfMySQLMeet does what TestSnapshotAndStreamMeet does, with GTIDs and without, and with
// transactions that the server compresses.
func TestSnapshotAndStreamOfMySQLMeet(t *testing.T) {
	for image, conf := range map[string][]string{
		"FULL":    {"binlog_transaction_compression=ON", "binlog_row_metadata=FULL"},
		"MINIMAL": {"gtid_mode=OFF", "enforce_gtid_consistency=OFF"},
	} {
		t.Run(image, func(t *testing.T) {
			d := servertest.PrivateMySQL(t, append(conf, "binlog_row_image="+image, "max_binlog_size=1M")...)
			snapshotAndStreamMeet(newMirror(t, d, image == "FULL"), image, 2, nil)
		})
	}
}

// TestStreamOfMySQLCarriesEveryType with the values that both servers have, and MySQL's own.
func TestStreamOfMySQLCarriesEveryType(t *testing.T) {
	m := newMirror(t, servertest.MySQL(t), false)
	own := append(edges[:len(edges):len(edges)], struct {
		column string
		values []string
	}{"json", []string{
		`'{"a": {"b": [1, -32769, 3000000000, 18446744073709551615, 1.5, true, null, "ä\\n"]}, "": {}, "long": []}'`,
		"JSON_OBJECT('d', CAST(1.5 AS DECIMAL(9,1)), 't', CAST('2020-01-02 03:04:05.678' AS DATETIME(3)), 'x', CAST('-10:11:12' AS TIME))",
		"JSON_ARRAY(CAST('2020-01-02' AS DATE), 1e100, -0.0, 1e15, 123456789.125)", "JSON_ARRAY(x'00ff', REPEAT('x', 70000))", "JSON_QUOTE('s')",
	}}, struct {
		column string
		values []string
	}{"point SRID 4326", []string{"ST_SRID(POINT(1, 2), 4326)"}}, struct {
		column string
		values []string
	}{"vector(3)", []string{"STRING_TO_VECTOR('[1, -2.5, 3e10]')"}})
	made := map[int]bool{}
	for i, e := range own {
		if strings.HasPrefix(e.column, "uuid") || strings.HasPrefix(e.column, "inet") {
			continue
		}
		made[i] = true
		m.exec(fmt.Sprintf("CREATE TABLE k%d (id INT AUTO_INCREMENT PRIMARY KEY, v %s, n INT)", i, e.column))
	}
	r := m.begin()
	from := m.end()
	c, err := m.db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	run := func(q string) {
		_, err := c.ExecContext(t.Context(), q)
		require.NoError(t, err, "%.300s", q)
	}
	run("SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'")
	for i, e := range own {
		if !made[i] {
			continue
		}
		for _, v := range append(e.values, "NULL") {
			run(fmt.Sprintf("INSERT INTO k%d (v, n) VALUES (%s, 1), (%s, 2)", i, v, v))
		}
		run(fmt.Sprintf("UPDATE k%d SET n = n + 10", i))
		run(fmt.Sprintf("UPDATE k%d SET v = NULL WHERE id %% 3 = 0", i))
		run(fmt.Sprintf("UPDATE k%d SET id = id + 1000 WHERE id %% 4 = 0", i))
	}
	m.follow(r, from, m.end())
	require.Greater(t, m.changes, 500)
	require.Empty(t, m.events)
	m.same()
}

// TestPartialUpdatesOfJSON has the server log how documents differ, in every way that it knows.
func TestPartialUpdatesOfJSON(t *testing.T) {
	m := newMirror(t, servertest.PrivateMySQL(t, "binlog_row_value_options=PARTIAL_JSON"), true)
	m.exec("CREATE TABLE j (id INT PRIMARY KEY, a JSON, t VARCHAR(9), b JSON, c JSON)", "CREATE TABLE n (a JSON, x INT)")
	r := m.begin()
	from := m.end()
	long := strings.Repeat("x", 3000)
	for id := range 4 {
		m.exec(fmt.Sprintf(`INSERT INTO j VALUES (%d, '{"a": [1, 2, {"k": "v"}], "bb": {"x": null}, "we \\\"ird.[key": 5, "pad": "%s"}', 't', '[1, [2, 3], "%s"]', NULL)`, id, long, long))
	}
	m.exec("INSERT INTO n SELECT a, id FROM j")
	for _, change := range []string{
		`a = JSON_SET(a, '$.a[1]', 'two', '$.new', 1)`, `b = JSON_REPLACE(b, '$[1][0]', JSON_OBJECT('q', 1)), t = 'u'`,
		`a = JSON_REMOVE(a, '$.bb.x', '$.a[0]'), b = JSON_SET(b, '$[7]', 'end')`, `a = JSON_SET(a, '$.zz', '1', '$."we \\"ird.[key"', JSON_ARRAY(1, 2))`,
		`a = JSON_REPLACE(a, '$.pad', 'short', '$.a[1].k', NULL)`, `b = JSON_REMOVE(b, '$[0]'), c = '{}'`, `c = JSON_SET(c, '$.ä', 1.5)`, `b = JSON_SET(b, '$[0][1]', 7, '$[0][9]', 8)`,
		`c = JSON_OBJECT('l', JSON_ARRAY(1, 2, 3, 4, JSON_ARRAY(5, 6)), 'pad', '` + long + `')`, `c = JSON_REPLACE(c, '$.l[last][last-1]', 9, '$.l[last-2]', 8)`,
		`c = JSON_ARRAY_INSERT(c, '$.l[last-1]', 7)`, `c = JSON_REMOVE(c, '$.l[last]')`, `c = JSON_SET(c, '$.l[last-1]', 'x', '$.l[last-20]', 'y')`, `c = JSON_ARRAY_INSERT(c, '$.l[last-30]', 6)`,
		`c = JSON_ARRAY_APPEND(c, '$.l[last]', 'z')`,
	} {
		m.exec("UPDATE j SET " + change + " WHERE id > 0")
		if !strings.Contains(change, "b =") && !strings.Contains(change, "c =") {
			m.exec("UPDATE n SET " + change + " WHERE x > 1")
		}
	}
	partial := 0
	for _, row := range m.rowsOf("SHOW BINLOG EVENTS LIMIT 100000") {
		if strings.Contains(row[2], "partial") {
			partial++
		}
	}
	require.Greater(t, partial, 5, "the log has differences")
	m.follow(r, from, m.end())
	require.Empty(t, m.events)
	m.same()
	found, err := m.source.Obstacles(t.Context(), r)
	require.NoError(t, err)
	for _, o := range found {
		require.False(t, o.Fatal, o.What)
	}
}

// TestStreamOfMySQLFailsOverByGTID goes on at a replica that was made primary, also where GTIDs have tags.
func TestStreamOfMySQLFailsOverByGTID(t *testing.T) {
	for _, tag := range []string{"", "a_tag_of_thirty_two_characters__"} {
		t.Run("tag="+tag, func(t *testing.T) { failsOverByGTID(t, tag) })
	}
}

func failsOverByGTID(t *testing.T, tag string) {
	a := servertest.PrivateMySQL(t, "max_binlog_size=4096")
	b := servertest.PrivateMySQL(t, "server-id=2", "log-bin=other")
	m := newMirror(t, a, true)
	replica := newFixture(t, b)
	replica.exec(fmt.Sprintf("CHANGE REPLICATION SOURCE TO source_host='127.0.0.1', source_port=%d, source_user='whimbrel', source_password='secret', source_auto_position=1, get_source_public_key=1", a.Server.Port()), "START REPLICA")
	c, err := m.db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	run := func(statements ...string) {
		for _, q := range statements {
			_, err := c.ExecContext(t.Context(), q)
			require.NoError(t, err, q)
		}
	}
	if tag != "" {
		run("SET gtid_next = 'AUTOMATIC:" + tag + "'")
	}
	run("CREATE TABLE f (id INT PRIMARY KEY, v INT)")
	r := m.begin()
	from := m.end()
	for i := range 30 {
		run(fmt.Sprintf("INSERT INTO f VALUES (%d, %d)", i, i))
		if i%3 == 0 { // others have none
			m.exec(fmt.Sprintf("UPDATE f SET v = v + 1 WHERE id = %d", i))
		}
	}
	m.follow(r, from, m.end())
	run("INSERT INTO f VALUES (100, 1)", "UPDATE f SET v = v + 1")
	at, err := m.source.Checkpointed(m)
	require.NoError(t, err)
	if tag != "" {
		require.Contains(t, at, ":"+tag+":")
	}
	order, err := m.source.Compare(from, at)
	require.NoError(t, err)
	require.Negative(t, order)
	var caughtUp int
	require.NoError(t, replica.db.QueryRowContext(t.Context(), "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 60)", m.rowsOf("SELECT @@gtid_executed")[0][0]).Scan(&caughtUp))
	require.Zero(t, caughtUp)
	replica.exec("STOP REPLICA", "UPDATE "+m.name+".f SET v = v * 2")
	old := m.source
	m.source = replica.source
	m.follow(r, at, m.end())
	// The other server's files say nothing about the place, so its GTIDs have to.
	_, gtids, _ := strings.Cut(at, " ")
	s, err := m.source.Stream(t.Context(), r, gtids)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	m.source = old
	require.Equal(t, m.rowsOf("SELECT id, 2 * v FROM "+m.name+".f ORDER BY id"), m.rowsOf("SELECT id, v FROM "+m.to+".f ORDER BY id"))
	_, err = m.source.Stream(t.Context(), connector.StreamRequest{Run: "x", Pool: m.pool}, "no position")
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}
