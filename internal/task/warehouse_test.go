package task_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// warehouse is a stand-in for Redshift as the target of a migration.
type warehouse struct {
	*servertest.Redshift
	end *end
}

func newWarehouse(t testing.TB, pairs ...string) warehouse {
	r := servertest.NewRedshift(t)
	w := warehouse{r, &end{
		engine: "redshift", family: catalog.Redshift, url: r.URL(), settings: map[string]string{"BucketName": r.Bucket.Name, "BucketFolder": "stage"},
		db: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol"),
	}}
	for i := 0; i < len(pairs); i += 2 {
		w.end.settings[pairs[i]] = pairs[i+1]
	}
	return w
}

// staged are the files in the bucket.
func (w warehouse) staged(t testing.TB) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(w.Bucket.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func (w warehouse) load(t *testing.T, source *end, edits ...edit) *task.Report {
	t.Helper()
	c := config(source, w.end)
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

func TestWarehouseTakesEveryType(t *testing.T) {
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
	source.exec(t, allTypes, allValues)
	report := w.load(t, source, func(c *taskConfig) { c.RefuseRows = false })
	require.EqualValues(t, 3, report.Tables[0].Rows)
	require.Equal(t, []string{
		"id integer", "small smallint", "big bigint", "yes boolean", "exact numeric(12,3)", "wide numeric(30,5)", "loose character varying(65535)", "r4 real", "r8 double precision",
		"day date", "clock character varying(20)", "at timestamp without time zone", "zoned timestamp with time zone", "word character varying(80)", "fixed character varying(20)",
		"long character varying(65535)", "raw character varying(65535)", "u character varying(36)", "doc rs.super",
	}, w.end.column(t, "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'public.every'::regclass AND attnum > 0 ORDER BY attnum"))
	require.Equal(t, []string{
		`1|-32768|9223372036854775807|true|-123456789.125|1234567890123456789012345.54321|1000000000000000000000000000000|1.5|0.1|2024-02-29|23:59:59.999999|2024-02-29 12:34:56.789012|2024-02-29 10:34:56.5+00|a,"b"|x    |two/lines|00ff|00000000-0000-0000-0000-000000000001|{"k": 1}`,
		`2|0|0|false|0.000|0.00000|0|0|0|1969-12-31|00:00:00|1969-12-31 23:59:59.999999|1900-01-01 00:00:00+00||     |||00000000-0000-0000-0000-000000000002|[]`,
		"3" + strings.Repeat("|NULL", 18),
	}, w.end.column(t, `SELECT concat_ws('|', id, coalesce(small::text, 'NULL'), coalesce(big::text, 'NULL'), coalesce(yes::text, 'NULL'), coalesce(exact::text, 'NULL'), coalesce(wide::text, 'NULL'), coalesce(loose, 'NULL'),
 coalesce(r4::text, 'NULL'), coalesce(r8::text, 'NULL'), coalesce(day::text, 'NULL'), coalesce(clock, 'NULL'), coalesce("at"::text, 'NULL'), coalesce(zoned::text, 'NULL'), coalesce(word, 'NULL'), coalesce(fixed, 'NULL'),
 coalesce(replace(long, chr(10), '/'), 'NULL'), coalesce(raw, 'NULL'), coalesce(u, 'NULL'), coalesce(doc::text, 'NULL')) FROM every ORDER BY id`))
	require.Empty(t, w.staged(t), "staged files are left")
	require.Equal(t, []string{"NULL"}, w.end.column(t, "SELECT to_regclass('public.awsdms_load_progress')"))
}

func TestWarehouseFromSQLite(t *testing.T) {
	source, w := newEnd(t, "sqlite"), newWarehouse(t)
	source.exec(t, `CREATE TABLE "Item" (Id INTEGER PRIMARY KEY, "Name" VARCHAR(20), price DECIMAL(10,2), made DATE, note TEXT)`, `CREATE INDEX item_name ON "Item" (Name)`,
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 5000) INSERT INTO \"Item\" SELECT i, 'näme ' || i, i / 4.0, '2024-01-01', CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'a\\b''c,\"d\"' || char(10) END FROM c")
	report := w.load(t, source, func(c *taskConfig) { c.SegmentBytes = 20 << 10 })
	require.EqualValues(t, 5000, report.Tables[0].Rows)
	require.Equal(t, source.column(t, `SELECT Id || '|' || Name || '|' || printf('%.2f', price) || '|' || made || '|' || coalesce(note, 'NULL') FROM "Item" ORDER BY Id`),
		w.end.column(t, `SELECT id || '|' || name || '|' || price || '|' || made || '|' || coalesce(note, 'NULL') FROM public.item ORDER BY id`))
	require.Equal(t, []string{"{1}"}, w.end.column(t, "SELECT conkey FROM rs.pg_constraint WHERE conrelid = 'public.item'::regclass"))
	require.Greater(t, len(w.Copies()), 2, "segments are loaded by themselves")
	require.Empty(t, w.staged(t))
}

// TestWarehouseHugeValues: beyond 64 KB nothing goes into a VARCHAR, nor beyond 4 MB through COPY; the error policy holds.
func TestWarehouseHugeValues(t *testing.T) {
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
	source.exec(t, "CREATE TABLE huge (id int PRIMARY KEY, t text, j jsonb)",
		"INSERT INTO huge VALUES (1, repeat('x', 65535), to_jsonb(repeat('y', 100000))), (2, repeat('é', 32768), null), (3, null, to_jsonb(repeat('z', 5000000))), (4, 'small', '{}')")
	report := w.load(t, source, func(c *taskConfig) { c.RefuseRows = false })
	require.EqualValues(t, 2, report.Tables[0].Rejected)
	require.Equal(t, []string{"1 65535 100002", "4 5 2"}, w.end.column(t, "SELECT id || ' ' || length(t) || ' ' || length(j::text) FROM huge ORDER BY id"))
	require.Equal(t, []string{"2", "3"}, w.end.column(t, `SELECT substring(statement from 'id=([0-9]+)') FROM awsdms_apply_exceptions ORDER BY 1`))
	require.Equal(t, []string{"true", "true"}, w.end.column(t, `SELECT (error LIKE '%holds 65535%' OR error LIKE '%rows of up to 4194304%')::text FROM awsdms_apply_exceptions`))

	cut := newWarehouse(t, "TruncateColumns", "true")
	report = cut.load(t, source, func(c *taskConfig) { c.RefuseRows = false })
	require.Equal(t, []string{"1 65535", "2 65534", "4 5"}, cut.end.column(t, "SELECT id || ' ' || octet_length(t) FROM huge WHERE id <> 3 ORDER BY id"))
	require.EqualValues(t, 1, report.Tables[0].Rejected)
}

// TestWarehouseLoadGoesOn: the connections are cut, the server refuses and the run is ended, each once; in the end every row is there once.
func TestWarehouseLoadGoesOn(t *testing.T) {
	source, w := newEnd(t, "sqlite"), newWarehouse(t)
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 4000) INSERT INTO one SELECT i, hex(randomblob(20)) FROM c")
	var commits atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	w.Before(func(sql string) error {
		if sql != "COMMIT" {
			return nil
		}
		switch commits.Add(1) {
		case 3:
			w.Cut()
			return errors.New("cut")
		case 5:
			return errors.New("ERROR: 1023 DETAIL: Serializable isolation violation on table")
		case 7:
			stop()
		}
		return nil
	})
	c := config(source, w.end)
	c.SegmentBytes = 20 << 10
	c.Settings.ErrorBehavior.RecoverableErrorInterval = 0
	_, err := run(ctx, c)
	require.Error(t, err)
	w.load(t, source, func(c *taskConfig) { c.SegmentBytes = 20 << 10; c.Settings.ErrorBehavior.RecoverableErrorInterval = 0 })
	require.Equal(t, source.column(t, "SELECT id || v FROM one ORDER BY id"), w.end.column(t, "SELECT id || v FROM one ORDER BY id"))
	require.Empty(t, w.staged(t))
}

// warehouseRows prints a table, sorted.
func warehouseRows(t *testing.T, e *end, table, columns string) []string {
	t.Helper()
	rows := e.column(t, "SELECT ("+columns+")::text FROM "+table)
	slices.Sort(rows)
	return rows
}

// TestWarehouseFollowsAnyChanges: random transactions over tables with keys and without arrive, in one batch and one by one, over
// interruptions too.
func TestWarehouseFollowsAnyChanges(t *testing.T) {
	for _, batch := range []bool{true, false} {
		t.Run(fmt.Sprintf("batch %t", batch), func(t *testing.T) {
			t.Parallel()
			source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
			source.exec(t, `CREATE TABLE "Keyed" (id int PRIMARY KEY, n numeric(10,2), t varchar(40), "Flag" boolean, d date, at timestamp, f double precision, j jsonb)`,
				"CREATE TABLE pair (a int NOT NULL, b varchar(9) NOT NULL, v text, PRIMARY KEY (a, b))",
				"CREATE TABLE loose (a int, t text, f double precision)", "ALTER TABLE loose REPLICA IDENTITY FULL")
			r := rand.New(rand.NewPCG(7, 7))
			edits := func(c *taskConfig) {
				c.Settings.TargetMetadata.BatchApplyEnabled = batch
				c.Settings.ErrorBehavior.RecoverableErrorInterval = 0
			}
			changeAtRandom(t, source, r, 40, 1)
			load(t, source, w.end, edits)
			for round := range 3 {
				bulk := 1
				if round == 1 && batch {
					bulk = 100 // by COPY
				}
				changeAtRandom(t, source, r, 20, bulk)
				var commits atomic.Int64
				cut := int64(round + 1)
				w.Before(func(sql string) error {
					if sql == "COMMIT" && commits.Add(1) == cut {
						w.Cut()
						return errors.New("cut")
					}
					return nil
				})
				report := catchUp(t, source, w.end, edits)
				w.Before(nil)
				for _, c := range report.Changes.Tables {
					require.Empty(t, c.Suspended, c.Source)
					require.Zero(t, c.Failed, "%s: %q", c.Source, w.end.column(t, `SELECT error FROM awsdms_apply_exceptions`))
				}
				for from, to := range map[string][3]string{
					`"Keyed"`: {"keyed", `id, n, t, "Flag", d, at, f, j`, "id, n, t, flag, d, at, f, j"}, "pair": {"pair", "a, b, v", "a, b, v"}, "loose": {"loose", "a, t, f", "a, t, f"},
				} {
					require.Equal(t, warehouseRows(t, source, from, to[1]), warehouseRows(t, w.end, to[0], to[2]), "%s in round %d", from, round)
				}
				require.Empty(t, w.staged(t))
			}
			require.True(t, !batch || slices.ContainsFunc(w.Copies(), func(c servertest.Copy) bool { return c.Rows >= 50 }), "changes go by COPY too")
		})
	}
}

// changeAtRandom makes random transactions. bulk is how many rows a statement is about.
func changeAtRandom(t *testing.T, source *end, r *rand.Rand, n, bulk int) {
	t.Helper()
	text := func() string {
		return []string{"NULL", "''", "'a'", `'b\c'`, "'it''s'", "'é,\"q\"'", "E'x\\ny'", "'" + strings.Repeat("long ", 7) + "'"}[r.IntN(8)]
	}
	long := func() string {
		if r.IntN(9) == 0 {
			return "repeat('0123456789', " + fmt.Sprint(r.IntN(5000)) + ")"
		}
		return text()
	}
	few := min(bulk, 3) // equal rows are changed one after another
	one := func() string {
		id := r.IntN(60 * bulk)
		switch r.IntN(9) {
		case 0, 1:
			return fmt.Sprintf(`INSERT INTO "Keyed" SELECT g, %d / 4.0, %s, %t, DATE '2024-01-01' + %d, TIMESTAMP '2024-01-01 10:00:00.5' + interval '%d s', %v, '{"a": %d}' FROM generate_series(%d, %d) g ON CONFLICT DO NOTHING`,
				r.IntN(999), text(), r.IntN(2) == 0, r.IntN(999), r.IntN(9999), r.NormFloat64(), r.IntN(9), id, id+bulk-1)
		case 2:
			return fmt.Sprintf(`UPDATE "Keyed" SET t = %s, n = NULL, j = '[%d]' WHERE id BETWEEN %d AND %d`, text(), r.IntN(9), id, id+bulk)
		case 3:
			return fmt.Sprintf(`UPDATE "Keyed" SET id = id + 1000000 + %d WHERE id BETWEEN %d AND %d AND NOT EXISTS (SELECT FROM "Keyed" k WHERE k.id = "Keyed".id + 1000000 + %[1]d)`, r.IntN(3), id, id+bulk)
		case 4:
			return fmt.Sprintf(`DELETE FROM "Keyed" WHERE id BETWEEN %d AND %d`, id, id+bulk)
		case 5:
			return fmt.Sprintf("INSERT INTO pair SELECT g, 'k%d', %s FROM generate_series(%d, %d) g ON CONFLICT (a, b) DO UPDATE SET v = excluded.v", r.IntN(3), long(), id%9, id%9+bulk)
		case 6:
			return fmt.Sprintf("INSERT INTO loose SELECT %d, %s, %v FROM generate_series(1, %d)", r.IntN(3), long(), []any{"NULL", 0.5, 1.25}[r.IntN(3)], few)
		case 7:
			return fmt.Sprintf("UPDATE loose SET t = %s WHERE ctid IN (SELECT ctid FROM loose WHERE a = %d LIMIT %d)", text(), r.IntN(3), few)
		default:
			return fmt.Sprintf("DELETE FROM loose WHERE ctid IN (SELECT ctid FROM loose WHERE a = %d LIMIT %d)", r.IntN(3), few)
		}
	}
	for range n {
		var all []string
		for range 1 + r.IntN(4) {
			all = append(all, one())
		}
		if r.IntN(25) == 0 {
			all = append(all, "TRUNCATE pair")
		}
		source.exec(t, "BEGIN; "+strings.Join(all, "; ")+"; COMMIT")
	}
}

// TestWarehouseStructure: columns come, go, are renamed and get another type; tables are made, renamed, emptied and dropped.
func TestWarehouseStructure(t *testing.T) {
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name varchar(10), n int)", "INSERT INTO item VALUES (1, 'one', 1)", "CREATE TABLE gone (id int PRIMARY KEY)")
	load(t, source, w.end)
	for _, step := range [][]string{
		{"ALTER TABLE item ADD COLUMN more text", "UPDATE item SET more = 'm'", "INSERT INTO item VALUES (2, 'two', 2, 'x')"},
		{"ALTER TABLE item RENAME COLUMN name TO title", "UPDATE item SET n = 20 WHERE id = 2"},
		{"ALTER TABLE item ALTER COLUMN title TYPE varchar(200)", "INSERT INTO item VALUES (3, repeat('t', 200), 3, NULL)"},
		{"ALTER TABLE item ALTER COLUMN n TYPE bigint", "UPDATE item SET n = 5000000000 WHERE id = 3"},
		{"CREATE TABLE fresh (k int PRIMARY KEY, v jsonb)", `INSERT INTO fresh VALUES (1, '{"a": 1}')`, "DROP TABLE gone"},
		{"ALTER TABLE item ADD COLUMN flag boolean NOT NULL DEFAULT true, ADD COLUMN said varchar(9) DEFAULT 'it''s', ADD COLUMN back text DEFAULT 'a\\b', ADD COLUMN day date DEFAULT '2024-02-29', ADD COLUMN big bigint DEFAULT -7", "UPDATE item SET n = 1 WHERE id = 1"},
		{"ALTER TABLE item DROP COLUMN more", "INSERT INTO item VALUES (4, 'four', 4)"},
	} {
		source.exec(t, step...)
		report := catchUp(t, source, w.end)
		for _, c := range report.Changes.Tables {
			require.Empty(t, c.Suspended, c.Source)
		}
	}
	require.Equal(t, warehouseRows(t, source, "item", "id, title, n, flag, said, day, big"), warehouseRows(t, w.end, "item", "id, title, n, flag, said, day, big"))
	require.Equal(t, []string{`(1,"a\\b")`, "(2,)", "(3,)", `(4,"a\\b")`}, warehouseRows(t, w.end, "item", "id, back"), "a default with a backslash is not carried over")
	require.Equal(t, []string{`(1,"{""a"": 1}")`}, warehouseRows(t, w.end, "fresh", "k, v"))
	require.Equal(t, []string{"NULL"}, w.end.column(t, "SELECT to_regclass('public.gone')"))
	require.Equal(t, []string{"back", "big", "day", "flag", "id", "n", "said", "title"}, w.end.column(t, "SELECT attname FROM pg_attribute WHERE attrelid = 'item'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1"))
	source.exec(t, "TRUNCATE item", "INSERT INTO item VALUES (9, 'nine', 9)")
	catchUp(t, source, w.end)
	require.Equal(t, []string{"(9,nine,9)"}, warehouseRows(t, w.end, "item", "id, title, n"))
}

// TestWarehouseKeepsTheKeysOfTables: a table that its owner has made with a distribution key, a sort key and encodings is filled and followed
// as it is, never made anew, whether its rows are kept or emptied before.
func TestWarehouseKeepsTheKeysOfTables(t *testing.T) {
	for _, prep := range []string{"DO_NOTHING", "TRUNCATE_BEFORE_LOAD"} {
		t.Run(prep, func(t *testing.T) {
			source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, day date, name varchar(40))", "INSERT INTO item SELECT g, date '2026-01-01' + g, 'n' || g FROM generate_series(1, 200) g")
			u := strings.Replace(w.URL(), "redshift://", "postgres://", 1)
			owner := servertest.OpenDB(t, "pgx", u[:strings.IndexByte(u, '?')]+"?sslmode=disable&default_query_exec_mode=simple_protocol")
			servertest.Exec(t, owner, "CREATE TABLE public.item (id integer NOT NULL ENCODE az64, day date ENCODE raw, name varchar(160) ENCODE zstd, PRIMARY KEY (id)) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (day, id)")
			made := w.end.column(t, "SELECT 'item'::regclass::oid")
			prepared := func(c *taskConfig) { c.Settings.FullLoadSettings.TargetTablePrepMode = prep }
			load(t, source, w.end, prepared)
			source.exec(t, "UPDATE item SET name = 'new' WHERE id % 3 = 0", "DELETE FROM item WHERE id % 3 = 1", "INSERT INTO item VALUES (1000, '2026-02-02', 'last')")
			catchUp(t, source, w.end, prepared)
			require.Equal(t, warehouseRows(t, source, "item", "id, day, name"), warehouseRows(t, w.end, "item", "id, day, name"))
			require.Equal(t, made, w.end.column(t, "SELECT 'item'::regclass::oid"), "the table was made anew, without its keys")
		})
	}
}

// TestWarehouseConflicts: what cannot be applied follows the error policy and is written down; the rest of the transaction is applied.
func TestWarehouseConflicts(t *testing.T) {
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, t text)", "INSERT INTO item VALUES (1, 'one'), (2, 'two')")
	kept := func(c *taskConfig) {
		s := &c.Settings.ControlTablesSettings
		s.StatusTableEnabled, s.SuspendedTablesTableEnabled, s.HistoryTableEnabled = true, true, true
	}
	load(t, source, w.end, kept)
	require.Equal(t, []string{"FULL LOAD"}, w.end.column(t, "SELECT task_status FROM awsdms_status"))
	w.end.exec(t, "DELETE FROM item WHERE id = 2")
	source.exec(t, "BEGIN; UPDATE item SET t = 'not there' WHERE id = 2; UPDATE item SET t = repeat('x', 70000) WHERE id = 1; INSERT INTO item VALUES (3, 'three'); COMMIT")
	report := catchUp(t, source, w.end, kept)
	require.EqualValues(t, 2, changesOf(t, report, "item").Failed)
	require.Equal(t, []string{"(1,one)", "(3,three)"}, warehouseRows(t, w.end, "item", "id, t"))
	require.Len(t, w.end.column(t, `SELECT 1 FROM awsdms_apply_exceptions`), 2)
	require.Equal(t, []string{"NOT RUNNING"}, w.end.column(t, "SELECT task_status FROM awsdms_status"))
	require.NotEmpty(t, w.end.column(t, "SELECT timeslot_records FROM awsdms_history"))
}

// TestWarehouseTextsBecomeDates: a table that its owner has made has dates and moments where the source has texts and numbers; DateFormat and TimeFormat say how they
// are read, in the load and among changes, and what they do not fit is left out with the reason.
func TestWarehouseTextsBecomeDates(t *testing.T) {
	t.Parallel()
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t, "DateFormat", "DD.MM.YYYY", "TimeFormat", "epochsecs")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, day varchar(20), at bigint, real_day date)",
		"INSERT INTO item VALUES (1, '29.02.2024', 1709201472, '2024-02-29'), (2, '2024-02-29', 0, NULL), (3, NULL, NULL, NULL)")
	w.end.exec(t, "CREATE TABLE public.item (id integer NOT NULL, day date, at timestamp, real_day date)")
	edits := func(c *taskConfig) {
		c.RefuseRows = false
		c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
	}
	load(t, source, w.end, edits)
	require.Equal(t, []string{`(1,2024-02-29,"2024-02-29 10:11:12",2024-02-29)`, "(3,,,)"}, warehouseRows(t, w.end, "item", "id, day, at, real_day"))
	source.exec(t, "INSERT INTO item VALUES (4, '1.3.2024', -1, '2024-03-01'), (5, '03/01/2024', 1, NULL)", "UPDATE item SET day = '31.12.1999' WHERE id = 3")
	require.EqualValues(t, 1, changesOf(t, catchUp(t, source, w.end, edits), "item").Failed)
	require.Equal(t, []string{`(1,2024-02-29,"2024-02-29 10:11:12",2024-02-29)`, "(3,1999-12-31,,)", `(4,2024-03-01,"1969-12-31 23:59:59",2024-03-01)`},
		warehouseRows(t, w.end, "item", "id, day, at, real_day"))
	require.Equal(t, []string{"03/01/2024", "2024-02-29"}, w.end.column(t, `SELECT substring(error from 'the value "([^"]+)" is a date that .*DateFormat') FROM awsdms_apply_exceptions ORDER BY 1`))
}
