package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestLabelsAreAdded: no log tells of a label that a type has got. The rows with it bring it to the target, at its place.
func TestLabelsAreAdded(t *testing.T) {
	for _, mode := range []string{"transactional", "batch"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
			source.exec(t, "CREATE TYPE mood AS ENUM ('low', 'high')", "CREATE DOMAIN temper AS mood", "CREATE TABLE item (id int PRIMARY KEY, m mood, all_of mood[], t temper)", "INSERT INTO item VALUES (1, 'low')")
			edit := func(c *taskConfig) { c.Settings.TargetMetadata.BatchApplyEnabled = mode == "batch" }
			load(t, source, target, edit)
			source.exec(t, "INSERT INTO item VALUES (2, 'high')", "ALTER TYPE mood ADD VALUE 'middle' BEFORE 'high'", "ALTER TYPE mood ADD VALUE 'lowest' BEFORE 'low'", "ALTER TYPE mood ADD VALUE 'it''s over'",
				"INSERT INTO item VALUES (3, 'middle')", "UPDATE item SET all_of = '{low,lowest}' WHERE id = 1", "UPDATE item SET m = 'lowest', t = 'it''s over' WHERE id = 2", "INSERT INTO item VALUES (4, 'low')")
			for _, c := range catchUp(t, source, target, edit).Changes.Tables {
				require.Empty(t, c.Suspended, c.Source)
				require.Zero(t, c.Failed, c.Source)
			}
			for _, sql := range []string{"SELECT concat_ws(' ', id, m, all_of, t) FROM item ORDER BY id", "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"} {
				require.Equal(t, source.column(t, sql), target.column(t, sql))
			}
		})
	}
}

// TestLabelsThatAreNotAdded: a type that has labels of its own is not changed, nor is one where nothing is to be altered. What is to be done
// stands with the row that was left out.
func TestLabelsThatAreNotAdded(t *testing.T) {
	for name, of := range map[string]struct{ first, says string }{
		"renamed":     {"ALTER TYPE mood RENAME VALUE 'low' TO 'lower'", `has the label "low", which the source's has not`},
		"not altered": {"SELECT 1", `run ALTER TYPE "public"."mood" ADD VALUE IF NOT EXISTS 'middle' AFTER 'low' at the target`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-15")
			source.exec(t, "CREATE TYPE mood AS ENUM ('low', 'high')", "CREATE TABLE item (id int PRIMARY KEY, m mood)")
			edit := func(c *taskConfig) {
				c.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableAltered = name != "not altered"
				if name == "renamed" { // which the audit would tell
					c.Source.Settings = map[string]string{"CaptureDdls": "false"}
				}
			}
			load(t, source, target, edit)
			source.exec(t, of.first, "ALTER TYPE mood ADD VALUE 'middle' BEFORE 'high'", "INSERT INTO item VALUES (1, 'high'), (2, 'middle')")
			require.EqualValues(t, 1, changesOf(t, catchUp(t, source, target, edit), "item").Failed)
			require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM item"))
			require.Contains(t, target.column(t, `SELECT "ERROR" FROM `+exceptions(target))[0], of.says)
			require.Equal(t, []string{"low", "high"}, target.column(t, "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"))
		})
	}
}

// TestLabelsThatGetOtherNames: the rows that are there have the new name at once, which no log tells. Every table with the type in it is suspended,
// with what is to be done; others go on, and so do those of a type that has merely got one more.
func TestLabelsThatGetOtherNames(t *testing.T) {
	t.Parallel()
	tables := map[string]string{"plain": "mood", "several": "mood[]", "ruled": "temper", "made": "both_of", "listed": "both_of[]"}
	for plugin, engine := range map[string]string{"pgoutput": "postgresql-18", "test_decoding": "postgresql-15"} {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, "postgresql-15")
			edit := func(c *taskConfig) { c.Source.Settings = map[string]string{"PluginName": plugin} }
			source.exec(t, "CREATE TYPE mood AS ENUM ('low', 'high')", "CREATE DOMAIN temper AS mood", "CREATE TYPE both_of AS (n int, m temper)", "CREATE TYPE other AS ENUM ('a')",
				"CREATE TABLE another (id int PRIMARY KEY, o other)", "INSERT INTO another VALUES (1, 'a')")
			for name, kind := range tables {
				source.exec(t, "CREATE TABLE "+name+" (id int PRIMARY KEY, m "+kind+")", "INSERT INTO "+name+" VALUES (1)")
			}
			source.exec(t, "UPDATE plain SET m = 'low'")
			load(t, source, target, edit)
			source.exec(t, "ALTER TYPE other ADD VALUE 'b'", "ALTER TYPE mood RENAME VALUE 'low' TO 'it''s low'", "INSERT INTO plain VALUES (2, 'it''s low')", "INSERT INTO another VALUES (2, 'b')")
			report := catchUp(t, source, target, edit)
			for name := range tables {
				require.Contains(t, changesOf(t, report, name).Suspended, "ALTER TYPE public.mood RENAME VALUE 'low' TO 'it''s low'", name)
			}
			require.Empty(t, changesOf(t, report, "another").Suspended)
			require.Equal(t, []string{"a", "b"}, target.column(t, "SELECT o FROM another ORDER BY id"))

			target.exec(t, "ALTER TYPE public.mood RENAME VALUE 'low' TO 'it''s low'")
			c := changesConfig(source, target)
			edit(&c)
			m, err := task.Open(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("plain")}))
			require.NoError(t, m.Close())
			source.exec(t, "INSERT INTO plain VALUES (3, 'it''s low')")
			require.Empty(t, changesOf(t, catchUp(t, source, target, edit), "plain").Suspended)
			require.Equal(t, []string{"it's low", "it's low", "it's low"}, target.column(t, "SELECT m FROM plain ORDER BY id"))
		})
	}
}
