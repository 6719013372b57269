package change

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Misfit hears of a value that its new type cannot hold as it is. For a TruncationFault there is a cut or rounded
// value, and keep asks for it; otherwise, and for every DataFault, a null takes its place and the caller drops the
// row. An error ends the conversion.
type Misfit func(row int, fault Fault, reason string) (keep bool, err error)

// Converter turns vectors of one layout into vectors of another type, value by value. No value changes in silence:
// what does not fit is reported. It keeps a scratch buffer and belongs to one goroutine.
type Converter struct {
	from    datatype.Type
	to      datatype.Type
	step    step
	same    bool
	ints    intRange
	scratch []byte
	problem string // why the last value did not fit, as the end of a sentence about it
}

// verdict is what became of one value.
type verdict uint8

const (
	fits    verdict = iota
	cut             // a lesser value was appended
	refused         // nothing was appended
)

// step appends value i of src to dst.
type step func(c *Converter, dst, src *Vector, i int) verdict

// NewConverter makes a converter from values in a layout, which come from a column of the type from, to the type to
// in LayoutOf(to). The error names a pair that has no conversion.
func NewConverter(layout Layout, from, to datatype.Type) (*Converter, error) {
	c := &Converter{from: from, to: to, ints: rangeOf(to.Kind)}
	switch LayoutOf(to) {
	case Bool:
		c.step = boolStep(layout)
	case Int64, Uint64:
		c.step = integerStep(layout)
	case Float32, Float64:
		c.step = floatStep(layout)
	case Decimal:
		c.step = decimalStep(layout)
	case Text:
		c.step = textStep(layout)
	case Bytes:
		c.step = bytesStep(layout)
		if layout == Text && from.Hint == datatype.Bit {
			c.step = bitsToBytes
		}
	default:
		c.step = temporalStep(layout, LayoutOf(to))
	}
	if c.step == nil {
		return nil, fmt.Errorf("no conversion from %s (held as %s) to %s", from, layout, to)
	}
	c.same = layout == LayoutOf(to) && holdsAll(to, from)
	return c, nil
}

// Same reports whether every value of the old type is a value of the new one in the same layout, so that the vector
// may be used as it is.
func (c *Converter) Same() bool { return c.same }

// Convert fills dst, which it resets, with one value for each of src.
func (c *Converter) Convert(dst, src *Vector, misfit Misfit) error {
	dst.Reset(LayoutOf(c.to))
	for i := range src.Len() {
		if err := c.Append(dst, src, i, misfit); err != nil {
			return err
		}
	}
	return nil
}

// Append appends value i of src to dst, which must have the layout of the new type.
func (c *Converter) Append(dst, src *Vector, i int, misfit Misfit) error {
	if src.IsNull(i) {
		dst.AppendNull()
		return nil
	}
	before := dst.Len()
	v := c.step(c, dst, src, i)
	if v == fits {
		return nil
	}
	return c.report(v, dst, before, src, i, misfit)
}

func (c *Converter) report(v verdict, dst *Vector, before int, src *Vector, i int, misfit Misfit) error {
	fault := DataFault
	if v == cut {
		fault = TruncationFault
	}
	keep, err := misfit(i, fault, c.reason(src, i))
	if err != nil {
		return err
	}
	if v == cut && keep {
		return nil
	}
	dst.Truncate(before)
	dst.AppendNull()
	return nil
}

func (c *Converter) reason(src *Vector, i int) string {
	shown := appendShown(nil, src, i)
	if src.Layout.Holds() == InData {
		return fmt.Sprintf("%q %s", shown, c.problem)
	}
	return fmt.Sprintf("%s %s", shown, c.problem)
}

// refuse notes the problem of a value that cannot be held.
func (c *Converter) refuse(problem string) verdict {
	c.problem = problem
	return refused
}

// cut notes the problem of a value that was cut.
func (c *Converter) cut(problem string) verdict {
	c.problem = problem
	return cut
}

// holdsAll reports whether the type wide surely holds every value of the type narrow, both in one layout.
func holdsAll(wide, narrow datatype.Type) bool {
	switch LayoutOf(wide) {
	case Int64, Uint64:
		w, n := rangeOf(wide.Kind), rangeOf(narrow.Kind)
		return n.known && w.below >= n.below && w.above >= n.above
	case Decimal:
		if wide.Precision == 0 {
			return true
		}
		return narrow.Precision > 0 && wide.Scale >= narrow.Scale && wide.Precision-wide.Scale >= narrow.Precision-narrow.Scale
	case Text, Bytes:
		return wide.Length == 0 || LayoutOf(narrow) == LayoutOf(wide) && narrow.Length > 0 && narrow.Length <= wide.Length
	case Time, Timestamp, Instant:
		return wide.Scale >= 6 || LayoutOf(narrow) == LayoutOf(wide) && narrow.Scale <= wide.Scale
	default:
		return true
	}
}
