package mysql

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

const columnsQuery = `SELECT table_schema, table_name, column_name, column_default, is_nullable, data_type, COALESCE(character_set_name, ''),
	COALESCE(collation_name, ''), column_type, COALESCE(extra, ''), COALESCE(column_comment, ''), COALESCE(generation_expression, '')
FROM information_schema.columns WHERE %s ORDER BY table_schema, table_name, ordinal_position`

func (i *inspector) readColumns(ctx context.Context) error {
	return i.each(ctx, "columns", columnsQuery, "table_schema", "table_name", func(scan scanFunc) error {
		var r columnRow
		if err := scan(&r.table.Schema, &r.table.Name, &r.name, &r.byDefault, &r.nullable, &r.dataType, &r.charset,
			&r.collation, &r.columnType, &r.extra, &r.comment, &r.generated); err != nil {
			return err
		}
		c := r.column(i.release)
		if v := i.views[r.table]; v != nil {
			v.Columns = append(v.Columns, c)
			return nil
		}
		if t := i.tables[r.table]; t != nil {
			r.place(c, t)
		}
		return nil
	})
}

// columnRow is a row of information_schema.columns.
type columnRow struct {
	table                                                                               catalog.Name
	name, nullable, dataType, charset, collation, columnType, extra, comment, generated string
	byDefault                                                                           sql.NullString
}

// place adds the column to its table, which knows the default collation and the next number.
func (r columnRow) place(c *catalog.Column, t *catalog.Table) {
	if c.Collation == t.Native[nativeCollation] {
		c.Collation = ""
	}
	if c.Identity.Kind != catalog.NotIdentity {
		c.Identity.Next, _ = strconv.ParseInt(t.Native[nextValue], 10, 64)
		delete(t.Native, nextValue)
	}
	t.Columns = append(t.Columns, c)
}

func (r columnRow) column(s release) *catalog.Column {
	c := &catalog.Column{
		Name: r.name, NativeType: r.columnType, NotNull: r.nullable == "NO", Charset: r.charset, Collation: r.collation, Comment: r.comment,
		Generated: r.generated,
	}
	plain, _, _ := strings.Cut(r.columnType, " /*")
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, plain)
	c.BaseType = strings.ToLower(r.dataType)
	r.readExtra(c)
	c.Default = r.defaultOf(s)
	if s.flavour == MySQL {
		c.Generated = unescapeExpression(c.Generated)
	}
	return c
}

// readExtra reads the column's attributes, which the servers list in one text: "VIRTUAL GENERATED, INVISIBLE".
func (r columnRow) readExtra(c *catalog.Column) {
	extra := strings.ToLower(r.extra)
	has := func(word string) bool { return strings.Contains(extra, word) }
	if has("auto_increment") {
		c.Identity.Kind = catalog.IdentityByDefault
	}
	c.Stored = has("stored generated") || has("persistent")
	var native []string
	if at := strings.Index(extra, "on update "); at >= 0 {
		native = append(native, "ON UPDATE "+strings.TrimRight(upToComma(r.extra[at+len("on update "):]), " "))
	}
	if has("invisible") {
		native = append(native, "INVISIBLE")
	}
	if has("without system versioning") {
		native = append(native, "WITHOUT SYSTEM VERSIONING")
	}
	c.Native = strings.Join(native, " ")
}

func upToComma(s string) string {
	before, _, _ := strings.Cut(s, ",")
	return before
}

// defaultOf returns the default as SQL. MariaDB gives SQL; MySQL gives the bare text of a literal, and marks
// expressions in EXTRA.
func (r columnRow) defaultOf(s release) *string {
	if !r.byDefault.Valid || r.generated != "" {
		return nil
	}
	text := r.byDefault.String
	if s.flavour == MariaDB {
		if text == "NULL" {
			return nil
		}
		return &text
	}
	upper := strings.ToUpper(text)
	switch {
	case strings.HasPrefix(upper, "CURRENT_TIMESTAMP"):
	case strings.Contains(r.extra, "DEFAULT_GENERATED"):
		text = "(" + unescapeExpression(text) + ")"
	case r.dataType == "bit", strings.HasSuffix(r.dataType, "binary") && strings.HasPrefix(text, "0x"):
	default:
		text = quoteString(text)
	}
	return &text
}

// unescapeExpression undoes MySQL 8's escaping of quotes inside expressions in information_schema: _utf8mb4\'a\'.
func unescapeExpression(s string) string {
	return strings.ReplaceAll(s, `\'`, `'`)
}

// readSpatial adds reference systems, which no SHOW CREATE TABLE of MariaDB tells.
func (i *inspector) readSpatial(ctx context.Context) error {
	if !i.anySpatial() {
		return nil
	}
	query := "SELECT g_table_schema, g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns WHERE srid <> 0 AND %s"
	schema, table, word := "g_table_schema", "g_table_name", "REF_SYSTEM_ID="
	if i.release.flavour == MySQL {
		query = "SELECT table_schema, table_name, column_name, srs_id FROM information_schema.columns WHERE srs_id IS NOT NULL AND %s"
		schema, table, word = "table_schema", "table_name", "SRID "
	}
	return i.each(ctx, "spatial columns", query, schema, table, func(scan scanFunc) error {
		var n catalog.Name
		var column string
		var srid uint32
		if err := scan(&n.Schema, &n.Name, &column, &srid); err != nil {
			return err
		}
		t := i.tables[n]
		if t == nil {
			return nil
		}
		if c := t.Column(column); c != nil {
			c.Native = strings.TrimSpace(word + strconv.FormatUint(uint64(srid), 10) + " " + c.Native)
		}
		return nil
	})
}

func (i *inspector) anySpatial() bool {
	for _, t := range i.tables {
		for _, c := range t.Columns {
			if c.Type.Hint == datatype.Spatial {
				return true
			}
		}
	}
	return false
}
