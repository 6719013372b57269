package mysql

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.FailureReader = (*target)(nil)

// Failed implements connector.FailureReader.
func (t *target) Failed(ctx context.Context, q connector.ParkedQuery) ([]connector.Failed, error) {
	table := quoteIdent(t.host.cfg.controlSchema) + ".awsdms_validation_failures_v1"
	fail := func(err error) error {
		return classify(ctx, fmt.Errorf("read validation failures from %s: %w", table, err))
	}
	var there int
	err := t.host.control.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'awsdms_validation_failures_v1'", t.host.cfg.controlSchema).Scan(&there)
	if err != nil {
		return nil, fail(err)
	}
	if there == 0 {
		return nil, nil
	}
	where := "TASK_NAME = " + quoteString(cutRunes(q.Task, 128))
	if q.Table.Name != "" {
		where += " AND TABLE_OWNER = " + quoteString(cutRunes(q.Table.Schema, 128)) + " AND TABLE_NAME = " + quoteString(cutRunes(q.Table.Name, 128))
	}
	rows, err := t.host.control.QueryContext(ctx, fmt.Sprintf("SELECT TABLE_OWNER, TABLE_NAME, DATE_FORMAT(FAILURE_TIME, '%%Y-%%m-%%d %%H:%%i:%%s.%%f'), `KEY`, FAILURE_TYPE, DETAILS FROM %s"+
		" WHERE %s ORDER BY FAILURE_TIME, TABLE_OWNER, TABLE_NAME, `KEY`, FAILURE_TYPE LIMIT %d OFFSET %d", table, where, q.Limit, q.Skip))
	if err != nil {
		return nil, fail(err)
	}
	defer func() { _ = rows.Close() }()
	var all []connector.Failed
	for rows.Next() {
		var f connector.Failed
		var at string
		if err := rows.Scan(&f.Table.Schema, &f.Table.Name, &at, &f.Key, &f.Kind, &f.Details); err != nil {
			return nil, fail(err)
		}
		f.Time, _ = time.Parse("2006-01-02 15:04:05.000000", at) // as it was written above
		all = append(all, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fail(err)
	}
	return all, nil
}
