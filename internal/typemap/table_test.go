package typemap

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

var update = flag.Bool("update", false, "rewrite docs/datatypes.md")

var families = []catalog.Family{catalog.PostgreSQL, catalog.MySQL, catalog.SQLite}

var titles = map[catalog.Family]string{catalog.PostgreSQL: "PostgreSQL", catalog.MySQL: "MySQL and MariaDB", catalog.SQLite: "SQLite"}

// natives lists the types of each family as its tables show them. A remark says what does not arrive, or how.
var natives = map[catalog.Family][][2]string{
	catalog.PostgreSQL: {
		{"boolean"}, {"smallint"}, {"integer"}, {"bigint"}, {"oid"}, {"real", remarkNaN}, {"double precision", remarkNaN},
		{"numeric", "every digit is kept; NaN and the infinities too, as text"},
		{"numeric(12,2)", "NaN is rejected where the target has a decimal"}, {"numeric(30,10)"}, {"numeric(80,40)"},
		{"numeric(3,-2)"}, {"numeric(2,5)"}, {"money"},
		{"char(10)"}, {"varchar(40)"}, {"varchar(40000)"}, {"varchar"}, {"text"}, {"citext", "compares by case on the target"}, {"name"},
		{"bytea"}, {"bit(8)"}, {"bit varying(20)"}, {"bit varying"},
		{"date", remarkInfinity}, {"time"}, {"time(3)"}, {"timetz"}, {"timestamp", remarkInfinity}, {"timestamp(0)"},
		{"timestamptz", "the instant is kept, in UTC; infinity and years past 9999 are rejected"}, {"interval"},
		{"uuid"}, {"json", "MySQL and MariaDB keep the document, MySQL not its spelling"}, {"jsonb"}, {"xml"},
		{"inet"}, {"cidr"}, {"macaddr"}, {"macaddr8"}, {"pg_lsn"},
		{"point"}, {"line"}, {"lseg"}, {"box"}, {"circle"}, {"path"}, {"polygon"}, {"geometry", "PostGIS; the text form is hexadecimal EWKB"},
		{"int4range"}, {"numrange"}, {"int4multirange"}, {"tsvector"}, {"tsquery"}, {"hstore"}, {"integer[]"}, {"text[]"},
		{"enum('new','paid')", "a check constraint keeps the members"}, {"composite"},
	},
	catalog.MySQL: {
		{"tinyint"}, {"tinyint(1)", "stays a number: it may hold more than 0 and 1"}, {"smallint"}, {"mediumint"}, {"int"}, {"bigint"},
		{"tinyint unsigned"}, {"smallint unsigned"}, {"mediumint unsigned"}, {"int unsigned"},
		{"bigint unsigned", "an AUTO_INCREMENT column becomes a bigint or INTEGER; a value above 2^63-1 is then rejected"},
		{"decimal(12,2)"}, {"decimal(65,30)"}, {"float"}, {"double"}, {"bit(1)"}, {"bit(12)"}, {"year"},
		{"date", remarkZeroDate}, {"datetime", remarkZeroDate}, {"datetime(6)", remarkZeroDate}, {"timestamp", remarkZeroDate}, {"timestamp(3)", remarkZeroDate},
		{"time", "a time below zero or beyond 24 hours is rejected by PostgreSQL's time"}, {"time(6)", "as time"},
		{"char(10)"}, {"varchar(40)"}, {"varchar(16000)"}, {"tinytext"}, {"text"}, {"mediumtext"}, {"longtext"},
		{"binary(16)"}, {"varbinary(40)"}, {"tinyblob"}, {"blob"}, {"mediumblob"}, {"longblob"},
		{"enum('new','paid')", "a check constraint keeps the members"}, {"set('a','b')", "the members are not enforced"},
		{"json"}, {"uuid"}, {"inet4"}, {"inet6"}, {"geometry", "well-known binary"}, {"point", "well-known binary"},
	},
	catalog.SQLite: {
		{"INTEGER", remarkDynamic}, {"INT"}, {"TINYINT"}, {"BIGINT"}, {"UNSIGNED BIG INT"}, {"BOOLEAN", "0 and 1; another value is rejected"},
		{"REAL"}, {"DOUBLE"}, {"FLOAT"}, {"NUMERIC"}, {"DECIMAL(10,2)", "a value with more digits is rejected"}, {"DECIMAL_TEXT(38,10)"}, {"DECIMAL_TEXT"},
		{"TEXT"}, {"VARCHAR(40)", "a longer value is rejected"}, {"CHAR(10)"}, {"CLOB"}, {"BLOB"}, {"VARBINARY(16)"}, {"", "a column without a type; where it holds values, they decide ([sqlite.md](sqlite.md))"}, {"ANY", "the same"},
		{"DATE"}, {"TIME"}, {"DATETIME"}, {"TIMESTAMP"}, {"TIMESTAMPTZ"}, {"UUID_TEXT"}, {"JSON_TEXT"}, {"JSON"},
	},
}

const (
	remarkNaN      = "NaN and the infinities are rejected by MySQL, MariaDB and SQLite"
	remarkInfinity = "infinity and years past 9999 are rejected"
	remarkZeroDate = "zero dates are rejected by PostgreSQL"
	remarkDynamic  = "a text in it is rejected"
)

func TestTheTablesOfTheDocumentationAreTheCode(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Data types

Which type a column gets when it moves to another engine. Between like engines every type stays as it is. The page is
written by the tests of package typemap (` + "`go test ./internal/typemap -update`" + `), so it says what the code does.

- "DMS type" is the intermediate type in the terms of AWS DMS, with what Whimbrel keeps beside it.
- A value that the target's column cannot hold is never changed: its row is rejected, with the reason, as the task's
  ErrorBehavior says.
- "documented" is the type that ` + "`\"WhimbrelSettings\": {\"Compatibility\": \"dms\"}`" + ` gives, where it differs.
- A text in a key of MySQL or MariaDB becomes a varchar of at most 768 characters divided by the number of key columns,
  since their keys end at 3072 bytes. Where varchars exceed the 65535 bytes of a row together, the widest become text.
- MySQL's timestamp ends in 2038, so an instant becomes a datetime in UTC there.
- SQLite's DECIMAL keeps 15 digits exactly. Anything wider is a DECIMAL_TEXT: a name with TEXT affinity, every digit kept.
- change-data-type in the table mappings asks for another type.
`)
	for _, f := range families {
		fmt.Fprintf(&b, "\n## From %s\n\n", titles[f])
		writeTable(&b, f)
	}
	path := filepath.Join("..", "..", "docs", "datatypes.md")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "run go test ./internal/typemap -update and review the difference")
}

func writeTable(b *strings.Builder, from catalog.Family) {
	header, line := "| type | DMS type |", "|---|---|"
	for _, to := range families {
		if to != from {
			header += " " + titles[to] + " |"
			line += "---|"
		}
	}
	fmt.Fprintf(b, "%s documented | remark |\n%s---|---|\n", header, line)
	for _, n := range natives[from] {
		base, kept := FromNative(from, n[0])
		fmt.Fprintf(b, "| %s | %s |", code(n[0]), describe(kept))
		for _, to := range families {
			if to != from {
				fmt.Fprintf(b, " %s |", code(To(to, kept, Use{})))
			}
		}
		documented := ""
		if d := Documented(from, base, kept); from != catalog.SQLite && d.String() != kept.String() {
			documented = d.String()
		}
		fmt.Fprintf(b, " %s | %s |\n", documented, n[1])
	}
}

func code(s string) string {
	if s == "" {
		return "(none)"
	}
	return "`" + s + "`"
}

var hints = map[datatype.Hint]string{
	datatype.UUID: "uuid", datatype.JSON: "json", datatype.JSONB: "jsonb", datatype.WithZone: "an instant", datatype.Enum: "enum",
	datatype.Set: "set", datatype.Bit: "bits", datatype.Year: "year", datatype.Interval: "interval", datatype.Spatial: "spatial",
	datatype.FixedWidth: "fixed width", datatype.Unbounded: "unbounded",
}

func describe(t datatype.Type) string {
	if h := hints[t.Hint]; h != "" {
		return t.String() + ", " + h
	}
	return t.String()
}
