package mysql

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.ParkedReader = (*target)(nil)

// Parked implements connector.ParkedReader.
func (t *target) Parked(ctx context.Context, q connector.ParkedQuery) ([]connector.Parked, error) {
	fail := func(err error) error {
		return classify(ctx, fmt.Errorf("read rejected rows from %s: %w", t.exceptionsTable(), err))
	}
	var there int
	err := t.host.control.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'awsdms_apply_exceptions'", t.host.cfg.controlSchema).Scan(&there)
	if err != nil || there == 0 {
		if err != nil {
			err = fail(err)
		}
		return nil, err
	}
	where := "TASK_NAME = " + quoteString(cutRunes(q.Task, 128))
	if q.Table.Name != "" {
		where += " AND TABLE_OWNER = " + quoteString(cutRunes(q.Table.Schema, 128)) + " AND TABLE_NAME = " + quoteString(cutRunes(q.Table.Name, 128))
	}
	rows, err := t.host.control.QueryContext(ctx, fmt.Sprintf(`SELECT TASK_NAME, TABLE_OWNER, TABLE_NAME, DATE_FORMAT(ERROR_TIME, '%%Y-%%m-%%d %%H:%%i:%%s.%%f'), STATEMENT, ERROR FROM %s
		WHERE %s ORDER BY ERROR_TIME, TABLE_OWNER, TABLE_NAME, STATEMENT, ERROR LIMIT %d OFFSET %d`, t.exceptionsTable(), where, q.Limit, q.Skip))
	if err != nil {
		return nil, fail(err)
	}
	defer func() { _ = rows.Close() }()
	var all []connector.Parked
	for rows.Next() {
		var p connector.Parked
		var at string
		if err := rows.Scan(&p.Task, &p.Table.Schema, &p.Table.Name, &at, &p.Statement, &p.Reason); err != nil {
			return nil, fail(err)
		}
		p.Time, _ = time.Parse("2006-01-02 15:04:05.000000", at) // as it was written above
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fail(err)
	}
	return all, nil
}
