package parquetfile

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Append appends a column's value in the row at hand, in the column's layout. A reason says why it is none of the column's type; lost
// that digits of a second beyond the sixth were left out.
func (r *Reader) Append(dst *change.Vector, column int) (lost bool, reason string, err error) {
	v, err := r.value(column)
	if err != nil {
		return false, "", err
	}
	if v.IsNull() {
		dst.AppendNull()
		return false, "", nil
	}
	lost, reason = r.columns[column].add(dst, v)
	return lost, reason, nil
}

// Bytes is a column's value in the row at hand as the file has it: of a text or of bytes. It holds until the next call.
func (r *Reader) Bytes(column int) (p []byte, null bool, err error) {
	v, err := r.value(column)
	if err != nil || v.IsNull() {
		return nil, true, err
	}
	return v.ByteArray(), false, nil
}

func addBool(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendBool(v.Boolean())
	return false, ""
}

func addInt32(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendInt(int64(v.Int32()))
	return false, ""
}

func addUint32(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendInt(int64(v.Uint32()))
	return false, ""
}

func addInt64(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendInt(v.Int64())
	return false, ""
}

func addFloat(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendFloat(float64(v.Float()))
	return false, ""
}

func addDouble(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendFloat(v.Double())
	return false, ""
}

func addBytes(dst *change.Vector, v parquet.Value) (bool, string) {
	dst.AppendData(v.ByteArray())
	return false, ""
}

func addUUID(dst *change.Vector, v parquet.Value) (bool, string) {
	p := v.ByteArray()
	if len(p) != 16 {
		return false, fmt.Sprintf("has %d bytes, and a UUID has 16", len(p))
	}
	text := hex.AppendEncode(nil, p)
	dst.AppendData(fmt.Appendf(nil, "%s-%s-%s-%s-%s", text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
	return false, ""
}

// unixDays are the days from 1970 to 2000.
const (
	unixDays    = 10957
	epochMicros = unixDays * change.MicrosPerDay
	microDigits = 6
)

const noMoment = "lies outside of the times that can be told"

func addDate(dst *change.Vector, v parquet.Value) (bool, string) {
	d := change.Day(int64(v.Int32()) - unixDays)
	if d.IsInfinite() || d.IsOdd() {
		return false, noMoment
	}
	dst.AppendInt(int64(d))
	return false, ""
}

// unitOf is how many nanoseconds a unit has, and how many digits of a second it tells, of those that are kept.
func unitOf(u *format.TimeUnit) (nanos int64, digits int) {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1_000_000, 3
	case *format.MicroSeconds:
		return 1000, microDigits
	}
	return 1, microDigits
}

// micros makes microseconds of so many units.
func micros(n, unit int64) (out int64, lost, ok bool) {
	if unit >= 1000 {
		factor := unit / 1000
		return n * factor, false, n <= math.MaxInt64/factor && n >= math.MinInt64/factor
	}
	out = n / 1000
	if n%1000 < 0 {
		out--
	}
	return out, n%1000 != 0, true
}

func addTime(unit int64, narrow bool) func(*change.Vector, parquet.Value) (bool, string) {
	return func(dst *change.Vector, v parquet.Value) (bool, string) {
		n := v.Int64()
		if narrow {
			n = int64(v.Int32())
		}
		t, lost, ok := micros(n, unit)
		if !ok || t < 0 || t > change.MicrosPerDay { // 24:00 is one
			return false, "is no time of a day"
		}
		dst.AppendInt(t)
		return lost, ""
	}
}

func addMoment(unit int64) func(*change.Vector, parquet.Value) (bool, string) {
	return func(dst *change.Vector, v parquet.Value) (bool, string) {
		m, lost, ok := micros(v.Int64(), unit)
		return addMicros(dst, m, lost, ok)
	}
}

func addMicros(dst *change.Vector, since1970 int64, lost, ok bool) (bool, string) {
	m := change.Moment(since1970 - epochMicros)
	if !ok || since1970 < math.MinInt64+epochMicros || m.IsInfinite() || m.IsOdd() {
		return false, noMoment
	}
	dst.AppendInt(int64(m))
	return lost, ""
}

// addInt96 reads nanoseconds of a day and the number of the day, counted as astronomers do.
func addInt96(dst *change.Vector, v parquet.Value) (bool, string) {
	const julian1970 = 2440588
	p := v.Int96()
	nanos := uint64(p[0]) | uint64(p[1])<<32
	if nanos >= change.MicrosPerDay*1000 {
		return false, "is no time of a day"
	}
	return addMicros(dst, (int64(p[2])-julian1970)*change.MicrosPerDay+int64(nanos/1000), nanos%1000 != 0, true)
}

func addWholeDecimal(scale int, of func(parquet.Value) int64) func(*change.Vector, parquet.Value) (bool, string) {
	var text []byte
	return func(dst *change.Vector, v parquet.Value) (bool, string) {
		text = strconv.AppendInt(text[:0], of(v), 10)
		dst.AppendData(pointed(text, scale))
		return false, ""
	}
}

// addWideDecimal reads bytes in two's complement, the greatest first.
func addWideDecimal(scale int) func(*change.Vector, parquet.Value) (bool, string) {
	return func(dst *change.Vector, v parquet.Value) (bool, string) {
		const mostBytes = 64
		p := v.ByteArray()
		if len(p) == 0 || len(p) > mostBytes {
			return false, fmt.Sprintf("is a decimal of %d bytes, and 1 to %d can be", len(p), mostBytes)
		}
		n := new(big.Int).SetBytes(p)
		if p[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(p))))
		}
		dst.AppendData(pointed(n.Append(nil, 10), scale))
		return false, ""
	}
}

// pointed puts the point into a whole number of units of the scale.
func pointed(text []byte, scale int) []byte {
	if scale == 0 {
		return text
	}
	digits := bytes.TrimPrefix(text, []byte("-"))
	out := append(make([]byte, 0, len(text)+scale+2), text[:len(text)-len(digits)]...)
	for n := len(digits); n <= scale; n++ {
		out = append(out, '0')
	}
	out = append(out, digits...)
	return slices.Insert(out, len(out)-scale, '.')
}
