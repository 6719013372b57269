package task_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestTablesRenamedIntoTheSelection: their rows of before are no changes, so that they do not join as if they were empty. A reload takes
// them up. SQLite's log reads them.
func TestTablesRenamedIntoTheSelection(t *testing.T) {
	mappings := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"SCHEMA","table-name":"item%"},"rule-action":"include"}]}`
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"mariadb", "mariadb"}, {"mysql", "sqlite"}, {"sqlite", "mariadb"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)", "INSERT INTO item VALUES (1)",
				"CREATE TABLE outside (id int NOT NULL PRIMARY KEY)", "INSERT INTO outside VALUES (1)")
			selected := document(t, strings.ReplaceAll(mappings, "SCHEMA", schemaPattern(source)))
			load(t, source, target, selected)
			source.exec(t, "ALTER TABLE outside RENAME TO item2", "INSERT INTO item2 VALUES (2)", "INSERT INTO item VALUES (2)")
			report := catchUp(t, source, target, selected)
			require.Empty(t, changesOf(t, report, "item").Suspended)
			name := target.table(t, source, "item2")
			if source.engine != "sqlite" {
				require.Contains(t, changesOf(t, report, "item2").Suspended, "there before it was selected")
				c := changesConfig(source, target)
				selected(&c)
				m, err := task.Open(t.Context(), c)
				require.NoError(t, err)
				require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("item2")}))
				require.NoError(t, m.Close())
				report = catchUp(t, source, target, selected)
				require.Empty(t, changesOf(t, report, "item2").Suspended)
			}
			source.exec(t, "INSERT INTO item2 VALUES (3)")
			require.Empty(t, changesOf(t, catchUp(t, source, target, selected), "item2").Suspended)
			require.Equal(t, []string{"1", "2", "3"}, target.text(t, name, "id"))
		})
	}
}
