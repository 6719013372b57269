package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// largeTables are tables of several buckets, each with another kind of key.
var largeTables = []struct {
	name, columns string
}{
	{"by_number", "id bigint NOT NULL PRIMARY KEY, code varchar(40) NOT NULL, v decimal(12,2)"},
	{"by_text", "id bigint NOT NULL, code varchar(40) NOT NULL PRIMARY KEY, v decimal(12,2)"},
	{"by_both", "id bigint NOT NULL, code varchar(40) NOT NULL, v decimal(12,2), PRIMARY KEY (id, code)"},
	{"by_none", "id bigint NOT NULL, code varchar(40) NOT NULL, v decimal(12,2)"},
}

const largeRows = 6000

func fillLarge(t testing.TB, e *end) {
	t.Helper()
	for _, table := range largeTables {
		columns := table.columns
		if e.family == catalog.MySQL {
			columns = strings.ReplaceAll(columns, "varchar(40)", "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
		}
		e.exec(t, fmt.Sprintf("CREATE TABLE %s (%s)", table.name, columns))
		for at := 0; at < largeRows; at += 1000 {
			var values []string
			for i := at; i < at+1000; i++ {
				id := i * 11
				if i%2 == 0 {
					id = -i
				}
				values = append(values, fmt.Sprintf("(%d, '%s', %d.%02d)", id, largeCode(i), i%977, i%100))
			}
			e.exec(t, "INSERT INTO "+table.name+" VALUES "+strings.Join(values, ","))
		}
	}
}

// largeCode mixes case, punctuation and letters that collations order in their own ways.
func largeCode(i int) string {
	return fmt.Sprintf("%c%s%d %s", "aAbBzZ_-ä東"[0]+byte(i%3), []string{"x", "X", "-", "ä", "Ä", "東"}[i%6], i, []string{"", "é", "~"}[i%3])
}

// A table of many buckets is equal after a load, by digests in the databases where they have them; and rows that are changed in its midst
// are found, whatever the key.
func TestValidationOfManyBuckets(t *testing.T) {
	t.Parallel()
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				fillLarge(t, source)
				migrate(t, source, target)
				c := config(source, target)
				c.Settings.ValidationSettings.PartitionSize = 100
				for _, r := range compareEnds(t, c, false).Tables {
					require.Equal(t, validate.Validated, r.State, "%s: %s %v", r.Source, r.Reason, r.Failures)
					require.EqualValues(t, largeRows, r.SourceRows)
					require.EqualValues(t, largeRows, r.TargetRows)
					require.Equal(t, wantMethod(source, target), r.Method)
				}
				for _, table := range largeTables {
					there := qualified(source, target, table.name)
					target.exec(t,
						fmt.Sprintf("UPDATE %s SET v = v + 0.01 WHERE id = %d", there, 33*11),
						fmt.Sprintf("UPDATE %s SET code = '%s' WHERE id = -44", there, largeCode(44)+"!"),
						fmt.Sprintf("DELETE FROM %s WHERE id = -1000", there),
						fmt.Sprintf("INSERT INTO %s VALUES (7, 'new', NULL)", there),
					)
				}
				want := map[string]tally{"by_number": {2, 1, 1}, "by_text": {1, 2, 2}, "by_both": {1, 2, 2}, "by_none": {0, 3, 3}}
				v := compareEnds(t, c, false)
				for _, r := range v.Tables {
					got := tally{r.Different, r.MissingSource, r.MissingTarget}
					require.Equal(t, want[r.Source.Name], got, "%s: %v", r.Source, r.Failures)
				}
				require.True(t, compareEnds(t, c, true).Equal())
			})
		}
	}
}

func wantMethod(source, target *end) string {
	own := source.family == target.family && source.family != catalog.SQLite
	switch {
	case own:
		return "digests of the engine's own in both databases"
	case source.family != catalog.SQLite && target.family != catalog.SQLite:
		return "digests in both databases"
	case source.family != catalog.SQLite:
		return "digests in the source, rows read from the target"
	case target.family != catalog.SQLite:
		return "rows read from the source, digests in the target"
	}
	return "rows read from both"
}

// Where the target has no key, a row that was loaded twice is found.
func TestValidationFindsDoubledKeys(t *testing.T) {
	for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, to)
			source.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 50) i")
			target.exec(t, "CREATE TABLE t (id int, v text)")
			for i := 1; i <= 50; i++ {
				target.exec(t, fmt.Sprintf("INSERT INTO t VALUES (%d, 'v%d')", i, i))
			}
			target.exec(t, "INSERT INTO t SELECT * FROM t WHERE id = 7", "INSERT INTO t VALUES (9, 'other')")
			v := compareEnds(t, config(source, target), false)
			require.EqualValues(t, 2, v.Tables[0].MissingSource, v.Tables[0].Failures)
			require.EqualValues(t, 2, v.Tables[0].Failed)
			require.True(t, compareEnds(t, config(source, target), true).Equal())
			require.Equal(t, []string{"50"}, target.column(t, "SELECT count(*) FROM t"))
		})
	}
}
