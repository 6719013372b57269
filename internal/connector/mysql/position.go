package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// snapshotPosition asks MariaDB for the place in the binary log that the session's snapshot corresponds to; empty when
// no binary log is kept.
func (se *link) snapshotPosition(ctx context.Context) (string, error) {
	rows, err := se.query(ctx, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%'")
	if err != nil {
		return "", fmt.Errorf("ask for the snapshot's position: %w", err)
	}
	status := map[string]string{}
	for _, r := range rows {
		if len(r) == 2 {
			status[strings.ToLower(r[0])] = r[1]
		}
	}
	file, offset := status["binlog_snapshot_file"], status["binlog_snapshot_position"]
	if file == "" {
		return "", nil
	}
	gtids, err := se.query(ctx, "SELECT BINLOG_GTID_POS("+quoteString(file)+", "+quoteString(offset)+")")
	if err != nil {
		return "", fmt.Errorf("ask for the snapshot's GTID: %w", err)
	}
	position := file + ":" + offset
	if len(gtids) == 1 && len(gtids[0]) == 1 && gtids[0][0] != "" {
		position += " " + gtids[0][0]
	}
	return position, nil
}

// masterPosition asks MySQL where its binary log ends; empty when none is kept. MySQL 8.2 renamed the statement.
func (se *link) masterPosition(ctx context.Context) (string, error) {
	rows, err := se.query(ctx, "SHOW BINARY LOG STATUS")
	if code, ok := codeOf(err); ok && code == syntaxError {
		rows, err = se.query(ctx, "SHOW MASTER STATUS")
	}
	if err != nil {
		if connector.ClassOf(err) == connector.Denied {
			return "", &connector.Error{Class: connector.Denied, Err: err, Remedy: "GRANT REPLICATION CLIENT ON *.* TO " + se.server.account(ctx)}
		}
		return "", fmt.Errorf("ask for the binary log's position: %w", err)
	}
	if len(rows) == 0 || len(rows[0]) < 2 {
		return "", nil
	}
	position := rows[0][0] + ":" + rows[0][1]
	if last := rows[0][len(rows[0])-1]; len(rows[0]) >= 5 && last != "" {
		position += " " + strings.ReplaceAll(last, "\n", "")
	}
	return position, nil
}

// syntaxError is ER_PARSE_ERROR.
const syntaxError = 1064
