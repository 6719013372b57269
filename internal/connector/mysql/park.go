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
	table := quoteIdent(t.host.cfg.controlSchema) + ".awsdms_apply_exceptions"
	if err := t.createControl(ctx, table, exceptionsColumns); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := min(len(rows), 500)
		var values []string
		for _, r := range rows[:n] {
			values = append(values, "("+strings.Join([]string{
				quoteString(r.Task), quoteString(r.Table.Schema), quoteString(r.Table.Name),
				"'" + r.Time.UTC().Format("2006-01-02 15:04:05.000000") + "'",
				quoteString(strings.ToValidUTF8(r.Statement, "?")), quoteString(strings.ToValidUTF8(r.Reason, "?")),
			}, ", ")+")")
		}
		sql := "INSERT INTO " + table + " (TASK_NAME, TABLE_OWNER, TABLE_NAME, ERROR_TIME, STATEMENT, ERROR) VALUES " + strings.Join(values, ", ")
		if _, err := t.host.control.ExecContext(ctx, sql); err != nil {
			return classify(ctx, fmt.Errorf("write rejected rows to %s: %w", table, err))
		}
		rows = rows[n:]
	}
	return nil
}
