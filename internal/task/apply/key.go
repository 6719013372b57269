package apply

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// place is a row of a batch.
type place struct {
	batch *change.Batch
	row   int32
}

// keyHash hashes the values of some columns of a row.
func keyHash(seed maphash.Seed, p place, columns []int) uint64 {
	h := uint64(len(columns))
	for _, c := range columns {
		h = h*0x9e3779b97f4a7c15 ^ valueHash(seed, &p.batch.Columns[c], int(p.row))
		h ^= h >> 29
	}
	return h
}

func valueHash(seed maphash.Seed, v *change.Vector, i int) uint64 {
	if v.IsNull(i) {
		return 0x5bd1e995
	}
	var word [8]byte
	switch v.Layout.Holds() {
	case change.InInts:
		binary.LittleEndian.PutUint64(word[:], uint64(v.Ints[i]))
		return maphash.Bytes(seed, word[:])
	case change.InFloats:
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(v.Floats[i]))
		return maphash.Bytes(seed, word[:])
	default:
		return maphash.Bytes(seed, v.Value(i))
	}
}

// sameKey reports whether two rows have the same values, bit by bit, in some columns.
func sameKey(a, b place, columns []int) bool {
	for _, c := range columns {
		if !sameValue(&a.batch.Columns[c], int(a.row), &b.batch.Columns[c], int(b.row)) {
			return false
		}
	}
	return true
}

func sameValue(v *change.Vector, i int, w *change.Vector, j int) bool {
	if v.IsNull(i) || w.IsNull(j) {
		return v.IsNull(i) == w.IsNull(j)
	}
	switch v.Layout.Holds() {
	case change.InInts:
		return v.Ints[i] == w.Ints[j]
	case change.InFloats:
		return math.Float64bits(v.Floats[i]) == math.Float64bits(w.Floats[j])
	default:
		return bytes.Equal(v.Value(i), w.Value(j))
	}
}

// knows reports whether none of the columns is absent.
func knows(p place, columns []int) bool {
	for _, c := range columns {
		if p.batch.Columns[c].IsAbsent(int(p.row)) {
			return false
		}
	}
	return true
}

// whole reports whether a row has all its values.
func whole(p place) bool {
	for c := range p.batch.Columns {
		if p.batch.Columns[c].IsAbsent(int(p.row)) {
			return false
		}
	}
	return true
}
