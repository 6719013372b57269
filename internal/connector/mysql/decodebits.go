package mysql

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// bitValue reads the bytes of a BIT column, most significant first.
func bitValue(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return int64(n), true
}

// appendBits appends a BIT(n) value as n characters.
func appendBits(v *change.Vector, cell []byte, n int) error {
	x, ok := bitValue(cell)
	if !ok || n < 1 || n > 64 {
		return errNotOfType
	}
	for i := n - 1; i >= 0; i-- {
		v.Data = append(v.Data, '0'+byte(uint64(x)>>uint(i)&1))
	}
	v.Seal()
	return nil
}

// isSpatial reports whether a type holds geometries.
func isSpatial(base string) bool {
	switch base {
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
		"geometrycollection", "geomcollection":
		return true
	}
	return false
}

// hasSRID is the flag in the type of extended well-known binary that a reference system follows.
const hasSRID = 0x20000000

// appendWKB turns the servers' internal form (reference system, then well-known binary, little endian) into
// well-known binary; a reference system other than 0 is kept the way PostGIS writes it.
func appendWKB(v *change.Vector, cell []byte) error {
	if len(cell) < 9 || cell[4] != 1 {
		return errNotOfType
	}
	srid := binary.LittleEndian.Uint32(cell)
	if srid == 0 {
		v.AppendData(cell[4:])
		return nil
	}
	v.Data = append(v.Data, 1)
	v.Data = binary.LittleEndian.AppendUint32(v.Data, binary.LittleEndian.Uint32(cell[5:])|hasSRID)
	v.Data = binary.LittleEndian.AppendUint32(v.Data, srid)
	v.Data = append(v.Data, cell[9:]...)
	v.Seal()
	return nil
}

// declaredLength reads the first number between the parentheses of a type, or returns the default.
func declaredLength(nativeType string, otherwise int) int {
	_, rest, ok := strings.Cut(nativeType, "(")
	if !ok {
		return otherwise
	}
	end := strings.IndexAny(rest, ",)")
	if end < 0 {
		return otherwise
	}
	n, err := strconv.Atoi(strings.TrimSpace(rest[:end]))
	if err != nil {
		return otherwise
	}
	return n
}
