package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// version is a table as the change log knows it, from one change of its structure to the next.
type version struct {
	id      int64
	lineage int64 // the id of the table's first version
	definitionOf
	gone bool // the table has been dropped
}

// definitionOf is what awsdms_cdc_tables keeps of a version.
type definitionOf struct {
	Table *catalog.Table
	// Renamed tells the columns that had another name in the version before, old to new.
	Renamed map[string]string `json:",omitempty"`
	// Uniques are the places of the columns that decide over conflicts, see unique.
	Uniques [][]int `json:",omitempty"`
	// Triggers is how many there are.
	Triggers int
	// Anew says that a mark follows by which the table's rows are delivered once more.
	Anew bool `json:",omitempty"`
}

// keyColumns are the places of the primary key's columns.
func (v *version) keyColumns() []int {
	if v.Table.PrimaryKey == nil {
		return nil
	}
	var places []int
	for _, name := range v.Table.PrimaryKey.Columns {
		places = append(places, columnPlace(v.Table, name))
	}
	return places
}

func columnPlace(t *catalog.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, name) })
}

// keyMayBeNull reports whether the primary key may hold NULL, which SQLite allows for historical reasons, and as often as
// one likes; such rows are told apart by all their columns.
func (v *version) keyMayBeNull() bool {
	if withoutRowid(v.Table) || rowidColumn(v.Table) != nil {
		return false
	}
	return slices.ContainsFunc(v.keyColumns(), func(i int) bool { return !v.Table.Columns[i].NotNull })
}

// loadVersions reads all versions, the oldest first.
func loadVersions(c *conn) ([]*version, error) {
	var all []*version
	err := c.query("SELECT id, lineage, definition, gone FROM awsdms_cdc_tables ORDER BY id", func(r *stmt) error {
		v := &version{id: r.int(0), lineage: r.int(1), gone: r.int(3) != 0}
		if err := json.Unmarshal(r.textBytes(2), &v.definitionOf); err != nil {
			return fmt.Errorf("read version %d of a table in awsdms_cdc_tables: %w", v.id, err)
		}
		all = append(all, v)
		return nil
	})
	return all, err
}

// newest is the last version of each table, in order.
func newest(all []*version) []*version {
	last := map[int64]*version{}
	for _, v := range all {
		last[v.lineage] = v
	}
	var out []*version
	for _, v := range all {
		if last[v.lineage] == v {
			out = append(out, v)
		}
	}
	return out
}

// addVersion records a table as it is now and makes its triggers. A lineage of 0 makes a new one; anew says that it is delivered once more.
func addVersion(c *conn, t *catalog.Table, lineage int64, renamed map[string]string, anew bool) (*version, error) {
	id, err := c.number("SELECT coalesce(max(id), 0) + 1 FROM awsdms_cdc_tables")
	if err != nil {
		return nil, err
	}
	v := &version{id: id, lineage: lineage, definitionOf: definitionOf{Table: t, Renamed: renamed, Anew: anew}}
	if lineage == 0 {
		v.lineage = id
	}
	sqls, width, err := v.triggerSQL(c)
	if err != nil {
		return nil, err
	}
	v.Triggers = len(sqls)
	if err := widenLog(c, width); err != nil {
		return nil, err
	}
	definition, err := json.Marshal(v.definitionOf)
	if err != nil {
		return nil, err
	}
	err = c.run("INSERT INTO awsdms_cdc_tables VALUES (?, ?, ?, ?, 0)", v.id, v.lineage, t.Name.Name, string(definition))
	for _, sql := range sqls {
		if err == nil {
			err = c.exec(sql)
		}
	}
	return v, err
}

// dropTriggers removes the triggers of one version.
func dropTriggers(c *conn, id int64) error {
	var names []string
	err := c.query("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE ? ESCAPE '!'", func(r *stmt) error {
		names = append(names, r.text(0))
		return nil
	}, fmt.Sprintf("awsdms!_cdc!_%d!_%%", id))
	for _, name := range names {
		if err == nil {
			err = c.exec("DROP TRIGGER " + quote(name))
		}
	}
	return err
}
