package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.ParkedReader = (*target)(nil)

// Parked implements connector.ParkedReader.
func (t *target) Parked(ctx context.Context, q connector.ParkedQuery) (rows []connector.Parked, err error) {
	err = t.lookInto(ctx, "read rejected rows", "awsdms_apply_exceptions", func(c *conn) error {
		return c.query(`SELECT TASK_NAME, TABLE_OWNER, TABLE_NAME, ERROR_TIME, STATEMENT, ERROR FROM awsdms_apply_exceptions
			WHERE TASK_NAME = ? AND (? = '' OR TABLE_OWNER = ? AND TABLE_NAME = ?)
			ORDER BY ERROR_TIME, rowid LIMIT ? OFFSET ?`, func(r *stmt) error {
			p := connector.Parked{Task: r.text(0), Table: catalog.Name{Schema: r.text(1), Name: r.text(2)}, Statement: r.text(4), Reason: r.text(5)}
			p.Time, _ = time.Parse(time.DateTime+".000000", r.text(3)) // written by writeParked alone
			rows = append(rows, p)
			return nil
		}, q.Task, q.Table.Name, q.Table.Schema, q.Table.Name, int64(q.Limit), int64(q.Skip))
	})
	return rows, err
}
