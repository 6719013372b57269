package mysql

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

var (
	_ connector.Digester = (*snapshot)(nil)
	_ connector.Extent   = (*snapshot)(nil)
)

// Renders implements connector.Digester.
func (s *snapshot) Renders(c *catalog.Column, f connector.Form) bool {
	_, ok := render(c, f)
	return ok
}

// Own implements connector.Digester: servers of one kind print the values of a type alike, without a common form.
func (s *snapshot) Own(columns []*catalog.Column) string {
	name := "mysql"
	if s.host.mariadb {
		name = "mariadb"
	}
	for _, c := range columns {
		name += fmt.Sprintf(" %q %q", c.NativeType, c.Charset)
	}
	return name
}

// ownFields writes a column's value that is not null as its server prints it.
func ownFields(c *catalog.Column) []string {
	column, base := quoteIdent(c.Name), c.BaseType
	switch {
	case base == "float":
		return []string{column + "+0e0"}
	case base == "bit", isBytes(base), isSpatial(base):
		return []string{"CONCAT('x', HEX(" + column + "))"}
	case !c.Type.Kind.IsText():
		return []string{column}
	case c.Charset == "":
		column = "CAST(" + column + " AS CHAR)"
	default:
		column = asUTF8(c, column)
	}
	return []string{"LENGTH(" + column + ")", column}
}

// asUTF8 leaves what is UTF-8 as it is: a conversion of each value costs more than its hash. Texts of unlike collations are not joined without naming one.
func asUTF8(c *catalog.Column, column string) string {
	if c.Charset != "utf8mb4" {
		column = "CONVERT(" + column + " USING utf8mb4)"
	}
	return "(" + column + " COLLATE utf8mb4_bin)"
}

// render writes a column in a form; ok is false when its type has none.
func render(c *catalog.Column, f connector.Form) (sql string, ok bool) {
	column, base := quoteIdent(c.Name), c.BaseType
	switch f {
	case connector.Number:
		return renderNumber(c, column)
	case connector.Exact, connector.Padded:
		text, ok := textOf(c, column)
		if f == connector.Padded {
			text = "TRIM(TRAILING ' ' FROM " + text + ")"
		}
		return text, ok
	case connector.Hex:
		return "CONCAT('x', LOWER(HEX(" + column + ")))", isBytes(base)
	case connector.Day:
		return column, base == "date"
	case connector.Clock:
		return trimmedTime(column, c.Type.Scale), base == "time"
	case connector.Moment:
		return trimmedTime(column, c.Type.Scale), base == "datetime" || base == "timestamp"
	}
	return "", false
}

func renderNumber(c *catalog.Column, column string) (sql string, ok bool) {
	switch {
	case c.BaseType == "float" || c.BaseType == "double":
		return "", false
	case c.Type.Kind == datatype.Numeric:
		return trimmed(plainNumber(c), c.Type.Scale), true
	case c.Type.Kind.IsInteger(), c.Type.Kind == datatype.Boolean:
		return plainNumber(c), true
	}
	return "", false
}

// plainNumber is a number as it is printed, without the zeros that ZEROFILL and years have before it.
func plainNumber(c *catalog.Column) string {
	column := quoteIdent(c.Name)
	switch c.BaseType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal":
		if !strings.Contains(strings.ToLower(c.NativeType), "zerofill") {
			return column
		}
	}
	return "CAST(" + column + "+0 AS CHAR)"
}

// trimmed takes the zeros at the end of a fraction away.
func trimmed(text string, scale int) string {
	if scale <= 0 {
		return text
	}
	return "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM " + text + "))"
}

// trimmedTime is trimmed for what has digits to trim: looking for them in a text takes longer than asking for the last one.
func trimmedTime(column string, scale int) string {
	if scale <= 0 {
		return column
	}
	last := "1"
	for range 7 - min(scale, 6) {
		last += "0"
	}
	return "IF(MICROSECOND(" + column + ") % " + last + ", " + column + ", " + trimmed(column, scale) + ")"
}

func isBytes(base string) bool {
	switch base {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return true
	}
	return false
}

func textOf(c *catalog.Column, column string) (sql string, ok bool) {
	switch base := c.BaseType; {
	case base == "bit":
		return fmt.Sprintf("LPAD(BIN(%s), %d, '0')", column, declaredLength(c.NativeType, 1)), c.Type.Kind != datatype.Boolean
	case isBytes(base), isSpatial(base), base == "float", base == "double":
		return "", false
	case c.Type.Kind.IsText():
		return asUTF8(c, column), true
	}
	return "CAST(" + column + " AS CHAR)", true
}

// written is a row in the form of connector.Digester, or in the server's own. One call joins the fields of a row without nulls; any other row is
// written again with care. What is too large for the server is null in both, and passes for none: see rowHash.
func written(columns []connector.Rendered, own bool) string {
	var plain, careful []string
	for _, c := range columns {
		for _, f := range fields(c, own) {
			plain = append(plain, f)
			careful = append(careful, "IF("+quoteIdent(c.Column.Name)+" IS NULL, '', "+f+")")
		}
	}
	return "COALESCE(CONCAT(" + strings.Join(plain, ", ';', ") + "), CONCAT(" + strings.Join(careful, ", ';', ") + "))"
}

// fields are those of a column's value that is not null.
func fields(c connector.Rendered, own bool) []string {
	text, _ := render(c.Column, c.Form)
	switch {
	case own:
		return ownFields(c.Column)
	case c.Alike:
		return []string{plainNumber(c.Column)}
	case c.Form.Delimited():
		return []string{text}
	}
	return []string{"LENGTH(" + text + ")", text}
}

// hashPart is the first hexadecimal digits of the SHA-256 of columns, as a number.
func hashPart(columns []connector.Rendered, own bool, digits int) string {
	return fmt.Sprintf("CAST(CONV(SUBSTR(SHA2(%s, 256), 1, %d), 16, 10) AS UNSIGNED)", written(columns, own), digits)
}

// rowHash is the digest of a row. That of a row which is too large to be written is a number that never comes again, so that it is equal to
// none.
func rowHash(columns []connector.Rendered, own bool) string {
	return "COALESCE(" + hashPart(columns, own, 16) + ", UUID_SHORT())"
}

// bucket is the expression that puts a row into its bucket.
func bucket(p connector.Part) string {
	switch {
	case p.Modulus == 0 && p.Range == nil:
		return "0"
	case p.Modulus == 0:
		return fmt.Sprintf("(%s DIV %d)", quoteIdent(p.Range.Column.Name), max(p.Width, 1))
	}
	of := p.Key
	if len(of) == 0 {
		of = p.Row
	}
	return fmt.Sprintf("COALESCE(%s %% %d, 0)", hashPart(of, p.Own, 8), p.Modulus)
}

// partConditions restrict a query to a part.
func partConditions(p connector.Part) (out []string) {
	if p.Range != nil {
		out = append(out, fmt.Sprintf("%s BETWEEN %d AND %d", quoteIdent(p.Range.Column.Name), p.Range.Low, p.Range.High))
	}
	if p.Buckets == nil {
		return out
	}
	list := []byte("-1")
	for _, n := range p.Buckets {
		list = strconv.AppendInt(append(list, ','), n, 10)
	}
	return append(out, bucket(p)+" IN ("+string(list)+")")
}

// Digest implements connector.Digester.
func (s *snapshot) Digest(ctx context.Context, r connector.DigestRequest) ([]connector.Digest, error) {
	statements, err := digestStatements(&r)
	if err != nil {
		return nil, err
	}
	var out []connector.Digest
	err = s.lease(ctx, func(se *link) error {
		for _, sql := range statements {
			rows, err := se.query(ctx, sql)
			if err == nil && r.Joined {
				err = se.uncut(ctx)
			}
			if err != nil {
				return err
			}
			for _, v := range rows {
				if v[1] == "0" {
					continue // a range of its own that holds no row
				}
				d, err := digestOf(v)
				if err != nil {
					return err
				}
				out = append(out, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("digest the rows of %s: %w", r.Table.Name, err)
	}
	return out, nil
}

// uncut fails when the last statement has warned: what is longer than group_concat_max_len is cut, without an error.
func (se *link) uncut(ctx context.Context) error {
	rows, err := se.query(ctx, "SELECT @@warning_count")
	if err == nil && (len(rows) != 1 || rows[0][0] != "0") {
		return connector.ErrNotJoined
	}
	return err
}

func digestOf(v []string) (d connector.Digest, err error) {
	if d.Bucket, err = strconv.ParseInt(v[0], 10, 64); err != nil {
		return d, fmt.Errorf("read a bucket's number: %w", err)
	}
	if d.Rows, err = strconv.ParseInt(v[1], 10, 64); err != nil {
		return d, fmt.Errorf("read a bucket's count: %w", err)
	}
	for _, c := range []byte(v[2]) {
		if c < '0' || c > '9' {
			return d, fmt.Errorf("read a bucket's digest: %q", v[2])
		}
		d.Sum = d.Sum*10 + uint64(c-'0')
	}
	return d, nil
}

// Extent implements connector.Extent.
func (s *snapshot) Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error) {
	whole := c.Type.Kind.IsInteger() || c.Type.Kind == datatype.Numeric && c.Type.Scale == 0
	if !whole || !c.NotNull || c.BaseType == "float" || c.BaseType == "double" || c.BaseType == "year" {
		return 0, 0, false, nil
	}
	err = s.lease(ctx, func(se *link) error {
		rows, err := se.query(ctx, fmt.Sprintf("SELECT COALESCE(MIN(%[1]s), 0)+0, COALESCE(MAX(%[1]s), -1)+0 FROM %[2]s", quoteIdent(c.Name), quoteTable(t.Name)))
		if err != nil || len(rows) != 1 {
			return err
		}
		var first, second error
		low, first = strconv.ParseInt(rows[0][0], 10, 64)
		high, second = strconv.ParseInt(rows[0][1], 10, 64)
		ok = first == nil && second == nil // numbers beyond 64 bits make no range
		return nil
	})
	if err != nil {
		return 0, 0, false, fmt.Errorf("look at the keys of %s: %w", t.Name, err)
	}
	return low, high, ok, nil
}
