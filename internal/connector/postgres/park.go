package postgres

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const exceptionsTable = "awsdms_apply_exceptions"

// Park implements connector.Target. Names and sizes are those of AWS DMS.
func (t *target) Park(ctx context.Context, rows []connector.Parked) error {
	if len(rows) == 0 {
		return nil
	}
	return t.atDesk(ctx, "park rejected rows", func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, t.exceptionsDDL(), pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
			_, err := tx.CopyFrom(ctx, pgx.Identifier{t.control, exceptionsTable},
				[]string{"TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR"},
				pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
					p := &rows[i]
					return []any{within128(p.Task), within128(p.Table.Schema), within128(p.Table.Name), p.Time.UTC(), clean(p.Statement), clean(p.Reason)}, nil
				}))
			return err
		})
	})
}

func (t *target) exceptionsDDL() string {
	var sql strings.Builder
	if t.control != defaultSchema {
		sql.WriteString("CREATE SCHEMA IF NOT EXISTS " + quote(t.control) + ";\n")
	}
	sql.WriteString(`CREATE TABLE IF NOT EXISTS ` + quoteName(catalog.Name{Schema: t.control, Name: exceptionsTable}) + ` (
 "TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL, "TABLE_NAME" varchar(128) NOT NULL,
 "ERROR_TIME" timestamp NOT NULL, "STATEMENT" text NOT NULL, "ERROR" text NOT NULL)`)
	return sql.String()
}

// within128 cuts a name to the column's size.
func within128(s string) string {
	if utf8.RuneCountInString(s) <= 128 {
		return clean(s)
	}
	return clean(string([]rune(s)[:128]))
}

// clean makes a report of a bad value storable: that it holds what text cannot may be the very reason it was rejected.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", `\0`)
}
