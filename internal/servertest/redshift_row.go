package servertest

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// copyTarget is the table of a COPY.
type copyTarget struct{ columns []copyColumn }

type copyColumn struct {
	name, native string
	notNull      bool
}

// csvField is a field of a CSV file.
type csvField struct {
	text   string
	quoted bool
}

// csvRecord reads one record of a CSV file, and says where the next one begins. lines is how many lines it takes.
func csvRecord(p []byte) (fields []csvField, rest []byte, lines int, ok bool) {
	var f csvField
	var b []byte
	inside := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		if c == '\n' {
			lines++
		}
		switch {
		case inside && c == '"' && i+1 < len(p) && p[i+1] == '"':
			b = append(b, '"')
			i++
		case inside && c == '"':
			inside = false
		case inside:
			b = append(b, c)
		case c == '"' && len(b) == 0 && !f.quoted:
			inside, f.quoted = true, true
		case c == '"':
			return nil, nil, 0, false
		case c == ',':
			f.text = string(b)
			fields, f, b = append(fields, f), csvField{}, nil
		case c == '\n':
			f.text = string(b)
			return append(fields, f), p[i+1:], lines, true
		default:
			b = append(b, c)
		}
	}
	return nil, nil, 0, false
}

// read takes the rows of a file: good ones as PostgreSQL's own COPY reads them, and the bad ones with the reason.
func (t *copyTarget) read(c *copyStatement, file string, p []byte, good *bytes.Buffer, bad *[]badRow) (rows int64) {
	line := 1
	for len(p) > 0 {
		fields, rest, lines, ok := csvRecord(p)
		if !ok {
			*bad = append(*bad, badRow{file: file, line: line, code: 1214, reason: "Invalid quote formatting for CSV"})
			return rows
		}
		size := len(p) - len(rest)
		p = rest
		at := good.Len()
		if b := t.row(c, fields, good); b != nil || size > 4<<20 {
			good.Truncate(at)
			if b == nil {
				b = &badRow{code: 1216, reason: "Input line is not valid: longer than 4 MB"}
			}
			b.file, b.line = file, line
			*bad = append(*bad, *b)
		} else {
			rows++
		}
		line += lines
	}
	return rows
}

func (t *copyTarget) row(c *copyStatement, fields []csvField, good *bytes.Buffer) *badRow {
	if len(fields) != len(t.columns) {
		return &badRow{code: 1202, reason: "Extra column(s) found, or delimiter not found"}
	}
	for i, f := range fields {
		if i > 0 {
			good.WriteByte('\t')
		}
		col := &t.columns[i]
		bad := func(code int, reason string) *badRow {
			return &badRow{column: col.name, native: col.native, value: f.text, code: code, reason: reason}
		}
		text, null, code, reason := col.convert(c, f)
		if reason != "" {
			return bad(code, reason)
		}
		if null && col.notNull {
			return bad(1213, "Missing data for not-null field")
		}
		if null {
			good.WriteString(`\N`)
			continue
		}
		good.WriteString(strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(text))
	}
	good.WriteByte('\n')
	return nil
}

// convert makes of a field what the column holds.
func (col *copyColumn) convert(c *copyStatement, f csvField) (text string, null bool, code int, reason string) {
	base, size, _ := strings.Cut(col.native, "(")
	size, _, _ = strings.Cut(size, ")")
	if f.text == c.null {
		return "", true, 0, ""
	}
	isText := base == "character varying" || base == "character"
	if f.text == "" && !isText {
		return "", true, 0, ""
	}
	switch base {
	case "character varying", "character":
		return convertText(c, f.text, size, base == "character")
	case "smallint", "integer", "bigint":
		bits := map[string]int{"smallint": 16, "integer": 32, "bigint": 64}[base]
		if _, err := strconv.ParseInt(f.text, 10, bits); err != nil {
			return "", false, 1207, "Invalid digit, Value '" + f.text + "', or Overflow, Type: " + base
		}
	case "numeric":
		if !fitsNumeric(f.text, size) {
			return "", false, 1207, "Overflow, Type: Decimal"
		}
	case "real", "double precision":
		if _, err := strconv.ParseFloat(f.text, 64); err != nil {
			return "", false, 1207, "Invalid digit, Type: " + base
		}
	case "boolean":
		if !strings.Contains(" 1 0 t f true false y n yes no ", " "+strings.ToLower(f.text)+" ") {
			return "", false, 1210, "Unknown boolean format"
		}
	case "date":
		return convertTime(c, f.text, 1206, "Invalid Date Format - length must be 10 or more", "2006-01-02")
	case "timestamp without time zone", "timestamp with time zone":
		return convertTime(c, f.text, 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999Z07:00", "2006-01-02")
	case "super", "rs.super":
		if !json.Valid([]byte(f.text)) {
			return "", false, 1224, "Invalid JSON for a SUPER column"
		}
	}
	return f.text, false, 0, ""
}

func convertText(c *copyStatement, text, size string, single bool) (string, bool, int, string) {
	most, err := strconv.Atoi(size)
	if err != nil {
		most = 256
	}
	switch {
	case !utf8.ValidString(text):
		return "", false, 1220, "String contains invalid or unsupported UTF8 codepoints"
	case strings.ContainsRune(text, 0):
		return "", false, 1220, "Missing newline: Unexpected character 0x00 found"
	case single && len(text) != utf8.RuneCountInString(text):
		return "", false, 1220, "Multibyte character not supported for CHAR"
	case len(text) <= most:
		return text, false, 0, ""
	case !c.truncate:
		return "", false, 1204, "String length exceeds DDL length"
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most], false, 0, ""
}

func convertTime(c *copyStatement, text string, code int, reason string, layouts ...string) (string, bool, int, string) {
	for _, l := range layouts {
		if _, err := time.Parse(l, text); err == nil {
			return text, false, 0, ""
		}
	}
	if c.anyDate {
		return "", true, 0, ""
	}
	return "", false, code, reason
}

// fitsNumeric reports whether a number has room before the point; behind it Redshift rounds.
func fitsNumeric(text, size string) bool {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return false
	}
	precision, scale, _ := strings.Cut(size, ",")
	p, err := strconv.Atoi(precision)
	if err != nil {
		p = 18
	}
	s, err := strconv.Atoi(scale)
	if err != nil {
		s = 0
	}
	bound := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p-s)), nil)
	return new(big.Rat).Abs(r).Cmp(new(big.Rat).SetInt(bound)) < 0
}
