package task_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// anyTable is a table of a random schema.
type anyTable struct {
	name    string
	columns []anyColumn
	key     []int // columns of the primary key
	indexes []string
	parent  string // table whose single-column integer key column 0 refers to
	rows    [][]literal
}

type anyColumn struct {
	name    string
	kind    anyKind
	notNull bool
}

// anyKind is a type with a generator of its values and the canonical form in which unlike engines are compared.
type anyKind struct {
	native string
	form   form
	values *rapid.Generator[literal]
}

// literal is a value in the source's SQL, and the families in which it may have no counterpart.
type literal struct {
	sql  string
	hard []catalog.Family
}

func (l literal) hardFor(f catalog.Family) bool {
	for _, h := range l.hard {
		if h == f {
			return true
		}
	}
	return false
}

var oddNames = []string{
	"order", "Select", "MiXed Case", `qu"ote`, "back`tick", "ünïcode 東京", "semi;colon", "per%cent", "dot.ted", "sl/ash", `back\slash`,
	"$dollar", "single'quote", "123start", "--dash", "col:on", "{brace}", "ques?tion", "[bracket]", "name", "user", "table", "row", "_",
	strings.Repeat("long", 15) + "er", "a", "value", "@at", "#hash", "NULL", "true", "ÄÖÜ", "under_score", "(paren)", "new\nline",
}

// names draws different names, different in their case too, with a number in front of some so that they never run out.
func drawNames(t *rapid.T, n int, label string) []string {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(oddNames), n, n, strings.ToLower).Draw(t, label)
	return names
}

func drawSchema(t *rapid.T, f catalog.Family) []anyTable {
	tables := make([]anyTable, rapid.IntRange(1, 4).Draw(t, "tables"))
	for i, name := range drawNames(t, len(tables), "table names") {
		tables[i] = drawTable(t, f, name)
		if i > 0 && tables[0].soleIntegerKey() && tables[i].kindOf(0) == tables[0].kindOf(0) && rapid.Bool().Draw(t, "refers") {
			tables[i].parent = tables[0].name
		}
	}
	for i := range tables {
		tables[i].rows = drawRows(t, &tables[i], tables[0].rows)
	}
	return tables
}

func (a *anyTable) soleIntegerKey() bool { return len(a.key) == 1 && a.key[0] == 0 }

func (a *anyTable) kindOf(i int) string { return a.columns[i].kind.native }

func drawTable(t *rapid.T, f catalog.Family, name string) anyTable {
	a := anyTable{name: name}
	kinds := anyKinds[f]
	for i, column := range drawNames(t, rapid.IntRange(2, 7).Draw(t, "columns"), "column names") {
		kind := rapid.SampledFrom(kinds).Draw(t, "type")
		if i == 0 {
			kind = kinds[0] // the table's number, so that it can be a key and refer to one
		}
		a.columns = append(a.columns, anyColumn{name: column, kind: kind, notNull: rapid.Bool().Draw(t, "not null")})
	}
	switch rapid.IntRange(0, 3).Draw(t, "key") {
	case 0:
	case 1:
		a.key = []int{0, 1}
		if !keyable[a.kindOf(1)] {
			a.key = []int{0}
		}
	default:
		a.key = []int{0}
	}
	for _, i := range a.key {
		a.columns[i].notNull = true
	}
	for i, c := range a.columns[1:] {
		if keyable[c.kind.native] && rapid.Bool().Draw(t, "index") {
			a.indexes = append(a.indexes, a.columns[i+1].name)
		}
	}
	return a
}

// keyable are types that every engine takes into a key as they are.
var keyable = map[string]bool{
	"integer": true, "bigint": true, "varchar(40)": true, "uuid": true, "date": true, "timestamp": true, "int": true, "datetime(6)": true,
	"int unsigned": true, "INTEGER": true, "VARCHAR(40)": true, "TEXT": false, "numeric(12,2)": true, "decimal(12,2)": true,
}

func drawRows(t *rapid.T, a *anyTable, parents [][]literal) [][]literal {
	var rows [][]literal
	for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
		row := make([]literal, len(a.columns))
		for j, c := range a.columns {
			row[j] = c.kind.values.Draw(t, c.kind.native)
			if !c.notNull && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				row[j] = literal{sql: "NULL"}
			}
		}
		row[0] = literal{sql: strconv.Itoa(i*7 + 1)}
		if a.parent != "" && len(a.key) == 0 {
			if len(parents) == 0 {
				return nil
			}
			row[0] = parents[i%len(parents)][0]
		} else if a.parent != "" && i >= len(parents) {
			return rows
		}
		rows = append(rows, row)
	}
	return rows
}

// create is the DDL and the rows in the source's words.
func (a *anyTable) create(e *end) []string {
	var parts []string
	for _, c := range a.columns {
		null := map[bool]string{true: " NOT NULL", false: ""}[c.notNull]
		if !c.notNull && e.family == catalog.MySQL {
			null = " NULL"
		}
		parts = append(parts, e.quote(c.name)+" "+c.kind.native+null)
	}
	if len(a.key) > 0 {
		var names []string
		for _, i := range a.key {
			names = append(names, e.quote(a.columns[i].name))
		}
		parts = append(parts, "PRIMARY KEY ("+strings.Join(names, ", ")+")")
	}
	options := ""
	if e.family == catalog.MySQL {
		options = " CHARACTER SET utf8mb4"
	}
	ss := []string{"CREATE TABLE " + e.quote(a.name) + " (" + strings.Join(parts, ", ") + ")" + options}
	for i, column := range a.indexes {
		ss = append(ss, fmt.Sprintf("CREATE INDEX %s ON %s (%s)", e.quote(fmt.Sprintf("ix%d %.20s", i, a.name)), e.quote(a.name), e.quote(column)))
	}
	for _, row := range a.rows {
		var values []string
		for _, v := range row {
			values = append(values, v.sql)
		}
		ss = append(ss, "INSERT INTO "+e.quote(a.name)+" VALUES ("+strings.Join(values, ", ")+")")
	}
	return ss
}

// refer is the foreign key, added when all rows are there; SQLite cannot add one.
func (a *anyTable) refer(e *end, parent *anyTable) []string {
	if a.parent == "" || e.family == catalog.SQLite {
		return nil
	}
	return []string{fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s (%s)", e.quote(a.name), e.quote(a.columns[0].name),
		e.quote(parent.name), e.quote(parent.columns[0].name))}
}

func plain(values ...string) *rapid.Generator[literal] {
	return rapid.Map(rapid.SampledFrom(values), func(v string) literal { return literal{sql: v} })
}

func hard(g *rapid.Generator[literal], hard literal) *rapid.Generator[literal] {
	return rapid.OneOf(g, g, g, rapid.Just(hard))
}

func integers(low, high int64) *rapid.Generator[literal] {
	return rapid.Map(rapid.Int64Range(low, high), func(v int64) literal { return literal{sql: strconv.FormatInt(v, 10)} })
}

func decimals(digits, scale int) *rapid.Generator[literal] {
	return rapid.Custom(func(t *rapid.T) literal {
		whole := rapid.StringMatching(fmt.Sprintf(`-?(0|[1-9][0-9]{0,%d})`, digits-scale-1)).Draw(t, "whole")
		return literal{sql: whole + "." + rapid.StringMatching(fmt.Sprintf(`[0-9]{%d}`, scale)).Draw(t, "fraction")}
	})
}

// doubles are written with all their digits.
func doubles(f catalog.Family) *rapid.Generator[literal] {
	return rapid.Map(rapid.Float64().Filter(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }), func(x float64) literal {
		text := strconv.FormatFloat(x, 'e', -1, 64)
		if f == catalog.PostgreSQL {
			text = "'" + text + "'"
		}
		return literal{sql: text}
	})
}

func floats(f catalog.Family) *rapid.Generator[literal] {
	return rapid.Map(rapid.Float32Range(-1e30, 1e30), func(x float32) literal {
		if f == catalog.PostgreSQL {
			return literal{sql: "'" + strconv.FormatFloat(float64(x), 'e', -1, 32) + "'"}
		}
		return literal{sql: strconv.FormatFloat(float64(x), 'e', -1, 64)}
	})
}

func texts(f catalog.Family, most int) *rapid.Generator[literal] {
	return rapid.Map(rapid.StringN(0, most, -1), func(s string) literal {
		l := literal{}
		if strings.ContainsRune(s, 0) {
			if f == catalog.PostgreSQL {
				s = strings.ReplaceAll(s, "\x00", "")
			} else {
				l.hard = []catalog.Family{catalog.PostgreSQL}
			}
		}
		digits := hex.EncodeToString([]byte(s))
		l.sql = map[catalog.Family]string{
			catalog.PostgreSQL: `convert_from('\x` + digits + `', 'UTF8')`, catalog.MySQL: "CONVERT(x'" + digits + "' USING utf8mb4)", catalog.SQLite: "CAST(x'" + digits + "' AS TEXT)",
		}[f]
		return l
	})
}

func someBytes(f catalog.Family) *rapid.Generator[literal] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) literal {
		if f == catalog.PostgreSQL {
			return literal{sql: `'\x` + hex.EncodeToString(b) + `'`}
		}
		return literal{sql: "x'" + hex.EncodeToString(b) + "'"}
	})
}

func moments(layout string, from, to int64) *rapid.Generator[literal] {
	return rapid.Map(rapid.Int64Range(from, to), func(at int64) literal { return literal{sql: "'" + micros(at).Format(layout) + "'"} })
}
