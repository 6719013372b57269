package postgres

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// identifier draws any name that PostgreSQL keeps whole. Names that begin as the system's or Whimbrel's own do not count.
func identifier() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringN(1, 20, maxName), rapid.SampledFrom([]string{`"`, `""`, `a"b`, "select", "Äpfel", `back\slash`, "a.b", "'", "$1", " ", "x\ny"})).
		Filter(func(s string) bool {
			return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && !strings.HasPrefix(s, "pg_") && !strings.HasPrefix(s, "awsdms_")
		})
}

var plainTypes = []string{"integer", "bigint", "smallint", "text", "character varying(7)", "character(3)", "numeric(9,3)", "numeric", "boolean", "date", "timestamp(3) without time zone",
	"timestamp with time zone", "time without time zone", "interval", "bytea", "jsonb", "uuid", "double precision", "real", "inet", "text[]", "integer[]", "bit varying(9)", "int4range", "money", "xml"}

func drawColumn(t *rapid.T, name string) *catalog.Column {
	c := &catalog.Column{Name: name, NativeType: rapid.SampledFrom(plainTypes).Draw(t, "type"), NotNull: rapid.Bool().Draw(t, "not null"), Comment: drawComment(t)}
	switch c.NativeType {
	case "integer", "bigint", "smallint":
		c.Identity.Kind = catalog.IdentityKind(rapid.IntRange(0, 2).Draw(t, "identity"))
		if c.Identity.Kind != catalog.NotIdentity {
			c.NotNull = true
			c.Identity.Start, c.Identity.Increase = rapid.Int64Range(1, 999).Draw(t, "start"), rapid.Int64Range(1, 9).Draw(t, "increase")
			c.Identity.Next = c.Identity.Start + c.Identity.Increase*rapid.Int64Range(0, 9).Draw(t, "next")
		} else if rapid.Bool().Draw(t, "default") {
			value := fmt.Sprint(rapid.Int64Range(0, 30000).Draw(t, "default value"))
			c.Default = &value
		}
	case "text":
		switch rapid.IntRange(0, 3).Draw(t, "flavour") {
		case 0:
			c.Collation = `pg_catalog."C"`
		case 1:
			value := quoteLiteral(strings.ReplaceAll(rapid.String().Draw(t, "default value"), "\x00", "")) + "::text"
			c.Default = &value
		case 2:
			c.Attributes = []string{"SET STORAGE EXTERNAL", "SET STATISTICS 12"}
		}
	}
	return c
}

func drawComment(t *rapid.T) string {
	return strings.ReplaceAll(rapid.String().Draw(t, "comment"), "\x00", "")
}

// orderable lists columns that keys and btree indexes take.
func orderable(table *catalog.Table) []string {
	var names []string
	for _, c := range table.Columns {
		if c.NativeType != "xml" {
			names = append(names, c.Name)
		}
	}
	return names
}

func drawTable(t *rapid.T, schema string) *catalog.Table {
	names := rapid.SliceOfNDistinct(identifier(), 2, 9, rapid.ID[string]).Draw(t, "names")
	table := &catalog.Table{Name: catalog.Name{Schema: schema, Name: names[0]}, Comment: drawComment(t), Native: map[string]string{}}
	for _, n := range names[1:] {
		table.Columns = append(table.Columns, drawColumn(t, n))
	}
	if rapid.Bool().Draw(t, "unlogged") {
		table.Native["persistence"] = "UNLOGGED"
	}
	if columns := orderable(table); len(columns) > 0 {
		drawKeys(t, table, columns)
	}
	table.Checks = append(table.Checks, &catalog.Check{Name: "a check", Expression: "(" + quote(names[1]) + " IS NOT NULL) OR true", NotValid: rapid.Bool().Draw(t, "not valid")})
	return table
}

func drawKeys(t *rapid.T, table *catalog.Table, columns []string) {
	some := func(label string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(columns), 1, min(3, len(columns)), rapid.ID[string]).Draw(t, label)
	}
	if rapid.Bool().Draw(t, "key") {
		table.PrimaryKey = &catalog.Key{Name: "the key ü", Columns: some("key columns"), Comment: drawComment(t)}
		for _, c := range table.PrimaryKey.Columns {
			table.Column(c).NotNull = true
		}
	}
	if rapid.Bool().Draw(t, "unique") {
		table.Uniques = append(table.Uniques, &catalog.Key{Name: `the "unique"`, Columns: some("unique columns"), NullsNotDistinct: rapid.Bool().Draw(t, "nulls")})
		table.ForeignKeys = append(table.ForeignKeys, &catalog.ForeignKey{Name: "to itself", Columns: table.Uniques[0].Columns, Table: table.Name, References: table.Uniques[0].Columns,
			OnDelete: rapid.SampledFrom([]string{"", "CASCADE", "SET NULL", "RESTRICT"}).Draw(t, "on delete"), NotValid: rapid.Bool().Draw(t, "not valid"),
			Deferrable: rapid.SampledFrom([]string{"", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"}).Draw(t, "deferrable")})
	}
	i := &catalog.Index{Name: "an index", Unique: rapid.Bool().Draw(t, "unique index"), Method: "btree", Comment: drawComment(t)}
	for _, c := range some("index columns") {
		i.Parts = append(i.Parts, catalog.IndexPart{Column: c, Descending: rapid.Bool().Draw(t, "descending")})
	}
	if rapid.Bool().Draw(t, "include") {
		i.Include = some("included")
	}
	if rapid.Bool().Draw(t, "partial") {
		i.Where = quote(columns[0]) + " IS NOT NULL"
	}
	table.Indexes = append(table.Indexes, i)
}

// TestAnyTableComesBack writes random tables from their structure alone, and again as Inspect describes them.
func TestAnyTableComesBack(t *testing.T) {
	for _, v := range servertest.PostgreSQLVersions() {
		t.Run(versionName(v), func(t *testing.T) {
			c := connect(t, servertest.PostgreSQL(t, v))
			for _, s := range ddlSettings {
				run(t, c, s)
			}
			rapid.Check(t, func(rt *rapid.T) {
				drawn := drawTable(rt, "s")
				first := rewrite(rt, t, c, drawn)
				require.Equal(rt, drawn.Comment, first.Comment)
				require.Equal(rt, drawn.Native, first.Native)
				require.Len(rt, first.Columns, len(drawn.Columns))
				for i, want := range drawn.Columns {
					requireSameColumn(rt, want, first.Columns[i])
				}
				require.Equal(rt, withoutDDL(drawn.PrimaryKey), withoutDDL(first.PrimaryKey))
				require.Equal(rt, first, rewrite(rt, t, c, first))
			})
		})
	}
}

func requireSameColumn(t *rapid.T, want, have *catalog.Column) {
	require.Equal(t, want.Name, have.Name)
	require.Equal(t, want.NativeType, have.NativeType)
	require.Equal(t, want.NotNull, have.NotNull)
	require.Equal(t, want.Comment, have.Comment)
	require.Equal(t, want.Collation, have.Collation)
	require.Equal(t, want.Attributes, have.Attributes)
	require.Equal(t, want.Default == nil, have.Default == nil)
	require.Equal(t, want.Identity.Kind, have.Identity.Kind)
	require.Equal(t, want.Identity.Start, have.Identity.Start)
	require.Equal(t, want.Identity.Next, have.Identity.Next)
}

func withoutDDL(k *catalog.Key) *catalog.Key {
	if k == nil {
		return nil
	}
	bare := *k
	bare.DDL = ""
	return &bare
}

// rewrite makes the table in an empty schema and returns it as Inspect finds it.
func rewrite(rt *rapid.T, t *testing.T, c *pgx.Conn, table *catalog.Table) *catalog.Table {
	run(t, c, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s")
	s := Dialect{}.Script(table, false)
	for _, part := range [][]catalog.Statement{s.Create, s.Keys, s.Indexes, s.Attach, s.Finish} {
		for _, statement := range part {
			_, err := c.Exec(t.Context(), statement.SQL, pgx.QueryExecModeSimpleProtocol)
			require.NoError(rt, err, statement.SQL)
		}
	}
	found := inspectAll(t, c).Table(table.Name)
	require.NotNil(rt, found)
	found.Number = 0 // the server's own
	return found
}
