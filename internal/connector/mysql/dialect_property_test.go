package mysql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// TestAnyTableArrives writes random tables from their fields, reads them back, writes what was read (from the
// server's text) and reads that: three times the same table.
func TestAnyTableArrives(t *testing.T) {
	server := servertest.MariaDB(t)
	db := open(t, server.Server)
	run(t, db, "CREATE OR REPLACE DATABASE `again`")
	number := 0
	rapid.Check(t, func(r *rapid.T) {
		number++
		want := randomTable(r, catalog.Name{Schema: server.Name, Name: fmt.Sprintf("Tab `%d`", number)})
		d := Dialect{Flavour: MariaDB, IndexesFirst: rapid.Bool().Draw(r, "indexes first")}
		script(t, r, db, d, want)
		fields, err := inspectScope(t.Context(), db, connector.InspectOptions{}, scope{schema: server.Name, tables: []string{want.Name.Name}})
		require.NoError(r, err)
		got := fields.Table(want.Name)
		require.Equal(r, sorted(want), sorted(got))

		whole, err := inspectScope(t.Context(), db, connector.InspectOptions{Objects: true}, scope{schema: server.Name, tables: []string{want.Name.Name}})
		require.NoError(r, err)
		copied := whole.Table(want.Name)
		copied.Name.Schema = "again"
		script(t, r, db, d, copied)
		again, err := inspectScope(t.Context(), db, connector.InspectOptions{Objects: true}, scope{schema: "again", tables: []string{want.Name.Name}})
		require.NoError(r, err)
		require.Equal(r, copied.Native, again.Table(copied.Name).Native)
	})
}

func script(t *testing.T, r *rapid.T, q querier, d Dialect, table *catalog.Table) {
	s := d.Script(table, rapid.Bool().Draw(r, "keys first"))
	for _, stmt := range slices.Concat(s.Create, s.Keys, s.Indexes, s.Attach, s.Finish) {
		_, err := q.ExecContext(t.Context(), stmt.SQL)
		require.NoError(r, err, stmt.SQL)
	}
}

// sorted puts a table into the order in which information_schema lists it and drops what the server adds.
func sorted(t *catalog.Table) *catalog.Table {
	c := *t
	c.Rows, c.Bytes, c.Native = 0, 0, nil
	sortBy(c.Uniques, func(k *catalog.Key) string { return k.Name })
	sortBy(c.Indexes, func(x *catalog.Index) string { return x.Name })
	return &c
}

// sample is a type with a default of it, as MariaDB spells both.
type sample struct{ native, byDefault string }

var samples = []sample{
	{"int(11)", "7"}, {"bigint(20) unsigned", "18446744073709551615"}, {"tinyint(1)", "-1"}, {"decimal(12,3)", "1.500"}, {"double", ""},
	{"varchar(40)", "'it''s \\\\ \\n 日'"}, {"char(5)", "''"}, {"text", "'x'"}, {"longblob", ""}, {"varbinary(20)", "'a'"}, {"datetime(6)", "current_timestamp(6)"},
	{"timestamp", "'2020-01-01 00:00:00'"}, {"date", "'2020-02-29'"}, {"time(3)", "'-12:00:00.500'"}, {"year(4)", "1999"}, {"bit(9)", "b'101'"},
	{"enum('a','b,''c')", "'b,''c'"}, {"set('x','y')", "'x,y'"}, {"point", ""}, {"uuid", "uuid()"},
}

func name(r *rapid.T, label string, taken map[string]bool) string {
	n := rapid.StringOfN(rapid.SampledFrom([]rune("aZéß日`'\"(), .-%\\")), 1, 20, -1).
		Filter(func(s string) bool {
			return strings.TrimSpace(s) == s && !taken[strings.ToLower(s)] && !strings.EqualFold(s, primaryName)
		}).Draw(r, label)
	taken[strings.ToLower(n)] = true
	return n
}

func randomTable(r *rapid.T, n catalog.Name) *catalog.Table {
	t := &catalog.Table{Name: n, Comment: rapid.StringOfN(rapid.SampledFrom([]rune("aé日'\"\\\n`;/*")), 0, 20, -1).Draw(r, "comment")}
	names := map[string]bool{}
	for range rapid.IntRange(1, 7).Draw(r, "columns") {
		t.Columns = append(t.Columns, randomColumn(r, name(r, "column", names)))
	}
	if key := someColumns(r, t, "primary key"); len(key) > 0 {
		t.PrimaryKey = &catalog.Key{Name: primaryName, Columns: key}
		for _, c := range key {
			t.Column(c).NotNull = true
		}
	}
	indexes := map[string]bool{}
	if key := someColumns(r, t, "unique"); len(key) > 0 {
		t.Uniques = append(t.Uniques, &catalog.Key{Name: name(r, "unique", indexes), Columns: key, Comment: "u'"})
	}
	if key := someColumns(r, t, "index"); len(key) > 0 {
		x := &catalog.Index{Name: name(r, "index", indexes)}
		for _, c := range key {
			p := catalog.IndexPart{Column: c, Descending: rapid.Bool().Draw(r, "descending")}
			if t.Column(c).BaseType == "varchar" {
				p.Length = rapid.IntRange(0, 20).Draw(r, "length")
			}
			x.Parts = append(x.Parts, p)
		}
		t.Indexes = append(t.Indexes, x)
	}
	if rapid.Bool().Draw(r, "check") {
		t.Checks = append(t.Checks, &catalog.Check{Name: name(r, "check", indexes), Expression: quoteIdent(t.Columns[0].Name) + " is not null"})
	}
	return t
}

func randomColumn(r *rapid.T, name string) *catalog.Column {
	s := rapid.SampledFrom(samples).Draw(r, "type")
	c := &catalog.Column{
		Name: name, NativeType: s.native, NotNull: rapid.Bool().Draw(r, "not null"),
		Comment: rapid.StringOfN(rapid.SampledFrom([]rune("aé日'\"\\\n`")), 0, 10, -1).Draw(r, "column comment"),
	}
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, s.native)
	if s.byDefault != "" && rapid.Bool().Draw(r, "default") {
		c.Default = &s.byDefault
	}
	switch c.BaseType {
	case "varchar", "char", "text", "enum", "set":
		c.Charset = "utf8mb4"
		if rapid.Bool().Draw(r, "own collation") {
			c.Charset, c.Collation = "latin1", "latin1_general_cs"
			if c.Default != nil && strings.Contains(*c.Default, "日") {
				c.Default = nil
			}
		}
	}
	return c
}

// someColumns draws columns that a whole-value key can have.
func someColumns(r *rapid.T, t *catalog.Table, label string) []string {
	var can []string
	for _, c := range t.Columns {
		if c.BaseType != "text" && c.BaseType != "longblob" && c.BaseType != "point" {
			can = append(can, c.Name)
		}
	}
	if len(can) == 0 {
		return nil
	}
	n := rapid.IntRange(0, min(3, len(can))).Draw(r, label)
	return rapid.Permutation(can).Draw(r, label+" columns")[:n]
}
