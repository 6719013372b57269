package task_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// policyPairs are ends of every kind.
var policyPairs = [][2]string{{"postgresql-15", "mariadb"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-18"}}

// clash is a change that meets something else on the target than it should, and the setting that says what follows.
type clash struct {
	setting, change string
	set             func(c *task.Config, policy string)
}

var clashes = []clash{
	{"ApplyErrorInsertPolicy", "INSERT INTO item VALUES (1, 'source')", func(c *task.Config, p string) { c.Settings.ErrorBehavior.ApplyErrorInsertPolicy = p }},
	{"ApplyErrorUpdatePolicy", "UPDATE item SET name = 'source' WHERE id = 2", func(c *task.Config, p string) { c.Settings.ErrorBehavior.ApplyErrorUpdatePolicy = p }},
	{"ApplyErrorDeletePolicy", "DELETE FROM item WHERE id = 2", func(c *task.Config, p string) { c.Settings.ErrorBehavior.ApplyErrorDeletePolicy = p }},
}

// eachClash makes the target differ: a row 1 is there already, the row 2 is not.
func eachClash(t *testing.T, f func(t *testing.T, source, target *end, c clash)) {
	for _, pair := range policyPairs {
		for _, c := range clashes {
			t.Run(fmt.Sprint(c.setting, " ", pair[0], " to ", pair[1]), func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
				for _, name := range []string{"item", "other"} {
					source.exec(t, "CREATE TABLE "+name+" (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO "+name+" VALUES (2, 'two')")
				}
				load(t, source, target)
				there := target.table(t, source, "item")
				target.exec(t, "INSERT INTO "+there+" VALUES (1, 'target')", "DELETE FROM "+there+" WHERE id = 2")
				f(t, source, target, c)
			})
		}
	}
}

// TestStopTaskKeepsWhatCameBefore: by STOP_TASK the target stays at a committed moment before the transaction at fault, with nothing of that
// one and of later ones, and the next run meets the same change, until the policy, or the target, is another.
func TestStopTaskKeepsWhatCameBefore(t *testing.T) {
	eachClash(t, func(t *testing.T, source, target *end, k clash) {
		source.exec(t, "INSERT INTO other VALUES (10, 'before')")
		catchUp(t, source, target)
		tx, err := source.db.Begin()
		require.NoError(t, err)
		for _, sql := range []string{"INSERT INTO other VALUES (11, 'same transaction')", k.change} {
			_, err := tx.Exec(sql)
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
		source.exec(t, "INSERT INTO other VALUES (12, 'after')")
		other := target.table(t, source, "other")
		for range 2 {
			c := changesConfig(source, target)
			k.set(&c, "STOP_TASK")
			c.Stop.CaughtUp = true
			_, err := run(t.Context(), c)
			require.ErrorIs(t, err, fullload.ErrStopped)
			require.ErrorContains(t, err, k.setting+" STOP_TASK")
			require.Equal(t, []string{"10", "2"}, sorted(target.text(t, other, "id")))
		}
		catchUp(t, source, target, func(c *task.Config) { k.set(c, "IGNORE_RECORD") })
		require.Equal(t, []string{"10", "11", "12", "2"}, sorted(target.text(t, other, "id")))
	})
}

// TestSuspendTableGoesOnWithTheOthers: by SUSPEND_TABLE the table at fault stands still, in this run and the next, and the others go on.
func TestSuspendTableGoesOnWithTheOthers(t *testing.T) {
	eachClash(t, func(t *testing.T, source, target *end, k clash) {
		suspend := func(c *task.Config) { k.set(c, "SUSPEND_TABLE") }
		source.exec(t, "INSERT INTO item VALUES (9, 'before')", k.change, "INSERT INTO item VALUES (20, 'after')", "INSERT INTO other VALUES (10, 'after')")
		for range 2 {
			why := changesOf(t, catchUp(t, source, target, suspend), "item").Suspended
			require.Contains(t, why, k.setting+" SUSPEND_TABLE")
			require.Equal(t, []string{"1", "9"}, sorted(target.text(t, target.table(t, source, "item"), "id")))
		}
		require.Equal(t, []string{"10", "2"}, sorted(target.text(t, target.table(t, source, "other"), "id")))
	})
}

// TestApplyErrorsEscalate: more errors than ApplyErrorEscalationCount in a table, and ApplyErrorEscalationPolicy takes the place of the others.
func TestApplyErrorsEscalate(t *testing.T) {
	for _, policy := range []string{"SUSPEND_TABLE", "STOP_TASK"} {
		for _, pair := range policyPairs {
			t.Run(fmt.Sprint(policy, " ", pair[0], " to ", pair[1]), func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
				escalate := func(c *task.Config) {
					b := &c.Settings.ErrorBehavior
					b.ApplyErrorInsertPolicy, b.ApplyErrorEscalationPolicy, b.ApplyErrorEscalationCount = "LOG_ERROR", policy, 1
				}
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
				load(t, source, target, escalate)
				there := target.table(t, source, "item")
				target.exec(t, "INSERT INTO "+there+" VALUES (1, 'target')", "INSERT INTO "+there+" VALUES (2, 'target')")
				source.exec(t, "INSERT INTO item VALUES (1, 'source')", "INSERT INTO item VALUES (10, 'ten')")
				first := changesOf(t, catchUp(t, source, target, escalate), "item")
				require.Equal(t, int64(1), first.Failed, "as many as are allowed")
				require.Empty(t, first.Suspended)
				source.exec(t, "INSERT INTO item VALUES (11, 'eleven')", "INSERT INTO item VALUES (2, 'source')", "INSERT INTO item VALUES (12, 'twelve')")
				target.exec(t, "INSERT INTO "+there+" VALUES (3, 'target')")
				source.exec(t, "INSERT INTO item VALUES (3, 'source')")
				c := changesConfig(source, target)
				escalate(&c)
				c.Stop.CaughtUp = true
				report, err := run(t.Context(), c)
				if policy == "STOP_TASK" {
					require.ErrorContains(t, err, "ApplyErrorEscalationPolicy STOP_TASK")
					return
				}
				require.NoError(t, err)
				require.Contains(t, changesOf(t, report, "item").Suspended, "ApplyErrorEscalationPolicy SUSPEND_TABLE")
			})
		}
	}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
