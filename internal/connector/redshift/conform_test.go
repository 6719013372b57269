package redshift

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/connector/connectortest"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// conformed are how the values of a column are written alike on both sides: in SQLite, and in the database behind Redshift.
var conformed = map[string][2]string{
	"bo": {"CASE bo WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", "bo::text"}, "f": {"printf('%.3f', f)", "round(f::numeric, 3)::text"},
	"d": {"printf('%.2f', d)", "d::text"}, "b": {"lower(hex(b))", "b"}, "ts": {"ts", "to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US')"},
}

// conformDump reads a table of a side.
func conformDump(side int) func(testing.TB, *sql.DB, connectortest.Table) []string {
	return func(t testing.TB, db *sql.DB, table connectortest.Table) []string {
		t.Helper()
		var list []string
		for _, c := range table.Columns {
			value := quote(c.Name)
			if known, ok := conformed[c.Name]; ok {
				value = known[side]
			}
			list = append(list, fmt.Sprintf("CASE WHEN %s IS NULL THEN 'NULL' ELSE CAST(%s AS varchar) END", quote(c.Name), value))
		}
		rows, err := servertest.Column(db, "SELECT "+strings.Join(list, "||'|'||")+" FROM "+quote(table.Name), "NULL")
		require.NoError(t, err)
		return rows
	}
}

func conformTables() []connectortest.Table {
	type cs = []connectortest.Column
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
	upTo := func(n int) func(*rand.Rand) any { return func(r *rand.Rand) any { return r.IntN(n) } }
	text := func(r *rand.Rand) any {
		return strings.Repeat([]string{"Zoë ", `a\b`, `'x,"`, "\n"}[r.IntN(4)], r.IntN(4))
	}
	date := func(r *rand.Rand) any {
		return fmt.Sprintf("20%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	}
	const replace = "INSERT OR REPLACE INTO %s (%s) VALUES (%s)"
	return []connectortest.Table{
		{Name: "typed", Key: []string{"id"}, Upsert: replace, Columns: cs{c("id", upTo(50)), c("bo", maybe(upTo(2))), c("i", maybe(func(r *rand.Rand) any { return int64(r.Uint64()) })),
			c("f", maybe(func(r *rand.Rand) any { return float64(r.IntN(4000)-2000) / 8 })), c("d", maybe(func(r *rand.Rand) any { return float64(r.IntN(100000)) / 100 })), c("t", maybe(text)),
			c("b", maybe(func(r *rand.Rand) any { return []byte{byte(r.IntN(256)), 0} })), c("da", maybe(date)), c("ts", maybe(func(r *rand.Rand) any { return fmt.Sprint(date(r), " 12:30:0", r.IntN(10), ".250000") }))},
			Create: "CREATE TABLE typed (id INTEGER PRIMARY KEY, bo BOOLEAN, i BIGINT, f REAL, d DECIMAL(10,2), t VARCHAR(40), b BLOB, da DATE, ts DATETIME)"},
		{Name: "loose", Columns: cs{c("t", maybe(text)), c("i", maybe(upTo(3))), c("f", maybe(upTo(4)))}, Create: "CREATE TABLE loose (t VARCHAR(40), i INT, f REAL)"},
		{Name: "keyed", Key: []string{"k", "n"}, Upsert: replace, Columns: cs{c("k", func(r *rand.Rand) any { return []string{"a", "A", "a ", `\`}[r.IntN(4)] }), c("n", upTo(3)), c("t", maybe(text))},
			Create: "CREATE TABLE keyed (k VARCHAR(10) NOT NULL, n INT NOT NULL, t VARCHAR(40), PRIMARY KEY (k, n)) WITHOUT ROWID"},
	}
}

// conformSteps change the structure of the tables.
func conformSteps(tables []connectortest.Table) (steps []connectortest.Step) {
	typed, loose, keyed := tables[0], tables[1], tables[2]
	upTo := func(n int) func(*rand.Rand) any { return func(r *rand.Rand) any { return r.IntN(n) } }
	with := func(c connectortest.Table, name string) connectortest.Table {
		c.Columns = append(c.Columns[:len(c.Columns):len(c.Columns)], connectortest.Column{Name: name, Value: upTo(5)})
		return c
	}
	step := func(all []connectortest.Table, sql ...string) {
		steps = append(steps, connectortest.Step{SQL: sql, Tables: all})
	}
	typed = with(typed, "more")
	step([]connectortest.Table{typed, loose, keyed}, "ALTER TABLE typed ADD COLUMN more INT", "UPDATE typed SET more = 3 WHERE id % 2")
	fresh := connectortest.Table{Name: "fresh", Key: []string{"k"}, Columns: []connectortest.Column{{Name: "k", Value: upTo(9)}, {Name: "v", Value: upTo(9)}}}
	step([]connectortest.Table{typed, loose, keyed, fresh}, "CREATE TABLE fresh (k INTEGER PRIMARY KEY, v INT)", "INSERT INTO fresh VALUES (1, 2), (100, 3)")
	loose.Name = "looser"
	step([]connectortest.Table{typed, loose, keyed, fresh}, "ALTER TABLE loose RENAME TO looser", "INSERT INTO looser (i) VALUES (1)")
	fresh.Columns = []connectortest.Column{fresh.Columns[0], {Name: "w", Value: upTo(9)}}
	step([]connectortest.Table{typed, loose, keyed, fresh}, "ALTER TABLE fresh RENAME COLUMN v TO w")
	step([]connectortest.Table{typed, loose, fresh}, "DROP TABLE keyed")
	return steps
}

// TestConformance runs of the suite that every engine runs what is asked of a target, behind a source of SQLite.
func TestConformance(t *testing.T) {
	s := connectortest.Suite{
		Engine: sqlite.Engine(), Schema: sqlite.Schema, Dump: conformDump(0), Mark: func(i int) string { return fmt.Sprintf("?%d", i) }, Tables: conformTables(), Transactions: 40, Large: 1000, Pause: 40 * time.Millisecond, Patience: 3 * time.Minute,
	}
	s.Structure = conformSteps(s.Tables)
	s.Fresh = func(t testing.TB) connectortest.Databases {
		r := servertest.NewRedshift(t)
		s.Onto.Settings = map[string]string{"BucketName": r.Bucket.Name}
		path := filepath.Join(t.TempDir(), "from.db")
		d := connectortest.Databases{SourceURL: "sqlite:" + path, TargetURL: r.URL(), Source: servertest.OpenDB(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(20000)&_txlock=immediate"),
			Target: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol")}
		d.Source.SetMaxOpenConns(1)
		_, err := d.Source.ExecContext(t.Context(), "PRAGMA journal_mode=wal")
		require.NoError(t, err)
		return d
	}
	s.Onto = &connectortest.Onto{Engine: Engine(), Schema: defaultSchema, Dump: conformDump(1)}
	connectortest.RunOnto(t, s)
}
