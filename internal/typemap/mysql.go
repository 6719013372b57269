package typemap

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const (
	// The bytes an InnoDB key may have in all its parts, and the bytes of a character of utf8mb4.
	mysqlKeyBytes  = 3072
	mysqlCharBytes = 4
	// The longest declared lengths: CHAR in characters, VARCHAR in utf8mb4 characters, VARBINARY in bytes.
	mysqlMaxChar      = 255
	mysqlMaxVarchar   = 16383
	mysqlMaxVarbinary = 65532
	// The largest DECIMAL.
	mysqlMaxPrecision, mysqlMaxScale = 65, 30
)

// FromMySQL maps a type of MySQL or MariaDB, given as catalog.Column.BaseType ("int", without "unsigned").
func FromMySQL(base string, o NativeSize) datatype.Type {
	base = strings.ToLower(base)
	if strings.HasSuffix(base, " unsigned") {
		base, o.Unsigned = strings.TrimSuffix(base, " unsigned"), true
	}
	t := fromMySQL(base, o)
	if o.DMS {
		return documentedMySQL(base, t)
	}
	return t
}

func fromMySQL(base string, o NativeSize) datatype.Type {
	switch base {
	case "bool", "boolean":
		// An alias of tinyint(1) that the servers do not keep; tinyint(1) itself may hold any INT1, and stays one.
		return datatype.Type{Kind: datatype.Boolean}
	case "tinyint":
		return mysqlInteger(datatype.Int1, o)
	case "smallint":
		return mysqlInteger(datatype.Int2, o)
	case "mediumint", "int", "integer":
		return mysqlInteger(datatype.Int4, o)
	case "bigint":
		return mysqlInteger(datatype.Int8, o)
	case "serial":
		return datatype.Type{Kind: datatype.UInt8}
	case "decimal", "numeric", "dec", "fixed":
		if o.Precision == 0 {
			o.Precision = 10
		}
		return datatype.Type{Kind: datatype.Numeric, Precision: o.Precision, Scale: o.Scale}
	case "float":
		// float(p) with p above 24 is a double, and the servers say so; any float left is a single.
		return datatype.Type{Kind: datatype.Real4}
	case "double", "double precision", "real":
		return datatype.Type{Kind: datatype.Real8}
	case "bit":
		if o.Length <= 1 {
			return datatype.Type{Kind: datatype.Boolean}
		}
		return of(datatype.String, o.Length, datatype.Bit)
	case "date":
		return datatype.Type{Kind: datatype.Date}
	case "datetime":
		return datatype.Type{Kind: datatype.DateTime, Scale: o.Scale}
	case "timestamp":
		return datatype.Type{Kind: datatype.DateTime, Scale: o.Scale, Hint: datatype.WithZone}
	case "time":
		return datatype.Type{Kind: datatype.Time, Scale: o.Scale}
	case "year":
		return datatype.Type{Kind: datatype.Int2, Hint: datatype.Year}
	}
	return fromMySQLString(base, o)
}

func mysqlInteger(k datatype.Kind, o NativeSize) datatype.Type {
	if o.Unsigned {
		k += datatype.UInt1 - datatype.Int1
	}
	return datatype.Type{Kind: k}
}

// mysqlBytesOf names what a character type is in the character set binary.
var mysqlBytesOf = map[string]string{
	"char": "binary", "varchar": "varbinary", "tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob", "longtext": "longblob",
}

func fromMySQLString(base string, o NativeSize) datatype.Type {
	if bytes, ok := mysqlBytesOf[base]; ok && o.Binary {
		base = bytes
	}
	switch base {
	case "char":
		return of(datatype.WString, max(1, o.Length), datatype.FixedWidth)
	case "varchar":
		return of(datatype.WString, max(1, o.Length), datatype.NoHint)
	case "binary":
		return of(datatype.Bytes, max(1, o.Length), datatype.FixedWidth)
	case "varbinary":
		return of(datatype.Bytes, max(1, o.Length), datatype.NoHint)
	case "tinytext":
		return of(datatype.WString, 255, datatype.NoHint)
	case "text":
		return of(datatype.NClob, 65535, datatype.NoHint)
	case "mediumtext":
		return of(datatype.NClob, 16777215, datatype.NoHint)
	case "longtext":
		return datatype.Type{Kind: datatype.NClob}
	case "tinyblob":
		return of(datatype.Bytes, 255, datatype.NoHint)
	case "blob":
		return of(datatype.Blob, 65535, datatype.NoHint)
	case "mediumblob":
		return of(datatype.Blob, 16777215, datatype.NoHint)
	case "longblob", "vector":
		return datatype.Type{Kind: datatype.Blob}
	case "enum":
		return datatype.Type{Kind: datatype.WString, Length: longest(o.Values), Hint: datatype.Enum, Values: o.Values}
	case "set":
		return datatype.Type{Kind: datatype.WString, Length: joined(o.Values), Hint: datatype.Set, Values: o.Values}
	case "json":
		return of(datatype.NClob, 0, datatype.JSON)
	case "uuid":
		return of(datatype.String, 36, datatype.UUID)
	case "inet4", "inet6":
		return of(datatype.String, 50, datatype.NoHint)
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return of(datatype.Blob, 0, datatype.Spatial)
	}
	return datatype.Type{Kind: datatype.NClob}
}

// ToMySQL spells a type for MySQL and MariaDB, for a table in utf8mb4. MySQLRow does so for all columns of a table,
// and sees to the limit on the size of a row.
func ToMySQL(t datatype.Type, u Use) string {
	switch t.Kind {
	case datatype.Boolean:
		return "boolean"
	case datatype.Bytes, datatype.Blob:
		return mysqlBinary(t, u)
	case datatype.Date:
		return "date"
	case datatype.Time:
		return mysqlTemporal("time", t.Scale)
	case datatype.DateTime:
		// An instant goes into a datetime too, in UTC: MySQL's TIMESTAMP ends in 2038 and begins in 1970.
		return mysqlTemporal("datetime", t.Scale)
	case datatype.Int1:
		return "tinyint"
	case datatype.Int2:
		if t.Hint == datatype.Year && !u.DMS {
			return "year"
		}
		return "smallint"
	case datatype.Int4:
		return "int"
	case datatype.Int8:
		return "bigint"
	case datatype.UInt1:
		return "tinyint unsigned"
	case datatype.UInt2:
		return "smallint unsigned"
	case datatype.UInt4:
		return "int unsigned"
	case datatype.UInt8:
		return "bigint unsigned"
	case datatype.Numeric:
		return mysqlNumeric(t, u)
	case datatype.Real4:
		return "float"
	case datatype.Real8:
		return "double"
	case datatype.String, datatype.WString, datatype.Clob, datatype.NClob:
		return mysqlText(t, u)
	}
	return "longtext"
}

func mysqlTemporal(name string, scale int) string {
	switch {
	case scale > 6:
		return "varchar(37)"
	case scale == 0:
		return name
	}
	return sized(name, scale)
}

// mysqlNumeric spells a decimal. DECIMAL ends at 65 digits with 30 of them behind the point and knows no NaN, so that
// a number without a bound, or with a wider one, is kept as text: every digit arrives, at the price of arithmetic. A
// change-data-type rule to a sized numeric asks for a DECIMAL instead, and rows that do not fit it are rejected.
func mysqlNumeric(t datatype.Type, u Use) string {
	if t.Precision == 0 && u.DMS {
		return "decimal(28,6)"
	}
	p, s := plainScale(t.Precision, t.Scale)
	if t.Precision > 0 && p <= mysqlMaxPrecision && s <= mysqlMaxScale {
		return sized2("decimal", p, s)
	}
	length := 0
	if t.Precision > 0 {
		length = p + 2 // sign and point
	}
	return mysqlText(of(datatype.String, length, datatype.NoHint), u)
}

func mysqlBinary(t datatype.Type, u Use) string {
	switch {
	case t.Hint == datatype.Spatial && !u.DMS:
		return "geometry"
	case u.KeyParts > 0 && (t.Length == 0 || t.Length > mysqlKeyBytes/u.KeyParts):
		return sized("varbinary", mysqlKeyBytes/u.KeyParts)
	case t.Hint == datatype.FixedWidth && t.Length > 0 && t.Length <= mysqlMaxChar:
		return sized("binary", t.Length)
	case t.Kind == datatype.Bytes && t.Length > 0 && t.Length <= mysqlMaxVarbinary:
		return sized("varbinary", t.Length)
	case t.Length == 0 || t.Length > 16777215:
		return "longblob"
	case t.Length > 65535:
		return "mediumblob"
	}
	return "blob"
}

func mysqlText(t datatype.Type, u Use) string {
	if u.DMS && u.KeyParts == 0 {
		return documentedMySQLText(t)
	}
	switch t.Hint {
	case datatype.UUID:
		return "char(36)"
	case datatype.JSON, datatype.JSONB:
		if u.KeyParts == 0 {
			return "json"
		}
	case datatype.Bit:
		// bit(n) ends at 64 and forgets leading zeros of a varying string; text keeps any.
		return mysqlSizedText(t, u)
	case datatype.Enum:
		if s, ok := mysqlMembers("enum", t.Values, 65535); ok {
			return s
		}
	case datatype.Set:
		if s, ok := mysqlMembers("set", t.Values, 64); ok {
			return s
		}
	case datatype.FixedWidth:
		if t.Length > 0 && t.Length <= mysqlMaxChar && !t.Kind.IsLOB() {
			return sized("char", t.Length)
		}
	}
	return mysqlSizedText(t, u)
}

func mysqlSizedText(t datatype.Type, u Use) string {
	longest := mysqlMaxVarchar
	if u.KeyParts > 0 {
		longest = mysqlKeyBytes / mysqlCharBytes / u.KeyParts
	}
	switch {
	case u.KeyParts > 0 && (t.Length == 0 || t.Length > longest):
		return sized("varchar", longest)
	case t.Length > 0 && t.Length <= longest && (!t.Kind.IsLOB() || u.KeyParts > 0):
		return sized("varchar", t.Length)
	case t.Length == 0 || t.Length > 16777215/mysqlCharBytes:
		return "longtext"
	case t.Length > 65535/mysqlCharBytes:
		return "mediumtext"
	}
	return "text"
}

// mysqlMembers spells an enum or a set. Members that MySQL would change or refuse (trailing blanks, commas in a set,
// members that differ by case alone) make it fall back to text.
func mysqlMembers(name string, values []string, most int) (string, bool) {
	if len(values) == 0 || len(values) > most {
		return "", false
	}
	seen := make(map[string]bool, len(values))
	quoted := make([]string, len(values))
	for i, v := range values {
		fold := strings.ToLower(v)
		if seen[fold] || strings.HasSuffix(v, " ") || name == "set" && strings.Contains(v, ",") || len([]rune(v)) > mysqlMaxChar {
			return "", false
		}
		seen[fold] = true
		quoted[i] = "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(v) + "'"
	}
	return name + "(" + strings.Join(quoted, ",") + ")", true
}
