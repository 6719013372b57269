package mysql

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// alterTable returns a copy of a table as an ALTER TABLE leaves it, and which columns got another name.
func alterTable(t *catalog.Table, clauses []clause) (*catalog.Table, map[string]string, error) {
	a := &alteration{table: copyTable(t), renamed: map[string]string{}}
	for _, c := range clauses {
		if err := c.change(a); err != nil {
			return nil, nil, fmt.Errorf("follow ALTER TABLE %s: %w", t.Name, err)
		}
	}
	if len(a.renamed) == 0 {
		a.renamed = nil
	}
	return a.table, a.renamed, nil
}

// creation is what a CREATE TABLE says.
type creation struct {
	columns            []definer
	keys               []*addKey
	engine             string
	versioned          bool   // by the system
	charset, collation string // "" when the database's are meant
}

// createTable returns the table that a statement makes in a database whose collation is known.
func createTable(n catalog.Name, c *creation, collation string) *catalog.Table {
	a := &alteration{renamed: map[string]string{}, table: &catalog.Table{Name: n, Rows: -1, Bytes: -1,
		Native: map[string]string{nativeCollation: collation, nativeCharset: charsetOf(collation)}}}
	if c.engine != "" {
		a.table.Native[nativeEngine] = c.engine
	}
	if c.versioned {
		a.table.Native[nativeVersioned] = "yes"
	}
	if c.charset != "" || c.collation != "" {
		_ = (&setText{charset: c.charset, collation: c.collation}).change(a)
	}
	for _, def := range c.columns {
		a.table.Columns = append(a.table.Columns, def.column(a))
	}
	for _, k := range c.keys {
		_ = k.change(a)
	}
	if k := a.table.PrimaryKey; k != nil {
		for _, name := range k.Columns {
			if at := a.find(name); at >= 0 {
				a.table.Columns[at].NotNull = true
			}
		}
	}
	nameUniques(a.table)
	return a.table
}

// nameUniques gives unique keys without a name the one that the servers give them: their first column's, with a number if that is taken.
func nameUniques(t *catalog.Table) {
	taken := map[string]bool{"primary": true}
	for _, k := range t.Uniques {
		taken[strings.ToLower(k.Name)] = true
	}
	for _, k := range t.Uniques {
		if k.Name != "" || len(k.Columns) == 0 {
			continue
		}
		k.Name = k.Columns[0]
		for n := 2; taken[strings.ToLower(k.Name)]; n++ {
			k.Name = fmt.Sprintf("%s_%d", k.Columns[0], n)
		}
		taken[strings.ToLower(k.Name)] = true
	}
}

// copyTable copies what an alteration changes.
func copyTable(t *catalog.Table) *catalog.Table {
	c := *t
	c.Columns = slices.Clone(t.Columns)
	c.Native = maps.Clone(t.Native)
	delete(c.Native, nativeCreate)
	delete(c.Native, nativeOptions)
	if t.PrimaryKey != nil {
		k := *t.PrimaryKey
		k.Columns, k.DDL = slices.Clone(k.Columns), ""
		c.PrimaryKey = &k
	}
	c.Uniques = nil
	for _, u := range t.Uniques {
		k := *u
		k.Columns, k.DDL = slices.Clone(k.Columns), ""
		c.Uniques = append(c.Uniques, &k)
	}
	return &c
}

// parsedColumn is a definition that the parser has read.
type parsedColumn struct{ *ast.ColumnDef }

func (d parsedColumn) columnName() string { return d.Name.Name.O }

// column implements definer.
func (d parsedColumn) column(a *alteration) *catalog.Column {
	def := d.ColumnDef
	native := strings.ToLower(def.Tp.CompactStr())
	if strings.Contains(strings.ToLower(def.Tp.String()), " unsigned") {
		native += " unsigned"
	}
	charset := def.Tp.GetCharset()
	if charset == "binary" {
		native, charset = binaryName(native), ""
	}
	if len(def.Tp.GetElems()) > 0 {
		native = elements(native, def.Tp.GetElems())
	}
	c := &catalog.Column{Name: def.Name.Name.O, NativeType: native}
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, native)
	if a.inCharacters(c) {
		a.setCharset(c, charset)
	}
	for _, o := range def.Options {
		switch o.Tp {
		case ast.ColumnOptionNotNull, ast.ColumnOptionPrimaryKey:
			c.NotNull = true
			if o.Tp == ast.ColumnOptionPrimaryKey {
				a.table.PrimaryKey = &catalog.Key{Columns: []string{c.Name}}
			}
		case ast.ColumnOptionAutoIncrement:
			c.Identity.Kind = catalog.IdentityByDefault
		case ast.ColumnOptionUniqKey:
			a.table.Uniques = append(a.table.Uniques, &catalog.Key{Columns: []string{c.Name}})
		case ast.ColumnOptionGenerated:
			c.Generated, c.Stored = expression(o.Expr), o.Stored
		case ast.ColumnOptionDefaultValue:
			c.Default = defaultText(expression(o.Expr))
		case ast.ColumnOptionOnUpdate:
			c.Native = "ON UPDATE " + expression(o.Expr)
		case ast.ColumnOptionCollate:
			a.setCollation(c, strings.ToLower(o.StrValue))
		case ast.ColumnOptionComment:
			if v, ok := o.Expr.(ast.ValueExpr); ok {
				c.Comment = v.GetString()
			}
		}
	}
	return c
}

// oddDefaults are the default collations that are not called general.
var oddDefaults = map[string]string{
	"latin1": "swedish", "swe7": "swedish", "dec8": "swedish", "hp8": "english", "big5": "chinese", "gbk": "chinese", "gb2312": "chinese",
	"gb18030": "chinese", "sjis": "japanese", "cp932": "japanese", "ujis": "japanese", "eucjpms": "japanese", "euckr": "korean", "tis620": "thai",
}

// defaultCollation is what a column gets whose character set alone is named.
func defaultCollation(charset string) string {
	if charset == "binary" {
		return charset
	}
	word := oddDefaults[charset]
	if word == "" {
		word = "general"
	}
	return charset + "_" + word + "_ci"
}

// expression writes an expression as SQL.
func expression(e ast.ExprNode) string {
	var b strings.Builder
	const flags = format.RestoreStringSingleQuotes | format.RestoreStringWithoutCharset | format.RestoreKeyWordUppercase | format.RestoreNameBackQuotes |
		format.RestoreStringEscapeBackslash
	if err := e.Restore(format.NewRestoreCtx(flags, &b)); err != nil {
		return ""
	}
	return b.String()
}

// binaryName undoes the parser's view of binary strings as text in the character set binary.
func binaryName(native string) string {
	for _, r := range [][2]string{{"varchar", "varbinary"}, {"char", "binary"}, {"tinytext", "tinyblob"}, {"mediumtext", "mediumblob"},
		{"longtext", "longblob"}, {"text", "blob"}} {
		if strings.HasPrefix(native, r[0]) {
			return r[1] + native[len(r[0]):]
		}
	}
	return native
}

// elements writes an ENUM or SET with its members as they are: the type's text may be in small letters.
func elements(native string, members []string) string {
	kind, _, _ := strings.Cut(native, "(")
	quoted := make([]string, len(members))
	for i, m := range members {
		quoted[i] = "'" + strings.ReplaceAll(m, "'", "''") + "'"
	}
	return kind + "(" + strings.Join(quoted, ",") + ")"
}
