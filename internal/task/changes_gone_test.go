package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// goneFrom is what each source drops of its table: an index, and where it can a unique key, a check and a foreign key; one is made again.
var goneFrom = map[string]struct {
	make, drop []string
	gone       []string
}{
	"postgres": {
		[]string{"CREATE TABLE kind (id int PRIMARY KEY)", "CREATE TABLE item (id int PRIMARY KEY, a int, b int, c int, k int, CONSTRAINT item_u UNIQUE (b), CONSTRAINT item_c CHECK (c > 0), CONSTRAINT item_f FOREIGN KEY (k) REFERENCES kind)"},
		[]string{"DROP INDEX item_a", "ALTER TABLE item DROP CONSTRAINT item_u, DROP CONSTRAINT item_c", "ALTER TABLE item DROP CONSTRAINT item_f"},
		[]string{"item_a", "item_c", "item_f", "item_u"},
	},
	"mariadb": {
		[]string{"CREATE TABLE kind (id int PRIMARY KEY)", "CREATE TABLE item (id int PRIMARY KEY, a int, b int, c int, k int, UNIQUE KEY item_u (b), CONSTRAINT item_c CHECK (c > 0), CONSTRAINT item_f FOREIGN KEY (k) REFERENCES kind (id))"},
		[]string{"DROP INDEX item_a ON item", "ALTER TABLE item DROP KEY item_u, DROP CONSTRAINT item_c", "ALTER TABLE item DROP FOREIGN KEY item_f"},
		[]string{"item_a", "item_c", "item_f", "item_u"},
	},
	"sqlite": {
		[]string{"CREATE TABLE kind (id int PRIMARY KEY)", "CREATE TABLE item (id int NOT NULL PRIMARY KEY, a int, b int, c int, k int)", "CREATE UNIQUE INDEX item_u ON item (b)"},
		[]string{"DROP INDEX item_a", "DROP INDEX item_u"},
		[]string{"item_a", "item_u"},
	},
}

// TestWhatTheSourceDropsIsNamed: indexes and constraints that the source drops while it is followed are left on the target, and a cutover names
// each of them; not what was dropped and made again, nor what was there all the time.
func TestWhatTheSourceDropsIsNamed(t *testing.T) {
	check := func(t *testing.T, source, target *end) {
		of := goneFrom[source.engine]
		source.exec(t, of.make...)
		source.exec(t, "CREATE INDEX item_a ON item (a)", "CREATE INDEX item_again ON item (a, b)", "CREATE INDEX item_stays ON item (b, a)", "INSERT INTO kind VALUES (1)", "INSERT INTO item VALUES (1, 1, 1, 1, 1)")
		load(t, source, target)
		again := "DROP INDEX item_again"
		if source.family == catalog.MySQL {
			again += " ON item"
		}
		source.exec(t, of.drop...)
		source.exec(t, again, "CREATE INDEX item_again ON item (a, b)", "INSERT INTO item VALUES (2, 2, 2, 2, NULL)")
		require.Empty(t, changesOf(t, catchUp(t, source, target), "item").Suspended) // the process that cuts over is another
		report := catchUp(t, source, target, func(c *task.Config) { c.Cutover = true })
		require.NotNil(t, report.Cutover)
		var named []string
		for _, n := range report.Notes {
			if strings.Contains(n.Text, "was dropped in the source while it was followed") {
				require.Equal(t, "item", n.Name.Name)
				require.Contains(t, n.Text, fmt.Sprintf(" %s of table", n.Part))
				named = append(named, n.Part)
			}
		}
		slices.Sort(named)
		require.Equal(t, of.gone, named)
	}
	eachPair(t, check)
	t.Run("by plugin", func(t *testing.T) { eachPlugin(t, check) })
}

// TestEmptiedAfterAnotherStructure: a table gets another structure, or joins, and is emptied before any row of it is told.
func TestEmptiedAfterAnotherStructure(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"pgoutput": {}, "pgoutput without audit": {"CaptureDdls": "false"}, "test_decoding": {"PluginName": "test_decoding"}, "test_decoding without audit": {"PluginName": "test_decoding", "CaptureDdls": "false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
			set := func(c *taskConfig) { c.Source.Settings = settings }
			for _, table := range []string{"after", "before", "twice"} {
				source.exec(t, "CREATE TABLE "+table+" (id int PRIMARY KEY, n int NOT NULL)", "INSERT INTO "+table+" VALUES (1, 1)")
			}
			load(t, source, target, set)
			source.exec(t, "ALTER TABLE after ADD COLUMN c int", "TRUNCATE after", "TRUNCATE before", "ALTER TABLE before ADD COLUMN c int", "INSERT INTO before VALUES (3, 3, 3)",
				"INSERT INTO twice VALUES (2, 2)", "ALTER TABLE twice ALTER n DROP NOT NULL", "TRUNCATE twice", "ALTER TABLE twice ADD COLUMN c int", "TRUNCATE twice", "INSERT INTO twice VALUES (4, NULL, 4)")
			inStep(t, source, target, map[string]string{"after": "id", "before": "id", "twice": "id"}, set)
		})
	}
}
