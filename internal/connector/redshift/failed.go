package redshift

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.FailureReader = (*target)(nil)

// Failed implements connector.FailureReader.
func (t *target) Failed(ctx context.Context, q connector.ParkedQuery) ([]connector.Failed, error) {
	where := `"TASK_NAME" = ` + literal(within(q.Task, 512))
	if q.Table.Name != "" {
		where += ` AND "TABLE_OWNER" = ` + literal(within(q.Table.Schema, 512)) + ` AND "TABLE_NAME" = ` + literal(within(q.Table.Name, 512))
	}
	var found [][]string
	err := t.atDesk(ctx, "read validation failures", func(c *conn) (err error) {
		found, err = c.rows(ctx, fmt.Sprintf(`SELECT "TABLE_OWNER", "TABLE_NAME", "FAILURE_TIME", "KEY", "FAILURE_TYPE", "DETAILS" FROM %s WHERE %s
 ORDER BY "FAILURE_TIME", "TABLE_OWNER", "TABLE_NAME", "KEY", "FAILURE_TYPE", "DETAILS" LIMIT %d OFFSET %d`, t.controlName("awsdms_validation_failures_v1"), where, q.Limit, q.Skip))
		return err
	})
	if err = ifThere(err); err != nil {
		return nil, err
	}
	var rows []connector.Failed
	for _, r := range found {
		f := connector.Failed{Key: r[3], Kind: r[4], Details: r[5]}
		f.Table.Schema, f.Table.Name = r[0], r[1]
		if f.Time, err = readTime(r[2]); err != nil {
			return nil, fmt.Errorf("read validation failures: %w", err)
		}
		rows = append(rows, f)
	}
	return rows, nil
}
