package sqlite

import (
	"context"
	"fmt"
	"os"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
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
	texts, err := readTexts(c)
	if err != nil {
		return nil, err
	}
	entries, err := listTables(c, texts)
	if err != nil {
		return nil, err
	}
	exact := fileSize(at.path) <= smallFile
	var views []entry
	for _, e := range entries {
		switch e.kind {
		case "table":
			t, err := inspectTable(c, e, texts)
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
			if o.Objects || o.Names {
				schema.Objects = append(schema.Objects, virtualTable(e))
			}
		}
	}
	if schema.Views, err = inspectViews(c, views, entries); err != nil {
		return nil, err
	}
	if o.Objects || o.Names {
		triggers, err := inspectTriggers(c, entries)
		if err != nil {
			return nil, err
		}
		marks, err := inspectMarks(c)
		if err != nil {
			return nil, err
		}
		schema.Objects = append(append(schema.Objects, triggers...), marks...)
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

// schemaTexts is sqlite_schema: the statements by name, and the names of tables and views in the order they were made.
// It has no index, so with many tables it must be read once and not for each.
type schemaTexts struct {
	sql    map[string]string
	tables []string
}

func readTexts(c *conn) (schemaTexts, error) {
	texts := schemaTexts{sql: map[string]string{}}
	err := c.query("SELECT type, name, sql FROM sqlite_schema WHERE type <> 'trigger' ORDER BY rowid", func(r *stmt) error {
		name := r.text(1)
		texts.sql[name] = r.text(2)
		if kind := r.text(0); kind == "table" || kind == "view" {
			texts.tables = append(texts.tables, name)
		}
		return nil
	})
	return texts, err
}

// listTables lists tables, views and virtual tables in the order they were made. Shadow tables belong to their virtual
// table and are left out, as are SQLite's own and ours.
func listTables(c *conn, texts schemaTexts) ([]entry, error) {
	byName := map[string]entry{}
	err := c.query("PRAGMA main.table_list", func(r *stmt) error {
		e := readEntry(r)
		e.sql = texts.sql[e.name]
		byName[e.name] = e
		return nil
	})
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, name := range texts.tables {
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

// lookTable finds one table by its name in any case.
func lookTable(c *conn, name string, texts schemaTexts) (e entry, found bool, err error) {
	if !mayExist(c, "main.table_info", name) {
		return e, false, nil
	}
	err = c.query("PRAGMA main.table_list("+quote(name)+")", func(r *stmt) error {
		e, found = readEntry(r), true
		return nil
	})
	e.sql = texts.sql[e.name]
	return e, found && e.kind != "view" && !isHidden(e), err
}

// mayExist asks a pragma that SQLite answers from a hash table, so that most lookups need not read the whole schema. It
// says yes to a view that cannot be used, of which the pragma complains.
func mayExist(c *conn, pragma, name string) bool {
	found := false
	err := c.query("PRAGMA "+pragma+"("+quote(name)+")", func(*stmt) error {
		found = true
		return nil
	})
	return found || err != nil
}

func inspectTable(c *conn, e entry, texts schemaTexts) (*catalog.Table, error) {
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
	if err := inspectIndexes(c, t, def, texts); err != nil {
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
