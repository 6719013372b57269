package redshift

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const exceptionsTable = "awsdms_apply_exceptions"

var _ connector.ParkedReader = (*target)(nil)

// exceptionsDDL makes the table of rejected rows. Names are those of AWS DMS.
func (t *target) exceptionsDDL() string {
	return "CREATE TABLE IF NOT EXISTS " + t.controlName(exceptionsTable) + ` (
 "TASK_NAME" varchar(512) NOT NULL, "TABLE_OWNER" varchar(512) NOT NULL, "TABLE_NAME" varchar(512) NOT NULL,
 "ERROR_TIME" timestamp NOT NULL, "STATEMENT" varchar(65535) NOT NULL, "ERROR" varchar(65535) NOT NULL)`
}

// parkSQL writes rejected rows.
func (t *target) parkSQL(rows []connector.Parked) []string {
	var sql, values []string
	for i := range rows {
		p := &rows[i]
		values = append(values, "("+strings.Join([]string{
			literal(within(p.Task, 512)), literal(within(p.Table.Schema, 512)), literal(within(p.Table.Name, 512)),
			literal(stateTime(p.Time)), literal(within(p.Statement, 65535)), literal(within(p.Reason, 65535)),
		}, ", ")+")")
	}
	for from := 0; from < len(values); from += insertedAtOnce {
		sql = append(sql, "INSERT INTO "+t.controlName(exceptionsTable)+` ("TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR") VALUES `+
			strings.Join(values[from:min(from+insertedAtOnce, len(values))], ", "))
	}
	return sql
}

// within makes a report storable in so many bytes: that it holds what text cannot may be the very reason for it.
func within(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "NUL")
	return s[:change.CutUTF8([]byte(s), most)]
}

// Park implements connector.Target.
func (t *target) Park(ctx context.Context, rows []connector.Parked) error {
	if len(rows) == 0 {
		return nil
	}
	sql := append(t.controlSchemaSQL(), t.exceptionsDDL())
	return t.together(ctx, "park rejected rows", append(sql, t.parkSQL(rows)...))
}

// Parked implements connector.ParkedReader.
func (t *target) Parked(ctx context.Context, q connector.ParkedQuery) ([]connector.Parked, error) {
	where := `"TASK_NAME" = ` + literal(within(q.Task, 512))
	if q.Table.Name != "" {
		where += ` AND "TABLE_OWNER" = ` + literal(within(q.Table.Schema, 512)) + ` AND "TABLE_NAME" = ` + literal(within(q.Table.Name, 512))
	}
	var found [][]string
	err := t.atDesk(ctx, "read rejected rows", func(c *conn) (err error) {
		found, err = c.rows(ctx, fmt.Sprintf(`SELECT "TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR" FROM %s WHERE %s
 ORDER BY "ERROR_TIME", "TABLE_OWNER", "TABLE_NAME", "STATEMENT", "ERROR" LIMIT %d OFFSET %d`, t.controlName(exceptionsTable), where, q.Limit, q.Skip))
		return err
	})
	if err = ifThere(err); err != nil {
		return nil, err
	}
	var rows []connector.Parked
	for _, r := range found {
		p := connector.Parked{Task: r[0], Statement: r[4], Reason: r[5]}
		p.Table.Schema, p.Table.Name = r[1], r[2]
		if p.Time, err = readTime(r[3]); err != nil {
			return nil, fmt.Errorf("read rejected rows: %w", err)
		}
		rows = append(rows, p)
	}
	return rows, nil
}
