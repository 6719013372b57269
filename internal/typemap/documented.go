package typemap

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Documented turns a type that FromPostgreSQL or FromMySQL gave for a base type into exactly what the DMS guide says
// of that base type, losses included. SQLite is not a DMS engine: its types stay.
func Documented(f catalog.Family, base string, t datatype.Type) datatype.Type {
	switch f {
	case catalog.PostgreSQL:
		return documentedPostgreSQL(base, t)
	case catalog.MySQL:
		return documentedMySQL(base, t)
	}
	return t
}

func documentedPostgreSQL(base string, t datatype.Type) datatype.Type {
	switch {
	case t.Kind == datatype.Boolean:
		return of(datatype.String, 5, datatype.NoHint)
	case t.Kind == datatype.Numeric && t.Precision == 0:
		return datatype.Type{Kind: datatype.Numeric, Precision: 28, Scale: 6}
	case t.Kind == datatype.Numeric && t.Precision > 38:
		return of(datatype.String, t.Precision+2, datatype.NoHint)
	case t.Hint == datatype.Enum:
		return of(datatype.String, 64, datatype.NoHint)
	case base == "timetz" || base == "time with time zone":
		return datatype.Type{Kind: datatype.Time, Scale: 6}
	case (base == "varchar" || base == "character varying") && t.Length == 0:
		// The default of the endpoint setting unboundedVarcharMaxSize.
		return of(datatype.WString, 8000, datatype.NoHint)
	case base == "numrange":
		return of(datatype.String, 255, datatype.NoHint)
	}
	t.Hint, t.Values = datatype.NoHint, nil
	return t
}

func documentedMySQL(base string, t datatype.Type) datatype.Type {
	switch base {
	case "float":
		t.Kind = datatype.Real8
	case "bit":
		if t.Kind != datatype.Boolean {
			t = datatype.Type{Kind: datatype.Bytes, Length: 8}
		}
	case "time":
		t = of(datatype.String, 17, datatype.NoHint)
	case "text":
		t = of(datatype.WString, 65535, datatype.NoHint)
	case "blob":
		t = datatype.Type{Kind: datatype.Bytes, Length: 65535}
	case "json":
		t.Kind = datatype.Clob
	}
	t.Hint, t.Values = datatype.NoHint, nil
	return t
}

// documentedPostgresText spells the text kinds as the guide's table of the PostgreSQL target does.
func documentedPostgresText(t datatype.Type) string {
	switch {
	case t.Kind.IsLOB():
		return "text"
	case t.Length == 0, t.Length > 21845:
		return "varchar(65535)"
	}
	return sized("varchar", t.Length)
}

// documentedMySQLText spells the text kinds as the guide's table of the MySQL target does.
func documentedMySQLText(t datatype.Type) string {
	bound := 21845
	if t.Kind == datatype.WString {
		bound = 32767
	}
	switch {
	case t.Kind == datatype.Clob && t.Length > 0 && t.Length <= 65535:
		return "text"
	case t.Kind.IsLOB(), t.Length == 0, t.Length > bound:
		return "longtext"
	}
	return sized("varchar", t.Length)
}
