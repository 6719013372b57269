package binlog

import "encoding/binary"

// Size is the number of bytes the value at the start of b takes, its length included.
func (c Column) Size(b []byte) (int, error) {
	n := c.fixed()
	if n < 0 {
		width := c.LengthWidth()
		if width == 0 || len(b) < width {
			return 0, ErrMalformed
		}
		n = width + length(b, width)
	}
	if n > len(b) || n < 0 {
		return 0, ErrMalformed
	}
	return n, nil
}

// fixed is the size of a type without a length; -1 for one with a length, and for an unknown one.
func (c Column) fixed() int {
	switch c.Real {
	case TypeTiny, TypeYear:
		return 1
	case TypeShort:
		return 2
	case TypeInt24, TypeDate, TypeNewDate, TypeTime:
		return 3
	case TypeLong, TypeFloat, TypeTimestamp:
		return 4
	case TypeLongLong, TypeDouble, TypeDatetime:
		return 8
	case TypeTimestamp2:
		return 4 + fraction(c.Meta)
	case TypeDatetime2:
		return 5 + fraction(c.Meta)
	case TypeTime2:
		return 3 + fraction(c.Meta)
	case TypeNewDecimal:
		return decimalSize(int(c.Meta>>8), int(c.Meta&0xff))
	case TypeBit:
		return int(c.Meta>>8) + int(c.Meta&0xff+7)/8
	case TypeEnum, TypeSet:
		if n := int(c.Meta & 0xff); n >= 1 && n <= 8 {
			return n
		}
	case TypeNull:
		return 0
	}
	return -1
}

// LengthWidth is the size of the length in front of a value; 0 for a type without one.
func (c Column) LengthWidth() int {
	switch c.Real {
	case TypeVarchar, TypeVarString, TypeString, TypeTextPacked:
		if c.Meta < 256 {
			return 1
		}
		return 2
	case TypeBlob, TypeTinyBlob, TypeMediumBlob, TypeLongBlob, TypeGeometry, TypeJSON, TypeVector, TypeBlobPacked:
		if c.Meta >= 1 && c.Meta <= 4 {
			return int(c.Meta)
		}
	}
	return 0
}

func length(b []byte, width int) int {
	var full [4]byte
	copy(full[:], b[:width])
	return int(binary.LittleEndian.Uint32(full[:]))
}

// fraction is the size of that many digits of a second.
func fraction(digits uint16) int { return int(digits+1) / 2 }

// digitBytes is the size of a number of up to nine digits.
var digitBytes = [10]int{0, 1, 1, 2, 2, 3, 3, 4, 4, 4}

func decimalSize(precision, scale int) int {
	whole := precision - scale
	if whole < 0 || precision > 65 {
		return -1
	}
	return whole/9*4 + digitBytes[whole%9] + scale/9*4 + digitBytes[scale%9]
}

// AppendDecimal writes a packed decimal as text, with all digits of its scale.
func (c Column) AppendDecimal(dst, b []byte) []byte {
	precision, scale := int(c.Meta>>8), int(c.Meta&0xff)
	var packed [32]byte
	p := packed[:copy(packed[:], b)]
	flip := byte(0)
	if p[0]&0x80 == 0 { // negative: all bits are inverted
		flip = 0xff
		dst = append(dst, '-')
	}
	p[0] ^= 0x80
	for i := range p {
		p[i] ^= flip
	}
	whole := precision - scale
	start := len(dst)
	dst, p = appendDigits(dst, p, whole%9)
	for range whole / 9 {
		dst, p = appendDigits(dst, p, 9)
	}
	// Leading zeros go, but one digit stays.
	zeros := 0
	for zeros < len(dst)-start-1 && dst[start+zeros] == '0' {
		zeros++
	}
	dst = append(dst[:start], dst[start+zeros:]...)
	if len(dst) == start {
		dst = append(dst, '0')
	}
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for range scale / 9 {
		dst, p = appendDigits(dst, p, 9)
	}
	dst, _ = appendDigits(dst, p, scale%9)
	return dst
}

// appendDigits takes a group of n digits off p.
func appendDigits(dst, p []byte, n int) ([]byte, []byte) {
	size := digitBytes[n]
	var x uint32
	for _, c := range p[:size] {
		x = x<<8 | uint32(c)
	}
	at := len(dst)
	for range n {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= at; i-- {
		dst[i] = '0' + byte(x%10)
		x /= 10
	}
	return dst, p[size:]
}

// Clock is a date, a time of day, or both, as the binary log keeps them.
type Clock struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Micros               int
	Negative             bool
}

// Fields reads a DATE, TIME, DATETIME or YEAR of either generation. A TIMESTAMP is Seconds.
func (c Column) Fields(b []byte) (Clock, bool) {
	switch c.Real {
	case TypeDate, TypeNewDate:
		x := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		return Clock{Day: x & 31, Month: x >> 5 & 15, Year: x >> 9}, true
	case TypeDatetime2:
		x := int64(beUint(b[:5])) - 0x8000000000
		months := x >> 22
		day := x >> 17 & 31
		return Clock{Year: int(months / 13), Month: int(months % 13), Day: int(day), Hour: int(x >> 12 & 31),
			Minute: int(x >> 6 & 63), Second: int(x & 63), Micros: micros(b[5:], c.Meta)}, x >= 0
	case TypeDatetime:
		x := binary.LittleEndian.Uint64(b)
		d, t := int(x/1_000_000), int(x%1_000_000)
		return Clock{Year: d / 10000, Month: d / 100 % 100, Day: d % 100, Hour: t / 10000, Minute: t / 100 % 100, Second: t % 100}, true
	case TypeTime2:
		return c.time2(b), true
	case TypeTime:
		x := int(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24) >> 8)
		k := Clock{Negative: x < 0}
		if x < 0 {
			x = -x
		}
		k.Hour, k.Minute, k.Second = x/10000, x/100%100, x%100
		return k, true
	}
	return Clock{}, false
}

// time2 reads a TIME: sign, hours, minutes, seconds and fraction are one number, which is kept plus an offset.
func (c Column) time2(b []byte) Clock {
	width := fraction(c.Meta)
	x := int64(beUint(b[:3+width])) - 0x800000<<(8*width)
	var k Clock
	if x < 0 {
		k.Negative, x = true, -x
	}
	whole := x >> (8 * width)
	part := x & (1<<(8*width) - 1)
	for range 3 - width {
		part *= 100
	}
	k.Hour, k.Minute, k.Second, k.Micros = int(whole>>12&0x3ff), int(whole>>6&63), int(whole&63), int(part)
	return k
}

// Seconds reads a TIMESTAMP: seconds since 1970 and microseconds. Zero is the date of zeros.
func (c Column) Seconds(b []byte) (seconds int64, micro int) {
	if c.Real == TypeTimestamp {
		return int64(binary.LittleEndian.Uint32(b)), 0
	}
	return int64(binary.BigEndian.Uint32(b)), micros(b[4:], c.Meta)
}

// micros reads the fraction of a DATETIME or a TIMESTAMP.
func micros(b []byte, digits uint16) int {
	width := fraction(digits)
	x := int(beUint(b[:width]))
	for range 3 - width {
		x *= 100
	}
	return x
}

func beUint(b []byte) uint64 {
	var x uint64
	for _, c := range b {
		x = x<<8 | uint64(c)
	}
	return x
}
