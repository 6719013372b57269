package typemap

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// The digits a double always gives back, and with them the widest decimal that NUMERIC affinity keeps exactly.
const doubleDigits = 15

// FromSQLite maps a declared type of SQLite, as CREATE TABLE has it ("VARCHAR(20)"). A name of a type that SQLite's
// users mean something by is taken at its word; any other by its affinity ("Datatypes In SQLite", section 3.1). Since
// SQLite bounds no integer, every integer is an INT8; the values decide about the rest at run time.
func FromSQLite(declared string) datatype.Type {
	name, a, b := splitDeclared(declared)
	switch name {
	case "BOOLEAN", "BOOL":
		return datatype.Type{Kind: datatype.Boolean}
	case "DATE":
		return datatype.Type{Kind: datatype.Date}
	case "TIME":
		return datatype.Type{Kind: datatype.Time, Scale: 6}
	case "DATETIME", "TIMESTAMP":
		return datatype.Type{Kind: datatype.DateTime, Scale: 6}
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "DATETIMEOFFSET":
		return datatype.Type{Kind: datatype.DateTime, Scale: 6, Hint: datatype.WithZone}
	case "DECIMAL", "NUMERIC", "DECIMAL_TEXT":
		if a > 0 {
			return datatype.Type{Kind: datatype.Numeric, Precision: a, Scale: b}
		}
		return datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}
	case "UUID", "UUID_TEXT", "GUID":
		return of(datatype.String, 36, datatype.UUID)
	case "STRING":
		// NUMERIC affinity by the rules, and yet what people put there is text.
		return datatype.Type{Kind: datatype.NClob}
	case "JSON", "JSON_TEXT":
		return of(datatype.NClob, 0, datatype.JSON)
	case "BINARY", "VARBINARY":
		if a > 0 {
			return of(datatype.Bytes, a, datatype.NoHint)
		}
		return datatype.Type{Kind: datatype.Blob}
	}
	return fromAffinity(name, a)
}

func fromAffinity(name string, length int) datatype.Type {
	switch affinity(name) {
	case "INTEGER":
		return datatype.Type{Kind: datatype.Int8}
	case "TEXT":
		if length > 0 && strings.Contains(name, "CHAR") {
			return of(datatype.WString, length, datatype.NoHint)
		}
		return datatype.Type{Kind: datatype.NClob}
	case "BLOB":
		return datatype.Type{Kind: datatype.Blob}
	case "REAL":
		return datatype.Type{Kind: datatype.Real8}
	}
	return datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}
}

// affinity returns the affinity of a declared type by SQLite's rules, in their order. No type at all is BLOB.
func affinity(name string) string {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB"), name == "", name == "ANY":
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}

// splitDeclared cuts " Decimal( 10 , 2 ) " into DECIMAL, 10 and 2. A size that is no number counts as none.
func splitDeclared(declared string) (name string, a, b int) {
	name, rest, _ := strings.Cut(declared, "(")
	name = strings.ToUpper(strings.Join(strings.Fields(name), " "))
	first, second, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(rest), ")"), ",")
	a, _ = strconv.Atoi(strings.TrimSpace(first))
	b, _ = strconv.Atoi(strings.TrimSpace(second))
	return name, max(a, 0), b
}

// ToSQLite spells a type for SQLite. The affinity of each name keeps values exactly: what a double or an INTEGER
// cannot hold has TEXT affinity (a name with TEXT in it); dates are ISO text, which NUMERIC affinity leaves alone.
func ToSQLite(t datatype.Type, _ Use) string {
	switch t.Kind {
	case datatype.Boolean:
		return "BOOLEAN"
	case datatype.Bytes, datatype.Blob:
		return "BLOB"
	case datatype.Date:
		return "DATE"
	case datatype.Time:
		return "TIME"
	case datatype.DateTime:
		if t.Hint == datatype.WithZone {
			return "TIMESTAMPTZ"
		}
		return "DATETIME"
	case datatype.UInt8:
		// An INTEGER ends at 2^63-1, and INTEGER affinity turns longer digits into a double.
		return "DECIMAL_TEXT(20,0)"
	case datatype.Numeric:
		return sqliteNumeric(t)
	case datatype.Real4, datatype.Real8:
		return "REAL"
	case datatype.String, datatype.WString, datatype.Clob, datatype.NClob:
		return sqliteText(t)
	}
	if t.Kind.IsInteger() {
		return "INTEGER"
	}
	return "TEXT"
}

func sqliteNumeric(t datatype.Type) string {
	if t.Precision == 0 {
		return "DECIMAL_TEXT"
	}
	p, s := plainScale(t.Precision, t.Scale)
	if p <= doubleDigits {
		return sized2("DECIMAL", p, s)
	}
	return sized2("DECIMAL_TEXT", p, s)
}

func sqliteText(t datatype.Type) string {
	switch t.Hint {
	case datatype.UUID:
		return "UUID_TEXT"
	case datatype.JSON, datatype.JSONB:
		return "JSON_TEXT"
	case datatype.Enum, datatype.Set, datatype.Interval:
		return "TEXT"
	}
	switch {
	case t.Kind.IsLOB() || t.Length == 0:
		return "TEXT"
	case t.Hint == datatype.FixedWidth:
		return sized("CHAR", t.Length)
	}
	return sized("VARCHAR", t.Length)
}
