package postgres

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Script writes the DDL of a table.
//
// Checks are part of Create: a bulk load pays little for them, and rows that break them are found while they can
// still be parked. Only what a load could not satisfy comes after it, in Attach: checks that are not valid at the
// source or that call functions, and foreign keys.
func (Dialect) Script(t *catalog.Table, keysFirst bool) catalog.Script {
	var s catalog.Script
	s.Create = append(sequencesOf(t), catalog.Statement{SQL: createTable(t), Makes: catalog.Ref{Kind: catalog.TableRef, Name: t.Name}})
	s.Create = append(s.Create, early(t)...)
	keys := keyStatements(t)
	if keysFirst {
		s.Create = append(s.Create, keys...)
	} else {
		s.Keys = keys
	}
	if t.PartitionOf != nil {
		s.Create = append(s.Create, catalog.Statement{
			SQL:   "ALTER TABLE ONLY " + quoteName(*t.PartitionOf) + " ATTACH PARTITION " + quoteName(t.Name) + " " + t.Bound,
			Makes: catalog.Ref{Kind: catalog.PartitionRef, Name: t.Name, Table: t.PartitionOf.Name},
		})
	}
	for _, i := range t.Indexes {
		s.Indexes = append(s.Indexes, indexStatements(t.Name, t.PartitionBy != "", i)...)
	}
	s.Attach = attach(t)
	s.Finish = finish(t)
	return s
}

// alter begins an ALTER TABLE that leaves partitions and children alone.
func alter(t *catalog.Table) string { return "ALTER TABLE ONLY " + quoteName(t.Name) + " " }

func createTable(t *catalog.Table) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if p := t.Native["persistence"]; p != "" {
		b.WriteString(p + " ")
	}
	b.WriteString("TABLE " + quoteName(t.Name))
	parts := columnClauses(t)
	for _, k := range t.Checks {
		if !k.Inherited && !late(k) {
			parts = append(parts, constraint(k.Name, checkClause(k)))
		}
	}
	for _, c := range t.Columns {
		if c.Inherited && t.Native["of"] == "" && ownNotNull(c) != "" {
			parts = append(parts, ownNotNull(c))
		}
	}
	body := "\n\t" + strings.Join(parts, ",\n\t") + "\n"
	switch of := t.Native["of"]; {
	case of == "":
		b.WriteString(" (" + body + ")")
	case len(parts) > 0:
		b.WriteString(" OF " + of + " (" + body + ")")
	default:
		b.WriteString(" OF " + of)
	}
	if len(t.Inherits) > 0 {
		parents := make([]string, len(t.Inherits))
		for i, p := range t.Inherits {
			parents[i] = quoteName(p)
		}
		b.WriteString(" INHERITS (" + strings.Join(parents, ", ") + ")")
	}
	if t.PartitionBy != "" {
		b.WriteString(" PARTITION BY " + t.PartitionBy)
	}
	if am := t.Native["access method"]; am != "" {
		b.WriteString(" USING " + quote(am))
	}
	if with := t.Native["with"]; with != "" {
		b.WriteString(" WITH (" + with + ")")
	}
	return b.String()
}

// early is what CREATE TABLE cannot say and the load needs: how values are stored, and what a child has of its own.
func early(t *catalog.Table) []catalog.Statement {
	var ss []catalog.Statement
	for _, c := range t.Columns {
		column := alter(t) + "ALTER COLUMN " + quote(c.Name) + " "
		for _, a := range c.Attributes {
			if isStorage(a) {
				ss = append(ss, catalog.Statement{SQL: column + a})
			}
		}
		if c.Inherited && t.Native["of"] == "" {
			ss = append(ss, inheritedColumn(t, c, column)...)
		}
	}
	return ss
}

// inheritedColumn sets what a child has otherwise than its parent.
func inheritedColumn(t *catalog.Table, c *catalog.Column, column string) []catalog.Statement {
	var ss []catalog.Statement
	switch {
	case c.Generated != "":
	case c.Default != nil:
		ss = append(ss, catalog.Statement{SQL: column + "SET DEFAULT " + *c.Default})
	default:
		ss = append(ss, catalog.Statement{SQL: column + "DROP DEFAULT"})
	}
	if c.NotNull && c.NotNullAs != inheritedNotNull && ownNotNull(c) == "" {
		ss = append(ss, catalog.Statement{SQL: column + "SET NOT NULL"})
	}
	return ss
}

// ownNotNull is the named NOT NULL of a column as a constraint of the table. A child that has its parent's as well can only be made with it.
func ownNotNull(c *catalog.Column) string {
	at := strings.LastIndex(c.NotNullAs, " NOT NULL")
	if !c.NotNull || at < 0 || !strings.HasPrefix(c.NotNullAs, "CONSTRAINT ") {
		return ""
	}
	at += len(" NOT NULL")
	return c.NotNullAs[:at] + " " + quote(c.Name) + c.NotNullAs[at:]
}

func isStorage(attribute string) bool {
	return strings.HasPrefix(attribute, "SET STORAGE ") || strings.HasPrefix(attribute, "SET COMPRESSION ")
}

func keyStatements(t *catalog.Table) []catalog.Statement {
	var ss []catalog.Statement
	add := func(k *catalog.Key, words string, kind catalog.RefKind) {
		if k.Apart {
			return
		}
		clause := k.DDL
		if clause == "" {
			clause = words + " (" + quoteNames(k.Columns) + ")"
		}
		ss = append(ss, catalog.Statement{SQL: alter(t) + "ADD " + constraint(k.Name, clause), Makes: part(t, kind, k.Name)})
	}
	if t.PrimaryKey != nil {
		add(t.PrimaryKey, "PRIMARY KEY", catalog.PrimaryKeyRef)
	}
	for _, k := range t.Uniques {
		words := "UNIQUE"
		if k.NullsNotDistinct {
			words = "UNIQUE NULLS NOT DISTINCT"
		}
		add(k, words, catalog.ConstraintRef)
	}
	return ss
}

// constraint names a constraint; a nameless one gets its name from the server.
func constraint(name, clause string) string {
	if name == "" {
		return clause
	}
	return "CONSTRAINT " + quote(name) + " " + clause
}

// part points at a part of the table. A nameless part cannot be pointed at, save the primary key.
func part(t *catalog.Table, kind catalog.RefKind, name string) catalog.Ref {
	if name == "" && kind != catalog.PrimaryKeyRef {
		return catalog.Ref{}
	}
	return catalog.Ref{Kind: kind, Name: catalog.Name{Schema: t.Name.Schema, Name: name}, Table: t.Name.Name}
}

func late(k *catalog.Check) bool { return k.Late || k.NotValid }

func checkClause(k *catalog.Check) string {
	switch {
	case k.DDL != "":
		return k.DDL
	case k.NotValid:
		return "CHECK (" + k.Expression + ") NOT VALID"
	}
	return "CHECK (" + k.Expression + ")"
}

func attach(t *catalog.Table) []catalog.Statement {
	var ss []catalog.Statement
	for _, k := range t.Checks {
		if !k.Inherited && late(k) {
			ss = append(ss, catalog.Statement{SQL: alterForCheck(t) + "ADD " + constraint(k.Name, checkClause(k)), Makes: part(t, catalog.ConstraintRef, k.Name)})
		}
	}
	for _, f := range t.ForeignKeys {
		// PostgreSQL refuses ONLY for a foreign key of a partitioned table.
		ss = append(ss, catalog.Statement{
			SQL:   "ALTER TABLE " + quoteName(t.Name) + " ADD " + constraint(f.Name, foreignKeyClause(f)),
			Makes: part(t, catalog.ConstraintRef, f.Name),
		})
	}
	return ss
}

// alterForCheck lets a check reach children and partitions: the server refuses to add one to the parent alone.
func alterForCheck(t *catalog.Table) string { return "ALTER TABLE " + quoteName(t.Name) + " " }

func foreignKeyClause(f *catalog.ForeignKey) string {
	if f.DDL != "" {
		return f.DDL
	}
	clause := "FOREIGN KEY (" + quoteNames(f.Columns) + ") REFERENCES " + quoteName(f.Table)
	if len(f.References) > 0 {
		clause += " (" + quoteNames(f.References) + ")"
	}
	for _, p := range []struct{ words, value string }{{" MATCH ", f.Match}, {" ON UPDATE ", f.OnUpdate}, {" ON DELETE ", f.OnDelete}, {" ", f.Deferrable}} {
		if p.value != "" {
			clause += p.words + p.value
		}
	}
	if f.NotValid {
		clause += " NOT VALID"
	}
	return clause
}
