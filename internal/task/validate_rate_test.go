package task_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// rateTables have keys of one column and of two, where a query lets more rows through than it asks for.
var rateTables = map[string]string{
	"by_number": "id int NOT NULL PRIMARY KEY, part int NOT NULL, v int",
	"by_both":   "id int NOT NULL, part int NOT NULL, v int, PRIMARY KEY (part, id)",
	"by_text":   "id varchar(20) NOT NULL PRIMARY KEY, part int NOT NULL, v int",
}

func fillRate(t *testing.T, e *end, rows int) {
	t.Helper()
	for name, columns := range rateTables {
		e.exec(t, fmt.Sprintf("CREATE TABLE %s (%s)", name, columns), fmt.Sprintf(
			"INSERT INTO %s WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, i %% 97, 0 FROM n", name, rows))
	}
}

// TestValidationKeepsUpWithChanges changes 51,000 rows: soon after they have been applied all of them are validated, and those that
// the target lacks are found.
func TestValidationKeepsUpWithChanges(t *testing.T) {
	const rows, soon = 17_000, 20 * time.Second
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"mariadb", "postgresql-18"}, {"sqlite", "sqlite"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			if source.family == "mysql" {
				source.db.SetMaxOpenConns(1)
				source.exec(t, "SET max_recursive_iterations = 100000")
			}
			fillRate(t, source, rows)
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},
				"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchApplyTimeoutMin":1,"BatchApplyTimeoutMax":2}}`)
			startWatching(t, c)
			good := map[string]validate.State{"by_number": validate.Validated, "by_both": validate.Validated, "by_text": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			for name := range rateTables {
				target.patient(t, "DELETE FROM "+target.table(t, source, name)+" WHERE id IN ('1234', '16999')")
			}
			for name := range rateTables {
				source.patient(t, "UPDATE "+name+" SET v = v + 1")
			}
			awaitApplied(t, source, target, rows-2)
			applied := time.Now()
			var seen []validate.Counts
			require.Eventually(t, func() bool {
				settled := 0
				seen = c.ValidationStats.Tables()
				for _, n := range seen {
					if n.State == validate.Mismatched && n.Pending == 0 && n.Failed == 2 {
						settled++
					}
				}
				return settled == len(rateTables)
			}, soon, 50*time.Millisecond, "%+v", &seen)
			t.Logf("validated %s after the changes were applied", time.Since(applied).Round(time.Millisecond))
		})
	}
}

func awaitApplied(t *testing.T, source, target *end, want int) {
	t.Helper()
	for name := range rateTables {
		there := target.table(t, source, name)
		require.Eventually(t, func() bool {
			return target.column(t, "SELECT count(*) FROM "+there+" WHERE v = 1")[0] == fmt.Sprint(want)
		}, 3*time.Minute, 100*time.Millisecond, name)
	}
}

// TestBoundsOfFailuresWhileChanging has more rows lost than TableFailureMaxCount or FailureMaxCount allows: the table, or all of them, is
// not compared any more, and what was found stands.
func TestBoundsOfFailuresWhileChanging(t *testing.T) {
	t.Parallel()
	for setting, otherGoesOn := range map[string]bool{"TableFailureMaxCount": true, "FailureMaxCount": false} {
		t.Run(setting, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-15")
			source.exec(t, watchedTables...)
			source.exec(t, "INSERT INTO item SELECT i, 'more', 1 FROM generate_series(10, 29) i")
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0,"`+setting+`":10}}`)
			startWatching(t, c)
			awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Validated, "named": validate.Validated}, 0)
			target.exec(t, "DELETE FROM item WHERE id >= 10")
			source.exec(t, "UPDATE item SET n = 2 WHERE id >= 10")
			require.Eventually(t, func() bool {
				n := countsOf(c.ValidationStats, "item")
				return n.State == validate.Mismatched && n.Failed > 10
			}, time.Minute, 50*time.Millisecond)

			target.exec(t, "DELETE FROM named WHERE code = 'C1'")
			source.exec(t, "UPDATE named SET n = 7 WHERE code = 'C1'")
			if otherGoesOn {
				awaitStates(t, c.ValidationStats, map[string]validate.State{"named": validate.Mismatched}, 20)
				require.Contains(t, countsOf(c.ValidationStats, "item").Reason, setting)
				require.Eventually(t, func() bool {
					rows := failureRowsOf(t, target, "item")
					return strings.HasPrefix(rows[len(rows)-1], `TABLE_WARNING {"key": []} {"reason":"more than TableFailureMaxCount`)
				}, time.Minute, 50*time.Millisecond)
				return
			}
			require.Never(t, func() bool { return countsOf(c.ValidationStats, "named").Failed > 0 }, 4*time.Second, 100*time.Millisecond)
		})
	}
}

func countsOf(s *validate.Stats, table string) validate.Counts {
	for _, n := range s.Tables() {
		if n.Source.Name == table {
			return n
		}
	}
	return validate.Counts{}
}

// TestValidationIsMetered counts rows and questions, of many rows at once after the load and of single rows while they change.
func TestValidationIsMetered(t *testing.T) {
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "mariadb")
	source.exec(t, watchedTables[0], "INSERT INTO item SELECT i, 'some', 1 FROM generate_series(1, 20) i")
	c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
	startWatching(t, c)
	awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Validated}, 0)
	loaded := c.ValidationStats.Meter().Read()
	require.Equal(t, [2]int64{20, 20}, [2]int64{loaded.Attempted, loaded.Succeeded})
	require.Positive(t, loaded.Queries[validate.BulkSource].Took)
	require.Positive(t, loaded.Queries[validate.BulkTarget].Took)
	require.Zero(t, loaded.Queries[validate.ItemSource].N)

	target.patient(t, "DELETE FROM item WHERE id = 7")
	source.exec(t, "UPDATE item SET n = 2")
	awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Mismatched}, 1)
	changed := c.ValidationStats.Meter().Read()
	require.GreaterOrEqual(t, changed.Attempted, int64(40))
	require.Less(t, changed.Succeeded, changed.Attempted)
	require.Positive(t, changed.Queries[validate.ItemSource].Took)
	require.Positive(t, changed.Queries[validate.ItemTarget].Took)
}
