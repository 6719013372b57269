package task_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestResync loads into tables whose rows come to differ: they are mended, and no failure stays.
func TestResync(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			source.exec(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20))", "INSERT INTO t VALUES (7, 'v7'), (8, 'v8'), (9, 'v9')",
				"CREATE TABLE same (id INTEGER PRIMARY KEY)", "INSERT INTO same VALUES (1)")
			target.exec(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20))", "INSERT INTO t VALUES (98, 'x'), (99, 'y')")
			want := validate.Resync{State: validate.ResyncDone, Attempted: 2, Succeeded: 2}
			if target.family == catalog.PostgreSQL {
				// A trigger that fires always spoils what is inserted.
				target.exec(t, `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					IF NEW.id = 7 THEN NEW.v := 'spoiled'; END IF;
					RETURN NEW; END $$`, "CREATE TRIGGER spoil BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION spoil()", "ALTER TABLE t ENABLE ALWAYS TRIGGER spoil")
				want = validate.Resync{State: validate.ResyncDone, Attempted: 3, Succeeded: 3}
			}
			c := validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true},"ResyncSettings":{"EnableResync":true,"MaxResyncTime":60},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
			c.RefuseRows = false
			report, err := run(context.Background(), c)
			require.NoError(t, err)
			text := "SELECT id || ' ' || v FROM t ORDER BY id"
			if target.family == catalog.MySQL {
				text = "SELECT CONCAT(id, ' ', v) FROM t ORDER BY id"
			}
			require.Equal(t, []string{"7 v7", "8 v8", "9 v9"}, target.column(t, text))
			counted := map[string]validate.Counts{}
			for _, n := range c.ValidationStats.Tables() {
				require.False(t, n.Resync.At.IsZero())
				n.Resync.At = want.At
				counted[n.Source.Name] = n
			}
			require.Equal(t, want, counted["t"].Resync)
			require.Equal(t, validate.Resync{State: validate.ResyncDone}, counted["same"].Resync)
			require.Zero(t, counted["t"].Failed)
			for _, v := range report.Validation {
				require.Equal(t, validate.Validated, v.State, "%+v", v)
			}
			require.Empty(t, failureRowsOf(t, target, "t"))
		})
	}
}

// TestResyncIsRefused names what a resync is not there for.
func TestResyncIsRefused(t *testing.T) {
	const on = `"ValidationSettings":{"EnableValidation":true},`
	for name, c := range map[string]struct {
		document string
		kind     task.Type
		want     string
	}{
		"no schedule":   {on + `"ResyncSettings":{"EnableResync":true,"MaxResyncTime":5}`, task.FullLoadAndCDC, "ResyncSchedule and MaxResyncTime are needed"},
		"no time":       {on + `"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6"}`, task.Changes, "ResyncSchedule and MaxResyncTime are needed"},
		"no changes":    {on + `"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6"}`, task.FullLoad, "does not go with migration type full-load"},
		"no validation": {`"ResyncSettings":{"EnableResync":true}`, task.FullLoad, "EnableValidation is false"},
		"only": {`"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true},"ResyncSettings":{"EnableResync":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}`,
			task.FullLoad, "ValidationOnly"},
		"another's and its own": {on + `"ResyncSettings":{"EnableResync":true,"ValidationTaskId":"x","ResyncSchedule":"0 2 * * 6","MaxResyncTime":5}`, task.Changes, "does not validate itself"},
		"another's load":        {`"ResyncSettings":{"EnableResync":true,"ValidationTaskId":"x"}`, task.FullLoad, "is for tasks that follow changes"},
		"loopback": {on + `"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6","MaxResyncTime":5},
			"LoopbackPreventionSettings":{"EnableLoopbackPrevention":true,"SourceSchema":"a","TargetSchema":"b"}`, task.Changes, "EnableLoopbackPrevention"},
	} {
		t.Run(name, func(t *testing.T) {
			config := validating(t, newEnd(t, "sqlite"), newEnd(t, "sqlite"), "{"+c.document+"}")
			config.Type = c.kind
			_, err := task.Open(t.Context(), config)
			require.ErrorContains(t, err, c.want)
		})
	}
}
