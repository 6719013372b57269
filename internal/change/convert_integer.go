package change

import (
	"math"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// intRange is what an integer kind holds: from -below to above.
type intRange struct {
	below, above uint64
	known        bool
}

func rangeOf(k datatype.Kind) intRange {
	switch k {
	case datatype.Int1:
		return intRange{1 << 7, 1<<7 - 1, true}
	case datatype.Int2:
		return intRange{1 << 15, 1<<15 - 1, true}
	case datatype.Int4:
		return intRange{1 << 31, 1<<31 - 1, true}
	case datatype.Int8:
		return intRange{1 << 63, 1<<63 - 1, true}
	case datatype.UInt1:
		return intRange{0, 1<<8 - 1, true}
	case datatype.UInt2:
		return intRange{0, 1<<16 - 1, true}
	case datatype.UInt4:
		return intRange{0, 1<<32 - 1, true}
	case datatype.UInt8:
		return intRange{0, 1<<64 - 1, true}
	}
	return intRange{}
}

// whole is an integer of 64 bits and a sign.
type whole struct {
	negative  bool
	magnitude uint64
}

func wholeOf(x int64) whole {
	if x < 0 {
		return whole{true, -uint64(x)}
	}
	return whole{false, uint64(x)}
}

const (
	notNumber  = "is not a number"
	notInteger = "is not a whole number"
)

func integerStep(from Layout) step {
	switch from {
	case Bool, Int64:
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putWhole(dst, wholeOf(src.Ints[i])) }
	case Uint64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			return c.putWhole(dst, whole{magnitude: uint64(src.Ints[i])})
		}
	case Float32, Float64:
		return floatToInteger
	case Decimal, Text:
		return digitsToInteger
	}
	return nil
}

func (c *Converter) putWhole(dst *Vector, w whole) verdict {
	limit := c.ints.above
	if w.negative {
		limit = c.ints.below
	}
	if w.magnitude > limit {
		return c.refuse("is out of the range of " + c.to.Kind.String())
	}
	if w.negative {
		dst.AppendInt(-int64(w.magnitude))
		return fits
	}
	dst.AppendInt(int64(w.magnitude))
	return fits
}

func floatToInteger(c *Converter, dst, src *Vector, i int) verdict {
	f := src.Floats[i]
	if f != math.Trunc(f) || math.IsInf(f, 0) {
		return c.refuse(notInteger)
	}
	if math.Abs(f) >= 1<<64 {
		return c.refuse("is out of the range of " + c.to.Kind.String())
	}
	return c.putWhole(dst, whole{f < 0, uint64(math.Abs(f))})
}

func digitsToInteger(c *Converter, dst, src *Vector, i int) verdict {
	n, ok := scanNumber(src.Value(i))
	if !ok {
		return c.refuse(notNumber)
	}
	w := whole{negative: n.negative}
	digits := len(n.whole) + n.exponent
	for k := max(digits, 0); k < len(n.whole)+len(n.fraction); k++ {
		if n.at(k) != '0' {
			return c.refuse(notInteger)
		}
	}
	if digits < 0 && !n.isZero() {
		return c.refuse(notInteger)
	}
	if n.isZero() {
		digits = 0
	}
	for k := range max(digits, 0) {
		d := uint64(n.at(k) - '0')
		if w.magnitude > (math.MaxUint64-d)/10 {
			return c.refuse("is out of the range of " + c.to.Kind.String())
		}
		w.magnitude = w.magnitude*10 + d
	}
	return c.putWhole(dst, w)
}

// boolStep accepts 0 and 1, and for texts the words that PostgreSQL and DMS write.
func boolStep(from Layout) step {
	switch from {
	case Bool, Int64, Uint64:
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putBool(dst, src.Ints[i]) }
	case Float32, Float64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			if f := src.Floats[i]; f == 0 || f == 1 {
				return c.putBool(dst, int64(f))
			}
			return c.refuse("is neither true nor false")
		}
	case Decimal, Text:
		return textToBool
	}
	return nil
}

func (c *Converter) putBool(dst *Vector, x int64) verdict {
	if x != 0 && x != 1 {
		return c.refuse("is neither true nor false")
	}
	dst.AppendInt(x)
	return fits
}

func textToBool(c *Converter, dst, src *Vector, i int) verdict {
	p := src.Value(i)
	var lower [5]byte
	if len(p) > len(lower) {
		return c.refuse("is neither true nor false")
	}
	for k, b := range p {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[k] = b
	}
	switch string(lower[:len(p)]) {
	case "1", "t", "true", "y", "yes", "on":
		return c.putBool(dst, 1)
	case "0", "f", "false", "n", "no", "off":
		return c.putBool(dst, 0)
	}
	return c.refuse("is neither true nor false")
}
