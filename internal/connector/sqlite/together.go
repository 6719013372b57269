package sqlite

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Together = (*target)(nil)

// togetherBatch is how many tables are made between two times that the schema is put aside.
const togetherBatch = 128

// MakeTogether implements connector.Together.
//
// To know the table that CREATE TABLE has just made, SQLite reads the whole of sqlite_schema, so that the time of a table grows with
// those that are there. In here the rows of sqlite_schema are in a temporary table most of the time; SQLite has the tables in memory. All
// of it is one transaction: nobody else ever sees the schema without its rows, and a process that dies leaves what was there before.
func (t *target) MakeTogether(ctx context.Context, ss []catalog.Statement) error {
	return t.alone(ctx, "make tables", func(c *conn) error {
		moves, err := c.number("PRAGMA auto_vacuum") // then the roots of tables may be moved, which is written into their rows
		if err != nil {
			return err
		}
		aside := schemaAside{c}
		if moves != 0 {
			return transact(c, func() error { return makeAll(c, ss) })
		}
		if err := c.exec("PRAGMA writable_schema=ON"); err != nil {
			return err
		}
		defer func() { _ = c.exec("PRAGMA writable_schema=OFF") }()
		return transact(c, func() error { return aside.makeAll(ss) })
	})
}

func makeAll(c *conn, ss []catalog.Statement) error {
	for _, s := range ss {
		if err := c.exec(s.SQL); err != nil {
			return fmt.Errorf("run %s: %w", connector.Gist(s.SQL), err)
		}
	}
	return nil
}

// schemaAside keeps the rows of sqlite_schema elsewhere while tables are made.
type schemaAside struct{ c *conn }

func (a schemaAside) makeAll(ss []catalog.Statement) error {
	if err := a.c.exec("CREATE TEMP TABLE awsdms_schema_aside (type, name, tbl_name, rootpage, sql)"); err != nil {
		return err
	}
	for len(ss) > 0 {
		if err := a.put(); err != nil {
			return err
		}
		n := min(len(ss), togetherBatch)
		if err := makeAll(a.c, ss[:n]); err != nil {
			return err
		}
		ss = ss[n:]
	}
	return a.back()
}

func (a schemaAside) put() error {
	return a.c.exec("INSERT INTO temp.awsdms_schema_aside SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_schema ORDER BY rowid; " +
		"DELETE FROM main.sqlite_schema")
}

// back puts the rows into their old order and has SQLite read them all, so that a schema it cannot read is never committed.
func (a schemaAside) back() error {
	if err := a.put(); err != nil {
		return err
	}
	return a.c.exec("INSERT INTO main.sqlite_schema SELECT type, name, tbl_name, rootpage, sql FROM temp.awsdms_schema_aside ORDER BY rowid; " +
		"DROP TABLE temp.awsdms_schema_aside; PRAGMA writable_schema=RESET; SELECT count(*) FROM main.sqlite_schema")
}
