package mysql

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// prepareDefaults makes the values of the columns that inserts of an event leave out. A row image that is not FULL does so where the statement named
// no value and the column's default is a constant: it is the default at this place of the log, and the target's own need not be.
func (p *tablePlan) prepareDefaults(e *binlog.RowsEvent) error {
	if e.Kind != binlog.Write {
		return nil
	}
	for v, i := range p.order {
		if i < 0 || binlog.Present(e.After, i) || p.defaults != nil && p.defaults[v] != nil {
			continue
		}
		if p.defaults == nil {
			p.defaults = make([]*change.Vector, len(p.order))
		}
		read := p.table.Columns[v]
		if now := p.table.Table.Column(read.Column.Name); now != nil {
			read.Column = now
		}
		var err error
		if p.defaults[v], err = defaultOf(read); err != nil {
			return err
		}
	}
	return nil
}

// defaultOf is a vector of one value, what an insert gets that names none for the column: absent where the target makes it as the source does.
func defaultOf(r connector.ReadColumn) (*change.Vector, error) {
	c, v := r.Column, &change.Vector{Layout: r.Layout}
	switch {
	case c.Generated != "" || c.Identity.Kind != catalog.NotIdentity || c.Default == nil && c.NotNull:
		v.AppendAbsent()
		return v, nil
	case c.Default == nil:
		v.AppendNull()
		return v, nil
	}
	text, ok := constantDefault(c)
	d, err := decoderFor(r)
	if !ok || err != nil || d.append(v, text) != nil {
		return nil, fmt.Errorf("an insert leaves out column %s, whose default (%s) is not understood; "+
			"SET GLOBAL binlog_row_image = FULL, have the sessions reconnect, and load the table anew", c.Name, *c.Default)
	}
	return v, nil
}

// constantDefault is a column's default as the server prints a value of it; of an expression, and of what is no plain constant, there is none.
func constantDefault(c *catalog.Column) ([]byte, bool) {
	if c.Default == nil {
		return nil, false
	}
	text, ok := constantOf(*c.Default)
	if x, err := strconv.ParseUint(*c.Default, 10, 64); c.BaseType == "bit" && err == nil {
		text = bigEndian(x)
	}
	if !ok {
		return nil, false
	}
	return canonical(c, text)
}

// sameDefault reports whether two states of a column have the same default, as far as it is a constant.
func sameDefault(a, b *catalog.Column) bool {
	x, constant := constantDefault(a)
	y, too := constantDefault(b)
	return (a.Default == nil) == (b.Default == nil) && constant == too && bytes.Equal(x, y)
}

var (
	numberText   = regexp.MustCompile(`^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$`)
	bitsText     = regexp.MustCompile(`^(?i:b'([01]*)'|0b([01]+))$`)
	bytesText    = regexp.MustCompile(`^(?i:x'((?:[0-9a-f]{2})*)'|0x((?:[0-9a-f]{2})+))$`)
	quotedText   = regexp.MustCompile(`(?s)^'(?:[^'\\]|''|\\.)*'$`)
	plainWhole   = regexp.MustCompile(`^(0|-?[1-9]\d*)$`)
	plainDecimal = regexp.MustCompile(`^-?(0|[1-9]\d*)(?:\.(\d+))?$`)
	plainMoment  = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d{1,6})?))?$`)
	plainTime    = regexp.MustCompile(`^-?\d{2,3}:\d\d:\d\d(\.\d{1,6})?$`)
	plainYear    = regexp.MustCompile(`^\d{4}$`)
)

// constantOf is the value of a literal, as text, or the bytes of a hexadecimal or bit literal. Of an expression it is none.
func constantOf(sql string) ([]byte, bool) {
	sql = strings.TrimSpace(sql)
	switch upper := strings.ToUpper(sql); {
	case upper == "TRUE":
		return []byte("1"), true
	case upper == "FALSE":
		return []byte("0"), true
	case numberText.MatchString(sql):
		return []byte(sql), true
	case quotedText.MatchString(sql):
		return []byte(unescapeLiteral(sql)), true
	}
	if m := bitsText.FindStringSubmatch(sql); m != nil {
		x, err := strconv.ParseUint("0"+m[1]+m[2], 2, 64)
		return bigEndian(x), err == nil
	}
	if m := bytesText.FindStringSubmatch(sql); m != nil {
		b, err := hex.DecodeString(m[1] + m[2])
		return b, err == nil
	}
	return nil, false
}

func bigEndian(x uint64) (b []byte) {
	for ; x > 0 || len(b) == 0; x >>= 8 {
		b = append(b, byte(x))
	}
	slices.Reverse(b)
	return b
}

// canonical is a constant as the server prints the value that a column has of it. What it would have to round, or to take for a value of another
// kind or in another time zone, is none.
func canonical(c *catalog.Column, text []byte) ([]byte, bool) {
	if strings.Contains(strings.ToLower(c.NativeType), "zerofill") {
		return nil, false
	}
	switch c.BaseType {
	case "tinyint", "bool", "boolean", "smallint", "mediumint", "int", "integer", "bigint":
		return text, plainWhole.Match(text)
	case "decimal", "numeric":
		m := plainDecimal.FindSubmatch(text)
		if m == nil || len(m[2]) > c.Type.Scale {
			return nil, false
		}
		return withFraction(text, len(m[2]), c.Type.Scale), true
	case "float", "double", "real":
		return canonicalFloat(c, text)
	case "date":
		m := plainMoment.FindSubmatch(text)
		return text, m != nil && m[2] == nil
	case "datetime", "timestamp":
		return canonicalMoment(c, text)
	case "time":
		m := plainTime.FindSubmatch(text)
		fraction := max(0, len(bytes.TrimPrefix(lastOf(m), []byte("."))))
		if m == nil || fraction > c.Type.Scale {
			return nil, false
		}
		return withFraction(text, fraction, c.Type.Scale), true
	case "year":
		return text, plainYear.Match(text)
	case "char":
		return bytes.TrimRight(text, " "), true
	case "varchar", "tinytext", "text", "mediumtext", "longtext", "bit", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return text, true
	case "binary":
		return append(slices.Clone(text), make([]byte, max(0, declaredLength(c.NativeType, 1)-len(text)))...), true
	case "enum":
		return text, slices.Contains(members(c), string(text))
	case "set":
		return text, membersInOrder(members(c), string(text))
	}
	return nil, false
}

func lastOf(m [][]byte) []byte {
	if m == nil {
		return nil
	}
	return m[len(m)-1]
}

// canonicalFloat has the digits of a DOUBLE, as those of a FLOAT are asked for.
func canonicalFloat(c *catalog.Column, text []byte) ([]byte, bool) {
	bits := 64
	if c.BaseType == "float" {
		bits = 32
	}
	f, err := strconv.ParseFloat(string(text), bits)
	return strconv.AppendFloat(nil, f, 'g', -1, 64), err == nil && !strings.Contains(c.NativeType, "(")
}

// canonicalMoment is that of DATETIME and TIMESTAMP. The literal of a TIMESTAMP is of the time zone of the session that told it.
func canonicalMoment(c *catalog.Column, text []byte) ([]byte, bool) {
	m := plainMoment.FindSubmatch(text)
	if m == nil || c.BaseType == "timestamp" && !bytes.HasPrefix(text, []byte("0000-00-00")) {
		return nil, false
	}
	out := slices.Clone(text)
	if m[2] == nil {
		out = append(out, " 00:00:00"...)
	}
	_, fraction, _ := bytes.Cut(m[2], []byte("."))
	if len(fraction) > c.Type.Scale {
		return nil, false
	}
	return withFraction(out, len(fraction), c.Type.Scale), true
}

// withFraction adds zeros until there are as many digits behind the point as the type has.
func withFraction(text []byte, digits, scale int) []byte {
	out := slices.Clone(text)
	if digits == 0 && scale > 0 {
		out = append(out, '.')
	}
	return append(out, bytes.Repeat([]byte("0"), scale-digits)...)
}

// membersInOrder reports whether a SET's text has its members in their order, each once.
func membersInOrder(all []string, text string) bool {
	if text == "" {
		return true
	}
	at := -1
	for _, m := range strings.Split(text, ",") {
		next := slices.Index(all, m)
		if next <= at {
			return false
		}
		at = next
	}
	return true
}
