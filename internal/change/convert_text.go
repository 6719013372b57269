package change

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

func textStep(from Layout) step {
	switch from {
	case NoLayout, Native:
		return nil
	case Text:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			p := src.Value(i)
			if n := c.textLimit(p); n < len(p) {
				dst.AppendData(p[:n])
				return c.cut("is longer than " + strconv.Itoa(c.to.Length) + " characters")
			}
			dst.AppendData(p)
			return fits
		}
	}
	return func(c *Converter, dst, src *Vector, i int) verdict {
		start := len(dst.Data)
		dst.Data = AppendValue(dst.Data, src, i, c.from.Scale)
		if n := c.textLimit(dst.Data[start:]); start+n < len(dst.Data) {
			dst.Data = dst.Data[:start]
			return c.refuse("is longer than " + strconv.Itoa(c.to.Length) + " characters when written as text")
		}
		dst.Seal()
		return fits
	}
}

// textLimit is how many bytes of p the target's length in characters admits.
func (c *Converter) textLimit(p []byte) int {
	if c.to.Length == 0 || len(p) <= c.to.Length {
		return len(p)
	}
	at := 0
	for range c.to.Length {
		if at == len(p) {
			return at
		}
		_, n := utf8.DecodeRune(p[at:])
		at += n
	}
	return at
}

// bytesStep takes bytes as they are and texts as hexadecimal digits, with or without 0x or \x before them.
func bytesStep(from Layout) step {
	switch from {
	case Bytes:
		return func(c *Converter, dst, src *Vector, i int) verdict {
			p := src.Value(i)
			if c.to.Length > 0 && len(p) > c.to.Length {
				dst.AppendData(p[:c.to.Length])
				return c.cut("is longer than " + strconv.Itoa(c.to.Length) + " bytes")
			}
			dst.AppendData(p)
			return fits
		}
	case Text:
		return hexToBytes
	}
	return nil
}

// bitsToBytes packs the digits of bits, the first of which is the highest, into as few bytes as hold them.
func bitsToBytes(c *Converter, dst, src *Vector, i int) verdict {
	p := src.Value(i)
	start := len(dst.Data)
	dst.Data = append(dst.Data, make([]byte, (len(p)+7)/8)...)
	packed := dst.Data[start:]
	for at, digit := range p {
		if digit != '0' && digit != '1' {
			dst.Data = dst.Data[:start]
			return c.refuse("is not a sequence of bits")
		}
		place := len(packed)*8 - len(p) + at
		packed[place/8] |= (digit - '0') << (7 - place%8)
	}
	if c.to.Length > 0 && len(packed) > c.to.Length {
		dst.Data = dst.Data[:start]
		return c.refuse("is longer than " + strconv.Itoa(c.to.Length) + " bytes")
	}
	dst.Seal()
	return fits
}

func hexToBytes(c *Converter, dst, src *Vector, i int) verdict {
	p := src.Value(i)
	if len(p) >= 2 && (p[0] == '0' || p[0] == '\\') && p[1] == 'x' {
		p = p[2:]
	}
	start := len(dst.Data)
	data, err := hex.AppendDecode(dst.Data, p)
	if err != nil {
		dst.Data = dst.Data[:start]
		return c.refuse("is not a sequence of hexadecimal digits")
	}
	dst.Data = data
	if c.to.Length > 0 && len(data)-start > c.to.Length {
		dst.Data = data[:start+c.to.Length]
		dst.Seal()
		return c.cut("is longer than " + strconv.Itoa(c.to.Length) + " bytes")
	}
	dst.Seal()
	return fits
}
