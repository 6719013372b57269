package task_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestResyncOfRowsThatAreRefused has the target refuse a row that a window wants to mend: the others are mended, it stays a failure and says
// so, and the window after the target has come to its senses mends it too.
func TestResyncOfRowsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"postgresql-18", "postgresql-15"}, {"postgresql-15", "mariadb"}, {"mariadb", "postgresql-18"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, watchedTables...)
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},`+resyncs+`}`)
			open := windows(&c)
			m := startTask(t, c)
			t.Cleanup(func() { close(open) })
			good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)

			there := target.table(t, source, "item")
			target.patient(t, "UPDATE "+there+" SET name = 'wrong' WHERE id = 2")
			target.patient(t, "DELETE FROM "+there+" WHERE id = 3")
			target.patient(t, "ALTER TABLE "+there+" ADD CONSTRAINT not_three CHECK (id <> 3)")
			name := catalog.Name{Schema: schemaPattern(source), Name: "item"}
			awaitFailures(t, m, &c, name, 2)

			began := time.Now()
			open <- struct{}{}
			require.Equal(t, validate.Resync{State: validate.ResyncDone, Attempted: 2, Succeeded: 1, Failed: 1}, awaitResync(t, &c, "item", began))
			require.Equal(t, []string{"1 one 1", "2 two 2"}, rowsOf(t, target, there))
			awaitFailures(t, m, &c, name, 1)
			if q := target.quote; target.family == catalog.PostgreSQL {
				require.Equal(t, []string{"FAILURE", "SUCCESS"}, target.column(t, fmt.Sprintf(
					`SELECT %[1]s FROM awsdms_validation_failures_v2 WHERE %[1]s IS NOT NULL ORDER BY 1`, q("RESYNC_RESULT"))))
			}

			target.patient(t, "ALTER TABLE "+there+" DROP CONSTRAINT not_three")
			began = time.Now()
			open <- struct{}{}
			require.Equal(t, validate.Resync{State: validate.ResyncDone, Attempted: 1, Succeeded: 1}, awaitResync(t, &c, "item", began))
			require.Equal(t, []string{"1 one 1", "2 two 2", "3 - -1"}, rowsOf(t, target, there))
			awaitStates(t, c.ValidationStats, good, 3)
		})
	}
}
