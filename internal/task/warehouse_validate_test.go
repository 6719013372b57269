package task_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// warehouseSources are the engines whose rows are compared with a warehouse's.
var warehouseSources = []string{"postgresql-15", "mariadb", "sqlite"}

// seeded is a table with a column of every type of a source, and a row for each: number i of them is the one whose column i is changed.
type seeded struct {
	kinds []anyKind
	rows  int
}

// seed makes the tables every (with a key of a number), named (of a text), dated (of a moment and a number) and bag (without).
func seed(t *testing.T, source *end) seeded {
	s := seeded{kinds: anyKinds[source.family]}
	s.rows = len(s.kinds) + 6
	moment := map[catalog.Family]string{catalog.PostgreSQL: "timestamp", catalog.MySQL: "datetime(6)", catalog.SQLite: "DATETIME"}[source.family]
	var columns, rows []string
	for i, k := range s.kinds {
		null := ""
		if strings.HasPrefix(k.native, "timestamp(") {
			null = " NULL DEFAULT NULL"
		}
		columns = append(columns, fmt.Sprintf("c%d %s%s", i, k.native, null))
	}
	for id := range s.rows {
		values := []string{fmt.Sprint(id * 3), fmt.Sprintf("'key %d é'", id), fmt.Sprintf("'2024-02-29 10:00:%02d.%06d'", id, id*997)}
		for i, k := range s.kinds {
			v := literal{sql: "NULL"}
			for n := 0; n < 100 && (id == i || (id+i)%7 > 0); n++ { // else a null
				if v = k.values.Example(1000*i + 10*id + n); len(v.hard) == 0 && v.sql != "''" {
					break
				}
			}
			values = append(values, v.sql)
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	for name, key := range map[string]string{"every": ", PRIMARY KEY (id)", "named": ", PRIMARY KEY (k)", "dated": ", PRIMARY KEY (m, id)", "bag": ""} {
		source.exec(t, fmt.Sprintf("CREATE TABLE %s (id bigint NOT NULL, k varchar(40) NOT NULL, m %s NOT NULL, %s%s)", name, moment, strings.Join(columns, ", "), key),
			"INSERT INTO "+name+" VALUES "+strings.Join(rows, ", "))
	}
	return s
}

// nearInWarehouse is an expression for a value as near to a column's as another one of its type can be.
func nearInWarehouse(column, native string, k anyKind) string {
	switch {
	case strings.HasPrefix(native, "rs.super"), strings.HasPrefix(strings.ToLower(k.native), "json"):
		return `'{"a": [1, null, "Ü"]}'`
	case native == "boolean":
		return "NOT " + column
	case strings.HasSuffix(native, "int"), native == "integer":
		return fmt.Sprintf("CASE WHEN %[1]s > 0 THEN %[1]s - 1 ELSE %[1]s + 1 END", column)
	case strings.HasPrefix(native, "numeric"):
		_, scale, _ := strings.Cut(strings.TrimSuffix(native, ")"), ",")
		return fmt.Sprintf("CASE WHEN %[1]s > 0 THEN %[1]s - 1e-%[2]s ELSE %[1]s + 1e-%[2]s END", column, scale)
	case native == "real":
		return fmt.Sprintf("CASE WHEN abs(%[1]s) < 1e-30 THEN 1e-20 ELSE %[1]s * 0.9999999 END", column)
	case native == "double precision":
		return fmt.Sprintf("CASE WHEN abs(%[1]s) < 1e-290 THEN 1e-280 ELSE %[1]s * (1 - 1.2e-16::float8) END", column)
	case native == "date":
		return column + " - 1"
	case strings.HasPrefix(native, "timestamp"):
		return column + " + interval '1 microsecond'"
	case k.native == "uuid", strings.HasPrefix(k.native, "bit"), k.form == padded, k.form == bytesForm, k.form == number, k.form == moment:
		return "translate(" + column + ", '0123456789ab', '1234567890ba') || CASE WHEN " + column + " ~ '[0-9ab]' THEN '' ELSE '7' END"
	}
	return column + " || ' '"
}

// plantInWarehouse changes every column of a table in the row of that number, removes a row, and adds one that is new and one that is there.
func (s seeded) plantInWarehouse(t *testing.T, w warehouse, table string) {
	bare := table[strings.LastIndexByte(table, '.')+1:]
	native := w.end.column(t, fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 3 ORDER BY attnum", table))
	require.Len(t, native, len(s.kinds), bare)
	for i, k := range s.kinds {
		c := fmt.Sprintf("c%d", i)
		before := w.end.column(t, fmt.Sprintf("SELECT %s::text FROM %s WHERE id = %d", c, table, 3*i))
		w.end.exec(t, fmt.Sprintf("UPDATE %s SET %s = %s WHERE id = %d", table, c, nearInWarehouse(c, native[i], k), 3*i))
		require.NotEqual(t, before, w.end.column(t, fmt.Sprintf("SELECT %s::text FROM %s WHERE id = %d", c, table, 3*i)), "%s %s %s", bare, k.native, native[i])
	}
	last := 3 * len(s.kinds)
	w.end.exec(t, fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, last),
		fmt.Sprintf("CREATE TEMP TABLE copied AS SELECT * FROM %s WHERE id = %d", table, last+3), fmt.Sprintf("INSERT INTO %s SELECT * FROM copied", table),
		"UPDATE copied SET id = 1, k = 'another', m = '2024-03-01'", fmt.Sprintf("INSERT INTO %s SELECT * FROM copied", table), "DROP TABLE copied")
}

// TestWarehouseValidationFindsWhatIsPlanted: after a load all rows are the same; then a difference as small as there can be in a column of every type, a row
// that is gone, one too many and one there twice are found, and nothing else.
func TestWarehouseValidationFindsWhatIsPlanted(t *testing.T) {
	for _, engine := range warehouseSources {
		t.Run(engine, func(t *testing.T) {
			source, w := newEnd(t, engine), newWarehouse(t)
			s := seed(t, source)
			c := validating(t, source, w.end, `{"ValidationSettings":{"EnableValidation":true,"PartitionSize":7}}`)
			report, err := run(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, report.Validation, 4)
			for _, v := range report.Validation {
				require.Equal(t, validate.Validated, v.State, "%s %s %v", v.Source, v.Reason, v.Failures)
			}
			schema := "public."
			if source.family == catalog.MySQL {
				schema = fmt.Sprintf("%q.", source.database())
			}
			for _, name := range []string{"every", "named", "dated", "bag"} {
				s.plantInWarehouse(t, w, schema+name)
			}
			v := compareEnds(t, c, false)
			n := int64(len(s.kinds))
			for _, name := range []string{"every", "named", "dated"} {
				r := resultOf(t, v, name)
				require.Equal(t, []int64{n, 1, 2}, []int64{r.Different, r.MissingTarget, r.MissingSource}, "%s (%s): %v", name, r.Method, r.Failures)
				require.ElementsMatch(t, s.planted(name), failedKeys(r), "%s: %v", name, r.Failures)
			}
			r := resultOf(t, v, "bag")
			require.Equal(t, []int64{0, n + 1, n + 2}, []int64{r.Different, r.MissingTarget, r.MissingSource}, "%v", r.Failures)

			v = compareEnds(t, c, true)
			for _, r := range v.Tables {
				require.Equal(t, validate.Validated, r.State, "%s %v %v", r.Source, r.Failures, v.Repaired[r.Source].Refused)
			}
		})
	}
}

func failedKeys(r *validate.Result) (keys []string) {
	for _, f := range r.Failures {
		keys = append(keys, string(f.Kind)+" "+f.Key[len(f.Key)-1])
	}
	return keys
}

// planted are the kinds and the keys of the rows that plantInWarehouse has touched; of the key of a moment its number.
func (s seeded) planted(table string) (want []string) {
	key := func(id int) string {
		if table == "named" {
			return fmt.Sprintf("key %d é", id)
		}
		return fmt.Sprint(3 * id)
	}
	for i := range s.kinds {
		want = append(want, string(validate.RecordDiff)+" "+key(i))
	}
	added := "1"
	if table == "named" {
		added = "another"
	}
	return slices.Concat(want, []string{string(validate.MissingTarget) + " " + key(len(s.kinds)), string(validate.MissingSource) + " " + key(len(s.kinds)+1), string(validate.MissingSource) + " " + added})
}

// TestWarehouseValidationWhileChanging: rows that change are compared once their changes are in the warehouse, with no false alarm; a row that is lost,
// one that is another and one too many are found and listed, and mended by a resync.
func TestWarehouseValidationWhileChanging(t *testing.T) {
	t.Parallel()
	for _, engine := range warehouseSources {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, w := newEnd(t, engine), newWarehouse(t)
			source.exec(t, watchedTables...)
			c := watching(t, source, w.end, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},"TargetMetadata":{"BatchApplyEnabled":true},`+resyncs+`}`)
			open := windows(&c)
			m := startTask(t, c)
			t.Cleanup(func() { close(open) })
			good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			writing, enough := context.WithTimeout(t.Context(), 3*time.Second)
			defer enough()
			require.NoError(t, writeRows(writing, source, 7))
			for _, id := range []int{101, 102, 103} {
				source.patient(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'new', 1.5)", id))
			}
			awaitStates(t, c.ValidationStats, good, 0)

			there := qualified(source, w.end, "item")
			if source.family == catalog.MySQL {
				there = fmt.Sprintf("%q.item", source.database())
			}
			require.Eventually(t, func() bool { return len(w.end.column(t, "SELECT id FROM "+there+" WHERE id > 100")) == 3 }, time.Minute, 20*time.Millisecond)
			w.end.exec(t, "DELETE FROM "+there+" WHERE id = 101", "UPDATE "+there+" SET name = 'nev' WHERE id = 102", "INSERT INTO "+there+" VALUES (104, 'stray', 1)")
			name := c.ValidationStats.Tables()[0].Source
			name.Name = "item"
			require.NoError(t, m.Revalidate(t.Context(), []catalog.Name{name}))
			bad := map[string]validate.State{"item": validate.Mismatched, "named": validate.Validated}
			awaitStates(t, c.ValidationStats, bad, 3)
			listed := func() []string {
				return w.end.column(t, `SELECT failure_type || ' ' || key FROM awsdms_validation_failures_v1 WHERE table_name = 'item' ORDER BY 1`)
			}
			want := []string{`MISSING_SOURCE {"key": ["104"]}`, `MISSING_TARGET {"key": ["101"]}`, `RECORD_DIFF {"key": ["102"]}`}
			require.Eventually(t, func() bool { return slices.Equal(want, listed()) }, time.Minute, 50*time.Millisecond, "%q", listed())
			require.Len(t, failuresReadBack(t, c, "item"), 3)

			began := time.Now()
			open <- struct{}{}
			require.Equal(t, validate.Resync{State: validate.ResyncDone, Attempted: 3, Succeeded: 3}, awaitResync(t, &c, "item", began))
			require.Equal(t, []string{"101 new", "102 new", "103 new"}, w.end.column(t, "SELECT id || ' ' || name FROM "+there+" WHERE id > 100 ORDER BY id"))
			awaitStates(t, c.ValidationStats, good, 3)
			require.Eventually(t, func() bool { return len(listed()) == 0 }, time.Minute, 50*time.Millisecond)
		})
	}
}
