package sqlite

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	lib "modernc.org/sqlite/lib"
)

// ownPrefix begins the name of every control table, which no selection ever sees.
const ownPrefix = "awsdms_"

// smallFile is the size up to which rows are counted one by one; above it they are estimated.
const smallFile = 64 << 20

// Inspect implements connector.Source.
func (s *source) Inspect(ctx context.Context, o connector.InspectOptions) (*catalog.Catalog, error) {
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	defer c.close()
	var cat *catalog.Catalog
	err = c.during(ctx, func() error {
		if err := c.exec("BEGIN"); err != nil { // one moment for all the pragmas
			return err
		}
		cat, err = inspect(c, s.at, o)
		return err
	})
	if err != nil {
		return nil, classify("inspect "+s.at.path, err)
	}
	return cat, nil
}

func inspect(c *conn, at location, o connector.InspectOptions) (*catalog.Catalog, error) {
	cat := &catalog.Catalog{Family: catalog.SQLite, Engine: "sqlite", Version: lib.SQLITE_VERSION, Database: at.database()}
	schema := &catalog.Schema{Name: Schema}
	cat.Schemas = []*catalog.Schema{schema}
	entries, err := listTables(c)
	if err != nil {
		return nil, err
	}
	exact := fileSize(at.path) <= smallFile
	var views []entry
	for _, e := range entries {
		switch e.kind {
		case "table":
			t, err := inspectTable(c, e)
			if err != nil {
				return nil, fmt.Errorf("table %s: %w", e.name, err)
			}
			if err := measure(c, t, exact); err != nil {
				return nil, fmt.Errorf("table %s: %w", e.name, err)
			}
			schema.Tables = append(schema.Tables, t)
		case "view":
			views = append(views, e)
		case "virtual":
			if o.Objects {
				schema.Objects = append(schema.Objects, virtualTable(e))
			}
		}
	}
	if schema.Views, err = inspectViews(c, views, entries); err != nil {
		return nil, err
	}
	if o.Objects {
		triggers, err := inspectTriggers(c, entries)
		if err != nil {
			return nil, err
		}
		schema.Objects = append(schema.Objects, triggers...)
	}
	return cat, nil
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// entry is a row of PRAGMA table_list with its statement.
type entry struct {
	name, kind, sql      string
	withoutRowid, strict bool
}

// listTables lists tables, views and virtual tables in the order they were made. Shadow tables belong to their virtual
// table and are left out, as are SQLite's own and ours.
func listTables(c *conn) ([]entry, error) {
	var entries []entry
	err := c.query(`SELECT l.name, l.type, l.wr, l.strict, s.sql FROM sqlite_schema s JOIN pragma_table_list l
		ON l.schema = 'main' AND l.name = s.name WHERE s.type IN ('table', 'view') ORDER BY s.rowid`, func(r *stmt) error {
		e := entry{name: r.text(0), kind: r.text(1), withoutRowid: r.int(2) != 0, strict: r.int(3) != 0, sql: r.text(4)}
		lower := strings.ToLower(e.name)
		if e.kind != "shadow" && !strings.HasPrefix(lower, "sqlite_") && !strings.HasPrefix(lower, ownPrefix) {
			entries = append(entries, e)
		}
		return nil
	})
	return entries, err
}

func inspectTable(c *conn, e entry) (*catalog.Table, error) {
	t := &catalog.Table{Name: catalog.Name{Schema: Schema, Name: e.name}, Rows: -1, Bytes: -1,
		Native: map[string]string{"create": e.sql}}
	if e.strict {
		t.Native["strict"] = "true"
	}
	if e.withoutRowid {
		t.Native["without rowid"] = "true"
	}
	def := parseTable(e.sql)
	var err error
	if t.Columns, t.PrimaryKey, err = inspectColumns(c, e.name, def); err != nil {
		return nil, err
	}
	if err := inspectIdentity(c, t, def); err != nil {
		return nil, err
	}
	if err := inspectIndexes(c, t, def); err != nil {
		return nil, err
	}
	if err := inspectForeignKeys(c, t, def); err != nil {
		return nil, err
	}
	for _, k := range def.checks {
		t.Checks = append(t.Checks, &catalog.Check{Name: k.name, Expression: k.expression})
	}
	return t, nil
}
