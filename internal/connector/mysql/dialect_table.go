package mysql

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Script writes a table: columns, primary key, checks and periods at once, secondary indexes in one ALTER TABLE after
// the rows, foreign keys in another after the indexes of all tables, the next AUTO_INCREMENT value at the end.
func (d Dialect) Script(t *catalog.Table, keysFirst bool) catalog.Script {
	b := d.blueprint(t)
	var s catalog.Script
	inline := b.inline
	var later []part
	for _, x := range b.indexes {
		if d.IndexesFirst || t.Elsewhere != "" || x.name == b.counted || (keysFirst && x.kind == uniquePart) {
			inline = append(inline, x.text)
		} else {
			later = append(later, x)
		}
	}
	inline = append(inline, b.checks...)
	s.Create = []catalog.Statement{{
		SQL:   d.translate("CREATE TABLE " + quoteTable(t.Name) + " (\n  " + strings.Join(inline, ",\n  ") + "\n) " + withoutDirectories(b.options)),
		Makes: catalog.Ref{Kind: catalog.TableRef, Name: t.Name},
	}}
	s.Indexes = d.addIndexes(t, later)
	s.Attach = d.addForeignKeys(t, b.foreign)
	s.Finish = setCounter(t)
	return s
}

// blueprint is a table's DDL by the time at which it is wanted.
type blueprint struct {
	inline  []string
	checks  []string
	indexes []part
	foreign []part
	options string
	// counted is the secondary index that the AUTO_INCREMENT column needs from the beginning.
	counted string
}

func (d Dialect) blueprint(t *catalog.Table) *blueprint {
	b := &blueprint{counted: counterIndex(t)}
	if d.fromOther(t) {
		a := adapter{to: d.Flavour}
		t = a.table(t)
	}
	if def := ownDefinition(t); def != nil {
		b.fromDefinition(def)
	} else {
		d.fromFields(b, t)
	}
	for _, k := range t.ForeignKeys {
		b.foreign = append(b.foreign, part{kind: foreignPart, name: k.Name, text: foreignKey(t, k)})
	}
	return b
}

// ownDefinition returns the server's own text where it still says what the fields say: a default that draws from a
// sequence names the sequence's database, which the mapping may have renamed.
func ownDefinition(t *catalog.Table) *definition {
	text := t.Native[nativeCreate]
	if text == "" {
		return nil
	}
	def, err := parseDefinition(text)
	if err != nil {
		return nil
	}
	for _, p := range def.parts {
		c := t.Column(p.name)
		if p.kind == columnPart && c != nil && c.Default != nil && strings.Contains(*c.Default, "nextval(") && !strings.Contains(p.text, *c.Default) {
			return nil
		}
	}
	return def
}

// fromDefinition sorts the parts of the server's own text. The parts keep their order: it is the order in which the
// server will list them again. Foreign keys come from the fields: they name other tables.
func (b *blueprint) fromDefinition(d *definition) {
	for _, p := range d.parts {
		switch p.kind {
		case uniquePart, indexPart, specialPart:
			b.indexes = append(b.indexes, p)
		case foreignPart:
		case checkPart:
			b.checks = append(b.checks, p.text)
		default:
			b.inline = append(b.inline, p.text)
		}
	}
	b.options = d.options
}

// counterIndex names the secondary index that makes an AUTO_INCREMENT column a key: the first of its columns unless
// the primary key begins with it.
func counterIndex(t *catalog.Table) string {
	var column string
	for _, c := range t.Columns {
		if c.Identity.Kind != catalog.NotIdentity {
			column = c.Name
			break
		}
	}
	if column == "" || (t.PrimaryKey != nil && t.PrimaryKey.Columns[0] == column) {
		return ""
	}
	for _, k := range t.Uniques {
		if k.Columns[0] == column {
			return k.Name
		}
	}
	for _, x := range t.Indexes {
		if x.Parts[0].Column == column && x.Where == "" {
			return x.Name
		}
	}
	return ""
}

// addIndexes adds all ordinary indexes in one ALTER TABLE, which reads the rows once for all of them. InnoDB builds
// one fulltext index at a time, so those come alone.
func (d Dialect) addIndexes(t *catalog.Table, indexes []part) []catalog.Statement {
	var out []catalog.Statement
	var together []part
	for _, x := range indexes {
		if x.kind == specialPart {
			continue
		}
		together = append(together, x)
	}
	if len(together) > 0 {
		out = append(out, d.add(t, together, catalog.IndexRef))
	}
	for _, x := range indexes {
		if x.kind == specialPart {
			out = append(out, d.add(t, []part{x}, catalog.IndexRef))
		}
	}
	return out
}

func (d Dialect) addForeignKeys(t *catalog.Table, keys []part) []catalog.Statement {
	if len(keys) == 0 {
		return nil
	}
	return []catalog.Statement{d.add(t, keys, catalog.ConstraintRef)}
}

// add writes one ALTER TABLE. It makes all the parts or none, so that the last of them stands for all.
func (d Dialect) add(t *catalog.Table, parts []part, kind catalog.RefKind) catalog.Statement {
	clauses := make([]string, len(parts))
	for n, p := range parts {
		clauses[n] = "ADD " + p.text
	}
	name := catalog.Name{Schema: t.Name.Schema, Name: parts[len(parts)-1].name}
	return catalog.Statement{
		SQL:   d.translate("ALTER TABLE " + quoteTable(t.Name) + " " + strings.Join(clauses, ", ")),
		Makes: catalog.Ref{Kind: kind, Name: name, Table: t.Name.Name},
	}
}

// addClause is a whole statement that adds one part.
func addClause(n catalog.Name, text string) string {
	return "ALTER TABLE " + quoteTable(n) + " ADD " + text
}

// setCounter sets the next AUTO_INCREMENT value. The server never goes below what the rows need.
func setCounter(t *catalog.Table) []catalog.Statement {
	for _, c := range t.Columns {
		if c.Identity.Kind != catalog.NotIdentity {
			if c.Identity.Next < 2 {
				return nil
			}
			return []catalog.Statement{{SQL: fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", quoteTable(t.Name), c.Identity.Next)}}
		}
	}
	return nil
}
