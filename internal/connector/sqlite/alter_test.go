package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const alterFixture = `PRAGMA foreign_keys=ON;
CREATE TABLE parent (id INTEGER PRIMARY KEY);
INSERT INTO parent VALUES (1), (2);
CREATE TABLE "my t" (id INTEGER PRIMARY KEY AUTOINCREMENT, a VARCHAR(10) NOT NULL DEFAULT 'x' COLLATE NOCASE, b TEXT UNIQUE,
  c INT CHECK (c > 0), p INTEGER REFERENCES parent (id) ON DELETE CASCADE, CONSTRAINT both UNIQUE (a, b));
INSERT INTO "my t" VALUES (1, '10', 'one', 1, 1), (5, '20', 'five', 5, 2), (9, '30', 'nine', 9, NULL);
DELETE FROM "my t" WHERE id = 9;
CREATE INDEX on_c ON "my t" (c DESC) WHERE c > 1;
CREATE TABLE child (t INTEGER REFERENCES "my t" (id) ON DELETE CASCADE);
INSERT INTO child VALUES (1), (5);
CREATE VIEW v AS SELECT id, a FROM "my t";
CREATE TABLE seen (n);
CREATE TRIGGER tr AFTER INSERT ON "my t" BEGIN INSERT INTO seen VALUES (new.id); END;
CREATE TABLE loose (a, b INT);
INSERT INTO loose (rowid, a, b) VALUES (7, 'x', 1), (3, 2, 2);
CREATE TABLE w (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;
INSERT INTO w VALUES ('1', '1.50'), ('2', 'x');
CREATE TABLE d (i INT, n DECIMAL(10,2), t DECIMAL_TEXT(20,2), z DECIMAL_TEXT(20,0));
INSERT INTO d VALUES (658955872619, 0.1, '-0.10', '18446744073709551615'), (-1, 7, 'NaN', '0'), (NULL, NULL, NULL, NULL), (9007199254740993, 12345678.25, '7', '1.123');`

// TestAlter makes every kind of change, with what hangs on the table staying as it was.
func TestAlter(t *testing.T) {
	table := catalog.Name{Schema: Schema, Name: "my t"}
	text := func(s string) *string { return &s }
	col := func(name, native string) *catalog.Column { return &catalog.Column{Name: name, NativeType: native} }
	for _, c := range []struct {
		name  string
		ss    []catalog.Statement
		query string
		want  []string
	}{
		{"type", Dialect{}.ChangeType(table, col("a", "INTEGER")), `SELECT id||':'||typeof(a)||':'||a||':'||b FROM "my t" ORDER BY id`,
			[]string{"1:integer:10:one", "5:integer:20:five"}},
		{"type of the key's neighbour", Dialect{}.ChangeType(table, col("c", "DECIMAL(10,2)")), `SELECT typeof(c)||c FROM "my t" ORDER BY id`,
			[]string{"integer1", "integer5"}},
		{"add", Dialect{}.AddColumn(table, &catalog.Column{Name: `n"1`, NativeType: "TEXT", NotNull: true, Default: text("'d'")}),
			`SELECT "n""1" FROM "my t"`, []string{"d", "d"}},
		{"add without default", Dialect{}.AddColumn(table, &catalog.Column{Name: "n", NativeType: "TEXT", NotNull: true}),
			`SELECT n IS NULL FROM "my t"`, []string{"1", "1"}},
		{"add with an expression", Dialect{}.AddColumn(table, &catalog.Column{Name: "n", NativeType: "TEXT", Default: text("upper('abc')")}),
			`SELECT n FROM "my t"`, []string{"ABC", "ABC"}},
		{"add stored", Dialect{}.AddColumn(table, &catalog.Column{Name: "n", NativeType: "INT", Generated: "c * 2", Stored: true}),
			`SELECT n FROM "my t" ORDER BY 1`, []string{"2", "10"}},
		{"drop", Dialect{}.DropColumn(table, "c"), `SELECT group_concat(name) FROM pragma_table_info('my t')`, []string{"id,a,b,p"}},
		{"drop unique", Dialect{}.DropColumn(table, "b"), `SELECT group_concat(name) FROM pragma_table_info('my t')`, []string{"id,a,c,p"}},
		{"drop with a foreign key", Dialect{}.DropColumn(table, "p"), `SELECT count(*) FROM pragma_foreign_key_list('my t')`, []string{"0"}},
		{"rename column", Dialect{}.RenameColumn(table, "a", "A 2"), `SELECT "A 2" FROM "my t" ORDER BY id`, []string{"10", "20"}},
		{"rename table", Dialect{}.RenameTable(table, catalog.Name{Schema: Schema, Name: "t2"}), `SELECT id FROM t2 ORDER BY id`, []string{"1", "5"}},
		{"rowids", Dialect{}.ChangeType(catalog.Name{Name: "loose"}, col("b", "TEXT")), `SELECT rowid||typeof(b)||a FROM loose ORDER BY rowid`,
			[]string{"3text2", "7textx"}},
		{"without rowid", Dialect{}.ChangeType(catalog.Name{Name: "w"}, col("v", "NUMERIC")), `SELECT k||typeof(v)||v FROM w ORDER BY k`,
			[]string{"1real1.5", "2textx"}},
		{"integer to decimal", Dialect{}.ChangeType(catalog.Name{Name: "d"}, col("i", "DECIMAL_TEXT(24,2)")), `SELECT coalesce(i, '-') FROM d ORDER BY rowid`,
			[]string{"658955872619.00", "-1.00", "-", "9007199254740993.00"}},
		{"short decimal to a long one", Dialect{}.ChangeType(catalog.Name{Name: "d"}, col("n", "DECIMAL_TEXT(24,3)")), `SELECT coalesce(n, '-') FROM d ORDER BY rowid`,
			[]string{"0.100", "7.000", "-", "12345678.250"}},
		{"long decimal to a longer one", Dialect{}.ChangeType(catalog.Name{Name: "d"}, col("t", "DECIMAL_TEXT(24,4)")), `SELECT coalesce(t, '-') FROM d ORDER BY rowid`,
			[]string{"-0.1000", "NaN", "-", "7.0000"}},
		{"long whole number to a decimal", Dialect{}.ChangeType(catalog.Name{Name: "d"}, col("z", "DECIMAL_TEXT(24,2)")), `SELECT coalesce(z, '-') FROM d ORDER BY rowid`,
			[]string{"18446744073709551615.00", "0.00", "-", "1.123"}},
	} {
		for _, inside := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				path := newFile(t, alterFixture)
				to := openTestTarget(t, path)
				if inside {
					s, err := to.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "r"})
					require.NoError(t, err)
					require.NoError(t, s.Begin(t.Context()))
					require.NoError(t, s.Exec(t.Context(), c.ss))
					require.NoError(t, s.Rollback(t.Context()))
					require.Equal(t, []string{"id,a,b,c,p"}, rowsOf(t, to, `SELECT group_concat(name) FROM pragma_table_info('my t')`))
					require.NoError(t, s.Begin(t.Context()))
					require.NoError(t, s.Exec(t.Context(), c.ss))
					require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
					require.NoError(t, s.Close())
				} else {
					require.NoError(t, to.Exec(t.Context(), c.ss))
				}
				require.NoError(t, to.Close())
				require.Equal(t, c.want, rows(t, path, c.query))
				require.Equal(t, []string{"ok"}, rows(t, path, "PRAGMA integrity_check"))
				require.Equal(t, []string{"1", "5"}, rows(t, path, "SELECT t FROM child ORDER BY t"), "no cascade")
				require.Equal(t, []string{"9"}, rows(t, path, "SELECT seq FROM sqlite_sequence WHERE name IN ('my t', 't2')"))
				require.Equal(t, []string{"1"}, rows(t, path, "SELECT count(*) FROM sqlite_schema WHERE type='trigger' AND name='tr'"))
				require.Equal(t, []string{"2"}, rows(t, path, "SELECT count(*) FROM v"), "the view still reads the table")
				require.Equal(t, []string{"0"}, rows(t, path, "SELECT count(*) FROM seen"))
				require.Empty(t, rows(t, path, "PRAGMA foreign_key_check"))
			})
		}
	}
}

// rowsOf asks the target's own connection.
func rowsOf(t *testing.T, to connector.Target, sql string) []string {
	t.Helper()
	var out []string
	require.NoError(t, to.(*target).look(t.Context(), "test", func(c *conn) error {
		return c.query(sql, func(r *stmt) error { out = append(out, r.text(0)); return nil })
	}))
	return out
}

// FuzzRewriteTable: whatever stands in sqlite_schema, rewriting it does not fail but with an error.
func FuzzRewriteTable(f *testing.F) {
	for _, sql := range []string{
		"CREATE TABLE t (a INT, b DECIMAL(10, 2) NOT NULL DEFAULT (1), PRIMARY KEY (a), CHECK (b > 0)) STRICT", "CREATE TABLE t (CONSTRAINT",
		"CREATE TABLE \"a\"\"b\" ([x y] `double precision` COLLATE NOCASE, y AS (x || ')') STORED)", "CREATE TABLE t (a", "CREATE TABLE t", "",
		"CREATE TABLE t (a /* , */ -- )\n, b)", "CREATE TABLE t (a DECIMAL(", "CREATE TABLE t (a PRIMARY", "CREATE TABLE t (a REFERENCES", "CREATE TABLE t (,)",
	} {
		f.Add(sql, "a")
	}
	f.Fuzz(func(t *testing.T, sql, column string) {
		for _, verb := range []string{"ADD", "ALTER", "DROP"} {
			_, _ = rewriteTable(sql, alteration{verb: verb, column: column, text: "x INT"})
		}
		_, _ = parseAlteration(sql)
	})
}
