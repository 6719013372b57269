package mysql

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// form is how a value in the text protocol becomes a vector's.
type form uint8

const (
	asIs form = iota // the bytes are the value
	signed
	unsigned
	truth     // 0 or 1
	bitTruth  // BIT(1)
	bitSigned // BIT as a number
	bitText   // BIT as '0' and '1'
	real32
	real64
	geometry // internal form to well-known binary
	date
	clock
	moment
	momentDate // a DATE delivered as a timestamp
)

// cellDecoder decodes the values of one column.
type cellDecoder struct {
	name string
	form form
	bits int // of BIT(n)
}

// errNotOfType says that a value's text is not of the form its type has.
var errNotOfType = errors.New("not a value of the column's type")

// layoutOf is how a column is delivered when it is not asked for as Native.
func layoutOf(c *catalog.Column) change.Layout {
	if c.Type.Hint == datatype.Bit && c.Type.Kind != datatype.Boolean {
		return change.Text
	}
	return change.LayoutOf(c.Type)
}

// decoderFor chooses the form of a column.
func decoderFor(r connector.ReadColumn) (cellDecoder, error) {
	d := cellDecoder{name: r.Column.Name}
	isBit := r.Column.BaseType == "bit"
	if isBit {
		d.bits = declaredLength(r.Column.NativeType, 1)
	}
	switch r.Layout {
	case change.Native, change.Decimal:
		d.form = asIs
	case change.Text:
		d.form = asIs
		if isBit {
			d.form = bitText
		}
	case change.Bytes:
		d.form = asIs
		if isSpatial(r.Column.BaseType) {
			d.form = geometry
		}
	case change.Bool:
		d.form = truth
		if isBit {
			d.form = bitTruth
		}
	case change.Int64:
		d.form = signed
		if isBit {
			d.form = bitSigned
		}
	case change.Uint64:
		d.form = unsigned
		if isBit {
			d.form = bitSigned
		}
	case change.Float32:
		d.form = real32
	case change.Float64:
		d.form = real64
	case change.Date:
		d.form = date
	case change.Time:
		d.form = clock
	case change.Timestamp, change.Instant:
		d.form = moment
		if r.Column.BaseType == "date" {
			d.form = momentDate
		}
	default:
		return d, invalid(fmt.Errorf("column %s cannot be read as %s", r.Column.Name, r.Layout), "")
	}
	return d, nil
}

// decodeRow appends the values of a text row to the batch. On an error the row is not ended there: see CancelRow. After a cellError it has all
// values but those at fault, which are null.
func decodeRow(b *change.Batch, ds []cellDecoder, row []byte) error {
	var bad error
	for i := range ds {
		cell, rest, null, ok := wire.Cell(row)
		if !ok {
			return errUnexpectedRow
		}
		row = rest
		if null {
			b.Columns[i].AppendNull()
			continue
		}
		if err := ds[i].append(&b.Columns[i], cell); err != nil {
			b.Columns[i].AppendNull()
			bad = &cellError{column: ds[i].name, value: string(cell[:min(len(cell), 100)]), err: err}
		}
	}
	if len(row) != 0 {
		return errUnexpectedRow
	}
	if bad != nil {
		return bad
	}
	b.EndRow()
	return nil
}

// cellError is a value that its column's layout cannot hold.
type cellError struct {
	column, value string
	err           error
}

func (e *cellError) Error() string { return fmt.Sprintf("%v: %q", e.err, e.value) }
func (e *cellError) Unwrap() error { return e.err }

func (d *cellDecoder) append(v *change.Vector, cell []byte) error {
	switch d.form {
	case asIs:
		v.AppendData(cell)
		return nil
	case signed, truth, unsigned, bitTruth, bitSigned:
		return d.appendInteger(v, cell)
	case bitText:
		return appendBits(v, cell, d.bits)
	case real32, real64:
		return d.appendReal(v, cell)
	case geometry:
		return appendWKB(v, cell)
	default:
		return d.appendTemporal(v, cell)
	}
}

func (d *cellDecoder) appendInteger(v *change.Vector, cell []byte) error {
	var x int64
	var ok bool
	switch d.form {
	case unsigned:
		var u uint64
		u, ok = parseUnsigned(cell)
		x = int64(u)
	case bitTruth, bitSigned:
		x, ok = bitValue(cell)
	default:
		x, ok = parseSigned(cell)
	}
	if (d.form == truth || d.form == bitTruth) && x != 0 && x != 1 {
		ok = false
	}
	if !ok {
		return errNotOfType
	}
	v.AppendInt(x)
	return nil
}

func (d *cellDecoder) appendReal(v *change.Vector, cell []byte) error {
	f, err := strconv.ParseFloat(string(cell), 64)
	if err != nil {
		return errNotOfType
	}
	if d.form == real32 && float64(float32(f)) != f && !math.IsNaN(f) {
		return errNotOfType
	}
	v.AppendFloat(f)
	return nil
}

func parseUnsigned(b []byte) (uint64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		c -= '0'
		if c > 9 || n > math.MaxUint64/10 {
			return 0, false
		}
		m := n*10 + uint64(c)
		if m < n*10 {
			return 0, false
		}
		n = m
	}
	return n, true
}

func parseSigned(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	n, ok := parseUnsigned(b)
	if !ok || n > math.MaxInt64+1 || n == math.MaxInt64+1 && !negative {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}
