package expr

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
)

// Class is the storage class of a value, in SQLite's order of comparison.
type Class uint8

// The classes. Decimal is a number held as its digits: only columns have it, and SQLite knows nothing of it.
const (
	Null Class = iota
	Integer
	Real
	Decimal
	Text
	Blob
)

// Value is the result of an expression. Bytes are valid until the next evaluation and belong to no one else.
type Value struct {
	Class Class
	Int   int64
	Float float64
	Bytes []byte
}

func integer(i int64) Value { return Value{Class: Integer, Int: i} }

func text(p []byte) Value { return Value{Class: Text, Bytes: p} }

func blob(p []byte) Value { return Value{Class: Blob, Bytes: p} }

// number makes a real; SQLite's NaN is NULL.
func number(f float64) Value {
	if math.IsNaN(f) {
		return Value{}
	}
	return Value{Class: Real, Float: f}
}

func truth(b bool) Value {
	if b {
		return integer(1)
	}
	return integer(0)
}

// AppendText appends the value as SQLite writes it; NULL appends nothing.
func (v Value) AppendText(dst []byte) []byte {
	switch v.Class {
	case Null:
		return dst
	case Integer:
		return strconv.AppendInt(dst, v.Int, 10)
	case Real:
		return appendReal(dst, v.Float)
	default:
		return append(dst, v.Bytes...)
	}
}

// numeric is the number that arithmetic sees: texts and blobs count as their longest numeric beginning.
func (v Value) numeric() Value {
	switch v.Class {
	case Null, Integer, Real:
		return v
	}
	n := scan(v.Bytes)
	if n.integer {
		return integer(n.i)
	}
	return Value{Class: Real, Float: n.f}
}

// settled turns a decimal into a plain number.
func (v Value) settled() Value {
	if v.Class == Decimal {
		return v.numeric()
	}
	return v
}

func (v Value) float() float64 {
	switch v.Class {
	case Null:
		return 0
	case Integer:
		return float64(v.Int)
	case Real:
		return v.Float
	}
	return scan(v.Bytes).f
}

// int64 is the integer SQLite makes of the value: reals are cut towards zero and clamped, texts count as their
// longest integer beginning.
func (v Value) int64() int64 {
	switch v.Class {
	case Null:
		return 0
	case Integer:
		return v.Int
	case Real:
		return truncate(v.Float)
	}
	i, _ := scanInteger(v.Bytes)
	return i
}

func truncate(f float64) int64 {
	switch {
	case f <= math.MinInt64:
		return math.MinInt64
	case f >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(f)
}

// isTrue reports whether a condition holds; NULL is neither true nor false.
func (v Value) isTrue() bool { return v.Class != Null && v.settled().nonZero() }

func (v Value) isFalse() bool { return v.Class != Null && !v.settled().nonZero() }

func (v Value) nonZero() bool {
	if v.Class == Integer {
		return v.Int != 0
	}
	return v.float() != 0
}

// compare orders two values as SQLite does: numbers before texts before blobs, texts by their bytes.
func compare(a, b Value) int {
	a, b = a.settled(), b.settled()
	ra, rb := rank(a.Class), rank(b.Class)
	switch {
	case ra != rb:
		return cmp.Compare(ra, rb)
	case ra == 0:
		return 0
	case ra > 1:
		return bytes.Compare(a.Bytes, b.Bytes)
	case a.Class == Integer && b.Class == Integer:
		return cmp.Compare(a.Int, b.Int)
	case a.Class == Real && b.Class == Real:
		return cmp.Compare(a.Float, b.Float)
	case a.Class == Integer:
		return compareMixed(a.Int, b.Float)
	}
	return -compareMixed(b.Int, a.Float)
}

func rank(c Class) int {
	switch c {
	case Null:
		return 0
	case Text:
		return 2
	case Blob:
		return 3
	default:
		return 1
	}
}

func compareMixed(i int64, f float64) int {
	switch {
	case f < math.MinInt64:
		return 1
	case f >= math.MaxInt64:
		return -1
	case i != int64(f):
		return cmp.Compare(i, int64(f))
	}
	return cmp.Compare(float64(i), f)
}
