package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// likeTable carries a table between engines of one family.
func (c *converter) likeTable(t *planned) {
	t.keyParts = c.keyPartsOf(t)
	for i := range t.Plan.Columns {
		c.likeColumn(t, &t.Plan.Columns[i], t.Columns[i])
	}
	c.likePrimaryKey(t)
	c.likeStructure(t)
	c.keyRule(t)
	if c.in.Options.SecondaryObjects {
		c.likeParts(t)
	}
	c.likeNative(t)
	if t.Plan.Source.Elsewhere == catalog.OnServer {
		c.noteTable(t.Plan.Source, Changed, "Table %s goes along without rows, because they are on another server, which the target's table asks for them as the source's does: see that it may.", t.Plan.Source.Name)
	}
	if c.carriesHistory(t) {
		t.Target.History = t.Plan.Source.History
	} else if s := t.Plan.Source; s.Native[versioned] != "" {
		c.noteTable(s, Changed, "Table %s begins its history anew on the target: the rows of now are carried over, those that were updated or deleted before stay at the source.", s.Name)
	}
}

// likeParts carries what DMS leaves behind.
func (c *converter) likeParts(t *planned) {
	s := t.Plan.Source
	for _, k := range s.Uniques {
		if copied := c.likeKey(t, "unique constraint", k); copied != nil {
			copied.Name = c.likeIndexName(t, "unique constraint", k.Name)
			t.Target.Uniques = append(t.Target.Uniques, copied)
		}
	}
	for _, x := range s.Indexes {
		c.likeIndex(t, x)
	}
	for _, k := range s.Checks {
		c.likeCheck(t, k)
	}
}

func (c *converter) scope(t *planned) scope {
	s := scope{family: c.from, names: c.names}
	if t != nil {
		s.table, s.schema = t.names, t.Plan.Source.Name.Schema
	}
	return s
}

// likeColumn fills in a column. Attributes of the source stay unless the mapping gave the column a type of its own.
func (c *converter) likeColumn(t *planned, p *mapping.ColumnPlan, col *catalog.Column) {
	name := col.Name
	switch {
	case p.Source == nil || p.Type != nil:
		c.retypedColumn(t, p, col)
		return
	case c.in.Options.DMS && c.from == catalog.PostgreSQL && userDefined(p.Source):
		// The guide's homogeneous exception: user-defined types become character varying.
		*col = catalog.Column{NotNull: p.Source.NotNull, NativeType: "varchar"}
		col.BaseType, col.Type = typemap.FromNative(c.to, col.NativeType)
		col.Name = name
		return
	}
	*col = *p.Source
	col.Name, col.Number = name, 0 // the target gives it one of its own
	col.NativeType = c.likeType(t, p.Source)
	col.Inherited = p.Source.Inherited && c.inherits(t)
	if (p.Source.Inherited || p.Source.NotNullAs == catalog.MergedNotNull) && !c.inherits(t) && p.Source.NotNull {
		col.NotNullAs = ""
	}
	col.Generated = c.likeGenerated(t, p.Source)
	if to, ok := c.schemaNames[col.Identity.Sequence.Schema]; ok {
		col.Identity.Sequence.Schema = to
	}
	if col.Default != nil {
		if text, err := c.scope(t).rewrite(*col.Default); err != nil {
			c.notePart("default", t.Plan.Source, p.Source.Name, NotCarried, "The default of column %q of table %s is not carried over, because %v: set it on the target by hand.", p.Source.Name, t.Plan.Source.Name, err)
			col.Default = nil
		} else if text != *col.Default {
			col.Default = &text
		}
	}
	if len(p.Masks) > 0 && col.Generated != "" {
		col.Generated, col.Stored = "", false
		c.notePlain(t, p.Source, errRetyped)
	}
	if !c.keepsAttributes() {
		col.Default, col.Identity, col.Comment, col.Generated, col.Stored = nil, catalog.Identity{}, "", "", false
	}
}

// userDefined reports whether a column's type is an enum, a composite or a domain of PostgreSQL. Types of extensions
// have a schema too, and their own name as the base.
func userDefined(s *catalog.Column) bool {
	name, _, _ := strings.Cut(strings.TrimSuffix(s.NativeType, "[]"), "(")
	dot := strings.LastIndexByte(name, '.')
	return dot >= 0 && !strings.EqualFold(name[dot+1:], strings.TrimSuffix(s.BaseType, "[]"))
}

// retypedColumn fills in a column whose type the mapping gives.
func (c *converter) retypedColumn(t *planned, p *mapping.ColumnPlan, col *catalog.Column) {
	if p.Type != nil {
		col.NativeType = typemap.To(c.to, *p.Type, typemap.Use{KeyParts: t.keyParts[col.Name], DMS: c.in.Options.DMS})
	}
	col.BaseType, col.Type = typemap.FromNative(c.to, col.NativeType)
	if p.Source == nil {
		return
	}
	col.NotNull = p.Source.NotNull
	if !c.keepsAttributes() {
		return
	}
	col.Comment = p.Source.Comment
	c.unlikeDefault(t, p.Source, col)
	if p.Source.Generated != "" {
		c.notePlain(t, p.Source, errRetyped)
	}
	if p.Source.Identity.Kind != catalog.NotIdentity && col.Type.Kind.IsInteger() {
		col.Identity = p.Source.Identity
		col.Default = nil
	}
}

// likeType returns the column's type, under the new name of its schema if it is a user's.
func (c *converter) likeType(t *planned, s *catalog.Column) string {
	rewritten, err := scope{family: c.from, names: c.names}.rewrite(s.NativeType)
	if err != nil {
		c.notePart("column type", t.Plan.Source, s.Name, Changed, "The type of column %q of table %s is carried over as it is, although %v: check it on the target.", s.Name, t.Plan.Source.Name, err)
		return s.NativeType
	}
	return rewritten
}

// inherits reports whether the table has all its parents on the target, with its columns under the same names.
func (c *converter) inherits(t *planned) bool {
	for _, p := range t.Plan.Source.Inherits {
		parent := c.names.tables[p]
		if parent == nil {
			return false
		}
		for from, to := range parent.columns {
			if t.names.columns[from] != to {
				return false
			}
		}
	}
	return true
}

func (c *converter) likeGenerated(t *planned, s *catalog.Column) string {
	if s.Generated == "" {
		return ""
	}
	text, err := c.scope(t).rewrite(s.Generated)
	if err != nil {
		c.notePlain(t, s, err)
		return ""
	}
	return text
}

// likeStructure carries partitioning and inheritance.
func (c *converter) likeStructure(t *planned) {
	s := t.Plan.Source
	t.Target.Partitions, t.Target.Elsewhere = s.Partitions, s.Elsewhere
	if t.Plan.Whole {
		c.noteTable(s, Changed, "Table %s goes into one table, which holds the rows of its partitions, because the target's own is not partitioned in the same way.", s.Name)
	}
	if t.Plan.Parted() {
		by, err := c.scope(t).rewrite(s.PartitionBy)
		if err != nil {
			c.noteTable(s, Changed, "Table %s is not partitioned on the target, because %v; its partitions become tables of their own.", s.Name, err)
		}
		if err == nil {
			t.Target.PartitionBy = by
		}
	}
	if s.PartitionOf != nil {
		parent := c.names.tables[*s.PartitionOf]
		switch {
		case parent == nil:
			c.noteTable(s, Changed, "Table %s becomes a plain table, because the table it is a partition of, %s, is not selected.", s.Name, *s.PartitionOf)
		case c.partitioned(parent) && slices.Equal(slices.Sorted(maps.Values(parent.columns)), slices.Sorted(maps.Values(t.names.columns))):
			to := parent.to
			t.Target.PartitionOf, t.Target.Bound = &to, s.Bound
		default:
			c.noteTable(s, Changed, "Table %s becomes a plain table, because the mapping gives it other columns than the table it is a partition of, %s.", s.Name, *s.PartitionOf)
		}
	}
	for _, n := range s.Needs {
		if needed := c.names.tables[n]; needed != nil {
			t.Target.Needs = append(t.Target.Needs, needed.to)
		}
	}
	for _, p := range s.Inherits {
		if parent := c.names.tables[p]; parent != nil {
			t.Target.Inherits = append(t.Target.Inherits, parent.to)
		} else {
			c.noteTable(s, Changed, "Table %s does not inherit from %s on the target, because that table is not selected; it has all its columns all the same.", s.Name, p)
		}
	}
}

// partitioned reports whether a partitioned table stays one.
func (c *converter) partitioned(t *tableNames) bool {
	_, err := scope{family: c.from, names: c.names, table: t, schema: t.source.Name.Schema}.rewrite(t.source.PartitionBy)
	return err == nil
}

// likeNative carries the family's own attributes. The statement that made the table is only kept when the table is
// made just so again.
func (c *converter) likeNative(t *planned) {
	for _, key := range slices.Sorted(maps.Keys(t.Plan.Source.Native)) {
		text, err := t.Plan.Source.Native[key], error(nil)
		switch key {
		case "create":
			if !c.unchanged(t) {
				continue
			}
		case "options":
			text, err = c.scope(t).rewrite(text)
		case "of":
			text, err = scope{family: c.from, names: c.names}.rewrite(text)
		case "cluster", "replica identity":
			err = c.namesIndex(t, key, text)
		}
		if err != nil {
			c.notePart("table option", t.Plan.Source, key, NotCarried, "The options of table %s (%s) are not carried over, because %v: set them on the target by hand.", t.Plan.Source.Name, key, err)
			continue
		}
		if t.Target.Native == nil {
			t.Target.Native = map[string]string{}
		}
		t.Target.Native[key] = text
	}
}

// namesIndex checks that the index an attribute names is on the target under that name.
func (c *converter) namesIndex(t *planned, key, text string) error {
	name := text
	if key == "replica identity" {
		tokens, err := tokenize(c.from, text)
		if err != nil || !strings.HasPrefix(text, "USING INDEX") {
			return err
		}
		name = tokens[len(tokens)-1].value
	}
	keys := t.Target.Uniques
	if t.Target.PrimaryKey != nil {
		keys = append([]*catalog.Key{t.Target.PrimaryKey}, keys...)
	}
	found := slices.ContainsFunc(keys, func(k *catalog.Key) bool { return k.Name == name }) ||
		slices.ContainsFunc(t.Target.Indexes, func(x *catalog.Index) bool { return x.Name == name })
	if !found {
		return fmt.Errorf("index %q is not on the target under that name", name)
	}
	return nil
}

// unchanged reports whether a table is made exactly as it is at the source, apart from its schema where the statement
// does not name it, and without leaving out a part.
func (c *converter) unchanged(t *planned) bool {
	s := t.Plan.Source
	if !c.in.Options.SecondaryObjects || c.in.Options.DMS || t.Plan.Key != nil || t.Plan.View != nil ||
		c.to != catalog.MySQL && t.names.to.Name != s.Name.Name || t.names.renamedColumns() || len(t.Columns) != len(s.Columns) {
		return false
	}
	for i := range t.Plan.Columns {
		if p := &t.Plan.Columns[i]; p.Source == nil || p.Type != nil || p.Source.Name != s.Columns[i].Name {
			return false
		}
	}
	if c.to == catalog.MySQL {
		return true // its connector reads the parts of the statement, and takes names and foreign keys from the fields
	}
	for _, k := range s.ForeignKeys {
		if to := c.names.find(k.Table.Schema, k.Table.Name); to == nil || to.to.Name != to.source.Name.Name || to.renamedColumns() {
			return false
		}
	}
	return true
}
