package redshift

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// form is how values of a column are written and what they are held to.
type form uint8

const (
	noForm form = iota
	boolForm
	intForm
	decimalForm
	floatForm
	textForm
	charForm
	dateForm
	timeForm
	timestampForm
	instantForm
	superForm
)

// field is a column as its values are written.
type field struct {
	column *catalog.Column
	layout change.Layout
	form   form
	bits   int // of an integer or a float
	bytes  int // that a text may have
	// whole and part are the digits before and after a decimal's point.
	whole, part int
}

// fieldsOf says how the columns of a batch are written.
func fieldsOf(table *catalog.Table, columns []connector.LoadColumn) ([]field, error) {
	fields := make([]field, len(columns))
	for i, c := range columns {
		f := field{column: c.Column, layout: c.Layout}
		if !f.settle() {
			return nil, invalid("leave the column out with a mapping rule, or give it another type on the target",
				"column %q of table %s is of type %s, which is not written from values of the form %s", c.Column.Name, table.Name, c.Column.NativeType, c.Layout)
		}
		fields[i] = f
	}
	return fields, nil
}

func (f *field) settle() bool {
	if f.layout == change.Native || f.layout == change.NoLayout {
		return false
	}
	t := f.column.Type
	switch f.column.BaseType {
	case "bool":
		f.form = boolForm
	case "int2":
		f.form, f.bits = intForm, 16
	case "int4":
		f.form, f.bits = intForm, 32
	case "int8":
		f.form, f.bits = intForm, 64
	case "numeric":
		f.form, f.whole, f.part = decimalForm, 18, 0 // Redshift's numeric without a precision
		if t.Precision > 0 {
			f.whole, f.part = t.Precision-t.Scale, t.Scale
		}
	case "float4":
		f.form, f.bits = floatForm, 32
	case "float8":
		f.form, f.bits = floatForm, 64
	case "varchar":
		f.form, f.bytes = textForm, t.Length
	case "bpchar":
		f.form, f.bytes = charForm, max(t.Length, 1)
	case "date":
		f.form = dateForm
	case "time":
		f.form = timeForm
	case "timestamp":
		f.form = timestampForm
	case "timestamptz":
		f.form = instantForm
	case "super":
		f.form = superForm
	}
	return f.form != noForm
}

// zero is some value of the column as a literal.
func (f *field) zero() string {
	switch f.form {
	case boolForm:
		return "false"
	case intForm, decimalForm, floatForm:
		return "0"
	case dateForm:
		return "DATE '2000-01-01'"
	case timeForm:
		return "TIME '00:00:00'"
	case timestampForm:
		return "TIMESTAMP '2000-01-01 00:00:00'"
	case instantForm:
		return "TIMESTAMPTZ '2000-01-01 00:00:00+00'"
	default:
		return "''"
	}
}

// isSuper reports whether a column is compared by its text.
func isSuper(c *catalog.Column) bool { return c.BaseType == "super" }

// refusal says why a value cannot be written.
type refusal struct {
	fault  change.Fault
	reason string
}

func misfit(format string, args ...any) *refusal {
	return &refusal{change.DataFault, fmt.Sprintf(format, args...)}
}
