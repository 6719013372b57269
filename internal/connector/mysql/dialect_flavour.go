package mysql

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Changes says, one sentence each, what a table of the other flavour loses on a server of this one. A table that was
// inspected on the same flavour, or whose target is not yet known, loses nothing.
func (d Dialect) Changes(t *catalog.Table) []string {
	if !d.fromOther(t) {
		return nil
	}
	a := adapter{to: d.Flavour}
	a.table(t)
	return a.notes
}

// fromOther reports whether the table's texts were written by the other flavour.
func (d Dialect) fromOther(t *catalog.Table) bool {
	server := t.Native[nativeServer]
	return d.Flavour != AnyFlavour && server != "" && server != string(d.Flavour)
}

// adapter rewrites a table for the other flavour. Untested against a real MySQL.
type adapter struct {
	to    Flavour
	notes []string
}

func (a *adapter) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// table returns a copy made of fields alone: the texts of the other server may say things in words unknown here.
func (a *adapter) table(t *catalog.Table) *catalog.Table {
	c := *t
	c.Native = map[string]string{
		nativeEngine: t.Native[nativeEngine], nativeCollation: t.Native[nativeCollation],
		nativePartition: partitionClause(t.Native[nativeOptions]),
	}
	if c.Native[nativeEngine] == "Aria" && a.to == MySQL {
		c.Native[nativeEngine] = "InnoDB"
		a.note("Table %s is kept by InnoDB instead of Aria.", t.Name)
	}
	if t.Native[nativeVersioned] != "" {
		a.note("Table %s is not system-versioned: MySQL keeps no history of rows.", t.Name)
	}
	if strings.Contains(c.Native[nativePartition], "SYSTEM_TIME") {
		c.Native[nativePartition] = ""
	}
	c.Columns = make([]*catalog.Column, len(t.Columns))
	for n, col := range t.Columns {
		c.Columns[n] = a.column(t, col)
	}
	c.Uniques = withoutText(t.Uniques, func(k *catalog.Key) *string { return &k.DDL })
	c.ForeignKeys = withoutText(t.ForeignKeys, func(k *catalog.ForeignKey) *string { return &k.DDL })
	c.Indexes = withoutText(a.indexes(t), func(x *catalog.Index) *string { return &x.DDL })
	return &c
}

// withoutText copies the parts of a table with their DDL emptied.
func withoutText[T any](parts []*T, text func(*T) *string) []*T {
	copies := make([]*T, len(parts))
	for n, p := range parts {
		c := *p
		*text(&c) = ""
		copies[n] = &c
	}
	return copies
}

func (a *adapter) indexes(t *catalog.Table) []*catalog.Index {
	var kept []*catalog.Index
	for _, x := range t.Indexes {
		if a.to == MariaDB && hasExpression(x) {
			a.note("Index %q of table %s is not made: MariaDB has no index over an expression; add a generated column and an index over that.", x.Name, t.Name)
			continue
		}
		if strings.HasSuffix(x.DDL, " IGNORED") || strings.Contains(x.DDL, "INVISIBLE") {
			a.note("Index %q of table %s is used for queries, which it is not at the source.", x.Name, t.Name)
		}
		kept = append(kept, x)
	}
	return kept
}

func hasExpression(x *catalog.Index) bool {
	for _, p := range x.Parts {
		if p.Expression != "" {
			return true
		}
	}
	return false
}

// typesToMySQL are MariaDB's own types and what holds the same text in MySQL.
var typesToMySQL = map[string]string{"uuid": "char(36)", "inet4": "varchar(15)", "inet6": "varchar(39)"}

func (a *adapter) column(t *catalog.Table, col *catalog.Column) *catalog.Column {
	c := *col
	if a.to == MariaDB {
		c.Native = strings.Replace(c.Native, "SRID ", "REF_SYSTEM_ID=", 1)
		if c.BaseType == "geomcollection" {
			c.NativeType = "geometrycollection"
		}
		return &c
	}
	if plain, _, found := strings.Cut(c.NativeType, " /*M!"); found {
		c.NativeType = plain
		a.note("Column %q of table %s is not compressed: MySQL has no compressed columns.", c.Name, t.Name)
	}
	if native := typesToMySQL[c.BaseType]; native != "" {
		a.note("Column %q of table %s becomes %s: MySQL has no type %s.", c.Name, t.Name, native, c.BaseType)
		c.NativeType = native
	}
	c.Native = strings.Replace(c.Native, "REF_SYSTEM_ID=", "SRID ", 1)
	c.Native = strings.TrimSpace(strings.Replace(c.Native, "WITHOUT SYSTEM VERSIONING", "", 1))
	if c.Generated == "ROW START" || c.Generated == "ROW END" {
		c.Generated, c.Stored = "", false
	}
	a.byDefault(t, &c)
	return &c
}

// plainDefault is a default that MySQL takes without parentheses.
var plainDefault = regexp.MustCompile(`^(?i)('.*'|-?[0-9.]+(e[+-]?\d+)?|0x[0-9a-f]*|b'[01]*'|null|current_timestamp.*)$`)

func (a *adapter) byDefault(t *catalog.Table, c *catalog.Column) {
	if c.Default == nil {
		return
	}
	text := *c.Default
	switch {
	case strings.Contains(text, "nextval("):
		a.note("Column %q of table %s has no default: MySQL has no sequences.", c.Name, t.Name)
		c.Default = nil
	case !plainDefault.MatchString(text) && !strings.HasPrefix(text, "("):
		text = "(" + text + ")"
		c.Default = &text
	}
}

// partitionClause finds the partitioning in a table's options, where it comes last.
func partitionClause(options string) string {
	at := -1
	for n := 0; n < len(options); n++ {
		if isQuote(options[n]) {
			n = skipQuoted(options, n) - 1
		} else if strings.HasPrefix(options[n:], "PARTITION BY") {
			at = n
			break
		}
	}
	if at < 0 {
		return ""
	}
	// MySQL writes the clause inside a comment, /*!50100 … */, that both servers execute.
	return strings.TrimSuffix(strings.TrimSpace(options[at:]), " */")
}
