package task_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// everyType is the definition of a table with a column of every type that a definition may have.
const everyType = `{"TableCount":"1","Tables":[{"TableName":"every","TablePath":"hr/every/","TableOwner":"hr","TableColumnsTotal":"19","TableColumns":[
	{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},
	{"ColumnName":"i1","ColumnType":"INT1","ColumnNullable":"true"}, {"ColumnName":"i2","ColumnType":"INT2","ColumnNullable":"true"}, {"ColumnName":"i8","ColumnType":"INT8","ColumnNullable":"true"},
	{"ColumnName":"u1","ColumnType":"UINT1","ColumnNullable":"true"}, {"ColumnName":"u2","ColumnType":"UINT2","ColumnNullable":"true"},
	{"ColumnName":"u4","ColumnType":"UINT4","ColumnNullable":"true"}, {"ColumnName":"u8","ColumnType":"UINT8","ColumnNullable":"true"},
	{"ColumnName":"n","ColumnType":"NUMERIC","ColumnPrecision":"10","ColumnScale":"2","ColumnNullable":"true"},
	{"ColumnName":"r4","ColumnType":"REAL4","ColumnNullable":"true"}, {"ColumnName":"r8","ColumnType":"REAL8","ColumnNullable":"true"},
	{"ColumnName":"s","ColumnType":"STRING","ColumnLength":"20","ColumnNullable":"true"}, {"ColumnName":"c","ColumnType":"CLOB","ColumnNullable":"true"},
	{"ColumnName":"b","ColumnType":"BYTE","ColumnLength":"8","ColumnNullable":"true"}, {"ColumnName":"lob","ColumnType":"BLOB","ColumnNullable":"true"},
	{"ColumnName":"yes","ColumnType":"BOOLEAN","ColumnNullable":"true"},
	{"ColumnName":"d","ColumnType":"DATE","ColumnDateFormat":"MM/dd/YYYY","ColumnNullable":"true"}, {"ColumnName":"t","ColumnType":"TIME","ColumnNullable":"true"},
	{"ColumnName":"at","ColumnType":"DATETIME","ColumnNullable":"true"}]}]}`

const everyRow = `1,-128,-32768,9223372036854775807,255,65535,4294967295,18446744073709551615,-12345678.25,1.5,0.1,"a,""b""","two
lines",00ff,0a,true,02/29/2024,23:59:59.5,2024-02-29 12:34:56.789012
2,,,,,,,,,,,"",,,,,,,
`

// drawer is a folder of files as the source of a migration.
type drawer struct {
	*end
	dir      string
	settings map[string]string
}

// newDrawer makes files; a definition that is empty is left out. Further settings follow, name by name.
func newDrawer(t testing.TB, definition string, files map[string]string, pairs ...string) drawer {
	t.Helper()
	dir := t.TempDir()
	d := drawer{&end{engine: "s3", family: catalog.Lake, url: "file://" + dir}, dir, map[string]string{}}
	if definition != "" {
		d.settings["ExternalTableDefinition"] = definition
	}
	for i := 0; i < len(pairs); i += 2 {
		d.settings[pairs[i]] = pairs[i+1]
	}
	for name, text := range files {
		d.put(t, name, text)
	}
	return d
}

// put puts a file into its place whole, as a store does.
func (d drawer) put(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path+".part", []byte(text), 0o644))
	require.NoError(t, os.Rename(path+".part", path))
}

// with has a task read the files.
func (d drawer) with(c *taskConfig) { c.Source.Settings = maps.Clone(d.settings) }

func (d drawer) load(t testing.TB, target *end, edits ...edit) *task.Report {
	t.Helper()
	c := config(d.end, target)
	d.with(&c)
	c.KeepSchemas = false
	for _, e := range edits {
		e(&c)
	}
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	for _, table := range report.Tables {
		require.NoError(t, table.Err, table.Source)
	}
	return report
}

// together has all tables go where a query without a schema finds them.
func together(target *end) edit {
	return func(c *taskConfig) {
		switch target.family {
		case catalog.PostgreSQL:
			c.TargetSchema = "public"
		case catalog.MySQL:
			c.TargetSchema = target.database()
		}
	}
}

var relational = []string{"postgresql-18", "mariadb", "sqlite"}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestLakeSourceLoadsEveryType(t *testing.T) {
	for _, to := range relational {
		t.Run(to, func(t *testing.T) {
			target := newEnd(t, to)
			d := newDrawer(t, everyType, map[string]string{"hr/every/LOAD001.csv": everyRow, "hr/every/notes.txt": "not read", "hr/every/20240101-120000000.csv": "I,9"})
			report := d.load(t, target, together(target))
			require.Equal(t, int64(2), report.Tables[0].Rows)
			require.Zero(t, report.Tables[0].Rejected)
			q := target.quote
			text := func(column string) string {
				switch {
				case column == "at" && target.family == catalog.PostgreSQL:
					return "to_char(" + q(column) + ", 'YYYY-MM-DD HH24:MI:SS.US')"
				case target.family == catalog.MySQL:
					return "CAST(" + q(column) + " AS char)"
				default:
					return "CAST(" + q(column) + " AS text)"
				}
			}
			for column, want := range map[string]string{
				"i1": "-128", "i2": "-32768", "i8": "9223372036854775807", "u1": "255", "u2": "65535", "u4": "4294967295", "u8": "18446744073709551615", "n": "-12345678.25",
				"r4": "1.5", "r8": "0.1", "s": `a,"b"`, "c": "two\nlines", "d": "2024-02-29", "at": "2024-02-29 12:34:56.789012",
			} {
				got := target.column(t, fmt.Sprintf("SELECT %s FROM %s ORDER BY id", text(column), q("every")))
				second := "NULL"
				if column == "s" {
					second = ""
				}
				require.Equal(t, []string{want, second}, got, column)
			}
			require.Equal(t, []string{"1"}, target.column(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s AND %s IS NOT NULL", q("every"), q("yes"), q("t"))))
			hex := map[catalog.Family]string{catalog.PostgreSQL: "encode(%s, 'hex')"}[target.family]
			if hex == "" {
				hex = "lower(hex(%s))"
			}
			require.Equal(t, []string{"00ff 0a"}, target.column(t, "SELECT concat("+fmt.Sprintf(hex, q("b"))+", ' ', "+fmt.Sprintf(hex, q("lob"))+") FROM "+q("every")+" WHERE id = 1"))
			notNull := map[catalog.Family]string{
				catalog.PostgreSQL: "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid = 'every'::regclass",
				catalog.MySQL:      "SELECT count(*) FROM information_schema.table_constraints WHERE table_schema = database() AND constraint_type = 'PRIMARY KEY'",
				catalog.SQLite:     "SELECT count(*) FROM pragma_table_info('every') WHERE pk = 1",
			}[target.family]
			require.Equal(t, []string{"1"}, target.column(t, notNull), "the key")
		})
	}
}

const pairTable = `{"Tables":[{"TableName":"p","TablePath":"a/p","TableOwner":"o","TableColumns":[
	{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},{"ColumnName":"v","ColumnType":"STRING","ColumnLength":"20","ColumnNullable":"true"}]}]}`

// TestLakeSourceDialects: each setting of the CSV does what it says.
func TestLakeSourceDialects(t *testing.T) {
	for name, c := range map[string]struct {
		files    map[string]string
		settings []string
		want     []string
	}{
		"several files": {map[string]string{"a/p/LOAD002.csv": "2,b\n", "a/p/LOAD001.csv": "1,a", "a/p/part/LOAD003.csv": "3,c\n", "a/p/other.csv": "x"}, nil, []string{"1 a", "2 b", "3 c"}},
		"other names":   {map[string]string{"a/p/rows.CSV": "1,a\n", "a/p/.hidden.csv": "x", "a/p/_tmp.csv": "x"}, nil, []string{"1 a"}},
		"compressed":    {map[string]string{"a/p/LOAD001.csv.gz": zipped(t, "1,a\n2,b\n")}, nil, []string{"1 a", "2 b"}},
		"operation":     {map[string]string{"a/p/LOAD001.csv": "I,1,a\ninsert,2,b\n3,c\n"}, nil, []string{"1 a", "2 b", "3 c"}},
		"header":        {map[string]string{"a/p/LOAD001.csv": "id,v\n1,a\n", "a/p/LOAD002.csv": "\"id\",v\n2,b\n"}, []string{"IgnoreHeaderRows", "1"}, []string{"1 a", "2 b"}},
		"delimiters":    {map[string]string{"a/p/LOAD001.csv": "1||a|;2||b,c|;"}, []string{"CsvDelimiter", "||", "CsvRowDelimiter", "|;"}, []string{"1 a", "2 b,c"}},
		"escaped":       {map[string]string{"a/p/LOAD001.csv": "1\ta\r\n2\tb\r\n"}, []string{"CsvDelimiter", `\t`, "CsvRowDelimiter", `\r\n`}, []string{"1 a", "2 b"}},
		"null value":    {map[string]string{"a/p/LOAD001.csv": "1,NULL\n2,\"NULL\"\n3,\n4,\"\"\n"}, []string{"CsvNullValue", "NULL"}, []string{"1 -", "2 NULL", "3 ", "4 "}},
		"no null value": {map[string]string{"a/p/LOAD001.csv": "1,\n2,\"\"\n"}, nil, []string{"1 -", "2 "}},
		"no quotes":     {map[string]string{"a/p/LOAD001.csv": "1,\"a\"\n"}, []string{"Rfc4180", "false"}, []string{`1 "a"`}},
		"of Windows":    {map[string]string{"a/p/LOAD001.csv": "\xef\xbb\xbf1,a\r\n2,\"b\"\r\n\r\n"}, nil, []string{"1 a", "2 b"}},
		"no files":      {map[string]string{"a/README": "nothing"}, nil, nil},
		"folder":        {map[string]string{"in/deep/a/p/LOAD001.csv": "1,a\n"}, []string{"BucketFolder", "in/deep"}, []string{"1 a"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := newEnd(t, "sqlite")
			report := newDrawer(t, pairTable, c.files, c.settings...).load(t, target)
			require.Zero(t, report.Tables[0].Rejected)
			require.Equal(t, c.want, target.column(t, "SELECT id || ' ' || coalesce(v, '-') FROM p ORDER BY id"))
		})
	}
}

// TestLakeSourceRejectsWithAPlace: a row that is not what the definition says is written down with its file, line and column, and
// the others go; a file that is no CSV ends its table with the place.
func TestLakeSourceRejectsWithAPlace(t *testing.T) {
	target := newEnd(t, "postgresql-18")
	d := newDrawer(t, everyType, map[string]string{"hr/every/LOAD001.csv": "x" + strings.Repeat(",", 18) + "\n1,200" + strings.Repeat(",", 17) + "\n1,2\n2" + strings.Repeat(",", 18) +
		"\n3" + strings.Repeat(",", 16) + "99/99/2024,," + "\n4" + strings.Repeat(",", 11) + "\xff" + strings.Repeat(",", 7) + "\n\"5\"" + strings.Repeat(",", 18) + "\n"})
	report := d.load(t, target)
	require.Equal(t, int64(2), report.Tables[0].Rows)
	require.Equal(t, int64(5), report.Tables[0].Rejected)
	require.Equal(t, []string{"2", "5"}, target.column(t, "SELECT id FROM hr.every ORDER BY id"))
	errors := target.column(t, `SELECT "STATEMENT" || ' ' || "ERROR" FROM `+exceptions(target)+` ORDER BY 1`)
	for i, want := range []string{
		`hr/every/LOAD001.csv line 1, column 1.*"id".*"x"`, `hr/every/LOAD001.csv line 2, column 2.*"i1".*200`, "hr/every/LOAD001.csv line 3.*it has 2 values, and table hr.every has 19 columns",
		`hr/every/LOAD001.csv line 5, column 17.*"d".*99/99/2024.*MM/dd/YYYY`, `hr/every/LOAD001.csv line 6, column 12.*"s".*is not UTF-8`,
	} {
		require.Regexp(t, want, errors[i])
	}

	d = newDrawer(t, pairTable, map[string]string{"a/p/LOAD001.csv": "1,a\n2,\"b\n"})
	c := config(d.end, newEnd(t, "sqlite"))
	d.with(&c)
	report, err := run(t.Context(), c)
	if err == nil {
		err = report.Tables[0].Err
	}
	require.ErrorContains(t, err, "read file a/p/LOAD001.csv: line 2, column 2: a quotation mark is opened and not closed")
	require.Equal(t, connector.Data, connector.ClassOf(err))
}

// TestLakeSourceCutsOnlyWhatItIsAskedTo: a fraction of a second goes as far as ColumnScale says, and that is counted.
func TestLakeSourceCutsOnlyWhatItIsAskedTo(t *testing.T) {
	target := newEnd(t, "sqlite")
	definition := `{"Tables":[{"TableName":"p","TableOwner":"o","TableColumns":[{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},
		{"ColumnName":"a","ColumnType":"DATETIME","ColumnScale":"3"},{"ColumnName":"b","ColumnType":"DATETIME"},{"ColumnName":"c","ColumnType":"STRING","ColumnLength":"3"}]}]}`
	d := newDrawer(t, definition, map[string]string{"o/p/LOAD001.csv": "1,2024-01-01 00:00:00.123456,2024-01-01 00:00:00.123456,äöü\n2,2024-01-01 00:00:00,2024-01-01 00:00:00.123456789,abcd\n"})
	report := d.load(t, target)
	require.Equal(t, int64(2), report.Tables[0].Rows)
	require.Equal(t, []string{"1 2024-01-01 00:00:00.123 2024-01-01 00:00:00.123456 äöü", "2 2024-01-01 00:00:00 2024-01-01 00:00:00.123456 abc"},
		target.column(t, "SELECT id || ' ' || a || ' ' || b || ' ' || c FROM p ORDER BY id"))
	require.Equal(t, []string{"3"}, target.column(t, "SELECT count(*) FROM "+exceptions(target)))
}

func TestLakeSourceFilters(t *testing.T) {
	target := newEnd(t, "sqlite")
	d := newDrawer(t, pairTable, map[string]string{"a/p/LOAD001.csv": "1,a\n5,\n9,b\n10,c\nx,d\n", "log/1.csv": "I,p,o,2,x\nI,p,o,11,y\n"}, "CdcPath", "log")
	rules := document(t, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"o","table-name":"p"},"rule-action":"include",
		"filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"gte","value":"5"}]}]}]}`)
	report := d.load(t, target, rules)
	require.Equal(t, int64(1), report.Tables[0].Rejected, "a value that the filter cannot read")
	require.Equal(t, []string{"5", "9", "10"}, target.column(t, "SELECT id FROM p ORDER BY id"))
	other := newEnd(t, "sqlite")
	d.catchUp(t, other, rules)
	require.Equal(t, []string{"5", "9", "10", "11"}, other.column(t, "SELECT id FROM p ORDER BY id"))
}

// catchUp loads, and applies the files of changes that are there.
func (d drawer) catchUp(t *testing.T, target *end, edits ...edit) *task.Report {
	t.Helper()
	c := changesConfig(d.end, target)
	c.Stop.CaughtUp = true
	d.with(&c)
	for _, e := range edits {
		e(&c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	report, err := run(ctx, c)
	require.NoError(t, err)
	require.Equal(t, cdc.CaughtUp, report.Reason)
	return report
}

const ledger = `{"TableCount":2,"Tables":[{"TableName":"account","TableOwner":"bank","TableColumns":[
	{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},{"ColumnName":"owner","ColumnType":"STRING","ColumnLength":"40","ColumnNullable":"true"},{"ColumnName":"money","ColumnType":"NUMERIC","ColumnPrecision":"12","ColumnScale":"2"}]},
	{"TableName":"entry","TableOwner":"bank","TableColumns":[{"ColumnName":"what","ColumnType":"CLOB"}]}]}`

func TestLakeSourceFollowsChanges(t *testing.T) {
	for _, to := range relational {
		t.Run(to, func(t *testing.T) {
			target := newEnd(t, to)
			d := newDrawer(t, ledger, map[string]string{
				"bank/account/LOAD001.csv": "1,Ann,10.00\n2,Bob,20.00\n3,,30.00\n", "bank/entry/LOAD001.csv": "opened\n",
				"changes/CDC00002.csv":    "UPDATE,account,bank,1,Ann,15.00\nD,account,bank,2,,0\ninsert,entry,bank,\"two\nlines\"\n",
				"changes/CDC00001.csv.gz": zipped(t, "INSERT,account,bank,4,\"Dan, jr.\",40\nI,entry,bank,deposit\nI,entry,bank,deposit\nI,stranger,bank,1\n"),
				"changes/readme.txt":      "nothing",
			}, "CdcPath", "/changes")
			accounts := "SELECT concat(id, ' ', coalesce(owner, '-'), ' ', money) FROM account ORDER BY id"
			if target.family == catalog.SQLite {
				accounts = "SELECT id || ' ' || coalesce(owner, '-') || ' ' || printf('%.2f', money) FROM account ORDER BY id"
			}
			report := d.catchUp(t, target, together(target))
			require.Equal(t, []string{"1 Ann 15.00", "3 - 30.00", "4 Dan, jr. 40.00"}, target.column(t, accounts))
			require.Equal(t, []string{"deposit", "deposit", "opened", "two\nlines"}, target.column(t, "SELECT what FROM entry ORDER BY what"))
			counts := changesOf(t, report, "account")
			require.Equal(t, []int64{1, 1, 1}, []int64{counts.AppliedInserts, counts.AppliedUpdates, counts.AppliedDeletes})

			// What comes later goes on where it ended; a file whose name comes before is not looked at.
			d.put(t, "changes/CDC00003.csv", "I,account,bank,5,Eve,50.00\n")
			d.put(t, "changes/CDC00001b.csv", "I,account,bank,99,late,0\n")
			d.catchUp(t, target, together(target))
			d.catchUp(t, target, together(target))
			require.Equal(t, []string{"1 Ann 15.00", "3 - 30.00", "4 Dan, jr. 40.00", "5 Eve 50.00"}, target.column(t, accounts))
			require.Len(t, target.column(t, "SELECT what FROM entry"), 4)

			// Changes that are no right ones are rejected with their place.
			d.put(t, "changes/CDC00004.csv", "U,account,bank,,Nobody,1\nI,account,bank,6\nU,entry,bank,x\nI,account,bank,7,Fay,x\nI,account,bank,8,Gus,80\n")
			report = d.catchUp(t, target, together(target))
			require.Equal(t, int64(3), changesOf(t, report, "account").Failed)
			require.Equal(t, int64(1), changesOf(t, report, "entry").Failed)
			require.Contains(t, target.column(t, accounts), "8 Gus 80.00")
			errors := strings.Join(target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s", target.quote("ERROR"), exceptions(target), owned(target))), "\n")
			for _, want := range []string{"CDC00004.csv line 1, column 4", "CDC00004.csv line 2", "CDC00004.csv line 3", "CDC00004.csv line 4, column 6"} {
				require.Contains(t, errors, want)
			}
		})
	}
}

// TestLakeSourceChangesComeOnce stops the following of changes again and again, at places that the size of groups makes many, and has
// the store hold several files at each start: every line is carried out once.
func TestLakeSourceChangesComeOnce(t *testing.T) {
	for _, to := range relational {
		t.Run(to, func(t *testing.T) {
			target, b := newEnd(t, to), servertest.S3(t)
			put := func(name, text string) {
				path := filepath.Join(b.Dir, name)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path+".part", []byte(text), 0o644))
				require.NoError(t, os.Rename(path+".part", path))
			}
			put("in/bank/entry/LOAD001.csv", "first\n")
			source := &end{engine: "s3", family: catalog.Lake, url: b.URL("in")}
			want := 1
			for round := range 6 {
				for file := range 3 {
					var text strings.Builder
					for line := range 40 {
						fmt.Fprintf(&text, "I,entry,bank,%d.%d.%d\n", round, file, line)
						want++
					}
					put(fmt.Sprintf("in/log/%02d-%d.csv", round, file), text.String())
				}
				c := changesConfig(source, target)
				c.Source.Settings = map[string]string{"ExternalTableDefinition": ledger, "CdcPath": "log"}
				together(target)(&c)
				c.Settings.TargetMetadata.BatchApplyEnabled, c.Settings.ChangeProcessingTuning.BatchSplitSize = true, 14
				ctx, cancel := context.WithCancel(t.Context())
				go func() { // at some moment on the way
					for ctx.Err() == nil && c.ChangeStats.Counts().Applied < int64(10*(round+1)) {
						<-time.After(time.Millisecond)
					}
					cancel()
				}()
				_, _ = run(ctx, c)
				cancel()
			}
			c := changesConfig(source, target)
			c.Source.Settings = map[string]string{"ExternalTableDefinition": ledger, "CdcPath": "log"}
			together(target)(&c)
			c.Stop.CaughtUp = true
			_, err := run(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, []string{fmt.Sprint(want)}, target.column(t, "SELECT count(*) FROM entry"))
			require.Equal(t, []string{fmt.Sprint(want)}, target.column(t, "SELECT count(DISTINCT what) FROM entry"))
		})
	}
}

func TestLakeSourceStartsWhereItIsTold(t *testing.T) {
	files := map[string]string{"log/a.csv": "I,entry,bank,a\n", "log/b.csv": "I,entry,bank,b\n", "log/c.csv": "I,entry,bank,c\n", "bank/x": ""}
	start := func(t *testing.T, p connector.StartPoint) ([]string, error) {
		target := newEnd(t, "sqlite")
		d := newDrawer(t, ledger, files, "CdcPath", "log")
		for i, name := range []string{"a", "b", "c"} {
			at := time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)
			require.NoError(t, os.Chtimes(filepath.Join(d.dir, "log", name+".csv"), at, at))
		}
		c := changesConfig(d.end, target)
		d.with(&c)
		c.Type, c.Start, c.Stop.CaughtUp = task.Changes, p, true
		if _, err := run(t.Context(), c); err != nil {
			return nil, err
		}
		return target.column(t, "SELECT what FROM entry ORDER BY what"), nil
	}
	for name, c := range map[string]struct {
		from connector.StartPoint
		want []string
	}{
		"the first": {connector.StartPoint{}, []string{"a", "b", "c"}}, "a file": {connector.StartPoint{Native: "b.csv"}, []string{"b", "c"}},
		"a position": {connector.StartPoint{Native: `checkpoint:{"file":"b.csv"}`}, []string{"c"}},
		"a time":     {connector.StartPoint{At: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}, []string{"b", "c"}},
		"the future": {connector.StartPoint{At: time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := start(t, c.from)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	_, err := start(t, connector.StartPoint{Native: "d.csv"})
	require.ErrorContains(t, err, "there is no file of changes log/d.csv")
	_, err = start(t, connector.StartPoint{Native: "{}x"})
	require.ErrorContains(t, err, "no position")
}

func TestLakeSourceRefusals(t *testing.T) {
	files := map[string]string{"a/p/LOAD001.csv": "1,a\n"}
	for name, c := range map[string]struct {
		d     drawer
		edit  edit
		class connector.Class
		says  string
	}{
		"no definition": {newDrawer(t, "", files), nil, connector.Invalid, "nothing says which tables"},
		"definition":    {newDrawer(t, "{}", files), nil, connector.Invalid, "ExternalTableDefinition: "},
		"no folder":     {newDrawer(t, pairTable, files), func(c *taskConfig) { c.Source.URL += "/nowhere" }, connector.Missing, "there is no folder"},
		"CSV files":     {newDrawer(t, pairTable, files, "DataFormat", "parquet"), nil, connector.Invalid, "says that files are Parquet, and those of table o.p in a/p/ are not (set DataFormat csv)"},
		"Parquet files": {newDrawer(t, pairTable, map[string]string{"a/p/LOAD001.parquet": "PAR1"}), nil, connector.Invalid, "set DataFormat parquet"},
		"its CdcPath":   {newDrawer(t, pairTable, files, "DataFormat", "parquet", "CdcPath", "log"), nil, connector.Invalid, "leave CdcPath out"},
		"its header":    {newDrawer(t, pairTable, files, "DataFormat", "parquet", "IgnoreHeaderRows", "1"), nil, connector.Invalid, "leave IgnoreHeaderRows out"},
		"header rows":   {newDrawer(t, pairTable, files, "IgnoreHeaderRows", "2"), nil, connector.Invalid, "from 0 to 1"},
		"of a target":   {newDrawer(t, pairTable, files, "AddColumnName", "true"), nil, connector.Invalid, `no setting "AddColumnName"`},
		"delimiters":    {newDrawer(t, pairTable, files, "CsvDelimiter", "\n"), nil, connector.Invalid, "not part of CsvRowDelimiter"},
		"no CdcPath":    {newDrawer(t, pairTable, files), func(c *taskConfig) { c.Type = task.FullLoadAndCDC }, connector.Invalid, "set CdcPath"},
		"validation": {newDrawer(t, pairTable, files, "CdcPath", "log"), func(c *taskConfig) {
			c.Type, c.Settings.ValidationSettings.EnableValidation = task.FullLoadAndCDC, true
		}, connector.Invalid, "turn EnableValidation off"},
		"parallel load": {newDrawer(t, pairTable, files), document(t, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"o","table-name":"p"},"rule-action":"include"},
			{"rule-type":"table-settings","rule-id":"2","rule-name":"2","object-locator":{"schema-name":"o","table-name":"p"},"parallel-load":{"type":"partitions-auto"}}]}`), connector.Invalid, "leave parallel-load out"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := changesConfig(c.d.end, newEnd(t, "sqlite"))
			cfg.Type, cfg.Stop.CaughtUp = task.FullLoad, true
			c.d.with(&cfg)
			if c.edit != nil {
				c.edit(&cfg)
			}
			_, err := run(t.Context(), cfg)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, c.class, connector.ClassOf(err), err)
		})
	}
}

// TestLakeSourceLoadsNothingAnew while changes are followed: the target would be emptied for files that tell of the beginning.
func TestLakeSourceLoadsNothingAnew(t *testing.T) {
	target := newEnd(t, "sqlite")
	d := newDrawer(t, pairTable, map[string]string{"a/p/LOAD001.csv": "1,a\n", "log/1.csv": "I,p,o,2,b\n"}, "CdcPath", "log")
	d.catchUp(t, target)
	c := changesConfig(d.end, target)
	d.with(&c)
	m, err := task.Open(t.Context(), c)
	require.NoError(t, err)
	defer func() { _ = m.Close() }()
	require.ErrorContains(t, m.Reload(t.Context(), []catalog.Name{{Schema: "o", Name: "p"}}), "none can be loaded anew")
	require.Equal(t, []string{"1", "2"}, target.column(t, "SELECT id FROM p ORDER BY id"))
}

// TestLakeSourceResumesALoad that was cut off, unless its files have changed meanwhile.
func TestLakeSourceResumesALoad(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "%d,v\n", i)
	}
	for _, changed := range []bool{false, true} {
		target := newEnd(t, "postgresql-18")
		files := map[string]string{"a/p/LOAD002.csv": "5000,x\n\"", "a/p/LOAD001.csv": text.String()}
		d := newDrawer(t, pairTable, files)
		c := config(d.end, target)
		d.with(&c)
		c.SegmentBytes = 100
		c.RunName = "resumed"
		report, err := run(t.Context(), c)
		if err == nil {
			err = report.Tables[0].Err
		}
		require.ErrorContains(t, err, "LOAD002.csv")
		d.put(t, "a/p/LOAD002.csv", "5000,x\n5001,y\n")
		if changed {
			d.put(t, "a/p/LOAD001.csv", "1,only\n")
		}
		c = config(d.end, target)
		d.with(&c)
		c.SegmentBytes, c.RunName, c.RefuseRows = 100, "resumed", false
		report, err = run(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, report.Tables[0].Err)
		want := "2002"
		if changed {
			want = "3"
		}
		require.Equal(t, []string{want}, target.column(t, "SELECT count(*) FROM o.p"))
	}
}

// TestLakeSourceHugeRowsOfSeveralFiles into a target that has one load open at a time: who has its turn and who carries a huge row must
// not wait for each other.
func TestLakeSourceHugeRowsOfSeveralFiles(t *testing.T) {
	target, files := newEnd(t, "sqlite"), map[string]string{}
	definition := strings.Replace(pairTable, `"STRING","ColumnLength":"20"`, `"CLOB"`, 1)
	for file := range 4 {
		for row := range 3 {
			files[fmt.Sprintf("a/p/LOAD%d.csv", file)] += fmt.Sprintf("%d,%s\n", 10*file+row, strings.Repeat("x", 9<<20))
		}
	}
	d := newDrawer(t, definition, files)
	c := config(d.end, target)
	d.with(&c)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	_, err := run(ctx, c)
	require.NoError(t, err)
	require.Equal(t, []string{"12 113246208"}, target.column(t, "SELECT count(*) || ' ' || sum(length(v)) FROM p"))
}
