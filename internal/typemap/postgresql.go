package typemap

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// The longest character varying PostgreSQL can declare, in characters.
const postgresMaxVarchar = 10485760

// FromPostgreSQL maps a PostgreSQL type, given as catalog.Column.BaseType: by the name in pg_type ("int4") or in
// SQL ("integer"). A user's enum comes as "enum" or under its own name, with Values. A type it does not know travels
// in the server's text form.
func FromPostgreSQL(base string, o NativeSize) datatype.Type {
	base = strings.ToLower(base)
	t := fromPostgreSQL(base, o)
	if o.DMS {
		return documentedPostgreSQL(base, t)
	}
	return t
}

func fromPostgreSQL(base string, o NativeSize) datatype.Type {
	if o.Array || strings.HasSuffix(base, "[]") || strings.HasPrefix(base, "_") && len(base) > 1 {
		return datatype.Type{Kind: datatype.NClob}
	}
	switch base {
	case "boolean", "bool":
		return datatype.Type{Kind: datatype.Boolean}
	case "smallint", "int2", "smallserial", "serial2":
		return datatype.Type{Kind: datatype.Int2}
	case "integer", "int", "int4", "serial", "serial4":
		return datatype.Type{Kind: datatype.Int4}
	case "bigint", "int8", "bigserial", "serial8":
		return datatype.Type{Kind: datatype.Int8}
	case "oid", "xid", "cid", "regproc":
		return fromPostgreSQLSystem(base)
	case "real", "float4":
		return datatype.Type{Kind: datatype.Real4}
	case "double precision", "float8", "float":
		return datatype.Type{Kind: datatype.Real8}
	case "numeric", "decimal":
		if o.Precision == 0 {
			return datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}
		}
		return datatype.Type{Kind: datatype.Numeric, Precision: o.Precision, Scale: o.Scale}
	case "money":
		return datatype.Type{Kind: datatype.Numeric, Precision: 38, Scale: 4}
	case "uuid":
		return of(datatype.String, 36, datatype.UUID)
	case "bytea":
		return datatype.Type{Kind: datatype.Blob}
	case "json":
		return of(datatype.NClob, 0, datatype.JSON)
	case "jsonb":
		return of(datatype.NClob, 0, datatype.JSONB)
	}
	if t, ok := fromPostgreSQLText(base, o); ok {
		return t
	}
	if t, ok := fromPostgreSQLTemporal(base, o); ok {
		return t
	}
	return fromPostgreSQLOther(base, o)
}

func fromPostgreSQLText(base string, o NativeSize) (datatype.Type, bool) {
	switch base {
	case "char", `"char"`, "character":
		return of(datatype.WString, max(1, o.Length), datatype.FixedWidth), true
	case "bpchar":
		if o.Length > 0 {
			return of(datatype.WString, o.Length, datatype.FixedWidth), true
		}
		return datatype.Type{Kind: datatype.NClob}, true
	case "varchar", "character varying":
		if o.Length > 0 {
			return of(datatype.WString, o.Length, datatype.NoHint), true
		}
		return datatype.Type{Kind: datatype.NClob}, true
	case "text", "citext", "hstore", "ltree", "lquery":
		return datatype.Type{Kind: datatype.NClob}, true
	case "name":
		return of(datatype.WString, 63, datatype.NoHint), true
	case "xml", "tsvector", "tsquery", "jsonpath":
		return datatype.Type{Kind: datatype.Clob}, true
	}
	return datatype.Type{}, false
}

func fromPostgreSQLTemporal(base string, o NativeSize) (datatype.Type, bool) {
	switch base {
	case "date":
		return datatype.Type{Kind: datatype.Date}, true
	case "time", "time without time zone":
		return datatype.Type{Kind: datatype.Time, Scale: o.fraction(6)}, true
	case "timetz", "time with time zone":
		// No other engine has a time of day with an offset, and dropping it changes the value: 15:00:00.000000+05:30.
		return of(datatype.String, 21, datatype.NoHint), true
	case "timestamp", "timestamp without time zone":
		return datatype.Type{Kind: datatype.DateTime, Scale: o.fraction(6)}, true
	case "timestamptz", "timestamp with time zone":
		return datatype.Type{Kind: datatype.DateTime, Scale: o.fraction(6), Hint: datatype.WithZone}, true
	case "interval":
		return of(datatype.String, 128, datatype.Interval), true
	}
	return datatype.Type{}, false
}

func fromPostgreSQLOther(base string, o NativeSize) datatype.Type {
	switch base {
	case "bit":
		return of(datatype.String, max(1, o.Length), datatype.Bit)
	case "varbit", "bit varying":
		return of(datatype.String, o.Length, datatype.Bit)
	case "inet", "cidr":
		return of(datatype.String, 50, datatype.NoHint)
	case "macaddr":
		return of(datatype.String, 18, datatype.NoHint)
	case "macaddr8":
		return of(datatype.String, 24, datatype.NoHint)
	case "pg_lsn":
		return of(datatype.String, 17, datatype.NoHint)
	case "point", "line", "lseg", "box", "circle":
		return of(datatype.String, 255, datatype.Spatial)
	case "path", "polygon", "geometry", "geography":
		return of(datatype.Clob, 0, datatype.Spatial)
	case "int4range", "int8range", "daterange", "tsrange", "tstzrange":
		return of(datatype.String, 255, datatype.NoHint)
	}
	if len(o.Values) > 0 {
		return datatype.Type{Kind: datatype.WString, Length: longest(o.Values), Hint: datatype.Enum, Values: o.Values}
	}
	// Composites, numeric ranges and multiranges, and types of extensions: no bound on their text is known.
	return datatype.Type{Kind: datatype.NClob}
}

// fromPostgreSQLSystem maps the 32-bit unsigned numbers of the system catalogs, which some schemas use as types.
func fromPostgreSQLSystem(base string) datatype.Type {
	if base == "regproc" {
		return datatype.Type{Kind: datatype.NClob}
	}
	return datatype.Type{Kind: datatype.UInt4}
}

// ToPostgreSQL spells a type for PostgreSQL.
func ToPostgreSQL(t datatype.Type, u Use) string {
	switch t.Kind {
	case datatype.Boolean:
		return "boolean"
	case datatype.Bytes, datatype.Blob:
		return "bytea"
	case datatype.Date:
		return "date"
	case datatype.Time:
		return postgresTemporal("time", t.Scale)
	case datatype.DateTime:
		if t.Hint == datatype.WithZone && !u.DMS {
			return postgresTemporal("timestamptz", t.Scale)
		}
		return postgresTemporal("timestamp", t.Scale)
	case datatype.Int1, datatype.Int2, datatype.UInt1:
		return "smallint"
	case datatype.Int4, datatype.UInt2:
		return "integer"
	case datatype.Int8, datatype.UInt4:
		return "bigint"
	case datatype.UInt8:
		// The guide says bigint, which overflows above 2^63-1.
		if u.DMS {
			return "bigint"
		}
		return "numeric(20,0)"
	case datatype.Numeric:
		return postgresNumeric(t, u)
	case datatype.Real4:
		return "real"
	case datatype.Real8:
		return "double precision"
	case datatype.String, datatype.WString, datatype.Clob, datatype.NClob:
		return postgresText(t, u)
	}
	return "text"
}

func postgresTemporal(name string, scale int) string {
	switch {
	case scale > 6:
		// PostgreSQL keeps microseconds; text keeps the rest, as the guide has it.
		return "varchar(37)"
	case scale == 6:
		return name
	}
	return sized(name, scale)
}

func postgresNumeric(t datatype.Type, u Use) string {
	switch {
	case t.Precision == 0 && u.DMS:
		return "numeric(28,6)"
	case t.Precision == 0, t.Precision > 1000, t.Scale > 1000, t.Scale < -1000:
		return "numeric"
	}
	p, s := plainScale(t.Precision, t.Scale)
	return sized2("numeric", p, s)
}

func postgresText(t datatype.Type, u Use) string {
	if u.DMS {
		return documentedPostgresText(t)
	}
	switch t.Hint {
	case datatype.UUID:
		return "uuid"
	case datatype.JSON:
		return "json"
	case datatype.JSONB:
		return "jsonb"
	case datatype.Interval:
		return "interval"
	case datatype.Enum, datatype.Set:
		return "text"
	case datatype.Bit:
		if t.Length > 0 {
			return sized("bit varying", t.Length)
		}
		return "bit varying"
	case datatype.FixedWidth:
		if t.Length > 0 && t.Length <= postgresMaxVarchar && !t.Kind.IsLOB() {
			return sized("char", t.Length)
		}
	}
	if t.Kind.IsLOB() || t.Length == 0 || t.Length > postgresMaxVarchar {
		return "text"
	}
	return sized("varchar", t.Length)
}
