package mysql

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// MariaDB can write its row and query events compressed. They carry the same.
func TestCompressedEventsOfMariaDB(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t, "log_bin_compress=ON", "log_bin_compress_min_len=10"), true)
	m.exec("CREATE TABLE item (id INT PRIMARY KEY, v LONGTEXT, n INT)", "CREATE TABLE keyless (v VARCHAR(2000), n INT)")
	r := m.begin()
	from := m.end()
	for range 3 {
		m.exec("INSERT INTO item (id, v, n) SELECT seq + (SELECT coalesce(max(id), 0) FROM item i), repeat(concat('row ', seq), 200), seq FROM seq_1_to_200",
			"INSERT INTO keyless SELECT repeat('x', 1500), seq % 7 FROM seq_1_to_50", "UPDATE item SET v = concat(v, n), n = n + 1 WHERE id % 3 = 0",
			"UPDATE keyless SET n = n + 1 WHERE n = 3", "DELETE FROM item WHERE id % 11 = 0", "DELETE FROM keyless WHERE n = 5 LIMIT 2",
			"ALTER TABLE item ADD COLUMN IF NOT EXISTS extra VARCHAR(200) DEFAULT '"+strings.Repeat("a long statement ", 10)+"'")
	}
	compressed := 0
	for _, row := range m.rowsOf("SHOW BINLOG EVENTS LIMIT 100000") {
		if strings.Contains(row[2], "ompressed") {
			compressed++
		}
	}
	require.Greater(t, compressed, 10, "the log is compressed")
	m.follow(r, from, m.end())
	require.Greater(t, m.changes, 1000)
	m.same()
}

// A target that commits without waiting for the disk is named, with what mends it.
func TestLossyTargetIsNamed(t *testing.T) {
	d := servertest.PrivateMariaDB(t, "innodb_flush_log_at_trx_commit=2")
	var log bytes.Buffer
	target, err := openTarget(context.Background(), connector.Config{URL: d.URL, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	defer func() { _ = target.Close() }()
	session, err := target.(connector.Applier).Apply(context.Background(), connector.ApplyOptions{Run: "lossy"})
	require.NoError(t, err)
	require.NoError(t, session.Close())
	require.Contains(t, log.String(), "innodb_flush_log_at_trx_commit is 2")
	require.Contains(t, log.String(), "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
}
