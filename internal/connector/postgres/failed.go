package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.FailureReader = (*target)(nil)

// Failed implements connector.FailureReader.
func (t *target) Failed(ctx context.Context, q connector.ParkedQuery) (rows []connector.Failed, err error) {
	table := quoteName(catalog.Name{Schema: t.control, Name: "awsdms_validation_failures_v2"})
	err = t.atDesk(ctx, "read validation failures", func(c *pgx.Conn) error {
		var there bool
		if err := c.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&there); err != nil || !there {
			return err
		}
		found, err := c.Query(ctx, `SELECT "TABLE_OWNER", "TABLE_NAME", "FAILURE_TIME", "KEY", "FAILURE_TYPE", "DETAILS",
			coalesce("RESYNC_RESULT", ''), "RESYNC_TIME", coalesce("RESYNC_ACTION", '') FROM `+table+`
			WHERE "TASK_NAME" = $1 AND ($2 = '' OR "TABLE_OWNER" = $3 AND "TABLE_NAME" = $2)
			ORDER BY "FAILURE_TIME", "RESYNC_ID" OFFSET $4 LIMIT $5`,
			within128(q.Task), within128(q.Table.Name), within128(q.Table.Schema), q.Skip, q.Limit)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(r pgx.CollectableRow) (f connector.Failed, err error) {
			err = r.Scan(&f.Table.Schema, &f.Table.Name, &f.Time, &f.Key, &f.Kind, &f.Details, &f.Result, &f.ResyncedAt, &f.ResyncAction)
			return f, err
		})
		return err
	})
	return rows, err
}
