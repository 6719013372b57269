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

func TestConformance(t *testing.T) {
	for _, mode := range []string{"wal", "delete"} {
		for _, recursive := range []string{"", "&_pragma=recursive_triggers(1)"} {
			t.Run(mode+recursive, func(t *testing.T) {
				s := connectortest.Suite{
					Engine: Engine(), Schema: Schema, Dump: dumpTable, Mark: func(i int) string { return fmt.Sprintf("?%d", i) },
					Tables: conformTables(anything),
				}
				s.Fresh = func(t testing.TB) connectortest.Databases {
					dir := t.TempDir()
					from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
					d := connectortest.Databases{SourceURL: "sqlite:" + from, TargetURL: "sqlite:" + to,
						Source: openApp(t, from, recursive), Target: openApp(t, to, "")}
					_, err := d.Source.ExecContext(t.Context(), "PRAGMA journal_mode="+mode)
					require.NoError(t, err)
					_, err = d.Source.ExecContext(t.Context(), "PRAGMA synchronous=OFF")
					require.NoError(t, err)
					return d
				}
				s.NoPlain = true
				s.Tables[len(s.Tables)-1].Create += ";" + conformIndexes
				connectortest.Run(t, s)
			})
		}
	}
}
