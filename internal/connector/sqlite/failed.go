package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.FailureReader = (*target)(nil)

// Failed implements connector.FailureReader.
func (t *target) Failed(ctx context.Context, q connector.ParkedQuery) (rows []connector.Failed, err error) {
	err = t.lookInto(ctx, "read validation failures", "awsdms_validation_failures_v1", func(c *conn) error {
		return c.query(`SELECT TABLE_OWNER, TABLE_NAME, FAILURE_TIME, "KEY", FAILURE_TYPE, DETAILS FROM awsdms_validation_failures_v1
			WHERE TASK_NAME = ? AND (? = '' OR TABLE_OWNER = ? AND TABLE_NAME = ?)
			ORDER BY FAILURE_TIME, rowid LIMIT ? OFFSET ?`, func(r *stmt) error {
			f := connector.Failed{Table: catalog.Name{Schema: r.text(0), Name: r.text(1)}, Key: r.text(3), Kind: r.text(4), Details: r.text(5)}
			f.Time, _ = time.Parse(time.DateTime, r.text(2)) // with its fractions; validation alone writes it
			rows = append(rows, f)
			return nil
		}, q.Task, q.Table.Name, q.Table.Schema, q.Table.Name, int64(q.Limit), int64(q.Skip))
	})
	return rows, err
}
