package change

import (
	"math"
	"slices"
)

// Vector is one column of a Batch. Append one value or one null per row, in row order.
//
// Exactly one of Ints, Floats and Ends+Data is in use, as Layout.Holds says. A null takes a zero entry there too, so
// that index i is always row i.
type Vector struct {
	Layout Layout
	Ints   []int64
	Floats []float64
	// Ends[i] is where value i ends in Data; it begins where the one before it ends.
	Ends []int
	Data []byte

	nulls   []uint64
	hasNull bool
	rows    int
	// absent marks values that a change stream has not sent. It is empty unless there are some.
	absent []uint64
}

// Reset empties the vector and gives it a layout, keeping its buffers.
func (v *Vector) Reset(l Layout) {
	v.Layout = l
	v.Ints, v.Floats, v.Ends, v.Data = v.Ints[:0], v.Floats[:0], v.Ends[:0], v.Data[:0]
	v.nulls, v.hasNull, v.rows = v.nulls[:0], false, 0
	v.absent = v.absent[:0]
}

// Len is the number of values, nulls included.
func (v *Vector) Len() int { return v.rows }

// Size is the number of bytes the vector takes in memory.
func (v *Vector) Size() int { return v.Payload() + 8*len(v.Ends) }

// Payload is the number of bytes of the values alone, a number or a time counting as eight.
func (v *Vector) Payload() int { return 8*(len(v.Ints)+len(v.Floats)) + len(v.Data) }

// HasNull reports whether any value is null.
func (v *Vector) HasNull() bool { return v.hasNull }

// IsNull reports whether value i is null.
func (v *Vector) IsNull(i int) bool {
	return v.hasNull && v.nulls[i>>6]&(1<<(uint(i)&63)) != 0
}

func (v *Vector) grow() {
	if v.rows&63 == 0 {
		v.nulls = append(v.nulls, 0)
	}
	v.rows++
}

// AppendNull appends a null.
func (v *Vector) AppendNull() {
	v.grow()
	i := v.rows - 1
	v.nulls[i>>6] |= 1 << (uint(i) & 63)
	v.hasNull = true
	switch v.Layout.Holds() {
	case InInts:
		v.Ints = append(v.Ints, 0)
	case InFloats:
		v.Floats = append(v.Floats, 0)
	case InData:
		v.Ends = append(v.Ends, len(v.Data))
	}
}

// AppendAbsent appends a value that the source has not sent: one that an update left as it was, or that is not part of
// what identifies the row. It counts as null for all who do not ask.
func (v *Vector) AppendAbsent() {
	v.AppendNull()
	v.SetAbsent(v.rows - 1)
}

// SetAbsent makes value i absent, whatever it was.
func (v *Vector) SetAbsent(i int) {
	v.nulls[i>>6] |= 1 << (uint(i) & 63)
	v.hasNull = true
	for len(v.absent) <= i>>6 {
		v.absent = append(v.absent, 0)
	}
	v.absent[i>>6] |= 1 << (uint(i) & 63)
}

// HasAbsent reports whether any value is absent.
func (v *Vector) HasAbsent() bool { return len(v.absent) > 0 }

// IsAbsent reports whether value i is absent.
func (v *Vector) IsAbsent(i int) bool {
	return i>>6 < len(v.absent) && v.absent[i>>6]&(1<<(uint(i)&63)) != 0
}

// AppendInt appends to a vector held in Ints.
func (v *Vector) AppendInt(x int64) {
	v.grow()
	v.Ints = append(v.Ints, x)
}

// AppendBool appends to a Bool vector.
func (v *Vector) AppendBool(x bool) {
	if x {
		v.AppendInt(1)
		return
	}
	v.AppendInt(0)
}

// AppendFloat appends to a vector held in Floats.
func (v *Vector) AppendFloat(x float64) {
	v.grow()
	v.Floats = append(v.Floats, x)
}

// AppendData appends a copy of p to a vector held in Data.
func (v *Vector) AppendData(p []byte) {
	v.grow()
	if n := len(v.Data); len(p) > largeValue && len(p) > n/4 && n+len(p) > cap(v.Data) { // append would leave a quarter of it free
		v.Data = append(make([]byte, 0, n+len(p)), v.Data...)
	}
	v.Data = append(v.Data, p...)
	v.Ends = append(v.Ends, len(v.Data))
}

// largeValue is from what size on a value gets just the room it needs.
const largeValue = 1 << 20

// AppendString appends a copy of s to a vector held in Data.
func (v *Vector) AppendString(s string) {
	v.grow()
	v.Data = append(v.Data, s...)
	v.Ends = append(v.Ends, len(v.Data))
}

// Seal closes a value that the caller has appended to Data by itself.
func (v *Vector) Seal() {
	v.grow()
	v.Ends = append(v.Ends, len(v.Data))
}

// Value returns the bytes of value i of a vector held in Data. They are valid until the next Reset.
func (v *Vector) Value(i int) []byte {
	start := 0
	if i > 0 {
		start = v.Ends[i-1]
	}
	return v.Data[start:v.Ends[i]:v.Ends[i]]
}

// Truncate keeps the first n values. It also drops what was appended to Data and not sealed.
func (v *Vector) Truncate(n int) {
	switch v.Layout.Holds() {
	case InInts:
		v.Ints = v.Ints[:min(n, len(v.Ints))]
	case InFloats:
		v.Floats = v.Floats[:min(n, len(v.Floats))]
	case InData:
		v.Ends = v.Ends[:min(n, len(v.Ends))]
		end := 0
		if len(v.Ends) > 0 {
			end = v.Ends[len(v.Ends)-1]
		}
		v.Data = v.Data[:end]
	}
	if n >= v.rows {
		return
	}
	v.rows = n
	v.nulls = v.nulls[:(n+63)>>6]
	if n&63 != 0 {
		v.nulls[n>>6] &= 1<<(uint(n)&63) - 1
	}
	if words := (n + 63) >> 6; len(v.absent) >= words {
		v.absent = v.absent[:words]
		if n&63 != 0 {
			v.absent[n>>6] &= 1<<(uint(n)&63) - 1
		}
	}
}

// AppendFrom appends value i of src, which must have the same layout.
func (v *Vector) AppendFrom(src *Vector, i int) {
	switch {
	case src.IsAbsent(i):
		v.AppendAbsent()
		return
	case src.IsNull(i):
		v.AppendNull()
		return
	}
	switch v.Layout.Holds() {
	case InInts:
		v.AppendInt(src.Ints[i])
	case InFloats:
		v.AppendFloat(src.Floats[i])
	case InData:
		v.AppendData(src.Value(i))
	}
}

// Equal reports whether two vectors hold the same values; floats are compared by their bits.
func (v *Vector) Equal(w *Vector) bool {
	if v.Layout != w.Layout || v.rows != w.rows {
		return false
	}
	for i := range v.rows {
		if v.IsNull(i) != w.IsNull(i) || v.IsAbsent(i) != w.IsAbsent(i) {
			return false
		}
		if !v.IsNull(i) && !v.sameValue(w, i) {
			return false
		}
	}
	return true
}

func (v *Vector) sameValue(w *Vector, i int) bool {
	switch v.Layout.Holds() {
	case InInts:
		return v.Ints[i] == w.Ints[i]
	case InFloats:
		return math.Float64bits(v.Floats[i]) == math.Float64bits(w.Floats[i])
	default:
		return slices.Equal(v.Value(i), w.Value(i))
	}
}
