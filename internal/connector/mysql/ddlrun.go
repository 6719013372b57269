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
		if loosely := loosened(err); loosely != "" {
			if _, still := c.ExecContext(ctx, "SET STATEMENT "+loosely+" FOR "+statement); still == nil {
				err = nil
			}
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

// loosened are the settings of MariaDB under which a statement may succeed that has failed because the session is strict: nothing was begun.
// What is refused so was made on the source by a session that is not, and is made just so.
func loosened(err error) string {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Number {
	case rotationMissing, doubledElement:
		return "sql_mode='" + looseMode + "'"
	case rowTooWide, cannotCreate, optionRefused:
		return "innodb_strict_mode=0"
	}
	return ""
}

const (
	// doubledElement is ER_DUPLICATED_VALUE_IN_TYPE: an ENUM or SET has an element twice.
	doubledElement = 1291
	// rowTooWide is ER_TOO_BIG_ROWSIZE: a row might not fit on a page. Those that do not are refused one by one.
	rowTooWide = 1118
	// cannotCreate and optionRefused are what InnoDB says of table options that contradict each other: one of them has no effect.
	cannotCreate  = 1005
	optionRefused = 1478
)

// rotationMissing is the number of MariaDB's WARN_VERS_PARAMETERS: a table is partitioned by SYSTEM_TIME, has several HISTORY partitions, and
// nothing says when the next of them is taken. Making and altering such a table is allowed, and warned of.
const rotationMissing = 4115

// athome returns the database that a statement must run in, or none, and the text that it runs there.
func athome(statement string) (schema, text string) {
	if schema, bare, ok := bareTrigger(statement); ok {
		return schema, bare
	}
	if schema := homeOfMerge(statement); schema != "" {
		return schema, statement
	}
	return homeOfView(statement), statement
}

// homeOfMerge returns the database of the MERGE table that a statement makes: the tables that it merges are named without theirs.
func homeOfMerge(statement string) string {
	const create = "CREATE TABLE "
	if !strings.HasPrefix(statement, create) || !strings.Contains(statement, "\n) ENGINE=MRG_MyISAM ") {
		return ""
	}
	schema, rest, _ := unquoted(statement[len(create):])
	if !strings.HasPrefix(rest, ".") {
		return ""
	}
	return schema
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
