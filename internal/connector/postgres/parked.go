package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.ParkedReader = (*target)(nil)

// Parked implements connector.ParkedReader.
func (t *target) Parked(ctx context.Context, q connector.ParkedQuery) (rows []connector.Parked, err error) {
	table := quoteName(catalog.Name{Schema: t.control, Name: exceptionsTable})
	err = t.atDesk(ctx, "read rejected rows", func(c *pgx.Conn) error {
		var there bool
		if err := c.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&there); err != nil || !there {
			return err
		}
		found, err := c.Query(ctx, `SELECT "TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR" FROM `+table+`
			WHERE "TASK_NAME" = $1 AND ($2 = '' OR "TABLE_OWNER" = $3 AND "TABLE_NAME" = $2)
			ORDER BY "ERROR_TIME", "TABLE_OWNER", "TABLE_NAME", "STATEMENT", "ERROR" OFFSET $4 LIMIT $5`,
			within128(q.Task), within128(q.Table.Name), within128(q.Table.Schema), q.Skip, q.Limit)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(r pgx.CollectableRow) (p connector.Parked, err error) {
			err = r.Scan(&p.Task, &p.Table.Schema, &p.Table.Name, &p.Time, &p.Statement, &p.Reason)
			return p, err
		})
		return err
	})
	return rows, err
}
