package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// columnInfo is what the server itself says of a target column.
type columnInfo struct {
	dataType, columnType string
	charset              string // empty for types without one
	length, scale        int    // bits of BIT; digits after the point or of a second
	generated            bool
}

// takesUTF8 reports whether a text column keeps the bytes of UTF-8 as they are, so that no conversion is needed. Types
// that are written as text but have no character set (JSON of MySQL, UUID, INET6) take none without one.
func (c columnInfo) takesUTF8() bool {
	return c.charset == "utf8mb4" || c.charset == "utf8mb3" || c.charset == "utf8"
}

const columnsQuestion = `SELECT column_name, data_type, column_type, COALESCE(character_set_name, ''),
	COALESCE(numeric_scale, datetime_precision, 0), extra FROM information_schema.columns WHERE table_schema = ? AND table_name = ?`

// columnsOf asks the server for the columns of a table.
func (t *target) columnsOf(ctx context.Context, n catalog.Name) (map[string]columnInfo, error) {
	rows, err := t.host.control.QueryContext(ctx, columnsQuestion, n.Schema, n.Name)
	if err != nil {
		return nil, classify(ctx, fmt.Errorf("ask for the columns of %s: %w", n, err))
	}
	defer func() { _ = rows.Close() }()
	columns := map[string]columnInfo{}
	for rows.Next() {
		var name, extra string
		var c columnInfo
		if err := rows.Scan(&name, &c.dataType, &c.columnType, &c.charset, &c.scale, &extra); err != nil {
			return nil, classify(ctx, fmt.Errorf("ask for the columns of %s: %w", n, err))
		}
		c.length = declaredLength(c.columnType, 1)
		c.generated = strings.Contains(strings.ToUpper(extra), "GENERATED") && !strings.Contains(strings.ToUpper(extra), "DEFAULT_GENERATED")
		columns[strings.ToLower(name)] = c
	}
	if err := rows.Err(); err != nil {
		return nil, classify(ctx, fmt.Errorf("ask for the columns of %s: %w", n, err))
	}
	if len(columns) == 0 {
		return nil, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("there is no table %s", n)}
	}
	return columns, nil
}

// encoders prepares the columns of a load.
func (t *target) encoders(ctx context.Context, r connector.LoadRequest) ([]cellEncoder, error) {
	known, err := t.columnsOf(ctx, r.Table.Name)
	if err != nil {
		return nil, err
	}
	var out []cellEncoder
	for _, c := range r.Columns {
		info, ok := known[strings.ToLower(c.Column.Name)]
		if isHistory(r.Table, c.Column) {
			info, ok = boundary, true
		}
		if !ok {
			return nil, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("table %s has no column %s", r.Table.Name, c.Column.Name)}
		}
		e, err := newEncoder(c, info)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// loadStatement writes the LOAD DATA. Its character set is binary: the bytes are not looked at but stored, after the
// check that they are valid in the column's own set; a column of another set than UTF-8 is converted by an
// expression. The values of generated columns are read and dropped.
func loadStatement(n catalog.Name, columns []cellEncoder) string {
	var fields, sets []string
	for i, c := range columns {
		variable := fmt.Sprintf("@v%d", i)
		switch {
		case c.column.generated:
			fields = append(fields, variable)
		case c.convert != "":
			fields = append(fields, variable)
			sets = append(sets, quoteIdent(c.name)+" = "+fmt.Sprintf(c.convert, variable))
		default:
			fields = append(fields, quoteIdent(c.name))
		}
	}
	sql := "LOAD DATA LOCAL INFILE 'rows' INTO TABLE " + quoteTable(n) + " CHARACTER SET binary" + loadFormat +
		" (" + strings.Join(fields, ", ") + ")"
	if len(sets) > 0 {
		sql += " SET " + strings.Join(sets, ", ")
	}
	return sql
}
