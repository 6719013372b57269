package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// exceptionsColumns are the documented ones of awsdms_apply_exceptions.
const exceptionsColumns = `
	TASK_NAME VARCHAR(128) NOT NULL,
	TABLE_OWNER VARCHAR(128) NOT NULL,
	TABLE_NAME VARCHAR(128) NOT NULL,
	ERROR_TIME DATETIME(6) NOT NULL,
	STATEMENT LONGTEXT NOT NULL,
	ERROR LONGTEXT NOT NULL`

// Park writes rejected rows to awsdms_apply_exceptions, making the table if need be.
func (t *target) Park(ctx context.Context, rows []connector.Parked) error {
	if len(rows) == 0 {
		return nil
	}
	if err := t.createControl(ctx, t.exceptionsTable(), exceptionsColumns); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := min(len(rows), parkedTogether)
		if _, err := t.host.control.ExecContext(ctx, t.parkStatement(rows[:n])); err != nil {
			return t.controlError(ctx, fmt.Errorf("write rejected rows to %s: %w", t.exceptionsTable(), err))
		}
		rows = rows[n:]
	}
	return nil
}

// parkedTogether bounds the rows of one INSERT.
const parkedTogether = 500

func (t *target) exceptionsTable() string {
	return quoteIdent(t.host.cfg.controlSchema) + ".awsdms_apply_exceptions"
}

func (t *target) parkStatement(rows []connector.Parked) string {
	values := make([]string, len(rows))
	for i, r := range rows {
		values[i] = "(" + strings.Join([]string{
			quoteString(cutRunes(r.Task, 128)), quoteString(cutRunes(r.Table.Schema, 128)), quoteString(cutRunes(r.Table.Name, 128)),
			"'" + r.Time.UTC().Format("2006-01-02 15:04:05.000000") + "'",
			quoteString(strings.ToValidUTF8(r.Statement, "?")), quoteString(strings.ToValidUTF8(r.Reason, "?")),
		}, ", ") + ")"
	}
	return "INSERT INTO " + t.exceptionsTable() + " (TASK_NAME, TABLE_OWNER, TABLE_NAME, ERROR_TIME, STATEMENT, ERROR) VALUES " + strings.Join(values, ", ")
}

// Park writes changes that were left out, inside the transaction.
func (a *applySession) Park(ctx context.Context, rows []connector.Parked) error {
	for len(rows) > 0 {
		n := min(len(rows), parkedTogether)
		a.waiting = append(a.waiting, a.target.parkStatement(rows[:n]))
		rows = rows[n:]
	}
	return a.flush(ctx, "park changes")
}
