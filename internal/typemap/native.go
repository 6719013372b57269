package typemap

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// FromNative reads a type as a family spells it in DDL ("numeric(12,2)", "int unsigned") into the base type and the
// DMS type. User types of PostgreSQL are not known by their names: use FromPostgreSQL with Values for an enum.
func FromNative(f catalog.Family, native string) (base string, t datatype.Type) {
	if f == catalog.SQLite {
		name, _, _ := splitDeclared(native)
		return strings.ToLower(name), FromSQLite(native)
	}
	if f == catalog.Lake {
		return fromLake(native)
	}
	if f == catalog.Redshift {
		return fromRedshift(native)
	}
	base, o := splitNative(native)
	if f == catalog.MySQL {
		return base, FromMySQL(base, o)
	}
	if short, ok := postgresNames[base]; ok {
		base = short
	}
	if o.Array {
		base += "[]"
	}
	return base, FromPostgreSQL(base, o)
}

// postgresNames gives SQL's names of types the names pg_type has.
var postgresNames = map[string]string{
	"boolean": "bool", "smallint": "int2", "integer": "int4", "int": "int4", "bigint": "int8", "real": "float4",
	"double precision": "float8", "decimal": "numeric", "character varying": "varchar", "character": "bpchar", "char": "bpchar",
	"bit varying": "varbit", "time without time zone": "time", "time with time zone": "timetz",
	"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
}

// splitNative takes the sizes, members and attributes off a type: "timestamp(3) with time zone" becomes "timestamp
// with time zone" with a size of 3.
func splitNative(native string) (string, NativeSize) {
	var o NativeSize
	name := strings.TrimSpace(native)
	if strings.HasSuffix(name, "[]") {
		o.Array = true
		name = strings.TrimRight(name, "[]")
	}
	open, end := strings.IndexByte(name, '('), strings.LastIndexByte(name, ')')
	if open >= 0 && end > open {
		o.readArguments(name[open+1 : end])
		name = name[:open] + " " + name[end+1:]
	}
	words := strings.Fields(strings.ToLower(name))
	kept := words[:0]
	for _, w := range words {
		switch w {
		case "unsigned", "zerofill":
			o.Unsigned = true
		case "signed":
		default:
			kept = append(kept, w)
		}
	}
	base := strings.Join(kept, " ")
	o.placeSizes(base)
	return base, o
}

// readArguments reads "12,2" into Precision and Scale, or 'a','b' into Values.
func (o *NativeSize) readArguments(args string) {
	if strings.HasPrefix(strings.TrimSpace(args), "'") {
		o.Values = members(args)
		return
	}
	first, second, _ := strings.Cut(args, ",")
	o.Precision, _ = strconv.Atoi(strings.TrimSpace(first))
	o.Scale, _ = strconv.Atoi(strings.TrimSpace(second))
	o.Sized = true
}

// placeSizes moves the first number to where the type means it.
func (o *NativeSize) placeSizes(base string) {
	if !o.Sized {
		return
	}
	switch {
	case base == "datetime" || strings.HasPrefix(base, "time"):
		o.Scale, o.Precision = o.Precision, 0
	case base != "numeric" && base != "decimal" && base != "dec" && base != "fixed":
		o.Length = o.Precision
	}
}

// members reads the quoted members of an enum or a set, with quotes doubled and backslashes escaped as MySQL does.
func members(args string) []string {
	var values []string
	var b strings.Builder
	inside := false
	for i := 0; i < len(args); i++ {
		c := args[i]
		switch {
		case !inside:
			inside = c == '\''
		case c == '\\' && i+1 < len(args):
			i++
			b.WriteByte(args[i])
		case c == '\'' && i+1 < len(args) && args[i+1] == '\'':
			i++
			b.WriteByte('\'')
		case c == '\'':
			values = append(values, b.String())
			b.Reset()
			inside = false
		default:
			b.WriteByte(c)
		}
	}
	return values
}

// To spells a type for a family.
func To(f catalog.Family, t datatype.Type, u Use) string {
	switch f {
	case catalog.MySQL:
		return ToMySQL(t, u)
	case catalog.SQLite:
		return ToSQLite(t, u)
	case catalog.Lake:
		return ToLake(t, u)
	case catalog.Redshift:
		return ToRedshift(t, u)
	}
	return ToPostgreSQL(t, u)
}

// Keeps reports whether a family's column of the spelling To gives holds every value of the type.
func Keeps(f catalog.Family, t datatype.Type, u Use) bool {
	switch {
	case u.DMS && t.Kind == datatype.UInt8 && f == catalog.PostgreSQL:
		return false
	case u.DMS && f == catalog.Redshift:
		return t.Kind != datatype.UInt2 && t.Kind != datatype.UInt4
	case u.KeyParts > 0 && f == catalog.MySQL && (t.Kind.IsText() || t.Kind == datatype.Blob || t.Kind == datatype.Bytes):
		_, got := FromNative(f, ToMySQL(t, u))
		return got.Length == 0 || t.Length > 0 && got.Length >= t.Length
	}
	return true
}
