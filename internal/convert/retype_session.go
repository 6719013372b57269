package convert

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// bySession reports whether settings of the session that changes a type decide over what becomes of values (its time zone, how it writes
// dates, how it rounds), or over what two releases of one family differ: the log does not tell them, and the target's session has its own.
func (r Retype) bySession() bool {
	switch r.From {
	case catalog.PostgreSQL:
		return postgresBySession(elementOf(r.Was), elementOf(r.Is))
	case catalog.MySQL:
		return mysqlBySession(r.Was, r.Is)
	}
	return false
}

func elementOf(c *catalog.Column) string { return strings.TrimSuffix(c.BaseType, "[]") }

var (
	postgresTexts = []string{"text", "varchar", "bpchar", "name", "citext"}
	// postgresPlain are the types that are written in one way, and read from it; read ones are written by extra_float_digits or bytea_output.
	postgresPlain = []string{
		"int2", "int4", "int8", "numeric", "oid", "bool", "uuid", "json", "jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "enum",
		"time", "int4range", "int8range", "numrange", "tsvector", "tsquery", "hstore", "ltree", "pg_lsn", "char",
	}
	postgresRead = []string{"float4", "float8", "bytea"}
	// postgresOwn are converted into nothing else without a setting (TimeZone, lc_monetary).
	postgresOwn = []string{"timestamptz", "timetz", "money"}
)

func postgresBySession(was, is string) bool {
	text := func(base string) bool { return slices.Contains(postgresTexts, base) }
	switch {
	case was == is, text(was) && text(is):
		return false
	case slices.Contains(postgresOwn, was), slices.Contains(postgresOwn, is):
		return true
	case text(is):
		return !slices.Contains(postgresPlain, was)
	case text(was):
		return !slices.Contains(postgresPlain, is) && !slices.Contains(postgresRead, is)
	}
	return false
}

// mysqlBySession: time_zone decides over timestamps, and the sql_mode, and whether it is MariaDB or MySQL, over digits of a second that go:
// they are cut off or rounded.
func mysqlBySession(was, is *catalog.Column) bool {
	moment := func(c *catalog.Column) bool {
		return slices.Contains([]string{"date", "time", "datetime", "timestamp"}, c.BaseType)
	}
	text := strings.HasSuffix(is.BaseType, "char") || strings.HasSuffix(is.BaseType, "text")
	switch {
	case !moment(was) && !moment(is), was.BaseType == "date" && is.BaseType == "datetime":
		return false
	case was.BaseType == is.BaseType:
		return is.Type.Scale < was.Type.Scale
	}
	return was.BaseType == "timestamp" || !text
}
