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
func alterTable(t *catalog.Table, specs []*ast.AlterTableSpec) (*catalog.Table, map[string]string, error) {
	a := &alteration{table: copyTable(t), renamed: map[string]string{}}
	for _, s := range specs {
		if err := a.apply(s); err != nil {
			return nil, nil, fmt.Errorf("follow ALTER TABLE %s: %w", t.Name, err)
		}
	}
	if len(a.renamed) == 0 {
		a.renamed = nil
	}
	return a.table, a.renamed, nil
}

// createTable returns the table that a statement makes.
func createTable(n catalog.Name, st *ast.CreateTableStmt) *catalog.Table {
	a := &alteration{renamed: map[string]string{}, table: &catalog.Table{Name: n, Rows: -1, Bytes: -1, Native: map[string]string{}}}
	for _, o := range st.Options {
		switch o.Tp {
		case ast.TableOptionEngine:
			a.table.Native[nativeEngine] = o.StrValue
		case ast.TableOptionCharset:
			a.table.Native[nativeCharset] = o.StrValue
		case ast.TableOptionCollate:
			a.table.Native[nativeCollation], a.table.Native[nativeCharset] = o.StrValue, charsetOf(o.StrValue)
		}
	}
	for _, def := range st.Cols {
		a.table.Columns = append(a.table.Columns, a.column(def, nil))
	}
	for _, c := range st.Constraints {
		a.addKey(c)
	}
	if k := a.table.PrimaryKey; k != nil {
		for _, name := range k.Columns {
			if at := a.find(name); at >= 0 {
				a.table.Columns[at].NotNull = true
			}
		}
	}
	return a.table
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

type alteration struct {
	table   *catalog.Table
	renamed map[string]string
}

func (a *alteration) apply(s *ast.AlterTableSpec) error {
	switch s.Tp {
	case ast.AlterTableAddColumns:
		for i, def := range s.NewColumns {
			if a.find(def.Name.Name.O) >= 0 && s.IfNotExists {
				continue
			}
			at := len(a.table.Columns)
			if i == 0 || s.Position != nil && s.Position.Tp != ast.ColumnPositionNone {
				var err error
				if at, err = a.place(s.Position, at); err != nil {
					return err
				}
			}
			a.table.Columns = slices.Insert(a.table.Columns, at, a.column(def, nil))
		}
	case ast.AlterTableDropColumn:
		at := a.find(s.OldColumnName.Name.O)
		if at < 0 {
			return a.unless(s.IfExists, s.OldColumnName.Name.O)
		}
		a.table.Columns = slices.Delete(a.table.Columns, at, at+1)
		a.dropFromKeys(s.OldColumnName.Name.O)
	case ast.AlterTableModifyColumn:
		return a.change(s, s.NewColumns[0].Name.Name.O)
	case ast.AlterTableChangeColumn:
		return a.change(s, s.OldColumnName.Name.O)
	case ast.AlterTableRenameColumn:
		at := a.find(s.OldColumnName.Name.O)
		if at < 0 {
			return a.unless(false, s.OldColumnName.Name.O)
		}
		c := *a.table.Columns[at]
		a.rename(&c, s.NewColumnName.Name.O)
		a.table.Columns[at] = &c
	case ast.AlterTableRenameTable:
		a.table.Name.Name = s.NewTable.Name.O
		if s.NewTable.Schema.O != "" {
			a.table.Name.Schema = s.NewTable.Schema.O
		}
	case ast.AlterTableDropPrimaryKey:
		a.table.PrimaryKey = nil
	case ast.AlterTableAddConstraint:
		a.addKey(s.Constraint)
	}
	return nil
}

func (a *alteration) find(name string) int {
	return slices.IndexFunc(a.table.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, name) })
}

func (a *alteration) unless(optional bool, name string) error {
	if optional {
		return nil
	}
	return fmt.Errorf("column %s is not known", name)
}

// place is where a column goes; otherwise when nothing is said.
func (a *alteration) place(p *ast.ColumnPosition, otherwise int) (int, error) {
	if p == nil {
		return otherwise, nil
	}
	switch p.Tp {
	case ast.ColumnPositionFirst:
		return 0, nil
	case ast.ColumnPositionAfter:
		at := a.find(p.RelativeColumn.Name.O)
		if at < 0 {
			return 0, a.unless(false, p.RelativeColumn.Name.O)
		}
		return at + 1, nil
	}
	return otherwise, nil
}

// change gives a column a new definition, name and place.
func (a *alteration) change(s *ast.AlterTableSpec, name string) error {
	at := a.find(name)
	if at < 0 {
		return a.unless(s.IfExists, name)
	}
	old := a.table.Columns[at]
	c := a.column(s.NewColumns[0], old)
	if c.Name != old.Name {
		to := c.Name
		c.Name = old.Name
		a.rename(c, to)
	}
	a.table.Columns = slices.Delete(a.table.Columns, at, at+1)
	to, err := a.place(s.Position, at)
	if err != nil {
		return err
	}
	a.table.Columns = slices.Insert(a.table.Columns, to, c)
	return nil
}

func (a *alteration) rename(c *catalog.Column, to string) {
	from := c.Name
	for old, now := range a.renamed {
		if now == from {
			from = old
		}
	}
	a.renamed[from] = to
	for _, k := range a.keys() {
		for i := range k.Columns {
			if strings.EqualFold(k.Columns[i], c.Name) {
				k.Columns[i] = to
			}
		}
	}
	c.Name = to
}

func (a *alteration) keys() []*catalog.Key {
	keys := slices.Clone(a.table.Uniques)
	if a.table.PrimaryKey != nil {
		keys = append(keys, a.table.PrimaryKey)
	}
	return keys
}

func (a *alteration) dropFromKeys(name string) {
	for _, k := range a.keys() {
		k.Columns = slices.DeleteFunc(k.Columns, func(c string) bool { return strings.EqualFold(c, name) })
	}
	if k := a.table.PrimaryKey; k != nil && len(k.Columns) == 0 {
		a.table.PrimaryKey = nil
	}
	a.table.Uniques = slices.DeleteFunc(a.table.Uniques, func(k *catalog.Key) bool { return len(k.Columns) == 0 })
}

func (a *alteration) addKey(c *ast.Constraint) {
	if c == nil {
		return
	}
	k := &catalog.Key{Name: c.Name}
	for _, part := range c.Keys {
		if part.Column == nil || part.Length > 0 {
			return
		}
		k.Columns = append(k.Columns, part.Column.Name.O)
	}
	switch c.Tp {
	case ast.ConstraintPrimaryKey:
		a.table.PrimaryKey = k
	case ast.ConstraintUniq, ast.ConstraintUniqKey, ast.ConstraintUniqIndex:
		a.table.Uniques = append(a.table.Uniques, k)
	}
}

// column reads a definition. old is what it replaces.
func (a *alteration) column(def *ast.ColumnDef, old *catalog.Column) *catalog.Column {
	native := strings.ToLower(def.Tp.CompactStr())
	if strings.Contains(strings.ToLower(def.Tp.String()), " unsigned") {
		native += " unsigned"
	}
	if def.Tp.GetCharset() == "binary" {
		native = binaryName(native)
	}
	if len(def.Tp.GetElems()) > 0 {
		native = elements(native, def.Tp.GetElems())
	}
	c := &catalog.Column{Name: def.Name.Name.O, NativeType: native}
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, native)
	if hasCharset(c.BaseType) || len(def.Tp.GetElems()) > 0 {
		c.Charset = def.Tp.GetCharset()
		if c.Charset == "" {
			c.Charset = a.table.Native[nativeCharset]
		} else if c.Charset != a.table.Native[nativeCharset] {
			c.Collation = defaultCollation(c.Charset)
		}
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
			if text := expression(o.Expr); !strings.EqualFold(text, "NULL") {
				c.Default = &text
			}
		case ast.ColumnOptionOnUpdate:
			c.Native = "ON UPDATE " + expression(o.Expr)
		case ast.ColumnOptionCollate:
			c.Collation, c.Charset = o.StrValue, charsetOf(o.StrValue)
		case ast.ColumnOptionComment:
			if v, ok := o.Expr.(ast.ValueExpr); ok {
				c.Comment = v.GetString()
			}
		}
	}
	if old != nil && slices.Contains(identity(a.table), old.Name) {
		c.NotNull = true
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
