package mysql

import (
	"database/sql"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/connectortest"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func anyOf(values ...any) func(*rand.Rand) any {
	return func(r *rand.Rand) any { return values[r.IntN(len(values))] }
}

func upTo(n int) func(*rand.Rand) any { return func(r *rand.Rand) any { return r.IntN(n) } }

func words(r *rand.Rand) any {
	return anyOf(nil, "", "a", "A", "a'\\\n\x00", "Zoë 🐦", strings.Repeat("long ", r.IntN(3000)))(r)
}

func conformTables() []connectortest.Table {
	c := func(name string, draw func(*rand.Rand) any) connectortest.Column {
		return connectortest.Column{Name: name, Value: draw}
	}
	type cs = []connectortest.Column
	const replace = "REPLACE INTO %s (%s) VALUES (%s)"
	when := func(r *rand.Rand) any {
		return time.Unix(r.Int64N(2_000_000_000)+1, r.Int64N(1_000_000)*1000).UTC().Format("2006-01-02 15:04:05.000000")
	}
	return []connectortest.Table{
		{Name: "item", Key: []string{"id"}, Upsert: replace, Columns: cs{c("id", upTo(40)), c("a", words), c("n", upTo(100)), c("d", anyOf(nil, "1.25", "-99999.99")), c("t", when)},
			Create: "CREATE TABLE item (id BIGINT AUTO_INCREMENT PRIMARY KEY, a MEDIUMTEXT, n INT UNSIGNED, d DECIMAL(9,2), t TIMESTAMP(6) NULL, g INT AS (n * 2) STORED, h VARCHAR(9) AS (LEFT(a, 3)) VIRTUAL)"},
		{Name: "loose", Columns: cs{c("a", words), c("b", upTo(3)), c("select", anyOf(nil, "x", "X")), c("f", anyOf(nil, 0.1, 3.5e10))},
			Create: "CREATE TABLE loose (a TEXT, b INT, `select` VARCHAR(5), f FLOAT)"},
		{Name: "with `quote`", Key: []string{"k 1", "k2"}, Upsert: replace, Columns: cs{c("k 1", anyOf("k1", "K1", "k2", "ä")), c("k2", upTo(3)), c("v'", anyOf(nil, []byte{0, 255, 39}, []byte("x")))},
			Create: "CREATE TABLE `with ``quote``` (`k 1` VARCHAR(20), k2 SMALLINT, `v'` VARBINARY(50), PRIMARY KEY (`k 1`, k2))"},
		{Name: "uniq", Key: []string{"id"}, Upsert: replace, Columns: cs{c("id", anyOf("a", "b", "c", "d", "e", "f")), c("u", anyOf(nil, 1, 2, 3, 4)), c("e", anyOf("x", "Y", nil)), c("s", anyOf("p", "p,q", "", nil)), c("z", anyOf("0000-00-00", "2020-02-29", nil))},
			Create: "CREATE TABLE uniq (id CHAR(3) CHARACTER SET latin1 PRIMARY KEY, u INT UNIQUE, e ENUM('x','Y'), s SET('p','q'), z DATE)"},
	}
}

func dumpTable(t testing.TB, db *sql.DB, table connectortest.Table) []string {
	t.Helper()
	names, err := db.QueryContext(t.Context(), "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY column_name", table.Name)
	require.NoError(t, err)
	defer func() { _ = names.Close() }()
	var list []string
	for names.Next() {
		var c, base string
		require.NoError(t, names.Scan(&c, &base))
		c = quoteIdent(c)
		if base == "float" || base == "double" {
			c += "+0e0"
		}
		list = append(list, "COALESCE(HEX(CONVERT("+c+" USING utf8mb4)), HEX("+c+"), 'NULL')")
	}
	require.NoError(t, names.Err())
	rows, err := db.QueryContext(t.Context(), "SELECT CONCAT_WS(' ', "+strings.Join(list, ", ")+") FROM "+quoteIdent(table.Name))
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		out = append(out, line)
	}
	require.NoError(t, rows.Err())
	return out
}

// conformSteps change the structure of the suite's tables.
func conformSteps() []connectortest.Step {
	base := conformTables()
	item, loose, rest := base[0], base[1], base[2:]
	with := func(more ...connectortest.Table) []connectortest.Table { return append(more, rest...) }
	column := func(name string, draw func(*rand.Rand) any) connectortest.Column {
		return connectortest.Column{Name: name, Value: draw}
	}
	var steps []connectortest.Step
	step := func(tables []connectortest.Table, sqls ...string) {
		steps = append(steps, connectortest.Step{SQL: sqls, Tables: tables})
	}
	item.Columns = append(item.Columns[:len(item.Columns):len(item.Columns)], column("x", words))
	step(with(item, loose), "ALTER TABLE item ADD COLUMN x TEXT AFTER id", "UPDATE item SET x = id WHERE id % 2")
	loose.Columns = append(loose.Columns[:len(loose.Columns):len(loose.Columns)], column("m", upTo(3)))
	step(with(item, loose), "ALTER TABLE loose ADD COLUMN m INT NOT NULL DEFAULT 7 FIRST", "INSERT INTO loose (a, b, m) VALUES ('same', 1, 9), ('same', 1, 9)")
	loose.Columns = []connectortest.Column{column("a", words), column("b 2", upTo(3)), column("m", upTo(3))}
	step(with(item, loose), "ALTER TABLE loose RENAME COLUMN b TO `b 2`, DROP COLUMN `select`, DROP f")
	fresh := connectortest.Table{Name: "fresh", Key: []string{"k"}, Columns: []connectortest.Column{column("k", upTo(9)), column("v", words)}}
	step(with(item, loose, fresh), "CREATE TABLE fresh (k INT PRIMARY KEY, v TEXT)", "INSERT INTO fresh VALUES (1, 'x'), (100, 'y')")
	loose.Name = "loose too"
	step(with(item, loose, fresh), "RENAME TABLE loose TO `loose too`", "INSERT INTO `loose too` (a) VALUES (1)")
	fresh.Columns = append(fresh.Columns, column("w", upTo(5)))
	step(with(item, loose, fresh), "CREATE TABLE fresh_new (k BIGINT PRIMARY KEY, v TEXT, w INT)", "INSERT INTO fresh_new SELECT k, v, 1 FROM fresh",
		"DROP TABLE fresh", "RENAME TABLE fresh_new TO fresh", "UPDATE fresh SET w = 2 WHERE k = 1")
	step(with(item, loose, fresh), "TRUNCATE TABLE fresh")
	step(with(item, fresh), "DROP TABLE `loose too`")
	step(with(item, fresh), "ALTER TABLE fresh MODIFY w BIGINT UNSIGNED", "UPDATE fresh SET w = 18446744073709551615 LIMIT 1")
	return steps
}

// TestConformance runs the suite between two servers of MariaDB.
func TestConformance(t *testing.T) {
	conform(t, MariaDBEngine(), servertest.MariaDB(t), servertest.PrivateMariaDB(t))
}

// TestMySQLConformance runs the suite between two servers of MySQL, which have GTIDs.
func TestMySQLConformance(t *testing.T) {
	conform(t, Engine(), servertest.MySQL(t), servertest.PrivateMySQL(t), func(s *connectortest.Suite) { s.NoPlain, s.Transactions = true, 100 })
}

func conform(t *testing.T, engine *connector.Engine, first, other *servertest.Database, less ...func(*connectortest.Suite)) {
	open := func(t testing.TB, url, name string) *sql.DB {
		tg, err := openTarget(t.Context(), connector.Config{URL: url})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, tg.Close()) })
		db := tg.(*target).host.control
		require.NoError(t, tg.(*target).createProgress(t.Context())) // the suite loads without a plan
		_, err = db.ExecContext(t.Context(), "CREATE DATABASE IF NOT EXISTS "+name)
		require.NoError(t, err)
		return db
	}
	s := connectortest.Suite{
		Engine: engine, Dump: dumpTable, Mark: func(int) string { return "?" }, Tables: conformTables(), Structure: conformSteps(), Schema: "conform",
	}
	s.Fresh = func(t testing.TB) connectortest.Databases {
		at := func(url string) string { return url[:strings.LastIndexByte(url, '/')+1] }
		for _, url := range []string{first.URL, other.URL} {
			db := open(t, at(url), "conform")
			for _, q := range []string{"SET GLOBAL lock_wait_timeout = 20", "DROP DATABASE conform", "TRUNCATE awsdms_control.awsdms_load_progress",
				"DROP TABLE IF EXISTS awsdms_control.awsdms_txn_state", "CREATE DATABASE conform CHARACTER SET utf8mb4"} {
				_, err := db.ExecContext(t.Context(), q)
				require.NoError(t, err)
			}
		}
		d := connectortest.Databases{SourceURL: at(first.URL) + "conform", TargetURL: at(other.URL) + "conform"}
		d.Source, d.Target = open(t, d.SourceURL, "conform"), open(t, d.TargetURL, "conform")
		return d
	}
	for _, f := range less {
		f(&s)
	}
	connectortest.Run(t, s)
}
