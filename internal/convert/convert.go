package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Convert turns the selected part of a catalog into the target's. It fails only when the plan cannot be carried out at
// all: two tables under one name.
func Convert(in Input) (*Result, error) {
	left := leftBecause[in.To.Family] != "" && in.Options.SecondaryObjects
	if left {
		in.Options.SecondaryObjects = false
	}
	c := &converter{
		in: in, from: in.Source.Family, to: in.To.Family, like: in.Source.Family == in.To.Family,
		limits: limits{family: in.To.Family},
		spaces: map[string]*namespace{},
	}
	if in.To.Names != nil {
		c.limits.max, c.limits.length = in.To.Names.MaxName(), in.To.Names.NameLength
	}
	if err := c.settleNames(); err != nil {
		return nil, err
	}
	c.schemas()
	for _, t := range c.tables {
		c.table(t)
	}
	c.matchForeignTypes()
	c.foreignKeys()
	c.mysqlChecks()
	c.views()
	c.sequences()
	c.objects()
	c.collations()
	if left {
		c.leftBehind()
	}
	for _, t := range c.tables {
		if c.like || len(t.Columns) > 0 {
			c.result.Tables = append(c.result.Tables, &t.Table)
		}
	}
	return &c.result, nil
}

type converter struct {
	in       Input
	from, to catalog.Family
	like     bool
	names    *names
	limits   limits
	// schemaNames maps the selected schemas to their names on the target.
	schemaNames map[string]string
	tables      []*planned
	byTarget    map[catalog.Name]*planned
	bySource    map[catalog.Name]*planned
	spaces      map[string]*namespace // by what they hold: "index shop", "constraint shop.orders"
	result      Result
}

// planned is a table on its way.
type planned struct {
	Table
	names *tableNames
	// keyParts is, by target column, the number of columns in the longest key it is in.
	keyParts map[string]int
}

// settleNames decides what every table and column is called.
func (c *converter) settleNames() error {
	c.byTarget, c.bySource = map[catalog.Name]*planned{}, map[catalog.Name]*planned{}
	c.schemaNames = make(map[string]string, len(c.in.Plan.Schemas))
	for from, to := range c.in.Plan.Schemas {
		c.schemaNames[from] = c.limits.fit(to)
	}
	tables := map[catalog.Name]*tableNames{}
	for _, p := range c.in.Plan.Tables {
		to := catalog.Name{Schema: c.limits.fit(p.Target.Schema), Name: c.limits.fit(p.Target.Name)}
		if to != p.Target {
			c.noteTable(p.Source, Changed, "Table %s is called %s, because the name is too long for the target.", p.Source.Name, to)
		}
		t := &planned{Table: Table{Plan: p}, names: &tableNames{to: to, source: p.Source, columns: map[string]string{}, retyped: map[string]bool{}}}
		t.Target = &catalog.Table{Name: to, Comment: p.Source.Comment, Rows: p.Source.Rows, Bytes: p.Source.Bytes}
		c.columnNames(t)
		tables[p.Source.Name] = t.names
		c.tables = append(c.tables, t)
		c.bySource[p.Source.Name] = t
	}
	c.names = newNames(c.from, c.schemaNames, tables)
	for _, t := range c.tables {
		if c.folds(t) {
			t.Folded = true
			continue
		}
		key := c.targetKey(t.Target.Name)
		if other := c.byTarget[key]; other != nil {
			return fmt.Errorf("convert tables: %s and %s would both become %s: rename one of them in the table mappings",
				other.Plan.Source.Name, t.Plan.Source.Name, t.Target.Name)
		}
		c.byTarget[key] = t
		if c.to != catalog.MySQL {
			c.space("index", t.Target.Name.Schema).take(t.Target.Name.Name) // tables and indexes share their names
		}
	}
	return nil
}

func (c *converter) targetKey(n catalog.Name) catalog.Name {
	if c.to == catalog.SQLite {
		return catalog.Name{Schema: strings.ToLower(n.Schema), Name: strings.ToLower(n.Name)}
	}
	return n
}

// columnNames names the target's columns; MySQL and SQLite do not tell names apart by case.
func (c *converter) columnNames(t *planned) {
	space := newNamespace(c.limits, c.to != catalog.PostgreSQL)
	for i := range t.Plan.Columns {
		p := &t.Plan.Columns[i]
		col := &catalog.Column{Name: space.take(p.Name)}
		t.Columns = append(t.Columns, col)
		if col.Name != p.Name {
			c.notePart("column", t.Plan.Source, p.Name, Changed, "Column %q of table %s is called %q, because the name is too long for the target or taken by a column whose name differs by case alone.", p.Name, t.Plan.Source.Name, col.Name)
		}
		if p.Source != nil {
			t.names.columns[p.Source.Name] = col.Name
			t.names.retyped[p.Source.Name] = p.Type != nil
		}
	}
	t.Target.Columns = t.Columns
}

// folds reports whether a table is a partition that the target takes as part of its parent.
func (c *converter) folds(t *planned) bool {
	if c.like || t.Plan.Source.PartitionOf == nil {
		return false
	}
	root := c.root(t.Plan.Source)
	if root == nil || root.Plan.Source == t.Plan.Source {
		return false
	}
	for _, col := range t.Columns {
		if !slices.ContainsFunc(root.Columns, func(r *catalog.Column) bool { return r.Name == col.Name }) {
			return false
		}
	}
	return true
}

// root returns the selected table that a partition belongs to in the end, or nil.
func (c *converter) root(s *catalog.Table) *planned {
	for s != nil && s.PartitionOf != nil {
		s = c.in.Source.Table(*s.PartitionOf)
	}
	if s == nil {
		return nil
	}
	return c.bySource[s.Name]
}

// schemas lists the target schemas.
func (c *converter) schemas() {
	made := map[string]*catalog.Schema{}
	for _, from := range slices.Sorted(maps.Keys(c.schemaNames)) {
		if to := c.schemaNames[from]; made[to] == nil {
			made[to] = c.newSchema(from, to)
		}
	}
	if c.like && c.in.Options.SecondaryObjects && !c.in.Options.DMS {
		for _, from := range slices.Sorted(maps.Keys(c.in.Plan.Empty)) {
			if to := c.limits.fit(c.in.Plan.Empty[from]); made[to] == nil {
				made[to] = c.newSchema(from, to)
				made[to].Empty = true
			}
		}
	}
	for _, t := range c.tables {
		if made[t.Target.Name.Schema] == nil {
			made[t.Target.Name.Schema] = &catalog.Schema{Name: t.Target.Name.Schema}
		}
		made[t.Target.Name.Schema].Empty = false
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		c.result.Schemas = append(c.result.Schemas, made[name])
	}
}

func (c *converter) newSchema(from, to string) *catalog.Schema {
	s := &catalog.Schema{Name: to}
	if source := c.in.Source.Schema(from); source != nil && !c.in.Options.DMS {
		s.Comment = source.Comment
		if c.like {
			s.Charset, s.Collation = source.Charset, source.Collation
		}
	}
	return s
}

// space returns the namespace of a kind within an owner, shared as the target shares it: PostgreSQL's tables and
// indexes per schema, SQLite's per database, MySQL's indexes per table but its foreign keys and checks per database.
func (c *converter) space(kind, owner string) *namespace {
	key := kind + " " + owner
	if c.spaces[key] == nil {
		c.spaces[key] = newNamespace(c.limits, c.to != catalog.PostgreSQL)
	}
	return c.spaces[key]
}

// indexName returns a free name for an index or a unique constraint.
func (c *converter) indexName(t *catalog.Table, name string) string {
	owner := t.Name.Schema
	if c.to == catalog.MySQL {
		owner = t.Name.String()
	}
	return c.space("index", owner).take(name, t.Name.Name+"_"+name)
}

// foreignKeyName returns a free name for a foreign key: free in the database for MySQL, in the table elsewhere.
func (c *converter) foreignKeyName(t *catalog.Table, name string) string {
	if c.to == catalog.MySQL {
		return c.constraintName(t, "foreign key", t.Name.Schema, name)
	}
	return c.constraintName(t, "constraint", t.Name.String(), name)
}

// checkName returns a free name for a check: free in the database for MySQL, in the table elsewhere, MariaDB included.
func (c *converter) checkName(t *catalog.Table, name string) string {
	switch {
	case c.to == catalog.MySQL && (c.in.To.Engine == "mariadb" || c.like && c.in.Source.Engine == "mariadb"):
		return c.constraintName(t, "check", t.Name.String(), name)
	case c.to == catalog.MySQL:
		return c.constraintName(t, "check", t.Name.Schema, name)
	}
	return c.constraintName(t, "constraint", t.Name.String(), name)
}

func (c *converter) constraintName(t *catalog.Table, kind, owner, name string) string {
	if name == "" {
		return ""
	}
	return c.space(kind, owner).take(name, t.Name.Name+"_"+name)
}

// keepsAttributes reports whether defaults, identities and comments go along.
func (c *converter) keepsAttributes() bool { return !c.in.Options.DMS && leftBecause[c.to] == "" }

func (c *converter) noteTable(s *catalog.Table, o Outcome, format string, args ...any) {
	c.result.Report = append(c.result.Report, Note{Kind: "table", Name: s.Name, Outcome: o, Text: fmt.Sprintf(format, args...)})
}

func (c *converter) notePart(kind string, s *catalog.Table, part string, o Outcome, format string, args ...any) {
	c.result.Report = append(c.result.Report, Note{Kind: kind, Name: s.Name, Part: part, Outcome: o, Text: fmt.Sprintf(format, args...)})
}

func (c *converter) noteThing(kind string, n catalog.Name, o Outcome, format string, args ...any) {
	c.result.Report = append(c.result.Report, Note{Kind: kind, Name: n, Outcome: o, Text: fmt.Sprintf(format, args...)})
}

// table fills in the target of one table.
func (c *converter) table(t *planned) {
	if t.Folded {
		c.fold(t)
		return
	}
	if t.Plan.View != nil {
		c.noteTable(t.Plan.Source, Changed, "View %s becomes a table that holds its rows of now.", t.Plan.Source.Name)
	}
	if !c.keepsAttributes() {
		t.Target.Comment = ""
	}
	if c.like {
		c.likeTable(t)
	} else {
		c.unlikeTable(t)
	}
}

// fold points a partition's columns at its root's.
func (c *converter) fold(t *planned) {
	root := c.root(t.Plan.Source)
	for i, col := range t.Columns {
		at := slices.IndexFunc(root.Columns, func(r *catalog.Column) bool { return r.Name == col.Name })
		t.Columns[i] = root.Columns[at]
	}
	t.Target = root.Target
	t.names.to = root.Target.Name
}
