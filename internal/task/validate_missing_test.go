package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// A validation-only task goes on beside a table that the target does not have, as one that compares once does, and says so.
func TestValidationOnlyWithoutATable(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	source.exec(t, watchedTables...)
	load(t, source, target)
	target.exec(t, "DROP TABLE "+target.table(t, source, "named"))
	c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
		"ValidationQueryCdcDelaySeconds":1},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
	c.Type = task.Changes
	startWatching(t, c)
	awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Validated, "named": validate.TableError}, 0)
	require.Contains(t, reasonOf(c.ValidationStats, "named"), "no such table")
}

func reasonOf(s *validate.Stats, table string) string {
	for _, c := range s.Tables() {
		if c.Source.Name == table {
			return c.Reason
		}
	}
	return ""
}
