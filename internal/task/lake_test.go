package task_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// lake is a bucket as the target of a migration.
type lake struct {
	*servertest.Bucket
	end *end
}

func newLake(t testing.TB) lake {
	b := servertest.S3(t)
	return lake{b, &end{engine: "s3", family: catalog.Lake, url: b.URL("dms")}}
}

// lakeWith sets endpoint settings of the target.
func lakeWith(pairs ...string) edit {
	return func(c *taskConfig) {
		c.Target.Settings = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			c.Target.Settings[pairs[i]] = pairs[i+1]
		}
	}
}

// files are the data files below a folder of the bucket, by their keys, with what is in them.
func (l lake) files(t testing.TB, folder string) map[string]string {
	t.Helper()
	return filesBelow(t, filepath.Join(l.Dir, "dms", folder))
}

func filesBelow(t testing.TB, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && d.IsDir() {
			return nil
		}
		require.NoError(t, err)
		file, err := os.Open(path)
		require.NoError(t, err)
		defer func() { _ = file.Close() }()
		var r io.Reader = file
		if strings.HasSuffix(path, ".gz") {
			r, err = gzip.NewReader(file)
			require.NoError(t, err)
		}
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		out[rel] = string(text)
		return nil
	})
	require.NoError(t, err)
	return out
}

// lines are the lines of all files, those of one file behind those of the one before it.
func (l lake) lines(t testing.TB, folder string) []string {
	files := l.files(t, folder)
	var names, all []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all = append(all, strings.Split(strings.TrimSuffix(files[name], "\n"), "\n")...)
	}
	return all
}

// both are the texts of a table's one file of the load and its one file of changes.
func (l lake) both(t *testing.T, folder string) (loaded, changed string) {
	t.Helper()
	files := l.files(t, folder)
	require.Len(t, files, 2, "want one file of the load and one of changes")
	require.Contains(t, files, "LOAD00000001.csv")
	for key, text := range files {
		if key != "LOAD00000001.csv" {
			changed = text
		}
	}
	return files["LOAD00000001.csv"], changed
}

func (l lake) load(t *testing.T, source *end, edits ...edit) *task.Report {
	t.Helper()
	c := config(source, l.end)
	for _, e := range edits {
		e(&c)
	}
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	for _, table := range report.Tables {
		require.NoError(t, table.Err, table.Source)
	}
	return report
}

const allTypes = `CREATE TABLE every (id int PRIMARY KEY, small smallint, big bigint, yes boolean, exact numeric(12,3), wide numeric(30,5), loose numeric,
	r4 real, r8 double precision, day date, clock time, at timestamp, zoned timestamptz, word varchar(20), fixed char(5), long text, raw bytea, u uuid, doc jsonb)`

const allValues = `INSERT INTO every VALUES
	(1, -32768, 9223372036854775807, true, -123456789.125, 1234567890123456789012345.54321, 1e30, 1.5, 0.1, '2024-02-29', '23:59:59.999999', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.5+02', 'a,"b"', 'x', E'two\nlines', '\x00ff', '00000000-0000-0000-0000-000000000001', '{"k": 1}'),
	(2, 0, 0, false, 0, 0, 0, 0, 0, '1969-12-31', '00:00:00', '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00+00', '', '', '', '', '00000000-0000-0000-0000-000000000002', '[]'),
	(3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`

// everyByHyparquet are the values as a third reader has them, in whose language numbers are doubles.
var everyByHyparquet = []string{
	`1|-32768|9223372036854775807|true|-123456789.125|1.2345678901234568e+24|1000000000000000000000000000000|1.5|0.1|2024-02-29|86399999999|1709210096789012|1709202896500000|a,"b"|x    |two/lines|00ff|00000000-0000-0000-0000-000000000001|{"k": 1}`,
	"2|0|0|false|0|0|0|0|0|1969-12-31|0|-1|-2208988800000000||     |||00000000-0000-0000-0000-000000000002|[]",
	"3" + strings.Repeat("|NULL", 18),
}

func TestLakeParquetIsReadByDuckDB(t *testing.T) {
	source, l := newEnd(t, "postgresql-15"), newLake(t)
	source.exec(t, allTypes, allValues, "CREATE TABLE many AS SELECT g AS id, 'row ' || g AS name, (g * 0.25)::numeric(10,2) AS n FROM generate_series(1, 30000) g")
	for _, s := range [][]string{
		{"ParquetVersion", "parquet-1-0"}, {"ParquetVersion", "PARQUET_2_0", "EncodingType", "plain", "EnableStatistics", "false"},
		{"EncodingType", "plain-dictionary", "CompressionType", "gzip", "RowGroupLength", "5000", "DataPageSize", "4096", "DictPageSizeLimit", "1000"},
	} {
		t.Run(strings.Join(s, " "), func(t *testing.T) {
			l.load(t, source, lakeWith(append(s, "DataFormat", "parquet")...), func(c *taskConfig) {
				c.Settings.FullLoadSettings.TargetTablePrepMode, c.RefuseRows = "DROP_AND_CREATE", false
			})
			every := filepath.Join(l.Dir, "dms/public/every/LOAD00000001.parquet")
			many := filepath.Join(l.Dir, "dms/public/many/*.parquet")
			got := servertest.DuckDB(t, "SET TimeZone='UTC'",
				fmt.Sprintf("SELECT id, small, big, yes, exact, wide, loose, r4, r8, day, clock, \"at\", epoch_us(zoned), word, fixed, replace(long, chr(10), '/'), hex(raw), u, doc FROM '%s' ORDER BY id", every),
				fmt.Sprintf("SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE SELECT * FROM '%s')", every),
				fmt.Sprintf("SELECT count(*), count(DISTINCT id), sum(n), max(name) FROM '%s'", many))
			require.Equal(t, []string{
				`1|-32768|9223372036854775807|true|-123456789.125|1234567890123456789012345.54321|1000000000000000000000000000000|1.5|0.1|2024-02-29|23:59:59.999999|2024-02-29 12:34:56.789012|1709202896500000|a,"b"|x    |two/lines|00FF|00000000-0000-0000-0000-000000000001|{"k": 1}`,
				`2|0|0|false|0.000|0.00000|0|0|0|1969-12-31|00:00:00|1969-12-31 23:59:59.999999|-2208988800000000||     |||00000000-0000-0000-0000-000000000002|[]`,
				"3" + strings.Repeat("|NULL", 18),
				"id INTEGER, small SMALLINT, big BIGINT, yes BOOLEAN, exact DECIMAL(12,3), wide DECIMAL(30,5), loose VARCHAR, r4 FLOAT, r8 DOUBLE, day DATE, clock TIME, at TIMESTAMP, zoned TIMESTAMP WITH TIME ZONE, word VARCHAR, fixed VARCHAR, long VARCHAR, raw BLOB, u VARCHAR, doc VARCHAR",
				"30000|30000|112503750.00|row 9999",
			}, got)
			require.Equal(t, everyByHyparquet, servertest.Hyparquet(t, every))
			inside := servertest.DuckDB(t, fmt.Sprintf("SELECT count(DISTINCT row_group_id), max(row_group_num_rows), max(compression), bool_or(stats_min_value IS NOT NULL), bool_or(encodings LIKE '%%DICTIONARY%%') FROM parquet_metadata('%s')", many))[0]
			switch {
			case slices.Contains(s, "5000"):
				require.Equal(t, "6|5000|GZIP|true|true", inside)
			case slices.Contains(s, "plain"):
				require.Equal(t, "3|10000|UNCOMPRESSED|false|false", inside)
			default:
				require.Equal(t, "3|10000|UNCOMPRESSED|true|true", inside)
			}
		})
	}
}

func TestLakeCSVIsReadByPostgreSQL(t *testing.T) {
	source, l := newEnd(t, "postgresql-15"), newLake(t)
	source.exec(t, allTypes, allValues)
	back := func(t *testing.T, text, options string) {
		t.Helper()
		source.exec(t, "DROP TABLE IF EXISTS back", "CREATE TABLE back (LIKE every)", "ALTER TABLE back ALTER raw TYPE text")
		copyIn(t, source, "SET TimeZone = 'UTC'; COPY back FROM STDIN (FORMAT csv"+options+")", text)
		left := source.column(t, `SELECT count(*) FROM (SELECT id, small, big, yes, exact, wide, loose, r4, r8, day, clock, at, zoned, word, fixed, long, encode(raw, 'hex'), u, doc FROM every
			EXCEPT SELECT id, small, big, yes, exact, wide, loose, r4, r8, day, clock, at, zoned, word, fixed, long, raw, u, doc FROM back) x`)
		require.Equal(t, []string{"0"}, left)
		require.Equal(t, []string{"3"}, source.column(t, "SELECT count(*) FROM back"))
	}
	drop := func(c *taskConfig) {
		c.Settings.FullLoadSettings.TargetTablePrepMode, c.RefuseRows = "DROP_AND_CREATE", false
	}
	l.load(t, source, drop)
	back(t, l.files(t, "public/every")["LOAD00000001.csv"], "")
	l.load(t, source, drop, lakeWith("CsvDelimiter", "|", "CsvNullValue", "NULL", "AddColumnName", "true", "CompressionType", "gzip"))
	back(t, l.files(t, "public/every")["LOAD00000001.csv.gz"], ", DELIMITER '|', NULL 'NULL', HEADER")
	l.load(t, source, drop, lakeWith("IncludeOpForFullLoad", "true", "TimestampColumnName", "moved_at", "AddColumnName", "true", "CsvRowDelimiter", `\r\n`))
	text := l.files(t, "public/every")["LOAD00000001.csv"]
	require.Regexp(t, `^Op,moved_at,id,small,.*\r\nI,20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6},1,-32768,`, text)
}

// copyIn hands a text to COPY … FROM STDIN.
func copyIn(t *testing.T, e *end, sql, text string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), e.url)
	require.NoError(t, err)
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	zone, sql, _ := strings.Cut(sql, "; ")
	_, err = c.Exec(t.Context(), zone)
	require.NoError(t, err)
	_, err = c.PgConn().CopyFrom(t.Context(), strings.NewReader(text), sql)
	require.NoError(t, err)
}

// broker stands between a task and the store. From the request on that it is told, it answers none any more: that request still
// reaches the store when reaches holds, and tripped is called.
type broker struct {
	url     string
	n       atomic.Int64
	limit   atomic.Int64
	reaches bool
	tripped func()
	slow    atomic.Int64 // requests that are answered SlowDown first
}

func newBroker(t *testing.T, endpoint string) *broker {
	to, err := url.Parse(endpoint)
	require.NoError(t, err)
	b := &broker{}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }, ErrorLog: log.New(io.Discard, "", 0)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.slow.Add(-1) >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return
		}
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/_awsdms_control/claim-") { // which come when they will
			proxy.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if limit := b.limit.Load(); limit == 0 || b.n.Load() < limit {
				proxy.ServeHTTP(w, r)
				return
			}
			panic(http.ErrAbortHandler)
		}
		n, limit := b.n.Add(1), b.limit.Load()
		if limit == 0 || n < limit {
			proxy.ServeHTTP(w, r)
			return
		}
		if n == limit && b.reaches {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		b.tripped()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// through has the target reached through a broker, without patience.
func (l lake) through(b *broker) edit {
	return func(c *taskConfig) {
		u, _ := url.Parse(l.end.url)
		u.RawQuery = url.Values{"endpoint": {b.url}, "attempts": {"1"}}.Encode()
		c.Target.URL = u.String()
	}
}

// TestLakeLoadSurvivesAnyInstant cuts a load off at each of its requests that change the store, before and after it has its effect,
// and has another take it up.
func TestLakeLoadSurvivesAnyInstant(t *testing.T) {
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE two (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE none (id INTEGER)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 3000) INSERT INTO one SELECT i, hex(randomblob(20)) FROM c", "INSERT INTO two VALUES (1, 'x'), (2, NULL)")
	want := source.column(t, "SELECT id || ',' || v FROM one")
	slices.Sort(want)
	step := int64(6) // every one when kills are asked for
	if os.Getenv("WHIMBREL_CHAOS_KILLS") != "" {
		step = 1
	}
	for first, reaches := range []bool{false, true} {
		for cut := 1 + int64(first); ; cut += step {
			l := newLake(t)
			b := newBroker(t, l.Endpoint)
			b.reaches = reaches
			ctx, cancel := context.WithCancel(t.Context())
			b.tripped = cancel
			edits := func() taskConfig {
				c := config(source, l.end)
				c.SegmentBytes = 20 << 10
				l.through(b)(&c)
				return c
			}
			b.limit.Store(cut)
			_, err := run(ctx, edits())
			cancel()
			if err == nil {
				require.Greater(t, cut, int64(15), "nothing was cut off")
				break
			}
			b.limit.Store(0)
			_, err = run(t.Context(), edits())
			if err != nil && strings.Contains(err.Error(), "holds rows") {
				require.NotContains(t, keysOf(l.files(t, "_awsdms_control")), "plan.json", "request %d", cut) // cut off after its very last step
			} else {
				require.NoError(t, err, "cut off at request %d", cut)
			}
			got := l.lines(t, "main/one")
			slices.Sort(got)
			require.Equal(t, want, got, "cut off at request %d", cut)
			require.Equal(t, []string{"1,x", "2,"}, l.lines(t, "main/two"), "cut off at request %d", cut)
			for key := range l.files(t, "main") {
				require.Regexp(t, `^(one|two)/LOAD[0-9A-F]{8}\.csv$`, key)
			}
			require.Empty(t, filesBelow(t, filepath.Join(l.Dir, ".sgwtmp")), "uploads are left, cut off at request %d", cut)
		}
	}
}

func keysOf(files map[string]string) string {
	var all []string
	for key := range files {
		all = append(all, key)
	}
	return strings.Join(all, " ")
}

func TestLakeChanges(t *testing.T) {
	source, l := newEnd(t, "postgresql-15"), newLake(t)
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name text, n numeric(6,2))", "ALTER TABLE item REPLICA IDENTITY FULL", "INSERT INTO item VALUES (1, 'one', 1)")
	set := lakeWith("TimestampColumnName", "at", "DatePartitionEnabled", "true")
	load(t, source, l.end, set)
	source.exec(t, "BEGIN; INSERT INTO item VALUES (2, 'two', 2); UPDATE item SET name = 'ONE' WHERE id = 1; DELETE FROM item WHERE id = 2; COMMIT", "UPDATE item SET id = 5 WHERE id = 1")
	report := catchUp(t, source, l.end, set)
	counts := changesOf(t, report, "item")
	require.Equal(t, []int64{1, 2, 1}, []int64{counts.AppliedInserts, counts.AppliedUpdates, counts.AppliedDeletes})
	files := l.files(t, "public/item")
	require.Len(t, files, 2)
	for key, text := range files {
		if strings.HasPrefix(key, "LOAD") {
			continue
		}
		require.Regexp(t, `^\d{4}/\d\d/\d\d/\d{8}-\d{9}\.csv$`, key)
		stamp := regexp.MustCompile(`,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6},`)
		require.Len(t, stamp.FindAllString(text, -1), 4)
		require.Equal(t, "I@2,two,2.00\nU@1,ONE,1.00\nD@2,two,2.00\nU@5,ONE,1.00\n", stamp.ReplaceAllString(text, "@"))
	}
	// The structure changes: the files that are there stay, new ones have the new columns.
	source.exec(t, "ALTER TABLE item ADD COLUMN more text DEFAULT 'm'", "INSERT INTO item VALUES (6, 'six', 6, 'yes')")
	catchUp(t, source, l.end, set)
	lines := l.lines(t, "public/item")
	require.Regexp(t, `^I,.*,6,six,6.00,yes$`, lines[len(lines)-2]) // LOAD… comes last
	source.exec(t, "TRUNCATE item", "INSERT INTO item VALUES (7, 'seven', 7, NULL)")
	catchUp(t, source, l.end, set)
	lines = l.lines(t, "public/item")
	require.Len(t, lines, 1, "a truncated table's files go")
	require.Regexp(t, `^I,.*,7,seven,7.00,$`, lines[0])
}

func TestLakeTransactionsTogether(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, w TEXT, x TEXT)")
	set := lakeWith("PreserveTransactions", "true", "CdcPath", "log/all")
	load(t, source, l.end, set)
	source.exec(t, "INSERT INTO a VALUES (1, 'x')", "INSERT INTO b VALUES (1, 'y', NULL)", "UPDATE a SET v = 'z'", "DELETE FROM b")
	catchUp(t, source, l.end, set)
	files := l.files(t, "log/all")
	require.Len(t, files, 1)
	for key, text := range files {
		require.Regexp(t, `^CDC_TXN-\d{17}\.csv$`, key)
		require.Equal(t, "I,a,main,1,x\nI,b,main,1,y,\nU,a,main,1,z\nD,b,main,1,,\n", text)
	}
}

func TestLakeOperations(t *testing.T) {
	for name, c := range map[string]struct {
		settings   []string
		load, want string
	}{
		"plain":               {nil, "1,x", "I,2,y\nU,1,z\nD,2,\n"},
		"with op":             {[]string{"IncludeOpForFullLoad", "true"}, "I,1,x", "I,2,y\nU,1,z\nD,2,\n"},
		"inserts":             {[]string{"CdcInsertsOnly", "true"}, "1,x", "2,y\n"},
		"inserts with op":     {[]string{"CdcInsertsOnly", "true", "IncludeOpForFullLoad", "true"}, "I,1,x", "I,2,y\n"},
		"inserts and updates": {[]string{"CdcInsertsAndUpdates", "true", "IncludeOpForFullLoad", "true"}, "I,1,x", "I,2,y\nU,1,z\n"},
		"those without op":    {[]string{"CdcInsertsAndUpdates", "true"}, "1,x", "I,2,y\nU,1,z\n"},
	} {
		t.Run(name, func(t *testing.T) {
			source, l := newEnd(t, "sqlite"), newLake(t)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')")
			load(t, source, l.end, lakeWith(c.settings...))
			source.exec(t, "INSERT INTO a VALUES (2, 'y')", "UPDATE a SET v = 'z' WHERE id = 1", "DELETE FROM a WHERE id = 2")
			catchUp(t, source, l.end, lakeWith(c.settings...))
			loaded, changed := l.both(t, "main/a")
			require.Equal(t, c.load+"\n", loaded)
			require.Equal(t, c.want, changed)
		})
	}
}

// TestLakeChangesSurviveAnyInstant cuts the following of changes off at each request that changes the store, and has another go on:
// every change is in the files once, in order.
func TestLakeChangesSurviveAnyInstant(t *testing.T) {
	for name, together := range map[string]bool{"tables": false, "transactions": true} {
		for _, reaches := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reaching %t", name, reaches), func(t *testing.T) {
				t.Parallel()
				cutChanges(t, together, reaches)
			})
		}
	}
}

func cutChanges(t *testing.T, together, reaches bool) {
	t.Helper()
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT)")
	b := newBroker(t, l.Endpoint)
	b.reaches = reaches
	through := l.through(b)
	if together {
		with := lakeWith("PreserveTransactions", "true", "CdcPath", "log")
		through = func(c *taskConfig) { l.through(b)(c); with(c) }
	}
	load(t, source, l.end, through)
	var want, all []string
	interrupted := 0
	for cut := int64(1); cut <= 8; cut++ {
		source.exec(t, fmt.Sprintf("INSERT INTO a VALUES (%d, 'v')", cut), fmt.Sprintf("INSERT INTO b VALUES (%d, 'v')", cut))
		want = append(want, fmt.Sprintf("I,%d,v", cut))
		all = append(all, fmt.Sprintf("I,a,main,%d,v", cut), fmt.Sprintf("I,b,main,%d,v", cut))
		ctx, cancel := context.WithCancel(t.Context())
		b.n.Store(0)
		b.limit.Store(cut)
		b.tripped = func() { cancel(); interrupted++ }
		c := changesConfig(source, l.end)
		c.Stop.CaughtUp = true
		through(&c)
		_, _ = run(ctx, c)
		cancel()
		b.limit.Store(0)
		catchUp(t, source, l.end, through)
		if together {
			require.Equal(t, all, l.lines(t, "log"), "cut off at request %d", cut)
			continue
		}
		require.Equal(t, want, l.lines(t, "main/a"), "cut off at request %d", cut)
		require.Equal(t, want, l.lines(t, "main/b"), "cut off at request %d", cut)
	}
	require.GreaterOrEqual(t, interrupted, 5)
}

func TestLakeStoreAsksToSlowDown(t *testing.T) {
	t.Parallel()
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')")
	b := newBroker(t, l.Endpoint)
	patient := func(c *taskConfig) {
		u, _ := url.Parse(l.end.url)
		u.RawQuery = url.Values{"endpoint": {b.url}}.Encode()
		c.Target.URL = u.String()
	}
	b.slow.Store(4)
	load(t, source, l.end, patient)
	require.Equal(t, []string{"1,x"}, l.lines(t, "main/a"))
	require.Negative(t, b.slow.Load(), "the store was not asked again")

	source.exec(t, "INSERT INTO a VALUES (2, 'y')", "DELETE FROM a WHERE id = 1")
	b.slow.Store(4)
	catchUp(t, source, l.end, patient)
	loaded, changed := l.both(t, "main/a")
	require.Equal(t, []string{"1,x\n", "I,2,y\nD,1,\n"}, []string{loaded, changed})
	require.Negative(t, b.slow.Load(), "the store was not asked again")
}

func TestLakeRefusals(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)")
	for name, c := range map[string]struct {
		edit  edit
		class connector.Class
		says  string
	}{
		"bad secret":                {func(c *taskConfig) { c.Target.URL = strings.Replace(l.end.url, "secret@", "wrong@", 1) }, connector.Denied, "access key"},
		"no bucket":                 {func(c *taskConfig) { c.Target.URL = strings.Replace(l.end.url, l.Name, "nosuchbucket", 1) }, connector.Missing, "make the bucket first"},
		"setting":                   {lakeWith("DataFormat", "orc"), connector.Invalid, "csv, parquet"},
		"unknown":                   {lakeWith("Nonsense", "1"), connector.Invalid, "Nonsense"},
		"together":                  {lakeWith("CdcInsertsOnly", "true", "CdcInsertsAndUpdates", "true"), connector.Invalid, "exclude"},
		"validation without quotes": {validated("Rfc4180", "false"), connector.Invalid, "an empty text looks like a null"},
		"validation of blanks":      {validated("AddTrailingPaddingCharacter", "true"), connector.Invalid, "set AddTrailingPaddingCharacter false"},
		"validation of less":        {validated("DataFormat", "parquet", "ParquetTimestampInMillisecond", "true"), connector.Invalid, "cuts digits off"},
		"validation elsewhere":      {validated("PreserveTransactions", "true", "CdcPath", "log"), connector.Invalid, "set PreserveTransactions false"},
		"resync": {func(c *taskConfig) {
			c.Settings.ValidationSettings.EnableValidation, c.Settings.ResyncSettings = true, &settings.ResyncSettings{EnableResync: true}
		}, connector.Invalid, "a file stays as it was written"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(source, l.end)
			c.edit(&cfg)
			_, err := run(t.Context(), cfg)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, c.class, connector.ClassOf(err))
			require.NotContains(t, err.Error(), l.Secret)
		})
	}
}

func TestLakeHugeValuesAndManyTables(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	statements := []string{"CREATE TABLE huge (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO huge VALUES (1, hex(zeroblob(20000000)))"}
	for i := range 60 {
		statements = append(statements, fmt.Sprintf("CREATE TABLE small%d (id INTEGER PRIMARY KEY)", i), fmt.Sprintf("INSERT INTO small%d VALUES (%d)", i, i))
	}
	source.exec(t, statements...)
	l.load(t, source, lakeWith("MaxFileSize", "1"))
	files := l.files(t, "main")
	require.Len(t, files, 61)
	require.Len(t, files["huge/LOAD00000001.csv"], 40000003)
	for i := range 60 {
		require.Equal(t, fmt.Sprintf("%d\n", i), files[fmt.Sprintf("small%d/LOAD00000001.csv", i)])
	}
}

func TestLakeFolder(t *testing.T) {
	source, dir := newEnd(t, "sqlite"), t.TempDir()
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')")
	target := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
	load(t, source, target)
	source.exec(t, "INSERT INTO a VALUES (2, NULL)")
	catchUp(t, source, target)
	files := filesBelow(t, filepath.Join(dir, "main"))
	require.Equal(t, "1,x\n", files["a/LOAD00000001.csv"])
	require.Len(t, files, 2)
	delete(files, "a/LOAD00000001.csv")
	for _, text := range files {
		require.Equal(t, "I,2,\n", text)
	}
}
