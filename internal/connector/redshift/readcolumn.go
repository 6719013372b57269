package redshift

import (
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// readColumn is a column of a SELECT.
type readColumn struct {
	name, sql string
	layout    change.Layout
	bits      int // of a floating-point number
	oid       uint32
	converter *change.Converter
	scratch   change.Vector
	reason    string // of the last value
	misfit    change.Misfit
}

func newReadColumn(r *connector.ReadColumn) (*readColumn, error) {
	c := &readColumn{name: r.Column.Name, sql: quote(r.Column.Name), layout: r.Layout}
	f := field{column: r.Column, layout: r.Layout}
	switch {
	case r.Expression != "":
		c.sql = r.In(c.sql)
		return c, nil
	case !f.settle():
		return c, invalid("leave the column out with a mapping rule", "column %q is of type %s, which is not read", r.Column.Name, r.Column.NativeType)
	case f.form == floatForm:
		c.bits = f.bits
		if f.bits == 32 {
			c.sql = "CAST(" + c.sql + " AS double precision)"
		}
		return c, nil
	case r.Layout == change.Text:
		return c, nil
	}
	c.misfit = func(_ int, _ change.Fault, reason string) (bool, error) {
		c.reason = reason
		return false, nil
	}
	var err error
	c.converter, err = change.NewConverter(change.Text, datatype.Type{Kind: datatype.WString}, r.Column.Type)
	return c, err
}

// append appends a value as the server writes it; a reason says why it is none of the column's.
func (c *readColumn) append(v *change.Vector, p []byte) (reason string) {
	switch {
	case p == nil:
		v.AppendNull()
		return ""
	case c.bits > 0:
		return c.appendFloat(v, p)
	case c.converter != nil:
		return c.convert(v, p)
	case c.oid == pgtype.BoolOID: // of an expression
		v.AppendString(strconv.FormatBool(string(p) == "t"))
	default:
		v.AppendData(p)
	}
	return ""
}

func (c *readColumn) appendFloat(v *change.Vector, p []byte) string {
	n, err := strconv.ParseFloat(string(p), c.bits)
	if err != nil {
		return fmt.Sprintf("%q is no floating-point number", p)
	}
	v.AppendFloat(n)
	return ""
}

func (c *readColumn) convert(v *change.Vector, p []byte) string {
	c.scratch.Reset(change.Text)
	c.scratch.AppendData(p)
	c.reason = ""
	if err := c.converter.Append(v, &c.scratch, 0, c.misfit); err != nil {
		return err.Error()
	}
	return c.reason
}
