package datatype

import (
	"fmt"
	"strings"
)

// Kind is a DMS intermediate type without its size.
type Kind uint8

// The kinds, spelled as DMS spells them (BYTES is printed as BYTE in parts of its guide).
const (
	Invalid Kind = iota
	Boolean
	Bytes
	Date
	Time
	DateTime
	Int1
	Int2
	Int4
	Int8
	UInt1
	UInt2
	UInt4
	UInt8
	Numeric
	Real4
	Real8
	String
	WString
	Blob
	Clob
	NClob
)

var kindNames = [...]string{
	Invalid: "INVALID", Boolean: "BOOLEAN", Bytes: "BYTES", Date: "DATE", Time: "TIME", DateTime: "DATETIME",
	Int1: "INT1", Int2: "INT2", Int4: "INT4", Int8: "INT8", UInt1: "UINT1", UInt2: "UINT2", UInt4: "UINT4", UInt8: "UINT8",
	Numeric: "NUMERIC", Real4: "REAL4", Real8: "REAL8", String: "STRING", WString: "WSTRING",
	Blob: "BLOB", Clob: "CLOB", NClob: "NCLOB",
}

// String returns the name DMS gives the kind, in capitals.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind reads a kind as table mappings write it ("int4", "wstring"), in any case.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if Kind(k) != Invalid && strings.EqualFold(n, name) {
			return Kind(k), true
		}
	}
	return Invalid, false
}

// IsInteger reports whether the kind is a signed or unsigned integer.
func (k Kind) IsInteger() bool { return k >= Int1 && k <= UInt8 }

// IsUnsigned reports whether the kind is an unsigned integer.
func (k Kind) IsUnsigned() bool { return k >= UInt1 && k <= UInt8 }

// IsText reports whether values of the kind are character strings.
func (k Kind) IsText() bool { return k == String || k == WString || k == Clob || k == NClob }

// IsLOB reports whether DMS treats the kind as a large object.
func (k Kind) IsLOB() bool { return k == Blob || k == Clob || k == NClob }
