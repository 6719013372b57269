package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// runDDL runs one statement of this package's, that of a trigger or a view in its own database. After an error the session
// may not be as it was (see habits), so that the pool does not get the connection back.
func runDDL(ctx context.Context, c *sql.Conn, statement string) error {
	schema, bare := athome(statement)
	if schema == "" {
		_, err := c.ExecContext(ctx, statement)
		if isWarning(err) {
			_, err = c.ExecContext(ctx, "SET STATEMENT sql_mode='"+looseMode+"' FOR "+statement)
		}
		if table, ok := strings.CutPrefix(statement, "TRUNCATE TABLE "); ok && isVersioned(err) {
			_, err = c.ExecContext(ctx, "DELETE FROM "+table)
		}
		return dropAfter(c, err)
	}
	var before *string
	if err := c.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&before); err != nil {
		return dropAfter(c, err)
	}
	for _, s := range []string{"USE " + quoteIdent(schema), bare} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return dropAfter(c, err)
		}
	}
	if before == nil {
		return nil // no statement leaves a database for none
	}
	_, err := c.ExecContext(ctx, "USE "+quoteIdent(*before))
	return dropAfter(c, err)
}

// looseMode is targetMode without what makes errors of warnings.
const looseMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"

// rotationMissing is the number of MariaDB's WARN_VERS_PARAMETERS: a table is partitioned by SYSTEM_TIME, has several HISTORY partitions, and
// nothing says when the next of them is taken. Making and altering such a table is allowed, and warned of.
const rotationMissing = 4115

// isWarning reports whether a statement has failed for a warning alone, because the session is strict: nothing was begun.
func isWarning(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == rotationMissing
}

// athome returns the database that a statement must run in, or none, and the text that it runs there.
func athome(statement string) (schema, text string) {
	if schema, bare, ok := bareTrigger(statement); ok {
		return schema, bare
	}
	return homeOfView(statement), statement
}

// homeOfView returns the database of the view that this package's CREATE statement makes: the server prints functions of
// the view's own database without it.
func homeOfView(statement string) string {
	if !strings.HasPrefix(statement, "CREATE ALGORITHM=") && !strings.HasPrefix(statement, "CREATE VIEW ") {
		return ""
	}
	const view = " VIEW "
	at := strings.Index(statement, view)
	if at < 0 {
		return ""
	}
	name, ok := nameAt(statement, at+len(view))
	if !ok || name.last == name.from {
		return ""
	}
	schema, _, _ := unquoted(statement[name.from:])
	return schema
}

func dropAfter(c *sql.Conn, err error) error {
	if err != nil {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}
