package source

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// decoder makes values of the columns of a record.
type decoder struct {
	table   *external.Table
	columns []*column
	layouts []change.Layout
	null    string
	bound   *opened // the Parquet file that the columns are bound to
	written bool    // see Config.Written
}

// column makes the values of one column.
type column struct {
	name   string
	to     datatype.Type
	at     int // among the columns of the file
	isText bool
	length int  // of a text in characters; 0 is none
	empty  bool // nothing in quotation marks is a value: a text, or no bytes
	format *external.Format
	// fraction says that digits of a second beyond the sixth may be cut off.
	fraction bool
	// odd says that dates with zeros in them are values, as they are in files of MySQL's rows that are only compared.
	odd bool
	// nearest says that a number stands for the nearest one that there is: a float.
	nearest   bool
	converter *change.Converter
	scratch   change.Vector
	misfit    change.Misfit
	native    native

	// of the last value
	reason string
	cut    bool
}

// newDecoder makes a decoder for columns of a table.
func (s *source) newDecoder(t *external.Table, read []connector.ReadColumn) (*decoder, error) {
	d := &decoder{table: t, null: s.Null, written: s.Written != nil}
	for _, r := range read {
		at := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Name == r.Column.Name })
		if at < 0 {
			return nil, invalid("", "table %s has no column %q in its definition", t.Name, r.Column.Name)
		}
		c, err := newColumn(t, at)
		if err != nil {
			return nil, fmt.Errorf("column %q of table %s: %w", r.Column.Name, t.Name, err)
		}
		c.odd = s.Written != nil
		if want := change.LayoutOf(t.Columns[at].Type); r.Layout != want {
			return nil, invalid("", "column %q of table %s is asked for as %s, and comes as %s", r.Column.Name, t.Name, r.Layout, want)
		}
		d.columns, d.layouts = append(d.columns, c), append(d.layouts, r.Layout)
	}
	return d, nil
}

func newColumn(t *external.Table, at int) (*column, error) {
	of := t.Columns[at]
	c := &column{name: of.Name, to: of.Type, at: at, isText: of.Type.Kind.IsText(), format: t.Formats[at]}
	from := datatype.Type{Kind: datatype.WString}
	layout := change.Text
	switch of.Type.Kind {
	case datatype.Real4, datatype.Real8:
		c.nearest = true
	case datatype.Time:
		c.fraction = true
		if c.format != nil {
			layout, from = change.Time, datatype.Type{Kind: datatype.Time, Scale: 6}
		}
	case datatype.Date, datatype.DateTime:
		c.fraction = of.Type.Kind == datatype.DateTime
		if c.format != nil {
			layout, from = change.Timestamp, datatype.Type{Kind: datatype.DateTime, Scale: 6}
		}
	}
	if c.isText {
		c.length = of.Type.Length
	}
	c.empty = c.isText || of.Type.Kind == datatype.Bytes || of.Type.Kind == datatype.Blob
	c.scratch.Reset(layout)
	c.misfit = func(_ int, fault change.Fault, reason string) (bool, error) {
		c.cut = fault == change.TruncationFault
		if !c.cut || !c.nearest {
			c.reason = reason
		}
		return c.cut, nil
	}
	var err error
	c.converter, err = change.NewConverter(layout, from, of.Type)
	return c, err
}

// append appends a field's value. A reason says why it is not one of the column's; with cut a lesser value was appended all the same.
func (c *column) append(v *change.Vector, p []byte, quoted bool, null string) (cut bool, reason string) {
	if string(p) == null && !(quoted && c.empty) {
		v.AppendNull()
		return false, ""
	}
	return c.appendText(v, p)
}

// appendText appends what a text says.
func (c *column) appendText(v *change.Vector, p []byte) (cut bool, reason string) {
	if c.isText {
		if !utf8.Valid(p) {
			return false, "is not UTF-8"
		}
		if c.length == 0 || len(p) <= c.length {
			v.AppendData(p)
			return false, ""
		}
	}
	if c.odd && appendOdd(v, p) {
		return false, ""
	}
	c.reason, c.cut = "", false
	lost, ok := c.fillScratch(p)
	if !ok {
		return false, fmt.Sprintf("%q is not a date in the form %s", shown(p), c.format)
	}
	if err := c.converter.Append(v, &c.scratch, 0, c.misfit); err != nil {
		return false, err.Error()
	}
	if lost && c.reason == "" {
		return true, fmt.Sprintf("%q has more than six fractional digits of a second", shown(p))
	}
	return c.cut, c.reason
}

// appendOdd appends a date that is in no calendar, if the text is one.
func appendOdd(v *change.Vector, p []byte) bool {
	switch v.Layout {
	case change.Date:
		d, ok := change.ParseDay(p)
		if ok = ok && d.IsOdd(); ok {
			v.AppendInt(int64(d))
		}
		return ok
	case change.Timestamp, change.Instant:
		m, ok := change.ParseMoment(p)
		if ok = ok && m.IsOdd(); ok {
			v.AppendInt(int64(m))
		}
		return ok
	}
	return false
}

// fillScratch puts a field into the scratch vector as the converter takes it. lost says that digits of a fraction were left out.
func (c *column) fillScratch(p []byte) (lost, ok bool) {
	v := &c.scratch
	v.Reset(v.Layout)
	if c.format == nil {
		if c.fraction {
			p, lost = shortFraction(p)
		}
		v.AppendData(p)
		return lost, true
	}
	day, micros, lost, ok := c.format.Parse(p)
	if v.Layout == change.Time {
		v.AppendInt(micros)
	} else {
		v.AppendInt(int64(day.At(micros)))
	}
	return lost, ok
}

// shortFraction cuts the fraction of a second at the end of a text to six digits.
func shortFraction(p []byte) (short []byte, lost bool) {
	const most = 6
	dot := slices.Index(p, '.')
	if dot < 0 || len(p)-dot-1 <= most {
		return p, false
	}
	for i := dot + 1; i < len(p); i++ {
		if p[i] < '0' || p[i] > '9' {
			return p, false
		}
		lost = lost || i > dot+most && p[i] != '0'
	}
	return p[:dot+1+most], lost
}

func shown(p []byte) []byte { return p[:change.CutUTF8(p, 100)] }

// misfit is a value that is not what its column says.
type misfit struct {
	column *column
	reason string
}

// record is the fields of a record from one on, in the order of a table's columns.
type record struct {
	from *opened
	skip int
}

// row appends a row to a batch. cuts are told of values that had to be cut; a misfit ends it, and the row is to be taken back. keep says
// which columns are wanted, the others being absent; nil is all.
func (d *decoder) row(b *change.Batch, r record, keep []bool, cuts func(misfit) error) (payload int, bad misfit, err error) {
	if err := d.bind(r.from); err != nil {
		return 0, misfit{}, err
	}
	for i, c := range d.columns {
		v := &b.Columns[i]
		if keep != nil && !keep[i] {
			v.AppendAbsent()
			continue
		}
		before := v.Payload()
		cut, reason, err := d.value(v, c, r)
		if err != nil {
			return 0, misfit{}, err
		}
		payload += 8 + v.Payload() - before
		switch {
		case reason == "":
		case !cut:
			return 0, misfit{c, reason}, nil
		default:
			if err := cuts(misfit{c, reason}); err != nil {
				return 0, misfit{}, err
			}
		}
	}
	return payload, misfit{}, nil
}

func (d *decoder) value(v *change.Vector, c *column, r record) (cut bool, reason string, err error) {
	if r.from.rows != nil {
		if cut, reason, err = c.appendNative(v, r.from.rows); err != nil {
			err = unreadable(r.from.file, err)
		}
		return cut, reason, err
	}
	p, quoted := r.from.Field(r.skip + c.at)
	cut, reason = c.append(v, p, quoted, d.null)
	return cut, reason, nil
}

// reject describes a row that is left out, or one of which a value was cut.
func (r record) reject(m misfit, kept bool) change.Reject {
	j := change.Reject{Fault: change.DataFault, Key: r.from.place(), Reason: m.reason, Kept: kept}
	if m.column != nil {
		j.Column = m.column.name
	}
	if m.column != nil && r.from.rows == nil {
		j.Key += fmt.Sprintf(", column %d", r.skip+m.column.at+1)
	}
	if kept {
		j.Fault = change.TruncationFault
	}
	return j
}
