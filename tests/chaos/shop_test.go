package chaos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shopTables are the tables that makeShop makes, with the columns by which rows are compared.
var shopTables = map[string][]string{
	"customer": {"id", "name", "score", "photo"},
	"orders":   {"id", "customer", "note"},
	"visit":    {"page", "at"}, // without any key, and with equal rows
	"small_1":  {"id", "name"}, "small_2": {"id", "name"}, "small_3": {"id", "name"}, "small_4": {"id", "name"},
}

// The numbers of rows.
const (
	orders = 3000
	visits = 3000
)

// makeShop fills a source: about a megabyte, cut into some forty segments of 32 KiB.
func makeShop(t testing.TB, e *end) {
	t.Helper()
	serial := e.pick("serial PRIMARY KEY", "int AUTO_INCREMENT PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
	blob := e.pick("bytea", "longblob", "BLOB")
	e.exec(t,
		"CREATE TABLE customer (id "+serial+", name varchar(200) NOT NULL, score int, photo "+blob+")",
		"CREATE UNIQUE INDEX customer_name ON customer (name)",
		"CREATE INDEX customer_score ON customer (score)",
		"CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer int NOT NULL REFERENCES customer (id), note varchar(300))",
		"CREATE TABLE visit (page varchar(200), at int)",
	)
	for i := 1; i <= 4; i++ {
		e.exec(t, fmt.Sprintf("CREATE TABLE small_%d (id int NOT NULL PRIMARY KEY, name varchar(40))", i),
			fmt.Sprintf("CREATE INDEX small_%d_name ON small_%d (name)", i, i))
		e.fill(t, fmt.Sprintf("small_%d (id, name)", i), 5*i, func(n int) string { return fmt.Sprintf("(%d, 'small %d')", n, n) })
	}
	bytes := e.pick("'\\x%s'", "x'%s'", "x'%s'")
	e.fill(t, "customer (id, name, score, photo)", 2000, func(n int) string {
		photo := fmt.Sprintf(bytes, strings.Repeat(fmt.Sprintf("%02x00ff", n%256), n%70))
		return fmt.Sprintf("(%d, 'customer \t%d ☂ %s', %d, %s)", n, n, strings.Repeat("x", n%90), n%17, photo)
	})
	e.fill(t, "orders (id, customer, note)", orders, func(n int) string {
		return fmt.Sprintf("(%d, %d, '%s')", n*3, 1+n%2000, strings.Repeat("note ", n%40))
	})
	e.fill(t, "visit (page, at)", visits, func(n int) string {
		return fmt.Sprintf("('/%s', %d)", strings.Repeat("page/", n%20), n%500)
	})
	if e.kind == pg {
		e.exec(t, "SELECT setval('customer_id_seq', 2000)")
	}
	e.exec(t, "CREATE VIEW best AS SELECT id, name FROM customer WHERE score = 16")
	e.analyze(t)
}

func (e *end) analyze(t testing.TB) {
	e.exec(t, e.pick("ANALYZE", "ANALYZE TABLE customer, orders, visit", "ANALYZE"))
}

// fill inserts n rows, a few hundred a statement.
func (e *end) fill(t testing.TB, into string, n int, row func(int) string) {
	t.Helper()
	var rows []string
	for i := 1; i <= n; i++ {
		rows = append(rows, row(i))
		if len(rows) == 300 || i == n {
			e.exec(t, "INSERT INTO "+into+" VALUES "+strings.Join(rows, ","))
			rows = rows[:0]
		}
	}
}

// rows returns every row of a table as one text, sorted.
func (e *end) rows(t testing.TB, table string, columns []string) []string {
	t.Helper()
	parts := make([]string, len(columns))
	for i, c := range columns {
		if c == "photo" {
			c = e.pick("encode(photo, 'hex')", "lower(hex(photo))", "lower(hex(photo))")
		}
		parts[i] = "coalesce(" + e.pick("(%s)::text", "cast(%s AS char)", "cast(%s AS text)") + ", 'NULL')"
		parts[i] = fmt.Sprintf(parts[i], c)
	}
	return e.texts(t, "SELECT "+e.pick(strings.Join(parts, "||'|'||"), "concat_ws('|', "+strings.Join(parts, ",")+")", strings.Join(parts, "||'|'||"))+" FROM "+table)
}

// requireSame compares all rows of all tables of the shop.
func requireSame(t testing.TB, source, target *end) {
	t.Helper()
	for table, columns := range shopTables {
		requireSameRows(t, table, source.rows(t, table, columns), target.rows(t, table, columns))
	}
}

// requireSameRows compares sorted rows and names a few that differ, not all.
func requireSameRows(t testing.TB, table string, want, got []string) {
	t.Helper()
	count := map[string]int{}
	for _, r := range want {
		count[r]++
	}
	for _, r := range got {
		count[r]--
	}
	var lost, doubled []string
	for r, n := range count {
		switch {
		case n > 0:
			lost = append(lost, r)
		case n < 0:
			doubled = append(doubled, r)
		}
	}
	require.Empty(t, lost[:min(len(lost), 3)], "table %s: %d rows lost", table, len(lost))
	require.Empty(t, doubled[:min(len(doubled), 3)], "table %s: %d rows too many", table, len(doubled))
	require.Len(t, got, len(want), table)
}

// structure describes keys, indexes, foreign keys, views and counters.
func (e *end) structure(t testing.TB) []string {
	t.Helper()
	return e.texts(t, e.pick(`
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'view ' || viewname FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT 'sequence ' || sequencename || coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'
UNION ALL SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public'`, `
SELECT concat_ws(' ', 'index', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics WHERE table_schema = database()
UNION ALL SELECT concat_ws(' ', 'constraint', table_name, constraint_type) FROM information_schema.table_constraints WHERE table_schema = database()
UNION ALL SELECT concat_ws(' ', 'table', table_name, table_type, auto_increment) FROM information_schema.tables WHERE table_schema = database()`, `
SELECT coalesce(sql, name) FROM sqlite_schema WHERE name <> 'sqlite_stat1'`))
}

// journalLeft reports whether the target still knows of an unfinished run.
func (e *end) journalLeft(t testing.TB) bool {
	t.Helper()
	return e.marks("") > 0
}

// marks counts the journal's rows; -1 when there is no journal.
func (e *end) marks(which string) int64 {
	n := e.number("SELECT count(*) FROM " + e.pick("awsdms_load_progress WHERE true",
		"awsdms_control.awsdms_load_progress WHERE table_owner = database()", "awsdms_load_progress WHERE true") + which)
	if n == 0 && which == "" {
		return -1
	}
	return n
}

// phase tells from the target how far a run has got.
func (e *end) phase() string {
	planned := e.marks("")
	left := e.marks(e.pick(" AND NOT done", " AND done = 0", " AND done = 0"))
	switch {
	case planned < 0 && e.number("SELECT count(*) FROM visit") == visits && e.number("SELECT count(*) FROM orders") == orders:
		return "after the journal"
	case planned < 0:
		return "before the journal"
	case left == planned:
		return "before the first segment"
	case left > 0:
		return "among the rows"
	}
	return "after the rows"
}
