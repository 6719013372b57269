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
	texts := map[string]string{}
	var order []string
	err := c.query("SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid", func(r *stmt) error {
		order = append(order, r.text(0))
		texts[r.text(0)] = r.text(1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	// PRAGMA table_list works through the whole schema each time, so it is asked once and not joined.
	byName := map[string]entry{}
	err = c.query("PRAGMA main.table_list", func(r *stmt) error {
		e := readEntry(r)
		e.sql = texts[e.name]
		byName[e.name] = e
		return nil
	})
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, name := range order {
		if e, ok := byName[name]; ok && !isHidden(e) {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

func readEntry(r *stmt) entry {
	return entry{name: r.text(1), kind: r.text(2), withoutRowid: r.int(4) != 0, strict: r.int(5) != 0}
}

func isHidden(e entry) bool {
	lower := strings.ToLower(e.name)
	return e.kind == "shadow" || strings.HasPrefix(lower, "sqlite_") || strings.HasPrefix(lower, ownPrefix)
}

// lookTable finds one table or view by its name in any case.
func lookTable(c *conn, name string) (e entry, found bool, err error) {
	err = c.query("PRAGMA main.table_list("+quote(name)+")", func(r *stmt) error {
		e, found = readEntry(r), true
		return nil
	})
	if err != nil || !found || isHidden(e) {
		return e, false, err
	}
	err = c.query("SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')", func(r *stmt) error {
		e.sql = r.text(0)
		return nil
	}, name)
	return e, true, err
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
