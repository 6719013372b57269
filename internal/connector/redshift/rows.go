package redshift

import (
	"bytes"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// part is a batch with the fields of its columns.
type part struct {
	fields []field
	batch  *change.Batch
}

// liner writes rows as lines of CSV: fields with commas between them, texts in quotation marks that need them, a null as the marker.
type liner struct {
	writer
	null  string // what stands for a null
	value []byte
}

// refused is a row that cannot be written.
type refused struct {
	column string
	why    *refusal
}

// append appends a row that consists of row i of every part. cut names a column whose value was cut.
func (l *liner) append(dst []byte, parts []part, i int) (out []byte, cut string, no *refused) {
	at := len(dst)
	first := true
	for _, p := range parts {
		for c := range p.fields {
			f := &p.fields[c]
			if !first {
				dst = append(dst, ',')
			}
			first = false
			var null bool
			var why *refusal
			l.value, null, why = l.writer.value(l.value[:0], f, &p.batch.Columns[c], i)
			if why != nil {
				return dst[:at], "", &refused{f.column.Name, why}
			}
			if l.cut {
				cut = f.column.Name
			}
			switch {
			case null:
				dst = append(dst, l.null...)
			case string(l.value) == l.null:
				return dst[:at], "", &refused{f.column.Name, misfit("the value is the very word that stands for a null in this load; load the row again")}
			default:
				dst = appendField(dst, l.value)
			}
		}
	}
	dst = append(dst, '\n')
	if len(dst)-at > mostRow {
		n := len(dst) - at
		return dst[:at], "", &refused{"", misfit("the row takes %d bytes, and COPY reads rows of up to %d", n, mostRow)}
	}
	return dst, cut, nil
}

func appendField(dst, p []byte) []byte {
	if !bytes.ContainsAny(p, "\",\n\r") && len(p) > 0 && p[0] != ' ' && p[len(p)-1] != ' ' {
		return append(dst, p...)
	}
	dst = append(dst, '"')
	for _, c := range p {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// literals writes a row as it stands behind VALUES, without the brackets.
func (w *writer) literals(b *strings.Builder, parts []part, i int) *refused {
	first := true
	for _, p := range parts {
		for c := range p.fields {
			if !first {
				b.WriteString(", ")
			}
			first = false
			text, no := w.literal(&p.fields[c], &p.batch.Columns[c], i)
			if no != nil {
				return no
			}
			b.WriteString(text)
		}
	}
	return nil
}

// null is a null in SQL.
const null = "NULL"

// literal writes one value in SQL.
func (w *writer) literal(f *field, v *change.Vector, i int) (string, *refused) {
	text, isNull, why := w.value(nil, f, v, i)
	w.length = len(text)
	switch {
	case why != nil:
		return "", &refused{f.column.Name, why}
	case isNull:
		return null, nil
	}
	switch f.form {
	case intForm, decimalForm, boolForm:
		return string(text), nil
	case superForm:
		return "json_parse(" + literal(string(text)) + ")", nil
	default:
		return literal(string(text)), nil
	}
}

// keyOf describes a row for a person.
func keyOf(table []string, columns []connector.LoadColumn, b *change.Batch, row int) string {
	var names []string
	var places []int
	for _, name := range table {
		for i, c := range columns {
			if c.Column.Name == name {
				names, places = append(names, name), append(places, i)
			}
		}
	}
	return change.KeyText(b, row, names, places)
}
