package change

import (
	"bytes"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const notExact = "has more digits than a floating-point number of this size keeps"

// floatStep takes a number when the float's shortest decimal form is that number; other numbers are cut to the
// nearest float.
func floatStep(from Layout) step {
	switch from {
	case Bool, Int64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			c.scratch = strconv.AppendInt(c.scratch[:0], src.Ints[i], 10)
			return c.putFloat(dst, float64(src.Ints[i]))
		}
	case Uint64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			c.scratch = strconv.AppendUint(c.scratch[:0], uint64(src.Ints[i]), 10)
			return c.putFloat(dst, float64(uint64(src.Ints[i])))
		}
	case Float32, Float64:
		return floatToFloat
	case Decimal, Text:
		return digitsToFloat
	}
	return nil
}

func (c *Converter) bits() int {
	if c.to.Kind == datatype.Real4 {
		return 32
	}
	return 64
}

func floatToFloat(c *Converter, dst, src *Vector, i int) verdict {
	f := src.Floats[i]
	if c.bits() == 64 && src.Layout == Float64 || float64(float32(f)) == f || math.IsNaN(f) {
		dst.AppendFloat(f)
		return fits
	}
	bits := 64
	if src.Layout == Float32 {
		bits = 32
	}
	c.scratch = appendDigitsOf(c.scratch[:0], f, bits)
	return c.putFloat(dst, f)
}

func appendDigitsOf(dst []byte, f float64, bits int) []byte {
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

func digitsToFloat(c *Converter, dst, src *Vector, i int) verdict {
	var ok bool
	if c.scratch, ok = AppendDecimal(c.scratch[:0], src.Value(i)); !ok {
		return c.refuse(notNumber)
	}
	if !isDigit(c.scratch[len(c.scratch)-1]) {
		f, _ := strconv.ParseFloat(string(c.scratch), 64)
		dst.AppendFloat(f)
		return fits
	}
	c.scratch = trimFraction(c.scratch)
	f, err := strconv.ParseFloat(string(c.scratch), c.bits())
	if err != nil {
		return c.refuse("is out of the range of " + c.to.Kind.String())
	}
	return c.putFloat(dst, f)
}

// putFloat appends the float nearest to f, whose exact digits are in the scratch buffer.
func (c *Converter) putFloat(dst *Vector, f float64) verdict {
	bits := c.bits()
	if bits == 32 {
		narrow := float64(float32(f))
		if math.IsInf(narrow, 0) && !math.IsInf(f, 0) {
			return c.refuse("is out of the range of " + c.to.Kind.String())
		}
		f = narrow
	}
	dst.AppendFloat(f)
	exact := len(c.scratch)
	c.scratch = appendDigitsOf(c.scratch, f, bits)
	if bytes.Equal(c.scratch[:exact], c.scratch[exact:]) {
		return fits
	}
	return c.cut(notExact)
}

// trimFraction drops zeros at the end of the fraction.
func trimFraction(p []byte) []byte {
	if bytes.IndexByte(p, '.') < 0 {
		return p
	}
	for p[len(p)-1] == '0' {
		p = p[:len(p)-1]
	}
	if p[len(p)-1] == '.' {
		p = p[:len(p)-1]
	}
	return p
}

func decimalStep(from Layout) step {
	switch from {
	case Bool, Int64, Uint64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			if src.Layout == Uint64 {
				c.scratch = strconv.AppendUint(c.scratch[:0], uint64(src.Ints[i]), 10)
			} else {
				c.scratch = strconv.AppendInt(c.scratch[:0], src.Ints[i], 10)
			}
			return c.putDecimal(dst, c.scratch)
		}
	case Float32, Float64:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			bits := 64
			if src.Layout == Float32 {
				bits = 32
			}
			c.scratch = AppendFloat(c.scratch[:0], src.Floats[i], bits)
			return c.putDecimal(dst, c.scratch)
		}
	case Decimal, Text:
		return func(c *Converter, dst, src *Vector, i int) verdict { return c.putDecimal(dst, src.Value(i)) }
	}
	return nil
}

// putDecimal appends a number to a Decimal vector, rounded half away from zero when it has too many fractional digits.
func (c *Converter) putDecimal(dst *Vector, p []byte) verdict {
	start := len(dst.Data)
	data, ok := AppendDecimal(dst.Data, p)
	dst.Data = data
	if !ok {
		return c.refuse(notNumber)
	}
	last := data[len(data)-1]
	switch {
	case !isDigit(last) && last != 'N' && c.to.Precision > 0:
		dst.Data = data[:start]
		return c.refuse("does not fit " + c.to.String())
	case isDigit(last) && c.to.Precision > 0:
		return c.fitDecimal(dst, start)
	}
	dst.Seal()
	return fits
}

func (c *Converter) fitDecimal(dst *Vector, start int) verdict {
	v := fits
	scale := c.to.Scale
	value := dst.Data[start:]
	if point := bytes.IndexByte(value, '.'); point >= 0 && len(value)-point-1 > scale {
		if !allZero(value[point+1+scale:]) {
			v = c.cut("has more than " + strconv.Itoa(scale) + " fractional digits")
		}
		dst.Data = roundAt(dst.Data, start, start+point, scale)
	}
	digits := bytes.TrimPrefix(dst.Data[start:], []byte("-"))
	if point := bytes.IndexByte(digits, '.'); point >= 0 {
		digits = digits[:point]
	}
	if len(digits) > c.to.Precision-scale && !allZero(digits) {
		dst.Data = dst.Data[:start]
		return c.refuse("does not fit " + c.to.String())
	}
	dst.Seal()
	return v
}

// roundAt rounds the number in data[start:], whose point is at data[point], to scale fractional digits.
func roundAt(data []byte, start, point, scale int) []byte {
	end := point + 1 + scale
	up := data[end] >= '5'
	if scale == 0 {
		end = point
	}
	data = data[:end]
	for i := end - 1; up && i >= start; i-- {
		switch data[i] {
		case '.':
		case '-':
			data = append(data, 0)
			copy(data[i+2:], data[i+1:])
			data[i+1] = '1'
			return data
		case '9':
			data[i] = '0'
		default:
			data[i]++
			return dropMinusZero(data, start)
		}
	}
	if up {
		data = append(data, 0)
		copy(data[start+1:], data[start:])
		data[start] = '1'
	}
	return dropMinusZero(data, start)
}

// dropMinusZero takes the sign from a zero.
func dropMinusZero(data []byte, start int) []byte {
	if data[start] != '-' {
		return data
	}
	for _, c := range data[start+1:] {
		if c != '0' && c != '.' {
			return data
		}
	}
	return append(data[:start], data[start+1:]...)
}
