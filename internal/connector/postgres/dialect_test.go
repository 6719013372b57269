package postgres

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestTablesOfOtherEngines writes a table as a conversion makes it: structure alone, parts without names.
func TestTablesOfOtherEngines(t *testing.T) {
	shop := func(n string) catalog.Name { return catalog.Name{Schema: "shop", Name: n} }
	byDefault := "'x'"
	table := &catalog.Table{
		Name: shop("Items"),
		Columns: []*catalog.Column{
			{Name: "id", NativeType: "bigint", NotNull: true, Identity: catalog.Identity{Kind: catalog.IdentityByDefault, Next: 42}},
			{Name: "Name", NativeType: "varchar(20)", Default: &byDefault, Comment: "what it's called"},
			{Name: "n", NativeType: "integer"},
			{Name: "twice", NativeType: "integer", Generated: "n * 2", Stored: true},
			{Name: "serial", NativeType: "integer", NotNull: true, Identity: catalog.Identity{Kind: catalog.IdentitySerial, Start: 5, Next: 7}},
		},
		PrimaryKey:  &catalog.Key{Columns: []string{"id"}},
		Uniques:     []*catalog.Key{{Columns: []string{"Name"}}, {Name: "u", Columns: []string{"n", "Name"}, NullsNotDistinct: true}},
		Indexes:     []*catalog.Index{{Parts: []catalog.IndexPart{{Column: "n", Descending: true}, {Expression: `lower("Name")`}}}},
		ForeignKeys: []*catalog.ForeignKey{{Columns: []string{"n"}, Table: shop("Items"), References: []string{"id"}, OnDelete: "CASCADE", Match: "FULL"}},
		Checks:      []*catalog.Check{{Expression: "n > 0"}, {Name: "late", Expression: "n < 9", NotValid: true}},
	}
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		from := &catalog.Catalog{Schemas: []*catalog.Schema{{
			Name: "shop", Comment: "the shop", Tables: []*catalog.Table{table},
			Sequences: []*catalog.Sequence{{Name: shop("free"), Start: 3, Increase: 2, Last: 9, Called: true}},
			Views: []*catalog.View{
				{Name: shop("v"), Query: `SELECT id FROM shop."Items"`, Columns: []*catalog.Column{{Name: "number"}}, Comment: "a view"},
				{Name: shop("m"), Query: `SELECT id FROM shop."Items"`, Materialized: true, Indexes: []*catalog.Index{{Name: "i", Parts: []catalog.IndexPart{{Column: "id"}}}}},
			},
		}}}
		write(t, c, from, false)
		found := inspectAll(t, c)
		have := found.Table(table.Name)
		require.Equal(t, []string{"id"}, have.PrimaryKey.Columns)
		require.Len(t, have.Uniques, 2)
		require.Len(t, have.Indexes, 1)
		require.Equal(t, "CASCADE", have.ForeignKeys[0].OnDelete)
		require.Equal(t, "FULL", have.ForeignKeys[0].Match)
		require.Len(t, have.Checks, 2)
		require.Equal(t, int64(42), have.Column("id").Identity.Next)
		require.Equal(t, int64(7), have.Column("serial").Identity.Next)
		require.Equal(t, "(n * 2)", "("+have.Column("twice").Generated+")")
		require.Equal(t, "what it's called", have.Column("Name").Comment)
		s := found.Schema("shop")
		require.Equal(t, "the shop", s.Comment)
		require.Equal(t, int64(9), s.Sequences[0].Last)
		require.Len(t, s.Views, 2)
		for _, v := range s.Views {
			require.Equal(t, v.Materialized, len(v.Indexes) == 1)
		}
	})
}

// TestQuotingNeverLetsATextOut checks that whatever stands in a name or a text stays in it.
func TestQuotingNeverLetsATextOut(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		rapid.Check(t, func(rt *rapid.T) {
			text := strings.ReplaceAll(rapid.String().Draw(rt, "text"), "\x00", "")
			name := identifier().Draw(rt, "name")
			rows, err := c.Query(t.Context(), "SELECT "+quoteLiteral(text)+" AS "+quote(name), pgx.QueryExecModeSimpleProtocol)
			require.NoError(rt, err)
			require.Equal(rt, name, rows.FieldDescriptions()[0].Name)
			got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
			require.NoError(rt, err)
			require.Equal(rt, text, got)
		})
	})
}

// TestDefaultNames compares with the names that the server gives constraints.
func TestDefaultNames(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		rapid.Check(t, func(rt *rapid.T) {
			table, column := identifier().Draw(rt, "table"), rapid.OneOf(identifier(), rapid.StringOfN(rapid.SampledFrom([]rune("abü漢")), 20, 31, maxName)).Draw(rt, "column")
			run(t, c, "BEGIN; CREATE SCHEMA names; CREATE TABLE names."+quote(table)+" ("+quote(column)+" int CHECK ("+quote(column)+" > 0))")
			var name string
			err := c.QueryRow(t.Context(), "SELECT conname FROM pg_constraint WHERE connamespace = 'names'::regnamespace AND contype = 'c'").Scan(&name)
			run(t, c, "ROLLBACK")
			require.NoError(rt, err)
			require.Equal(rt, name, defaultName(table, column, "check"))
		})
	})
}

func TestBare(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"a":                 "a",
		"(a > 0)":           "a > 0",
		"((a > 0))":         "(a > 0)",
		"(a) OR (b)":        "(a) OR (b)",
		"(a = ')(')":        "a = ')('",
		`(")" = ('('))`:     `")" = ('(')`,
		"(a = 'it''s (')":   "a = 'it''s ('",
		"(a || ')') || '('": "(a || ')') || '('",
	} {
		require.Equal(t, want, bare(in), in)
	}
}

// TestTruncateAndDrop makes sure that emptying a table empties no other one.
func TestTruncateAndDrop(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		run(t, c, `CREATE TABLE "it's a \ Parent" (id int); CREATE TABLE child () INHERITS ("it's a \ Parent"); INSERT INTO "it's a \ Parent" VALUES (1); INSERT INTO child VALUES (2), (3);
			CREATE TABLE parted (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted DEFAULT; INSERT INTO parted VALUES (1)`)
		count := func(table string) (n int) {
			require.NoError(t, c.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
			return n
		}
		for _, n := range []string{`it's a \ Parent`, "parted"} {
			run(t, c, Dialect{}.Truncate(catalog.Name{Schema: "public", Name: n}).SQL)
		}
		require.Equal(t, 2, count(`"it's a \ Parent"`))
		require.Zero(t, count("parted"))
		run(t, c, Dialect{}.Drop(catalog.Name{Schema: "public", Name: "part"}).SQL)
		run(t, c, Dialect{}.Drop(catalog.Name{Schema: "public", Name: "part"}).SQL)
		requireExists(t, c, catalog.Ref{Kind: catalog.TableRef, Name: catalog.Name{Schema: "public", Name: "part"}}, false)
		_, err := c.Exec(t.Context(), Dialect{}.Truncate(catalog.Name{Schema: "public", Name: "part"}).SQL)
		require.ErrorContains(t, err, "does not exist")
	})
}
