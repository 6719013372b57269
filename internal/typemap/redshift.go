package typemap

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// The bounds of Redshift's types (Database Developer Guide, "Data types").
const (
	redshiftText      = 65535 // bytes of a VARCHAR
	redshiftPrecision = 38
	redshiftScale     = 37
	// utf8Most is how many bytes a character may take: Redshift's lengths are in bytes.
	utf8Most = 4
)

const redshiftLongest = "varchar(65535)"

// ToRedshift spells a type for Redshift, as DMS does (user guide, "Target data types for Amazon Redshift"), with three
// differences where the guide's choice cannot hold all values: unsigned integers of 16 and 32 bits get the next wider type, a
// numeric without a precision is text, and a JSON document whose spelling does not matter is a SUPER.
func ToRedshift(t datatype.Type, u Use) string {
	switch t.Kind {
	case datatype.Boolean:
		return "boolean"
	case datatype.Date:
		return "date"
	case datatype.Time: // Redshift's own TIME ends at 24 hours, and DMS does not use it
		return "varchar(20)"
	case datatype.DateTime:
		return redshiftDateTime(t)
	case datatype.Numeric:
		return redshiftNumeric(t)
	case datatype.Real4:
		return "real"
	case datatype.Real8:
		return "double precision"
	case datatype.Bytes, datatype.Blob: // as hexadecimal digits
		return redshiftVarchar(t.Length, 2)
	}
	if t.Kind.IsInteger() {
		return redshiftInteger(t.Kind, u)
	}
	if t.Hint == datatype.JSONB && !u.DMS && u.KeyParts == 0 {
		return "super"
	}
	if t.Hint == datatype.UUID || t.Hint == datatype.Bit { // ASCII
		return redshiftVarchar(t.Length, 1)
	}
	return redshiftVarchar(t.Length, utf8Most)
}

func redshiftVarchar(length, each int) string {
	if length <= 0 || length*each > redshiftText {
		return redshiftLongest
	}
	return sized("varchar", length*each)
}

func redshiftInteger(k datatype.Kind, u Use) string {
	switch k {
	case datatype.Int1, datatype.Int2, datatype.UInt1:
		return "smallint"
	case datatype.UInt2:
		if u.DMS {
			return "smallint"
		}
		return "integer"
	case datatype.Int4:
		return "integer"
	case datatype.UInt4:
		if u.DMS {
			return "integer"
		}
		return "bigint"
	case datatype.UInt8:
		return "numeric(20,0)"
	}
	return "bigint"
}

func redshiftNumeric(t datatype.Type) string {
	p, s := plainScale(t.Precision, t.Scale)
	if t.Precision == 0 || p > redshiftPrecision || s > redshiftScale {
		if t.Precision == 0 {
			return redshiftLongest
		}
		return redshiftVarchar(p+3, 1) // sign, point, and a zero before it
	}
	return sized2("numeric", p, s)
}

func redshiftDateTime(t datatype.Type) string {
	switch {
	case t.Scale > 6:
		return "varchar(37)"
	case t.Hint == datatype.WithZone:
		return "timestamptz"
	}
	return "timestamp"
}

// redshiftNames gives the names that FromPostgreSQL does not know the ones it does.
var redshiftNames = map[string]string{
	"nvarchar": "varchar", "text": "varchar", "nchar": "bpchar", "float": "float8",
}

// fromRedshift reads a type as Redshift's catalog spells it.
func fromRedshift(native string) (string, datatype.Type) {
	base, o := splitNative(native)
	switch base {
	case "super":
		return base, of(datatype.NClob, 0, datatype.JSONB)
	case "varbyte", "varbinary", "binary varying":
		return "varbyte", of(datatype.Bytes, o.Length, datatype.NoHint)
	}
	if name, ok := redshiftNames[base]; ok {
		base = name
	}
	if short, ok := postgresNames[base]; ok {
		base = short
	}
	if base == "varchar" && o.Length == 0 {
		o.Length = 256
	}
	if strings.HasPrefix(base, "timestamp") {
		o.Sized, o.Scale = true, 6
	}
	return base, FromPostgreSQL(base, o)
}
