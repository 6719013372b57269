package convert

import (
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// unlikeTable carries a table to an engine of another family.
func (c *converter) unlikeTable(t *planned) {
	s := t.Plan.Source
	if len(t.Columns) == 0 {
		c.noteTable(s, NotCarried, "Table %s is left out, because it has no columns, which only PostgreSQL allows.", s.Name)
	}
	t.keyParts = c.keyPartsOf(t)
	c.unlikeTypes(t)
	for i := range t.Plan.Columns {
		c.unlikeColumn(t, &t.Plan.Columns[i], t.Columns[i])
	}
	c.unlikePrimaryKey(t)
	c.keyRule(t)
	if c.in.Options.SecondaryObjects {
		c.unlikeUniques(t)
		c.unlikeIndexes(t)
		c.unlikeChecks(t)
	}
	for i := range t.Plan.Columns {
		c.unlikeIdentity(t, &t.Plan.Columns[i], t.Columns[i])
	}
	for i := range t.Plan.Columns {
		c.unlikeGenerated(t, &t.Plan.Columns[i], t.Columns[i])
	}
	c.noteStructure(t)
}

// typeOf returns the DMS type a target column is to hold.
func (c *converter) typeOf(p *mapping.ColumnPlan) datatype.Type {
	switch {
	case p.Type != nil:
		return *p.Type
	case p.Source == nil:
		return datatype.Type{Kind: datatype.NClob}
	case c.in.Options.DMS:
		return typemap.Documented(c.from, p.Source.BaseType, p.Source.Type)
	}
	return p.Source.Type
}

// unlikeTypes spells the types of all columns.
func (c *converter) unlikeTypes(t *planned) {
	types := make([]datatype.Type, len(t.Columns))
	uses := make([]typemap.Use, len(t.Columns))
	for i, col := range t.Columns {
		types[i] = c.typeOf(&t.Plan.Columns[i])
		if p := &t.Plan.Columns[i]; p.Source != nil && p.Type == nil && p.Source.Type.Hint == datatype.Bit && types[i].Kind == datatype.Bytes {
			p.Type = &types[i] // bits travel as digits, which are not the bytes
		}
		uses[i] = typemap.Use{KeyParts: t.keyParts[col.Name], DMS: c.in.Options.DMS}
	}
	var spelled []string
	if c.to == catalog.MySQL {
		spelled = typemap.MySQLRow(types, uses)
	} else {
		for i := range types {
			spelled = append(spelled, typemap.To(c.to, types[i], uses[i]))
		}
	}
	for i, col := range t.Columns {
		c.setType(col, spelled[i])
		name := t.Plan.Columns[i].Name
		switch {
		case typemap.Keeps(c.to, types[i], uses[i]):
		case types[i].Kind.IsInteger():
			c.notePart("column type", t.Plan.Source, name, Changed, "Column %q of table %s becomes %s, as DMS maps it: rows with larger values are rejected.", name, t.Plan.Source.Name, spelled[i])
		default:
			c.notePart("column type", t.Plan.Source, name, Changed, "Column %q of table %s becomes %s, because it is part of a key and the target bounds keys: rows with longer values are rejected.", name, t.Plan.Source.Name, spelled[i])
		}
	}
	c.noteTypes(t, types)
	c.noteLoose(t)
}

func (c *converter) setType(col *catalog.Column, native string) {
	col.NativeType = native
	col.BaseType, col.Type = typemap.FromNative(c.to, native)
}

// noteTypes reports, once per table, the types whose meaning changes.
func (c *converter) noteTypes(t *planned, types []datatype.Type) {
	var unbounded, instants, sets, citexts []string
	for i, typ := range types {
		name := t.Plan.Columns[i].Name
		switch {
		case typ.Hint == datatype.Unbounded && c.to == catalog.MySQL && !c.in.Options.DMS:
			unbounded = append(unbounded, name)
		case typ.Hint == datatype.WithZone && c.to == catalog.MySQL:
			instants = append(instants, name)
		case typ.Hint == datatype.Set:
			sets = append(sets, name)
		case t.Plan.Columns[i].Source != nil && t.Plan.Columns[i].Source.BaseType == "citext":
			citexts = append(citexts, name)
		}
	}
	for _, n := range []struct {
		columns []string
		what    string
	}{
		{unbounded, "become text, because a DECIMAL cannot hold every number without a precision; ask for a sized numeric with change-data-type where their numbers are known to fit"},
		{instants, "become datetime in UTC, because MySQL's timestamp ends in 2038"},
		{sets, "become text, whose members the target does not check"},
		{citexts, "are citext and tell capitals from small letters on the target"},
	} {
		if len(n.columns) > 0 {
			c.noteTable(t.Plan.Source, Changed, "Columns of table %s (%s) %s.", t.Plan.Source.Name, strings.Join(n.columns, ", "), n.what)
		}
	}
}

// unlikeColumn fills in what is beside the type.
func (c *converter) unlikeColumn(t *planned, p *mapping.ColumnPlan, col *catalog.Column) {
	s := p.Source
	if s == nil {
		return
	}
	col.NotNull = s.NotNull
	if !c.keepsAttributes() {
		return
	}
	col.Comment = s.Comment
	if s.Identity.Kind == catalog.NotIdentity && s.Generated == "" {
		c.unlikeDefault(t, s, col)
	}
	native := strings.ToUpper(s.Native)
	if c.from == catalog.MySQL && strings.Contains(native, "INVISIBLE") {
		c.notePart("column attribute", t.Plan.Source, s.Name, Changed, "Column %q of table %s is visible on the target, which has no invisible columns: SELECT * returns it.", s.Name, t.Plan.Source.Name)
	}
	if c.from != catalog.MySQL && s.Collation != "" {
		c.notePart("collation", t.Plan.Source, s.Name, Changed, "Column %q of table %s compares and sorts by the target's default collation, because its own, %s, is not carried to another engine.", s.Name, t.Plan.Source.Name, s.Collation)
	}
	if c.from == catalog.MySQL && strings.Contains(native, "ON UPDATE") {
		c.notePart("column attribute", t.Plan.Source, s.Name, NotCarried, "Column %q of table %s is no longer set to the time of each update, which only MySQL does by an attribute: write a trigger on the target if it must be.", s.Name, t.Plan.Source.Name)
	}
}

var errRetyped = errors.New("the mapping changes its values")

var errNumbered = errors.New("MySQL computes nothing from a column that numbers itself")

// unlikeGenerated carries a generated column whose expression means the same on the target.
func (c *converter) unlikeGenerated(t *planned, p *mapping.ColumnPlan, col *catalog.Column) {
	s := p.Source
	if s == nil || s.Generated == "" || !c.keepsAttributes() {
		return
	}
	err := errRetyped
	text := ""
	if p.Untouched() {
		tr := translator{from: c.from, to: c.to, table: t.names, target: t.Target, generated: true}
		if text, err = tr.translate(s.Generated); err == nil && c.to == catalog.MySQL && c.uncheckable(t.Target, text) != "" {
			err = errNumbered
		}
	}
	if err != nil {
		c.notePlain(t, s, err)
		return
	}
	col.Generated, col.Stored = text, s.Stored || c.to == catalog.PostgreSQL
	col.Default = nil
}

func (c *converter) notePlain(t *planned, s *catalog.Column, why error) {
	c.notePart("generated column", t.Plan.Source, s.Name, Changed, "Generated column %q of table %s becomes a plain column with the source's values, because %v: the target will not compute it for new rows.", s.Name, t.Plan.Source.Name, why)
}

// unlikeIdentity makes a column number itself on the target, where the target can.
func (c *converter) unlikeIdentity(t *planned, p *mapping.ColumnPlan, col *catalog.Column) {
	s := p.Source
	if s == nil || s.Identity.Kind == catalog.NotIdentity && !c.rowID(t, s) || !c.keepsAttributes() {
		return
	}
	if why := c.cannotNumber(t, col); why != "" {
		c.notePart("identity", t.Plan.Source, s.Name, NotCarried, "Column %q of table %s does not number itself on the target, because %s: new rows must bring a value.", s.Name, t.Plan.Source.Name, why)
		return
	}
	switch {
	case c.to == catalog.SQLite:
		c.setType(col, "INTEGER")
	case c.to == catalog.PostgreSQL && !col.Type.Kind.IsInteger():
		c.setType(col, "bigint")
		c.notePart("column type", t.Plan.Source, s.Name, Changed, "Column %q of table %s becomes bigint, because only a signed integer numbers itself on the target: a value above 9223372036854775807 is rejected.", s.Name, t.Plan.Source.Name)
	}
	col.Default = nil
	col.Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: s.Identity.Next, Known: s.Identity.Known, Spent: s.Identity.Spent, Start: s.Identity.Start, Increase: s.Identity.Increase}
	if c.to != catalog.PostgreSQL {
		if s.Identity.Increase > 1 || s.Identity.Increase < 0 {
			c.notePart("identity", t.Plan.Source, s.Name, Changed, "Column %q of table %s numbers itself in steps of 1 on the target, because the target has no steps of %d for one column.", s.Name, t.Plan.Source.Name, s.Identity.Increase)
		}
		col.Identity.Start, col.Identity.Increase = 0, 0
	}
}

// rowID reports whether a column is the row's number in SQLite, which makes it number itself without being declared to.
func (c *converter) rowID(t *planned, s *catalog.Column) bool {
	k := t.Plan.Source.PrimaryKey
	_, without := t.Plan.Source.Native["without rowid"]
	return c.from == catalog.SQLite && k != nil && len(k.Columns) == 1 && k.Columns[0] == s.Name &&
		strings.EqualFold(s.NativeType, "integer") && !without
}

// cannotNumber says why the target cannot number a column, or nothing.
func (c *converter) cannotNumber(t *planned, col *catalog.Column) string {
	k := t.Target.PrimaryKey
	if !col.Type.Kind.IsInteger() && col.NativeType != "numeric(20,0)" && col.NativeType != "DECIMAL_TEXT(20,0)" {
		return "its type there is " + col.NativeType
	}
	switch c.to {
	case catalog.SQLite:
		if k == nil || len(k.Columns) != 1 || k.Columns[0] != col.Name {
			return "SQLite numbers only the column that is the whole primary key"
		}
	case catalog.MySQL:
		if !firstInKey(t.Target, col.Name) {
			return "MySQL numbers only a column that is the first of a key"
		}
		for _, other := range t.Target.Columns {
			if other != col && other.Identity.Kind != catalog.NotIdentity {
				return "MySQL numbers one column of a table"
			}
		}
	}
	return ""
}

func firstInKey(t *catalog.Table, column string) bool {
	keys := t.Uniques
	if t.PrimaryKey != nil {
		keys = append([]*catalog.Key{t.PrimaryKey}, keys...)
	}
	for _, k := range keys {
		if k.Columns[0] == column {
			return true
		}
	}
	for _, x := range t.Indexes {
		if x.Parts[0].Column == column {
			return true
		}
	}
	return false
}

// noteStructure reports what the table was beside its rows.
func (c *converter) noteStructure(t *planned) {
	s := t.Plan.Source
	options := strings.ToUpper(s.Native["options"])
	switch {
	case s.PartitionBy != "":
		c.noteTable(s, Changed, "Table %s becomes one table, because partitioning is not carried to another engine: it holds the rows of its partitions.", s.Name)
	case s.PartitionOf != nil:
		c.noteTable(s, Changed, "Table %s becomes a table of its own, because the table it is a partition of, %s, is not selected or lacks some of its columns.", s.Name, *s.PartitionOf)
	case len(s.Partitions) > 0 || strings.Contains(options, "PARTITION BY"):
		c.noteTable(s, Changed, "Table %s is not partitioned on the target, because partitioning is not carried to another engine.", s.Name)
	}
	if len(s.Inherits) > 0 {
		c.noteTable(s, Changed, "Table %s does not inherit on the target, because only PostgreSQL knows inheritance: it has all its columns, and its rows are not seen through its parents.", s.Name)
	}
	if s.Native[versioned] != "" {
		c.noteTable(s, Changed, "Table %s keeps no history on the target, because only MariaDB knows system versioning: its rows of now are carried over.", s.Name)
	}
}

// versioned is the MySQL connector's mark of a table whose earlier rows MariaDB keeps.
const versioned = "system versioned"

// collations reports, once per schema, that texts compare in another way.
func (c *converter) collations() {
	if c.like || c.from != catalog.MySQL {
		return
	}
	for _, s := range c.in.Source.Schemas {
		_, selected := c.schemaNames[s.Name]
		if selected && !strings.HasSuffix(s.Collation, "_bin") && !strings.HasSuffix(s.Collation, "_cs") {
			c.noteThing("collation", catalog.Name{Name: s.Name}, Changed, "Texts of schema %s that differ by capitals, accents or trailing blanks alone are the same for MySQL's collation %s and different on the target: check queries and unique keys that rely on it.", s.Name, orDefault(s.Collation))
		}
	}
}

func orDefault(collation string) string {
	if collation == "" {
		return "by default"
	}
	return collation
}
