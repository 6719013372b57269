package typemap

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// NativeSize is what a native type says beside its name.
type NativeSize struct {
	// Length is in characters for text, bytes for binary strings, bits for bit strings.
	Length int
	// Precision and Scale size a decimal. Scale is also the number of fractional digits of a temporal type.
	Precision, Scale int
	// Sized tells an explicit zero from no size at all: timestamp(0) from timestamp.
	Sized    bool
	Unsigned bool
	// Binary marks a MySQL character type in the character set binary.
	Binary bool
	// Array marks an array of the base type, beside the suffix "[]" of the name.
	Array bool
	// Values are the members of an enum or a set.
	Values []string
	// DMS asks for the type exactly as the DMS guide has it, see Documented.
	DMS bool
}

// Use says what a native type is wanted for.
type Use struct {
	// KeyParts is the number of columns in the longest key the column is part of; 0 means it is in none. MySQL has
	// no keys over unbounded text, and bounds the length of all parts together.
	KeyParts int
	// DMS asks for the spelling exactly as the DMS guide has it.
	DMS bool
}

// fraction returns the digits of a temporal type that an engine keeps by default when it states none.
func (o NativeSize) fraction(byDefault int) int {
	if o.Scale > 0 || o.Sized {
		return o.Scale
	}
	return byDefault
}

// sized spells a name with a size: varchar(20).
func sized(name string, n int) string { return name + "(" + strconv.Itoa(n) + ")" }

// sized2 spells a name with two sizes: numeric(12,2).
func sized2(name string, p, s int) string {
	return name + "(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
}

// plainScale brings a precision and a scale into 0 ≤ scale ≤ precision without narrowing the range of values:
// PostgreSQL 15 allows a scale below zero or above the precision, others do not.
func plainScale(precision, scale int) (int, int) {
	if scale < 0 {
		return precision - scale, 0
	}
	return max(precision, scale), scale
}

// longest returns the length in characters of the longest member, at least 1.
func longest(values []string) int {
	n := 1
	for _, v := range values {
		n = max(n, len([]rune(v)))
	}
	return n
}

// joined returns the length in characters of all members with commas between them, at least 1.
func joined(values []string) int { return max(1, len([]rune(strings.Join(values, ",")))) }

// of makes a type with a length.
func of(kind datatype.Kind, length int, hint datatype.Hint) datatype.Type {
	return datatype.Type{Kind: kind, Length: length, Hint: hint}
}
