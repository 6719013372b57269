package mysql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// said joins what the obstacles say, those that are fatal marked.
func said(found []connector.Obstacle) string {
	var lines []string
	for _, o := range found {
		mark := ""
		if o.Fatal {
			mark = "FATAL "
		}
		lines = append(lines, mark+o.Table.String()+" "+o.What+" -> "+o.Remedy)
	}
	return strings.Join(lines, "\n")
}

// TestObstaclesAreNamedWithTheirRemedy, and what they ask for makes them go away.
func TestObstaclesAreNamedWithTheirRemedy(t *testing.T) {
	d := servertest.PrivateMariaDB(t, "binlog_format=MIXED", "binlog_row_image=MINIMAL", "expire_logs_days=0.5")
	m := newMirror(t, d, true)
	m.exec("CREATE TABLE parent (id INT PRIMARY KEY)", "CREATE TABLE bare (id INT)", "CREATE TABLE old (id INT PRIMARY KEY) ENGINE=MyISAM",
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT f FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
		"CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'secret'", "GRANT SELECT ON *.* TO poor@'127.0.0.1'")
	r := m.begin()
	found, err := m.source.Obstacles(t.Context(), r)
	require.NoError(t, err)
	text := said(found)
	for _, want := range []string{"FATAL  binlog_format is MIXED", "SET GLOBAL binlog_format = ROW", "binlog_row_image is MINIMAL", "purged after 12h",
		m.name + ".bare the table has no primary key", m.name + ".old the table's engine MyISAM", m.name + ".child the foreign key f"} {
		require.Contains(t, text, want)
	}
	m.exec("SET GLOBAL binlog_format = ROW", "SET GLOBAL binlog_row_image = FULL", "SET GLOBAL expire_logs_days = 7")
	found, err = m.source.Obstacles(t.Context(), connector.StreamRequest{})
	require.NoError(t, err)
	require.Empty(t, said(found))

	s, err := openSource(t.Context(), connector.Config{URL: strings.Replace(d.URL, "whimbrel:", "poor:", 1)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	found, err = s.(*source).Obstacles(t.Context(), connector.StreamRequest{})
	require.NoError(t, err)
	require.Contains(t, said(found), "GRANT BINLOG MONITOR ON *.* TO 'poor'@'127.0.0.1'")
	m.exec("GRANT BINLOG MONITOR ON *.* TO poor@'127.0.0.1'")
	found, err = s.(*source).Obstacles(t.Context(), connector.StreamRequest{})
	require.NoError(t, err)
	require.Contains(t, said(found), "GRANT REPLICATION SLAVE ON *.* TO 'poor'@'127.0.0.1'")
	m.exec("GRANT REPLICATION SLAVE ON *.* TO poor@'127.0.0.1'")
	found, err = s.(*source).Obstacles(t.Context(), connector.StreamRequest{})
	require.NoError(t, err)
	require.Empty(t, said(found))
}

// TestServerWithoutALogIsRefused by every way to begin.
func TestServerWithoutALogIsRefused(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t, "skip-log-bin"), true)
	found, err := m.source.Obstacles(t.Context(), connector.StreamRequest{})
	require.NoError(t, err)
	require.Contains(t, said(found), "FATAL  log_bin is OFF")
	_, err = m.source.Capture(t.Context(), connector.StreamRequest{}, 2)
	require.Equal(t, connector.Invalid, connector.ClassOf(err), "%v", err)
	_, err = m.source.End(t.Context())
	require.ErrorContains(t, err, "keeps no binary log")
}

// TestRetentionOnRDS: RDS keeps its own setting in a table, whatever the variables say. A table of that name stands for it.
func TestRetentionOnRDS(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t), true)
	m.exec("SET GLOBAL binlog_expire_logs_seconds = 2592000")
	look := func() string {
		found, err := m.source.Obstacles(t.Context(), connector.StreamRequest{})
		require.NoError(t, err)
		return said(found)
	}
	require.Empty(t, look())
	m.exec("CREATE TABLE mysql.rds_configuration (name VARCHAR(100), value VARCHAR(100), description VARCHAR(300))",
		"INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL, '')")
	require.Contains(t, look(), "the binary log is purged as soon as the server likes: a migration that is interrupted for longer begins anew -> CALL mysql.rds_set_configuration('binlog retention hours', 168)")
	m.exec("UPDATE mysql.rds_configuration SET value = 12")
	require.Contains(t, look(), "purged after 12h0m0s")
	m.exec("UPDATE mysql.rds_configuration SET value = 24")
	require.Empty(t, look())
}
