package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Tables whose rows cannot be asked for by themselves raise no alarm while the task that replicates them is behind, and what differs for good
// is found.
func TestValidationOnlyOfWholeTables(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]string{{"postgresql-18", "mariadb"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-15"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p[0]), newEnd(t, p[1])
			source.exec(t, "CREATE TABLE bag (v int, s varchar(20))", "CREATE TABLE floats (f double precision NOT NULL PRIMARY KEY, v int)",
				"INSERT INTO bag VALUES (1, 'a'), (1, 'a'), (2, NULL)", "INSERT INTO floats VALUES (0.5, 1), (1.5, 2)")
			load(t, source, target)
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
				"ValidationQueryCdcDelaySeconds":12},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
			c.Type = task.Changes
			startWatching(t, c)
			awaitStates(t, c.ValidationStats, map[string]validate.State{"bag": validate.Validated, "floats": validate.Validated}, 0)

			target.patient(t, "DELETE FROM "+target.table(t, source, "bag")+" WHERE v = 2")
			target.patient(t, "DELETE FROM "+target.table(t, source, "floats")+" WHERE v = 2")
			source.patient(t, "INSERT INTO bag VALUES (3, 'new')")
			source.patient(t, "INSERT INTO floats VALUES (2.5, 3)")
			for behind := time.Now(); time.Since(behind) < 6*time.Second; <-time.After(50 * time.Millisecond) {
				for _, n := range c.ValidationStats.Tables() {
					require.Zero(t, n.Failed, "a false alarm: %+v", n)
				}
			}
			catchUp(t, source, target)
			awaitStates(t, c.ValidationStats, map[string]validate.State{"bag": validate.Mismatched, "floats": validate.Mismatched}, 1)
		})
	}
}

// Nor do they while the task itself follows a writer, and they come to rest when he does.
func TestValidationOfWholeTablesWhileChanging(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]string{{"postgresql-18", "mariadb"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-15"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p[0]), newEnd(t, p[1])
			source.exec(t, "CREATE TABLE bag (v int, s varchar(20))", "CREATE TABLE floats (f double precision NOT NULL PRIMARY KEY, v int)",
				"INSERT INTO bag VALUES (1, 'a'), (1, 'a'), (2, NULL)", "INSERT INTO floats VALUES (0.5, 1), (1.5, 2)")
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
			startWatching(t, c)
			good := map[string]validate.State{"bag": validate.Validated, "floats": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			for began, i := time.Now(), 0; time.Since(began) < 12*time.Second; i++ {
				source.patient(t, fmt.Sprintf("INSERT INTO bag VALUES (%d, 'new')", i%50))
				source.patient(t, fmt.Sprintf("UPDATE floats SET v = %d WHERE f = 0.5", i))
				for _, n := range c.ValidationStats.Tables() {
					require.Zero(t, n.Failed, "a false alarm: %+v", n)
				}
				<-time.After(2 * time.Millisecond)
			}
			awaitStates(t, c.ValidationStats, good, 0)
		})
	}
}

// Keys that share what is shown of them are told apart, in the list of failures too, and a resync finds their rows by it.
func TestValidationOfLongKeys(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]string{{"postgresql-18", "postgresql-18"}, {"sqlite", "postgresql-18"}, {"postgresql-18", "mariadb"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p[0]), newEnd(t, p[1])
			source.exec(t, "CREATE TABLE long (k varchar(400) NOT NULL PRIMARY KEY, v int)")
			same := strings.Repeat("k", 250)
			for i := range 4 {
				source.exec(t, fmt.Sprintf("INSERT INTO long VALUES ('%s%050d', %d)", same, i, i))
			}
			load(t, source, target)
			there := target.table(t, source, "long")
			target.exec(t, "UPDATE "+there+" SET v = 77 WHERE v > 1")
			proof := fmt.Sprintf("proof %d", time.Now().UnixNano()) // the server of the target serves other tests too
			only := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
				"ValidationQueryCdcDelaySeconds":1},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
			only.Type, only.Name = task.Changes, proof
			stop := startWatching(t, only)
			want := []string{}
			for i := 2; i < 4; i++ {
				want = append(want, fmt.Sprintf(`RECORD_DIFF {"key": ["%s%050d"]} [{"column":"v","source":"%d","target":"77"}]`, same, i, i))
			}
			awaitFailureTable(t, target)
			require.Eventually(t, func() bool { return slices.Equal(failureRowsOf(t, target, "long"), want) }, time.Minute, 50*time.Millisecond)
			stop()

			c := watching(t, source, target, `{"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6","MaxResyncTime":5,"ValidationTaskId":"`+proof+`"}}`)
			open := windows(&c)
			startTask(t, c)
			t.Cleanup(func() { close(open) })
			began := time.Now()
			open <- struct{}{}
			require.Equal(t, validate.Resync{State: validate.ResyncDone, Attempted: 2, Succeeded: 2}, awaitResync(t, &c, "long", began))
			require.Equal(t, []string{"0", "1", "2", "3"}, target.column(t, "SELECT v FROM "+there+" ORDER BY v"))
		})
	}
}

// awaitFailureTable waits until awsdms_validation_failures is there to be read.
func awaitFailureTable(t *testing.T, target *end) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := target.db.ExecContext(t.Context(), "SELECT 1 FROM "+target.failureTable())
		return err == nil
	}, time.Minute, 50*time.Millisecond)
}

// awsdms_validation_failures_v2 has the index of AWS DMS, made once.
func TestFailureTableHasItsIndex(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v int)", "INSERT INTO item VALUES (1, 1)")
	load(t, source, target)
	target.exec(t, "UPDATE item SET v = 2")
	c := validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
	for range 2 {
		_, err := run(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, failureRowsOf(t, target, "item"), 1)
	}
	require.Equal(t, []string{`("TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "FAILURE_TYPE", "FAILURE_TIME")`}, target.column(t, `
		SELECT substring(indexdef FROM '\(.*') FROM pg_indexes WHERE tablename = 'awsdms_validation_failures_v2' AND indexdef NOT LIKE '%UNIQUE%'`))
}

// MaxKeyColumnSize is of the keys themselves, after a load and while changes are followed.
func TestValidationSuspendsLongKeys(t *testing.T) {
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE long (k text PRIMARY KEY, v int)", "INSERT INTO long VALUES (repeat('k', 9000), 1), (repeat('k', 8000), 1)")
	load(t, source, target)
	target.exec(t, "UPDATE long SET v = 2")
	compared := compareEnds(t, validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true}}`), false).Tables[0]
	require.EqualValues(t, 1, compared.Suspended)
	require.EqualValues(t, 1, compared.Failed)

	c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
		"ValidationQueryCdcDelaySeconds":1},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
	c.Type = task.Changes
	startWatching(t, c)
	awaitStates(t, c.ValidationStats, map[string]validate.State{"long": validate.Mismatched}, 1)
	require.Eventually(t, func() bool { return c.ValidationStats.Tables()[0].Suspended == 1 }, time.Minute, 50*time.Millisecond)
	awaitFailureTable(t, target)
	require.Eventually(t, func() bool { return len(failureRowsOf(t, target, "long")) == 2 }, time.Minute, 50*time.Millisecond)
	require.Regexp(t, `^RECORD_DIFF \{"key": \["k{1000}k+…"\]\} \[.*\]$`, failureRowsOf(t, target, "long")[0])
	require.Contains(t, failureRowsOf(t, target, "long")[1], `TABLE_WARNING {"key": []} {"reason":"1 rows were suspended`)
}
