package task_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestTablesRenamedWithoutAnAudit: where nothing at the source tells of DDL, a table that has got another name shows itself by its next row
// alone. It does not join as if it had been empty; one that is new does.
func TestTablesRenamedWithoutAnAudit(t *testing.T) {
	mappings := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"item%"},"rule-action":"include"}]}`
	for name, settings := range map[string]map[string]string{"test_decoding": {"PluginName": "test_decoding"}, "publication": {"PublicationName": "everything"}, "own publication": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)", "CREATE TABLE outside (id int PRIMARY KEY)", "INSERT INTO outside VALUES (1)")
			if name == "publication" {
				source.exec(t, "CREATE PUBLICATION everything FOR ALL TABLES")
			}
			edit := func(c *taskConfig) {
				document(t, mappings)(c)
				c.Source.Settings = map[string]string{"CaptureDdls": "false"}
				maps.Copy(c.Source.Settings, settings)
			}
			load(t, source, target, edit)
			source.exec(t, "INSERT INTO outside VALUES (2)", "ALTER TABLE outside RENAME TO item2", "INSERT INTO item2 VALUES (3)", "INSERT INTO item VALUES (2)", "CREATE TABLE item3 (id int PRIMARY KEY)", "INSERT INTO item3 VALUES (1)")
			report := catchUp(t, source, target, edit)
			require.Empty(t, changesOf(t, report, "item").Suspended)
			require.Equal(t, []string{"1", "2"}, target.column(t, "SELECT id FROM item ORDER BY id"))
			if name == "own publication" { // which has neither
				require.Equal(t, []string{"item"}, target.column(t, "SELECT relname FROM pg_class WHERE relname LIKE 'item%' AND relkind = 'r'"))
				return
			}
			require.Empty(t, changesOf(t, report, "item3").Suspended)
			require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM item3"))
			require.True(t, strings.HasSuffix(changesOf(t, report, "item2").Suspended, "reload the table"), changesOf(t, report, "item2").Suspended)
			c := changesConfig(source, target)
			edit(&c)
			m, err := task.Open(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("item2")}))
			require.NoError(t, m.Close())
			source.exec(t, "INSERT INTO item2 VALUES (4)")
			catchUp(t, source, target, edit)
			source.exec(t, "INSERT INTO item2 VALUES (5)")
			require.Empty(t, changesOf(t, catchUp(t, source, target, edit), "item2").Suspended)
			require.Equal(t, []string{"1", "2", "3", "4", "5"}, target.column(t, "SELECT id FROM item2 ORDER BY id"))
		})
	}
}
