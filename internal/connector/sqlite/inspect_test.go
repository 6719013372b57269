package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const rich = `
CREATE TABLE "odd ""name" (
  a INTEGER PRIMARY KEY AUTOINCREMENT, -- a comment, with CHECK (x)
  [b] VARCHAR(10) COLLATE NOCASE NOT NULL DEFAULT 'it''s' CONSTRAINT "b not empty" CHECK (b <> ')' /* ) */),
  c DECIMAL(10,2) DEFAULT (1 + 2),
  d TEXT GENERATED ALWAYS AS (b || 'x') STORED UNIQUE,
  e INT AS (a + 1),
  CONSTRAINT both UNIQUE (b, c), CHECK (c > 0) CHECK (c < 1e6)
);
CREATE TABLE child (
  x INT, y INT REFERENCES "odd ""name" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED CHECK (y > 0),
  at DATETIME DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT pair FOREIGN KEY (x, y) REFERENCES other (p, q) ON UPDATE CASCADE,
  PRIMARY KEY (y, x)
) WITHOUT ROWID;
CREATE TABLE other (p INT, q INT, PRIMARY KEY (p, q)) STRICT;
CREATE TABLE legacy (id INTEGER PRIMARY KEY DESC, v);
CREATE INDEX part ON "odd ""name" (c DESC, lower(b || ','), "a") WHERE c > 5 AND b IN ('x');
CREATE UNIQUE INDEX u ON other (q);
CREATE VIEW second AS SELECT * FROM third;
CREATE VIEW third (k) AS SELECT p FROM other;
CREATE VIEW dangling AS SELECT * FROM nowhere;
CREATE TRIGGER tr AFTER INSERT ON other BEGIN DELETE FROM child; END;
CREATE VIRTUAL TABLE fts USING fts5(b, content='other', content_rowid='p');
CREATE VIRTUAL TABLE box USING rtree(id, minx, maxx);
CREATE TABLE awsdms_load_progress (x);
INSERT INTO "odd ""name" (a, b, c) VALUES (41, 'x', 3);
`

func inspectScript(t *testing.T, script string) *catalog.Schema {
	cat, err := openTestSource(t, newFile(t, script)).Inspect(t.Context(), connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	require.Equal(t, catalog.SQLite, cat.Family)
	require.Equal(t, "shop", cat.Database)
	require.Len(t, cat.Schemas, 1)
	return cat.Schemas[0]
}

func TestInspect(t *testing.T) {
	s := inspectScript(t, rich)
	var names []string
	for _, table := range s.Tables {
		names = append(names, table.Name.Name)
	}
	require.Equal(t, []string{`odd "name`, "child", "other", "legacy"}, names)

	odd := s.Tables[0]
	require.Equal(t, []string{"a"}, odd.PrimaryKey.Columns)
	require.Equal(t, catalog.Identity{Kind: catalog.IdentityByDefault, Next: 42}, odd.Columns[0].Identity)
	require.Equal(t, int64(1), odd.Rows)
	b := odd.Column("b")
	require.Equal(t, "VARCHAR(10)", b.NativeType)
	require.Equal(t, "varchar", b.BaseType)
	require.Equal(t, datatype.Type{Kind: datatype.WString, Length: 10}, b.Type)
	require.True(t, b.NotNull)
	require.Equal(t, "'it''s'", *b.Default)
	require.Equal(t, "NOCASE", b.Collation)
	require.Equal(t, "1 + 2", *odd.Column("c").Default)
	d := odd.Column("d")
	require.Equal(t, "b || 'x'", d.Generated)
	require.True(t, d.Stored)
	require.Equal(t, "TEXT", d.NativeType)
	require.Equal(t, "a + 1", odd.Column("e").Generated)
	require.False(t, odd.Column("e").Stored)
	require.Equal(t, []*catalog.Check{{Name: "b not empty", Expression: "b <> ')' /* ) */"}, {Expression: "c > 0"}, {Expression: "c < 1e6"}}, odd.Checks)
	require.Equal(t, []*catalog.Key{{Columns: []string{"d"}}, {Name: "both", Columns: []string{"b", "c"}}}, odd.Uniques)
	require.Len(t, odd.Indexes, 1)
	part := odd.Indexes[0]
	require.Equal(t, []catalog.IndexPart{{Column: "c", Descending: true}, {Expression: "lower(b || ',')"}, {Column: "a"}}, part.Parts)
	require.Equal(t, "c > 5 AND b IN ('x')", part.Where)

	child := s.Tables[1]
	require.Equal(t, []string{"y", "x"}, child.PrimaryKey.Columns)
	require.True(t, withoutRowid(child))
	require.Equal(t, []*catalog.ForeignKey{
		{Columns: []string{"y"}, Table: catalog.Name{Schema: Schema, Name: `odd "name`}, References: []string{"a"}, OnDelete: "SET NULL", Deferrable: "DEFERRABLE INITIALLY DEFERRED"},
		{Name: "pair", Columns: []string{"x", "y"}, Table: catalog.Name{Schema: Schema, Name: "other"}, References: []string{"p", "q"}, OnUpdate: "CASCADE"},
	}, child.ForeignKeys)
	require.Equal(t, []*catalog.Check{{Expression: "y > 0"}}, child.Checks)
	require.Equal(t, "true", s.Tables[2].Native["strict"])
	require.Nil(t, rowidColumn(s.Tables[3]), "INTEGER PRIMARY KEY DESC is no rowid")
	require.NotNil(t, rowidColumn(odd))

	names = nil
	for _, v := range s.Views {
		names = append(names, v.Name.Name)
	}
	require.Equal(t, []string{"third", "second", "dangling"}, names, "a view comes after what it needs")
	require.Equal(t, "SELECT p FROM other", s.Views[0].Query)
	require.Equal(t, "k", s.Views[0].Columns[0].Name)

	require.Len(t, s.Objects, 3)
	require.Equal(t, "fts", s.Objects[0].Name.Name)
	require.Len(t, s.Objects[0].DDL, 2, "an index over an external table is built anew")
	require.Len(t, s.Objects[1].DDL, 1)
	require.Equal(t, "trigger", s.Objects[2].Kind)
	require.Equal(t, "other", s.Objects[2].Table)
}

// TestScriptFromStructure: a table made from the structured fields alone is inspected as the same table.
func TestScriptFromStructure(t *testing.T) {
	before := inspectScript(t, rich)
	path := newFile(t, "")
	to := openTestTarget(t, path)
	for _, table := range before.Tables {
		table.Native["create"] = ""
		script := Dialect{}.Script(table, false)
		require.NoError(t, to.Exec(t.Context(), script.Create))
		require.NoError(t, to.Exec(t.Context(), script.Indexes))
		require.NoError(t, to.Exec(t.Context(), script.Finish))
	}
	require.NoError(t, to.Close())
	cat, err := openTestSource(t, path).Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	after := cat.Schemas[0]
	require.Len(t, after.Tables, len(before.Tables))
	for i, want := range before.Tables {
		got := after.Tables[i]
		require.Equal(t, want.Columns, got.Columns)
		require.Equal(t, want.PrimaryKey, got.PrimaryKey)
		require.ElementsMatch(t, want.Uniques, got.Uniques)
		require.Equal(t, want.ForeignKeys, got.ForeignKeys)
		require.ElementsMatch(t, want.Checks, got.Checks)
		for j := range want.Indexes {
			want.Indexes[j].DDL, got.Indexes[j].DDL = "", ""
			require.Equal(t, want.Indexes[j], got.Indexes[j])
		}
		require.Equal(t, want.Native["strict"], got.Native["strict"])
		require.Equal(t, want.Native["without rowid"], got.Native["without rowid"])
	}
}

// TestRenamedTableIsRewritten: the table's own statement is used only while it describes the table.
func TestRenamedTableIsRewritten(t *testing.T) {
	s := inspectScript(t, "CREATE TABLE t (a INT, b TEXT); CREATE INDEX i ON t (b)")
	table := s.Tables[0]
	require.Equal(t, "CREATE TABLE t (a INT, b TEXT)", Dialect{}.Script(table, false).Create[0].SQL)
	require.Equal(t, "CREATE INDEX i ON t (b)", Dialect{}.Script(table, false).Indexes[0].SQL)
	table.Name.Name = "u"
	script := Dialect{}.Script(table, false)
	require.Contains(t, script.Create[0].SQL, `CREATE TABLE "u"`)
	require.Equal(t, `CREATE INDEX "i" ON "u" ("b")`, script.Indexes[0].SQL)
}

func FuzzParseTable(f *testing.F) {
	f.Add(rich)
	f.Add("CREATE TABLE t (a CHECK (")
	f.Add("CREATE TABLE t (a REFERENCES b (c, PRIMARY KEY")
	f.Add("CREATE INDEX i ON t (a, (b) WHERE")
	f.Fuzz(func(t *testing.T, sql string) {
		def := parseTable(sql)
		for _, c := range def.checks {
			require.Contains(t, sql, c.expression)
		}
		indexExpressions(sql)
		afterWhere(sql)
		viewQuery(sql)
		externalContent(sql)
	})
}
