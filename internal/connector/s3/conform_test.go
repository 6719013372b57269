package s3_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/connector/connectortest"
	"github.com/whimbreldb/whimbrel/internal/connector/s3"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

type conformColumns = []connectortest.Column

func drawn(name string, draw func(*rand.Rand) any) connectortest.Column {
	return connectortest.Column{Name: name, Value: draw}
}

func below(n int) func(*rand.Rand) any { return func(r *rand.Rand) any { return r.IntN(n) } }

func oneOf(values ...any) func(*rand.Rand) any {
	return func(r *rand.Rand) any { return values[r.IntN(len(values))] }
}

// conformTables have columns of every kind with what lies at its edges, and texts that a reader of CSV may take for something else.
func conformTables() []connectortest.Table {
	text := oneOf(nil, "", " ", "Zoë 🐦", `a\b`, `'x,"`, `""`, "two\nlines", "\r\n", ",", "NULL ", "-")
	whole := oneOf(nil, 0, -1, int64(math.MaxInt64), int64(math.MinInt64))
	big := func(r *rand.Rand) any {
		if r.IntN(30) == 0 {
			return strings.Repeat("Zoë,", 20_000)
		}
		return strings.Repeat("Zoë,", r.IntN(3)*100)
	}
	const replace = "INSERT OR REPLACE INTO %s (%s) VALUES (%s)"
	return []connectortest.Table{
		{
			Name: "typed", Key: []string{"id"}, Upsert: replace,
			Columns: conformColumns{
				drawn("id", below(50)), drawn("bo", oneOf(nil, 0, 1)), drawn("i", whole), drawn("f", oneOf(nil, 0.0, -0.125, 1e15, 0.5)), drawn("d", oneOf(nil, 0, -0.25, 99999999.75, -99999999.75)), drawn("t", text),
				drawn("b", oneOf(nil, []byte{}, []byte{0}, []byte{0xff, 0, 10, 13})), drawn("da", oneOf(nil, "0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31")),
				drawn("ts", oneOf(nil, "1969-12-31 23:59:59.999999", "2024-02-29 00:00:00.000000", "2024-02-29 12:30:00.250000")),
			},
			Create: "CREATE TABLE typed (id INTEGER PRIMARY KEY, bo BOOLEAN, i BIGINT, f REAL, d DECIMAL(10,2), t VARCHAR(40), b BLOB, da DATE, ts DATETIME)",
		},
		{
			Name: "keyed", Key: []string{"k", "n"}, Upsert: replace,
			Columns: conformColumns{drawn("k", oneOf("a", "A", "a ", `\`, "ä", `"`, ",")), drawn("n", below(3)), drawn("big", big)},
			Create:  "CREATE TABLE keyed (k VARCHAR(10) NOT NULL, n INT NOT NULL, big TEXT, PRIMARY KEY (k, n)) WITHOUT ROWID",
		},
	}
}

// looseTable has no key: what its rows are files do not tell, but they tell all of its changes.
func looseTable() connectortest.Table {
	return connectortest.Table{Name: "loose", Columns: conformColumns{drawn("i", below(3)), drawn("f", below(4))}, Create: "CREATE TABLE loose (i INT, f REAL)"}
}

// forms are how the values of a column are written alike: by SQLite, and by DuckDB of a column as CSV and as Parquet have it.
var forms = map[string][3]string{
	"bo": {"CASE bo WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", "bo", "bo"},
	"f":  {"printf('%.3f', f)", "printf('%.3f', CAST(f AS DOUBLE))", "printf('%.3f', CAST(f AS DOUBLE))"},
	"d":  {"printf('%.2f', d)", "CAST(d AS DECIMAL(10,2))", "d"},
	"b":  {"lower(hex(b))", "b", "lower(hex(b))"},
	"ts": {"CASE WHEN instr(ts, '.') THEN rtrim(rtrim(ts, '0'), '.') ELSE ts END", "regexp_replace(strftime(CAST(ts AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%f'), '\\.?0+$', '')", "regexp_replace(strftime(ts, '%Y-%m-%d %H:%M:%S.%f'), '\\.?0+$', '')"},
}

// concatenated writes columns as one text.
func concatenated(names []string, as int) string {
	var list []string
	for _, name := range names {
		value := `"` + name + `"`
		if known, ok := forms[name]; ok {
			value = known[as]
		}
		list = append(list, fmt.Sprintf(`CASE WHEN "%s" IS NULL THEN 'NULL' ELSE CAST(%s AS varchar) END`, name, value))
	}
	return strings.Join(list, "||'|'||")
}

func namesOf(table connectortest.Table) (names []string) {
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	return names
}

func dumpSQLite(t testing.TB, db *sql.DB, table connectortest.Table) []string {
	t.Helper()
	rows, err := servertest.Column(db, fmt.Sprintf(`SELECT %s FROM "%s"`, concatenated(namesOf(table), 0), table.Name), "NULL")
	require.NoError(t, err)
	return rows
}

var changesName = regexp.MustCompile(`^\d{8}-\d{9}\.`)

// readByDuckDB reads all that a target has written, by a reader that is not ours.
func readByDuckDB(parquet bool) func(testing.TB, connectortest.Databases, []connectortest.Table) map[string][]connectortest.Line {
	return func(t testing.TB, d connectortest.Databases, tables []connectortest.Table) map[string][]connectortest.Line {
		t.Helper()
		logs, queries := map[string][]connectortest.Line{}, []string{"SET threads = 1"}
		for _, table := range tables {
			files, err := filepath.Glob(filepath.Join(strings.TrimPrefix(d.TargetURL, "file://"), "main", table.Name, "*"))
			require.NoError(t, err)
			slices.Sort(files)
			var loads, changes []string
			for _, f := range files {
				if name := filepath.Base(f); changesName.MatchString(name) {
					changes = append(changes, f)
				} else {
					require.Regexp(t, "^LOAD", name)
					loads = append(loads, f)
				}
			}
			if parquet && len(changes) > 0 { // together, as those of the load may lack a column of now
				queries = append(queries, readFiles(table, "coalesce(Op, 'L')", slices.Concat(loads, changes), true))
				continue
			}
			if len(loads) > 0 {
				queries = append(queries, readFiles(table, "'L'", loads, parquet))
			}
			if len(changes) > 0 {
				queries = append(queries, readFiles(table, "Op", changes, parquet))
			}
		}
		for _, line := range servertest.DuckDB(t, queries...) {
			fields := strings.Split(line, "|")
			require.Len(t, fields, 4, line)
			logs[fields[0]] = append(logs[fields[0]], connectortest.Line{Op: fields[1][0], Key: fromHex(t, fields[2]), Row: fromHex(t, fields[3])})
		}
		return logs
	}
}

func fromHex(t testing.TB, s string) string {
	t.Helper()
	text, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(text)
}

// readFiles is a query for the lines of files of one kind, one behind the other.
func readFiles(table connectortest.Table, op string, files []string, parquet bool) string {
	list := "['" + strings.Join(files, "', '") + "']"
	as, from, order := 2, fmt.Sprintf("read_parquet(%s, union_by_name = true, filename = true, file_row_number = true)", list), " ORDER BY regexp_matches(filename, '/LOAD[^/]*$') DESC, filename, file_row_number"
	if !parquet {
		var columns []string
		for _, name := range namesOf(table) {
			columns = append(columns, fmt.Sprintf("'%s': 'VARCHAR'", name))
		}
		if op == "Op" {
			columns = append([]string{"'Op': 'VARCHAR'"}, columns...)
		}
		as, order = 1, ""
		from = fmt.Sprintf("read_csv(%s, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', nullstr = '', allow_quoted_nulls = false, columns = {%s})", list, strings.Join(columns, ", "))
	}
	key := "''"
	if len(table.Key) > 0 {
		key = concatenated(table.Key, as)
	}
	return fmt.Sprintf("SELECT '%s', %s, hex(%s), hex(%s) FROM %s%s", table.Name, op, key, concatenated(namesOf(table), as), from, order)
}

// conformSuite is a suite with SQLite at one end and a folder at the other.
func conformSuite() connectortest.Suite {
	return connectortest.Suite{
		Engine: sqlite.Engine(), Schema: sqlite.Schema, Dump: dumpSQLite, Mark: func(i int) string { return fmt.Sprintf("?%d", i) },
		Tables: append(conformTables(), looseTable()), Transactions: 24, Large: 1000, SteadyKeys: true,
	}
}

func openApp(t testing.TB, path string) *sql.DB {
	t.Helper()
	db := servertest.OpenDB(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(20000)&_txlock=immediate")
	db.SetMaxOpenConns(1)
	_, err := db.ExecContext(t.Context(), "PRAGMA journal_mode=wal")
	require.NoError(t, err)
	return db
}

// TestConformanceOfTheTarget runs what the suite of all engines asks of a target: the files hold every change that a source had, once and in order, whatever
// ends in between, and whoever carries them out has the source's rows. Both are read by DuckDB.
func TestConformanceOfTheTarget(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"csv":     {"CdcMinFileSize": "1"},
		"parquet": {"DataFormat": "parquet", "CdcMinFileSize": "1", "RowGroupLength": "7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := conformSuite()
			s.Fresh = func(t testing.TB) connectortest.Databases {
				path := filepath.Join(t.TempDir(), "from.db")
				return connectortest.Databases{SourceURL: "sqlite:" + path, TargetURL: "file://" + t.TempDir(), Source: openApp(t, path)}
			}
			if name == "parquet" { // a CSV file without names does not say which columns it was written with
				s.Structure = conformSteps(s.Tables)
			}
			s.Onto = &connectortest.Onto{Engine: s3.Engine(), Schema: sqlite.Schema, Settings: settings, Log: readByDuckDB(name == "parquet")}
			connectortest.RunOnto(t, s)
		})
	}
}

// conformSteps change the structure of tables. What is renamed keeps its name in the files that are there.
func conformSteps(tables []connectortest.Table) (steps []connectortest.Step) {
	typed, keyed, loose := tables[0], tables[1], tables[2]
	step := func(all []connectortest.Table, sql ...string) {
		steps = append(steps, connectortest.Step{SQL: sql, Tables: all})
	}
	typed.Columns = append(slices.Clone(typed.Columns), drawn("more", below(5)))
	step([]connectortest.Table{typed, keyed, loose}, "ALTER TABLE typed ADD COLUMN more INT", "UPDATE typed SET more = 3 WHERE id % 2")
	fresh := connectortest.Table{Name: "fresh", Key: []string{"k"}, Columns: conformColumns{drawn("k", below(9)), drawn("v", below(9))}}
	step([]connectortest.Table{typed, keyed, loose, fresh}, "CREATE TABLE fresh (k INTEGER PRIMARY KEY, v INT)", "INSERT INTO fresh VALUES (1, 2), (100, 3)")
	step([]connectortest.Table{typed, loose, fresh}, "DROP TABLE keyed")
	return steps
}

// TestConformanceOfTheSource runs what the suite of all engines asks of a source: of files of changes that a target has written meanwhile.
func TestConformanceOfTheSource(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]struct{ written, read map[string]string }{
		"csv":     {map[string]string{"PreserveTransactions": "true", "CdcPath": "log"}, map[string]string{"CdcPath": "log"}},
		"parquet": {map[string]string{"DataFormat": "parquet"}, map[string]string{"DataFormat": "parquet"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformSource(t, settings.written, settings.read)
		})
	}
}

func conformSource(t *testing.T, written, read map[string]string) {
	from := conformSuite()
	from.Tables = conformTables() // an update of a table without a key does not say which row it was
	from.Onto = &connectortest.Onto{Engine: s3.Engine(), Schema: sqlite.Schema, Settings: written}
	s := from
	s.Engine, s.NoNative = s3.Engine(), true
	s.Onto = &connectortest.Onto{Engine: sqlite.Engine(), Schema: sqlite.Schema, Dump: dumpSQLite}
	var carry func(testing.TB, connectortest.Databases) // of the databases at hand
	s.Carry = func(t testing.TB, d connectortest.Databases) { carry(t, d) }
	s.Fresh = func(t testing.TB) connectortest.Databases {
		carrier, source, there, files := from.Carrier(), filepath.Join(t.TempDir(), "from.db"), filepath.Join(t.TempDir(), "to.db"), "file://"+t.TempDir()
		carry = func(t testing.TB, d connectortest.Databases) {
			d.SourceURL, d.TargetURL, d.Settings = "sqlite:"+source, files, nil
			carrier(t, d)
		}
		return connectortest.Databases{SourceURL: files, TargetURL: "sqlite:" + there, Source: openApp(t, source), Target: openApp(t, there), Settings: read}
	}
	connectortest.RunFrom(t, s)
}
