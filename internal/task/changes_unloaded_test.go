package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestTablesThatWereNotLoaded: a table that is given up while it is loaded, of which the target has nothing, keeps nobody from going on with the others.
func TestTablesThatWereNotLoaded(t *testing.T) {
	for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			strict := func(c *taskConfig) { c.Settings.ErrorBehavior.DataErrorPolicy = "SUSPEND_TABLE" }
			source.exec(t, "CREATE TABLE good (id INTEGER PRIMARY KEY)", "CREATE TABLE bad (id INTEGER PRIMARY KEY, n INT)", "INSERT INTO good VALUES (1)", "INSERT INTO bad VALUES (1, 1), (2, 'none')")
			report := catchUp(t, source, target, strict)
			t.Log(changesOf(t, report, "bad").Suspended)
			for i, statement := range []string{"INSERT INTO good VALUES (2)", "INSERT INTO good VALUES (3)"} {
				source.exec(t, statement, "UPDATE bad SET n = n + 1 WHERE id = 1")
				catchUp(t, source, target, strict)
				require.Len(t, target.column(t, "SELECT id FROM "+target.table(t, source, "good")), i+2)
			}
			source.exec(t, "DELETE FROM bad WHERE id = 2")
			c := changesConfig(source, target)
			strict(&c)
			m, err := task.Open(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("bad")}))
			require.NoError(t, m.Close())
			require.Empty(t, changesOf(t, catchUp(t, source, target, strict), "bad").Suspended)
			require.Equal(t, []string{"3"}, target.column(t, "SELECT n FROM "+target.table(t, source, "bad")))
		})
	}
}
