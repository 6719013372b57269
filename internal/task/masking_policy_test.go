package task_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestMaskingPolicy has hashes go into a column of the target that has no room for them: DataMaskingErrorPolicy decides about
// those rows, whatever DataErrorPolicy says, and rows without a value to mask go.
func TestMaskingPolicy(t *testing.T) {
	for _, p := range []struct{ from, to string }{{"sqlite", "postgresql-18"}, {"postgresql-18", "mariadb"}} {
		for _, c := range []struct {
			policy, data            string
			failed, stopped, parked bool
		}{
			{"IGNORE_RECORD", "STOP_TASK", false, false, false}, {"LOG_ERROR", "STOP_TASK", false, false, true},
			{"SUSPEND_TABLE", "IGNORE_RECORD", true, false, true}, {"STOP_TASK", "IGNORE_RECORD", true, true, true},
		} {
			t.Run(p.from+" to "+p.to+" "+c.policy, func(t *testing.T) {
				source, target := newEnd(t, p.from), newEnd(t, p.to)
				source.exec(t, "CREATE TABLE people (id int NOT NULL PRIMARY KEY, card varchar(40))", "INSERT INTO people VALUES (1, '4111'), (2, NULL), (3, '4222')")
				if p.from == "postgresql-18" {
					target.exec(t, "CREATE TABLE people (id int NOT NULL PRIMARY KEY, card varchar(40))")
				} else {
					target.exec(t, "CREATE TABLE people (id bigint NOT NULL PRIMARY KEY, card varchar(40))")
				}
				conf := func(base task.Config) task.Config {
					base = with(t, base, fmt.Sprintf(`{"ErrorBehavior":{"DataMaskingErrorPolicy":%q,"DataErrorPolicy":%q},"FullLoadSettings":{"TargetTablePrepMode":%q}}`, c.policy, c.data, settings.DoNothing))
					base.RefuseRows = false
					base.Mappings = rules(t, source, includeAll, columnRule("card", "change-data-type", `"data-type":{"type":"string","length":64}`), columnRule("card", "data-masking-hash-mask", ""))
					return base
				}
				report, err := run(context.Background(), conf(config(source, target)))
				if c.stopped {
					require.ErrorIs(t, err, fullload.ErrStopped)
					require.ErrorContains(t, err, "DataMaskingErrorPolicy")
					return
				}
				require.NoError(t, err)
				require.Equal(t, c.failed, report.Tables[0].State == fullload.Failed)
				if c.failed {
					require.ErrorContains(t, report.Tables[0].Err, "a hash takes 64 characters and the target's column has room for 40")
					return
				}
				require.EqualValues(t, 2, report.Tables[0].Rejected)
				require.Equal(t, []string{"2"}, target.column(t, "SELECT id FROM people"))
				parked := func() int {
					if !c.parked {
						return 0
					}
					return len(target.column(t, fmt.Sprintf("SELECT 1 FROM %s WHERE %s", exceptions(target), owned(target))))
				}
				if c.parked {
					require.Equal(t, 2, parked())
				}

				// The same of changes.
				follow := conf(changesConfig(source, target))
				follow.Type, follow.Stop.CaughtUp = task.Changes, true
				_, err = run(context.Background(), follow)
				require.NoError(t, err)
				t.Cleanup(func() { release(t, follow) })
				source.exec(t, "INSERT INTO people VALUES (4, '4333')", "INSERT INTO people VALUES (5, NULL)")
				_, err = run(context.Background(), follow)
				require.NoError(t, err)
				require.Equal(t, []string{"2", "5"}, target.column(t, "SELECT id FROM people ORDER BY id"))
				if c.parked {
					require.Equal(t, 3, parked())
				}
			})
		}
	}
}
