package mysql

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

const foreignKeysQuery = `SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema,
	k.referenced_table_name, k.referenced_column_name
FROM information_schema.key_column_usage k
WHERE k.referenced_table_name IS NOT NULL AND %s ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position`

const rulesQuery = `SELECT r.constraint_schema, r.table_name, r.constraint_name, r.update_rule, r.delete_rule
FROM information_schema.referential_constraints r WHERE %s`

// readForeignKeys reads columns and rules one after the other: joined by the server, each of the two views would be
// made again for every row of the other.
func (i *inspector) readForeignKeys(ctx context.Context) error {
	keys := make(map[catalog.Ref]*catalog.ForeignKey)
	err := i.each(ctx, "foreign keys", foreignKeysQuery, "k.table_schema", "k.table_name", func(scan scanFunc) error {
		var r catalog.Ref
		var schema, column, referenced string
		var to catalog.Name
		if err := scan(&schema, &r.Table, &r.Name.Name, &column, &to.Schema, &to.Name, &referenced); err != nil {
			return err
		}
		r.Name.Schema = schema
		t := i.tables[catalog.Name{Schema: schema, Name: r.Table}]
		if t == nil {
			return nil
		}
		k := keys[r]
		if k == nil {
			k = &catalog.ForeignKey{Name: r.Name.Name, Table: to}
			keys[r], t.ForeignKeys = k, append(t.ForeignKeys, k)
		}
		k.Columns, k.References = append(k.Columns, column), append(k.References, referenced)
		return nil
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	return i.each(ctx, "foreign key rules", rulesQuery, "r.constraint_schema", "r.table_name", func(scan scanFunc) error {
		var r catalog.Ref
		var onUpdate, onDelete string
		if err := scan(&r.Name.Schema, &r.Table, &r.Name.Name, &onUpdate, &onDelete); err != nil {
			return err
		}
		if k := keys[r]; k != nil {
			k.OnUpdate, k.OnDelete = action(onUpdate), action(onDelete)
		}
		return nil
	})
}

// action reads a rule. InnoDB checks row by row, so that RESTRICT, MariaDB's default, and NO ACTION, MySQL's, are one.
func action(rule string) string {
	if rule == "RESTRICT" || rule == "NO ACTION" {
		return ""
	}
	return rule
}

const (
	mariadbChecksQuery = `SELECT constraint_schema, table_name, constraint_name, check_clause, level = 'Column'
FROM information_schema.check_constraints WHERE %s ORDER BY constraint_schema, table_name, constraint_name`
	mysqlChecksQuery = `SELECT t.table_schema, t.table_name, t.constraint_name, c.check_clause, 0
FROM information_schema.table_constraints t JOIN information_schema.check_constraints c
	ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
WHERE t.constraint_type = 'CHECK' AND %s ORDER BY t.table_schema, t.table_name, t.constraint_name`
)

func (i *inspector) readChecks(ctx context.Context) error {
	query, schema, table := mariadbChecksQuery, "constraint_schema", "table_name"
	if i.release.flavour == MySQL {
		if i.release.version < 80016 {
			return nil
		}
		query, schema, table = mysqlChecksQuery, "t.table_schema", "t.table_name"
	}
	return i.each(ctx, "checks", query, schema, table, func(scan scanFunc) error {
		var n catalog.Name
		var inColumn bool
		c := &catalog.Check{}
		if err := scan(&n.Schema, &n.Name, &c.Name, &c.Expression, &inColumn); err != nil {
			return err
		}
		t := i.tables[n]
		if t == nil {
			return nil
		}
		if i.release.flavour == MySQL {
			c.Expression = unescapeExpression(c.Expression)
		}
		if inColumn {
			c.DDL = columnCheck + c.Expression + ")"
		}
		t.Checks = append(t.Checks, c)
		markJSON(t, c)
		return nil
	})
}

// columnCheck begins the DDL of a check that belongs to the column of its name.
const columnCheck = "CHECK ("

// markJSON recognises MariaDB's json, which is a longtext with the check json_valid(`column`).
func markJSON(t *catalog.Table, c *catalog.Check) {
	inner, ok := strings.CutPrefix(c.Expression, "json_valid(")
	if !ok {
		return
	}
	for _, column := range t.Columns {
		if inner == quoteIdent(column.Name)+")" && column.BaseType == "longtext" {
			column.BaseType, column.Type = typemap.FromNative(catalog.MySQL, "json")
		}
	}
}
