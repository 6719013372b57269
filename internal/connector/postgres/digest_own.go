package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	// recordSeed is not 0: NULL counts as 0 in the hash of a row (PostgreSQL source, hash_record_extended).
	recordSeed = "7046029254386353131"
	// nullMark is what a NULL changes in the seed of its column's hash. No upper half of an integer of eight bytes is it.
	nullMark = "4611686018427387904"
	// chainLinks is how many calls are put into each other: servers bound the depth of an expression by their stack.
	chainLinks = 60
	// recordFields is how many expressions are hashed as one record: a row of a query has no more than 1664, and a column takes up to two.
	recordFields = 1600
)

// Own implements connector.Digester. Hashes of PostgreSQL's own take a third of the time of SHA-256 of the text, and are equal for
// equal values of a type on every server of one byte order: a server of the other one would cost time, not truth.
func (s *snapshot) Own(columns []*catalog.Column) string {
	if s.version < firstRecordHash || s.encoding != "UTF8" || len(columns) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("postgresql chain")
	for _, c := range columns {
		b.WriteString(" ")
		b.WriteString(ownType(c))
	}
	return b.String()
}

// ownType is the type under which a column's values are hashed: its own where no two values that differ are equal to the type;
// its text otherwise.
func ownType(c *catalog.Column) string {
	switch c.BaseType {
	case "bool", "int2", "int4", "int8", "float4", "float8", "bytea", "date", "time", "timestamp", "timestamptz", "uuid":
		return c.BaseType
	case "numeric":
		if !strings.Contains(c.NativeType, "(") {
			return "text" // it may hold infinities, which hash alike, and like NaN
		}
		return "numeric"
	default:
		return "text"
	}
}

// ownText is a column whose type is hashed as text.
func ownText(c *catalog.Column) string {
	if c.BaseType == "text" || c.BaseType == "varchar" {
		return quote(c.Name) + ` COLLATE "C"`
	}
	text, _ := render(c, connector.Exact)
	return "(" + text + `) COLLATE "C"`
}

// ownExpressions are what the hash of a record takes of a column. The hash of a numeric leaves out its sign, and those of eight bytes fold
// the upper half into the lower, so that -1 is 4294967295 (PostgreSQL source, hash_numeric_extended, hashint8extended): the one gets
// its sign, integers their upper half, and times are hashed as bytes.
func ownExpressions(c *catalog.Column) []string {
	column := quote(c.Name)
	switch t := ownType(c); t {
	case "text":
		return []string{ownText(c)}
	case "int8":
		return []string{column + "::int8", column + "::int8 >> 32"}
	case "numeric":
		return []string{column + "::numeric", column + "::numeric < 0"}
	case "time", "timestamp", "timestamptz":
		return []string{t + "_send(" + column + "::" + t + ")"}
	default:
		return []string{column + "::" + t}
	}
}

// ownHash is the digest of a row: a chain of hashes, each with the one before it as its seed, so that the sum of many rows' tells which row
// has which value. It begins with the hash of a record of all columns whose types have no hash of their own in SQL, and of those beyond chainLinks; that by
// itself is the sum of its columns' hashes, each times a constant (PostgreSQL source, hash_record_extended), and is hashed once more.
func ownHash(columns []connector.Rendered) string {
	var record []string
	var chained []*catalog.Column
	for _, c := range columns {
		if len(chained) < chainLinks && link(c.Column, "") != "" {
			chained = append(chained, c.Column)
			continue
		}
		record = append(record, ownExpressions(c.Column)...)
	}
	hash := recordSeed
	for some := range slices.Chunk(record, recordFields) {
		hash = "hashint4extended(0, hash_record_extended(ROW(" + strings.Join(some, ", ") + "), " + hash + "))"
	}
	for _, c := range chained {
		hash = link(c, hash)
	}
	return hash
}

// link is the hash of a column's value with a seed; empty when its type has none in SQL that tells all its values. Those of floats and numerics may be the
// seed itself, or nearly (0 and NaN), and numerics of like digits are near each other: they are hashed once more, with what they leave out.
func link(c *catalog.Column, seed string) string {
	column := quote(c.Name)
	marked := seed + " # CASE WHEN " + column + " IS NULL THEN " + nullMark + " ELSE 0 END"
	switch t := ownType(c); t {
	case "bool", "int2", "int4":
		return fmt.Sprintf("hashint4extended(coalesce(%s::int4, 0), %s)", column, marked)
	case "int8":
		return fmt.Sprintf("hashint8extended(coalesce(%[1]s::int8, 0), %[2]s # coalesce(%[1]s::int8 >> 32, %[3]s))", column, seed, nullMark)
	case "float4", "float8":
		return fmt.Sprintf("hashint4extended(CASE WHEN %[1]s IS NULL THEN 1 ELSE 0 END, hash%[2]sextended(coalesce(%[1]s::%[2]s, 0), %[3]s))", column, t, seed)
	case "numeric":
		return fmt.Sprintf("hashint4extended(CASE WHEN %[1]s < 0 THEN 1 WHEN %[1]s IS NULL THEN 2 ELSE 0 END, hash_numeric_extended(coalesce(%[1]s::numeric, 0), %[2]s))", column, seed)
	case "text":
		return fmt.Sprintf("hashtextextended(coalesce(%s, '') COLLATE \"C\", %s)", strings.TrimSuffix(ownText(c), ` COLLATE "C"`), marked)
	}
	return ""
}
