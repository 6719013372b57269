package postgres

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// indexStatements makes an index. The index of a partitioned table is made for it alone: those of the partitions are
// made with the partitions and attached.
func indexStatements(on catalog.Name, partitioned bool, i *catalog.Index) []catalog.Statement {
	sql := i.DDL
	if sql == "" {
		sql = indexDDL(on, partitioned, i)
	}
	s := catalog.Statement{SQL: sql}
	if i.Name != "" {
		s.Makes = catalog.Ref{Kind: catalog.IndexRef, Name: catalog.Name{Schema: on.Schema, Name: i.Name}, Table: on.Name}
	}
	return []catalog.Statement{s}
}

func indexDDL(on catalog.Name, partitioned bool, i *catalog.Index) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if i.Name != "" {
		b.WriteString(quote(i.Name) + " ")
	}
	b.WriteString("ON ")
	if partitioned {
		b.WriteString("ONLY ")
	}
	b.WriteString(quoteName(on))
	if i.Method != "" {
		b.WriteString(" USING " + quote(i.Method))
	}
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		parts[n] = quote(p.Column)
		if p.Column == "" {
			parts[n] = "(" + p.Expression + ")"
		}
		if p.Descending {
			parts[n] += " DESC"
		}
	}
	b.WriteString(" (" + strings.Join(parts, ", ") + ")")
	if len(i.Include) > 0 {
		b.WriteString(" INCLUDE (" + quoteNames(i.Include) + ")")
	}
	if i.Where != "" {
		b.WriteString(" WHERE (" + i.Where + ")")
	}
	return b.String()
}

// indexFinish sets what CREATE INDEX cannot say.
func indexFinish(on catalog.Name, i *catalog.Index) []catalog.Statement {
	n := quoteName(catalog.Name{Schema: on.Schema, Name: i.Name})
	var ss []catalog.Statement
	for _, a := range i.Attributes {
		ss = append(ss, catalog.Statement{SQL: "ALTER INDEX " + n + " " + a})
	}
	return append(ss, comment("INDEX "+n, i.Comment)...)
}

// finish may be run again as a whole.
func finish(t *catalog.Table) []catalog.Statement {
	var ss []catalog.Statement
	for _, c := range t.Columns {
		if c.Identity.Kind == catalog.IdentitySerial && !c.Inherited {
			ss = append(ss, catalog.Statement{SQL: "ALTER SEQUENCE " + quoteName(c.Identity.Sequence) + " OWNED BY " + quoteName(t.Name) + "." + quote(c.Name)})
		}
		ss = append(ss, setNext(t, c)...)
		for _, a := range c.Attributes {
			if !isStorage(a) {
				ss = append(ss, catalog.Statement{SQL: alter(t) + "ALTER COLUMN " + quote(c.Name) + " " + a})
			}
		}
	}
	for _, i := range t.Indexes {
		ss = append(ss, indexFinish(t.Name, i)...)
	}
	if r := t.Native["replica identity"]; r != "" {
		ss = append(ss, catalog.Statement{SQL: alter(t) + "REPLICA IDENTITY " + r})
	}
	if i := t.Native["cluster"]; i != "" {
		// Without ONLY: this form has none, and it concerns one table.
		ss = append(ss, catalog.Statement{SQL: "ALTER TABLE " + quoteName(t.Name) + " CLUSTER ON " + quote(i)})
	}
	return append(ss, comments(t)...)
}

func comments(t *catalog.Table) []catalog.Statement {
	ss := comment("TABLE "+quoteName(t.Name), t.Comment)
	ss = append(ss, columnComments(t.Name, t.Columns)...)
	on := func(name, text string) {
		if name != "" {
			ss = append(ss, comment("CONSTRAINT "+quote(name)+" ON "+quoteName(t.Name), text)...)
		}
	}
	if t.PrimaryKey != nil {
		on(t.PrimaryKey.Name, t.PrimaryKey.Comment)
	}
	for _, k := range t.Uniques {
		on(k.Name, k.Comment)
	}
	for _, k := range t.Checks {
		if !k.Inherited {
			on(k.Name, k.Comment)
		}
	}
	for _, k := range t.ForeignKeys {
		on(k.Name, k.Comment)
	}
	return ss
}
