package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// parsedClauses are what the parser has read, as far as it matters to columns.
func parsedClauses(specs []*ast.AlterTableSpec) []clause {
	var out []clause
	for _, s := range specs {
		switch s.Tp {
		case ast.AlterTableAddColumns:
			add := &addColumns{optional: s.IfNotExists, place: parsedPlacement(s.Position)}
			for _, def := range s.NewColumns {
				add.columns = append(add.columns, parsedColumn{def})
			}
			out = append(out, add)
			for _, c := range s.NewConstraints { // ADD (a int, UNIQUE (a))
				out = appendKey(out, c)
			}
		case ast.AlterTableDropColumn:
			out = append(out, &dropColumn{name: s.OldColumnName.Name.O, optional: s.IfExists})
		case ast.AlterTableModifyColumn:
			out = append(out, &changeColumn{name: s.NewColumns[0].Name.Name.O, to: parsedColumn{s.NewColumns[0]}, optional: s.IfExists, place: parsedPlacement(s.Position)})
		case ast.AlterTableChangeColumn:
			out = append(out, &changeColumn{name: s.OldColumnName.Name.O, to: parsedColumn{s.NewColumns[0]}, optional: s.IfExists, place: parsedPlacement(s.Position)})
		case ast.AlterTableRenameColumn:
			out = append(out, &renameColumn{from: s.OldColumnName.Name.O, to: s.NewColumnName.Name.O})
		case ast.AlterTableAlterColumn:
			set := &setDefault{name: s.NewColumns[0].Name.Name.O}
			for _, o := range s.NewColumns[0].Options {
				set.value = defaultText(expression(o.Expr))
			}
			out = append(out, set)
		case ast.AlterTableRenameTable:
			out = append(out, &renameTable{to: catalog.Name{Schema: s.NewTable.Schema.O, Name: s.NewTable.Name.O}})
		case ast.AlterTableDropPrimaryKey:
			out = append(out, &dropPrimary{})
		case ast.AlterTableAddConstraint:
			out = appendKey(out, s.Constraint)
		case ast.AlterTableOption:
			out = appendText(out, s.Options)
		}
	}
	return out
}

// appendText adds what options say about character sets.
func appendText(out []clause, options []*ast.TableOption) []clause {
	var charset, collation string
	convert := false
	for _, o := range options {
		switch o.Tp {
		case ast.TableOptionCharset:
			charset = strings.ToLower(o.StrValue)
			convert = convert || o.UintValue == ast.TableOptionCharsetWithConvertTo
		case ast.TableOptionCollate:
			collation = strings.ToLower(o.StrValue)
		}
	}
	switch {
	case convert:
		return append(out, &convertText{charset, collation})
	case charset != "" || collation != "":
		return append(out, &setText{charset, collation})
	}
	return out
}

func appendKey(out []clause, c *ast.Constraint) []clause {
	if k := parsedKey(c); k != nil {
		return append(out, k)
	}
	return out
}

// parsedKey is a primary or unique key over whole columns; nil for other constraints.
func parsedKey(c *ast.Constraint) *addKey {
	if c == nil {
		return nil
	}
	k := &addKey{key: &catalog.Key{Name: c.Name}, primary: c.Tp == ast.ConstraintPrimaryKey}
	switch c.Tp {
	case ast.ConstraintPrimaryKey, ast.ConstraintUniq, ast.ConstraintUniqKey, ast.ConstraintUniqIndex:
	default:
		return nil
	}
	for _, part := range c.Keys {
		if part.Column == nil || part.Length > 0 {
			return nil
		}
		k.key.Columns = append(k.key.Columns, part.Column.Name.O)
	}
	return k
}

func parsedPlacement(p *ast.ColumnPosition) placement {
	switch {
	case p == nil:
	case p.Tp == ast.ColumnPositionFirst:
		return placement{first: true}
	case p.Tp == ast.ColumnPositionAfter:
		return placement{after: p.RelativeColumn.Name.O}
	}
	return placement{}
}

func parsedCreation(st *ast.CreateTableStmt) *creation {
	c := &creation{}
	for _, o := range st.Options {
		switch o.Tp {
		case ast.TableOptionEngine:
			c.engine = o.StrValue
		case ast.TableOptionCharset:
			c.charset = strings.ToLower(o.StrValue)
		case ast.TableOptionCollate:
			c.collation = strings.ToLower(o.StrValue)
		}
	}
	for _, def := range st.Cols {
		c.columns = append(c.columns, parsedColumn{def})
	}
	for _, constraint := range st.Constraints {
		if k := parsedKey(constraint); k != nil {
			c.keys = append(c.keys, k)
		}
	}
	return c
}
