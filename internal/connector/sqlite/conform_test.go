package sqlite

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/connector/connectortest"
)

// openApp opens a file as an application does. It keeps one connection.
func openApp(t testing.TB, path, pragmas string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)&_txlock=immediate"+pragmas)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func anyOf(values ...any) func(*rand.Rand) any {
	return func(r *rand.Rand) any { return values[r.IntN(len(values))] }
}

func upTo(n int) func(*rand.Rand) any { return func(r *rand.Rand) any { return r.IntN(n) } }

func textUpTo(n int) func(*rand.Rand) any {
	return func(r *rand.Rand) any { return fmt.Sprintf("k%d", r.IntN(n)) }
}

// anything draws a value of any storage class.
func anything(r *rand.Rand) any {
	switch r.IntN(9) {
	case 0:
		return nil
	case 1:
		return r.IntN(10)
	case 2:
		return r.Uint64() >> 1
	case 3:
		return r.NormFloat64()
	case 4:
		return float64(r.IntN(5))
	case 5:
		return fmt.Sprint(r.IntN(10))
	case 6:
		return strings.Repeat("Zoë 🐦", r.IntN(3000))
	case 7:
		return []byte{0, byte(r.IntN(256)), 0xff}
	}
	return ""
}

const (
	insertOrReplace = "INSERT OR REPLACE INTO %s (%s) VALUES (%s)"
	insertOrIgnore  = "INSERT OR IGNORE INTO %s (%s) VALUES (%s)"
)

func conformTables(value func(*rand.Rand) any) []connectortest.Table {
	c := func(name string, draw func(*rand.Rand) any) connectortest.Column {
		return connectortest.Column{Name: name, Value: draw}
	}
	type cs = []connectortest.Column
	return []connectortest.Table{
		{Name: "item", Key: []string{"id"}, Upsert: insertOrReplace, Columns: cs{c("id", upTo(40)), c("a", value), c("b", value)},
			Create: `CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, a, b, g AS (typeof(a)) VIRTUAL, h AS (id * 2) STORED)`},
		{Name: "loose", Columns: cs{c("a", value), c("b", upTo(3)), c("select", anyOf(nil, "x", "X"))},
			Create: `CREATE TABLE loose (a, b INT, "select" TEXT COLLATE NOCASE)`},
		{Name: "with \"quote\"", Key: []string{"k 1", "k2"}, Upsert: insertOrReplace, Columns: cs{c("k 1", textUpTo(5)), c("k2", anyOf(1, 2, 1.5, "1", "x")), c("v'", value)},
			Create: `CREATE TABLE "with ""quote""" ("k 1" TEXT COLLATE NOCASE, k2, "v'", PRIMARY KEY ("k 1", k2)) WITHOUT ROWID`},
		{Name: "uniq", Key: []string{"id"}, Upsert: insertOrReplace, Columns: cs{c("id", textUpTo(20)), c("u", anyOf(nil, 1, 2, 3, 4, "5", 6.5)), c("e", anyOf("a", "A", "b", nil)), c("p", upTo(4))},
			Create: `CREATE TABLE uniq (id TEXT PRIMARY KEY, u UNIQUE, e TEXT, p INT)`},
		{Name: "nullkey", Key: []string{"id"}, Upsert: insertOrIgnore, Columns: cs{c("id", anyOf(nil, "a", "b", "c")), c("v", upTo(3))},
			Create: `CREATE TABLE nullkey (id TEXT PRIMARY KEY, v INT, rowid, _rowid_)`},
		{Name: "typed", Key: []string{"i"}, Upsert: "REPLACE INTO %s (%s) VALUES (%s)", Columns: cs{c("i", upTo(30)), c("r", anyOf(nil, 1, 2, 2.5)), c("t", anyOf(nil, 1, "1", "one")), c("d", anyOf(1, "1.50", 2.25))},
			Create: `CREATE TABLE typed (i INT NOT NULL PRIMARY KEY, r REAL, t TEXT, d DECIMAL(10,2))`},
	}
}

// indexes of the suite's tables, which only the source has.
const conformIndexes = `CREATE UNIQUE INDEX uniq_e ON uniq (lower(e), p) WHERE p > 1;
	CREATE UNIQUE INDEX typed_r ON typed (r DESC, t COLLATE NOCASE);`

func dumpTable(t testing.TB, db *sql.DB, table connectortest.Table) []string {
	t.Helper()
	names, err := db.QueryContext(t.Context(), "SELECT name FROM pragma_table_info(?)", table.Name)
	require.NoError(t, err)
	defer names.Close()
	var list []string
	for names.Next() {
		var c string
		require.NoError(t, names.Scan(&c))
		c = quote(c)
		list = append(list, "typeof("+c+")||':'||CASE typeof("+c+") WHEN 'real' THEN format('%!.20g',"+c+") ELSE coalesce(hex("+c+"),'') END")
	}
	require.NoError(t, names.Err())
	rs, err := db.QueryContext(t.Context(), "SELECT "+strings.Join(list, "||' '||")+" FROM "+quote(table.Name))
	require.NoError(t, err)
	defer rs.Close()
	var out []string
	for rs.Next() {
		var line string
		require.NoError(t, rs.Scan(&line))
		out = append(out, line)
	}
	require.NoError(t, rs.Err())
	return out
}

// conformSteps change the structure of the suite's tables as programs do.
func conformSteps() []connectortest.Step {
	base := conformTables(anything)
	item, loose, rest := base[0], base[1], base[2:]
	with := func(more ...connectortest.Table) []connectortest.Table { return append(more, rest...) }
	column := func(name string, draw func(*rand.Rand) any) connectortest.Column {
		return connectortest.Column{Name: name, Value: draw}
	}
	var steps []connectortest.Step
	step := func(tables []connectortest.Table, sqls ...string) {
		steps = append(steps, connectortest.Step{SQL: sqls, Tables: tables})
	}
	item.Columns = append(item.Columns[:len(item.Columns):len(item.Columns)], column("n", anything))
	step(with(item, loose), "ALTER TABLE item ADD COLUMN n DEFAULT 'd'", "UPDATE item SET n = id WHERE id % 2")
	loose.Columns = append(loose.Columns[:len(loose.Columns):len(loose.Columns)], column("m", upTo(3)))
	step(with(item, loose), "ALTER TABLE loose ADD COLUMN m INT NOT NULL DEFAULT 7", "UPDATE loose SET m = 8 WHERE b = 1",
		"INSERT INTO loose (a, b, m) VALUES ('same', 1, 9), ('same', 1, 9), ('same', 1, 7)")
	loose.Columns = []connectortest.Column{column("a", anything), column("b 2", upTo(3)), column("select", anyOf(nil, "x", "X")), column("m", upTo(3))}
	step(with(item, loose), `ALTER TABLE loose RENAME COLUMN b TO "b 2"`)
	fresh := connectortest.Table{Name: "fresh", Key: []string{"k"}, Upsert: insertOrReplace,
		Columns: []connectortest.Column{column("k", upTo(9)), column("v", anything)}}
	step(with(item, loose, fresh), "CREATE TABLE fresh (k INTEGER PRIMARY KEY, v)", "INSERT INTO fresh VALUES (1, 'x'), (100, 'y')")
	loose.Name = "loose too"
	step(with(item, loose, fresh), `ALTER TABLE loose RENAME TO "loose too"`, `INSERT INTO "loose too" (a) VALUES (1)`)
	fresh.Columns = append(fresh.Columns, column("w", upTo(5)))
	step(with(item, loose, fresh), "CREATE TABLE fresh_new (k TEXT PRIMARY KEY NOT NULL, v, w INT)", "INSERT INTO fresh_new SELECT k, v, 1 FROM fresh",
		"DROP TABLE fresh", "ALTER TABLE fresh_new RENAME TO fresh", "UPDATE fresh SET w = 2 WHERE k = '1'")
	item.Columns = item.Columns[:2]
	step(with(item, loose, fresh), "DROP TABLE item", "CREATE TABLE item (id INTEGER PRIMARY KEY, a)", "INSERT INTO item VALUES (1, 2)")
	step(with(item, fresh), `DROP TABLE "loose too"`)
	step(with(item, fresh), "CREATE UNIQUE INDEX fresh_w ON fresh (w, k) WHERE w = 3")
	return steps
}

func conformSuite(t *testing.T, mode, recursive string) connectortest.Suite {
	s := connectortest.Suite{
		Engine: Engine(), Schema: Schema, Dump: dumpTable, Mark: func(i int) string { return fmt.Sprintf("?%d", i) },
		Tables: conformTables(anything), Structure: conformSteps(), NoPlain: true,
	}
	s.Tables[len(s.Tables)-1].Create += ";" + conformIndexes
	s.Fresh = func(t testing.TB) connectortest.Databases {
		dir := t.TempDir()
		from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
		d := connectortest.Databases{SourceURL: "sqlite:" + from, TargetURL: "sqlite:" + to,
			Source: openApp(t, from, recursive), Target: openApp(t, to, "")}
		for _, pragma := range []string{"journal_mode=" + mode, "synchronous=OFF"} {
			_, err := d.Source.ExecContext(t.Context(), "PRAGMA "+pragma)
			require.NoError(t, err)
		}
		return d
	}
	return s
}

// plainTables hold values of their columns' types, as other engines could take them.
func plainTables() []connectortest.Table {
	c := func(name string, draw func(*rand.Rand) any) connectortest.Column {
		return connectortest.Column{Name: name, Value: draw}
	}
	maybe := func(draw func(*rand.Rand) any) func(*rand.Rand) any {
		return func(r *rand.Rand) any {
			if r.IntN(5) == 0 {
				return nil
			}
			return draw(r)
		}
	}
	text := func(r *rand.Rand) any { return strings.Repeat("Zoë ", r.IntN(4)) }
	date := func(r *rand.Rand) any {
		return fmt.Sprintf("20%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	}
	return []connectortest.Table{
		{Name: "typed", Key: []string{"id"}, Upsert: insertOrReplace, Columns: []connectortest.Column{c("id", upTo(50)), c("bo", maybe(upTo(2))),
			c("i", maybe(func(r *rand.Rand) any { return int64(r.Uint64()) })), c("f", maybe(func(r *rand.Rand) any { return r.NormFloat64() })),
			c("d", maybe(func(r *rand.Rand) any { return float64(r.IntN(100000)) / 100 })), c("t", maybe(text)), c("b", maybe(func(r *rand.Rand) any { return []byte{byte(r.IntN(256)), 0} })),
			c("da", maybe(date)), c("ts", maybe(func(r *rand.Rand) any { return fmt.Sprint(date(r), " 12:30:0", r.IntN(10), ".25") + "0" })), c("ti", maybe(anyOf("00:00:00", "23:59:59.123")))},
			Create: "CREATE TABLE typed (id INTEGER PRIMARY KEY, bo BOOLEAN, i BIGINT, f REAL, d DECIMAL(10,2), t VARCHAR(40), b BLOB, da DATE, ts DATETIME, ti TIME)"},
		{Name: "loose", Columns: []connectortest.Column{c("t", maybe(text)), c("i", maybe(upTo(3))), c("f", anyOf(nil, 0.5, 1.25))},
			Create: "CREATE TABLE loose (t TEXT, i INT, f REAL)"},
		{Name: "keyed", Key: []string{"k", "n"}, Upsert: insertOrReplace, Columns: []connectortest.Column{c("k", textUpTo(4)), c("n", upTo(3)), c("v", maybe(text))},
			Create: "CREATE TABLE keyed (k TEXT NOT NULL, n INT NOT NULL, v TEXT, PRIMARY KEY (k, n)) WITHOUT ROWID"},
	}
}

// TestConformanceInLayouts runs the suite through the layouts that other engines take.
func TestConformanceInLayouts(t *testing.T) {
	s := conformSuite(t, "wal", "")
	s.Tables, s.Structure, s.NoPlain, s.NoNative = plainTables(), nil, false, true
	connectortest.Run(t, s)
}

func TestConformance(t *testing.T) {
	for _, mode := range []string{"wal", "delete"} {
		for _, recursive := range []string{"", "&_pragma=recursive_triggers(1)"} {
			t.Run(mode+recursive, func(t *testing.T) { connectortest.Run(t, conformSuite(t, mode, recursive)) })
		}
	}
}
