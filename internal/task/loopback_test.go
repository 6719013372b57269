package task_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// Two migrations in opposite directions, with writers on both sides: no change comes back to where it was made, and both
// sides end the same.
func TestTwoWays(t *testing.T) {
	const each = 60
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"postgresql-15", "mariadb"}, {"mariadb", "mariadb"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-18"}} {
		t.Run(pair[0]+" and "+pair[1], func(t *testing.T) {
			t.Parallel()
			left, right := newEnd(t, pair[0]), newEnd(t, pair[1])
			left.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'from the left'), (2, 'from the right')")
			a, b := bothWays(t, left, right, "item", func(c *task.Config) { c.Settings.ErrorBehavior.ApplyErrorDeletePolicy = "LOG_ERROR" })

			far := right.table(t, left, "item")
			for i := range each {
				left.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'left %d')", 10+2*i, i), fmt.Sprintf("UPDATE item SET name = 'left %d' WHERE id = 1", i))
				right.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%d, 'right %d')", far, 11+2*i, i), fmt.Sprintf("UPDATE %s SET name = 'right %d' WHERE id = 2", far, i))
			}
			left.exec(t, "DELETE FROM item WHERE id = 10", "INSERT INTO item VALUES (1000, 'last of the left')")
			right.exec(t, "DELETE FROM "+far+" WHERE id = 11", "INSERT INTO "+far+" VALUES (1001, 'last of the right')")
			a.await(t, "the last of the left", func() bool { return right.column(t, "SELECT count(*) FROM "+far+" WHERE id = 1000")[0] == "1" })
			b.await(t, "the last of the right", func() bool { return left.column(t, "SELECT count(*) FROM item WHERE id = 1001")[0] == "1" })
			<-time.After(1500 * time.Millisecond) // an echo would come now
			a.stop()
			b.stop()
			require.NoError(t, a.err)
			require.NoError(t, b.err)
			requireSame(t, left, right, "item")
			for _, r := range []*running{a, b} {
				c := changesOf(t, r.report, "item")
				require.Equal(t, []int64{each + 1, each, 1, 0}, []int64{c.Inserts, c.Updates, c.Deletes, c.Failed}, "what came from the other side is not sent back")
			}
		})
	}
}

// bothWays loads what the left has of some tables into the right, and follows both: a from the left, b from the right. The edits are of the way there.
func bothWays(t *testing.T, left, right *end, tables string, edits ...edit) (a, b *running) {
	t.Helper()
	there := loopConfig(t, left, right)
	there.Mappings = patterns(t, mapping.Literal(schemaPattern(left))+"."+tables)
	for _, e := range edits {
		e(&there)
	}
	there.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = true
	load(t, left, right, func(c *task.Config) { c.Settings, c.Mappings = there.Settings, there.Mappings })
	there.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = false
	back := loopConfig(t, right, left)
	back.Type = task.Changes
	back.TargetSchema = schemaOf(left)
	t.Cleanup(func() { release(t, back) })
	back.Mappings = patterns(t, mapping.Literal(right.schemaFrom(left))+"."+tables)
	b = start(t, back)
	b.await(t, "the way back", func() bool { return b.config.ChangeStats.Counts().State.String() == "following" })
	a = start(t, there)
	a.await(t, "the way there", func() bool { return a.config.ChangeStats.Counts().State.String() == "following" })
	return a, b
}

// loopConfig replicates one way of two.
func loopConfig(t *testing.T, source, target *end) task.Config {
	c := changesConfig(source, target)
	c.Settings.LoopbackPreventionSettings = &settings.LoopbackPreventionSettings{
		EnableLoopbackPrevention: true, SourceSchema: schemaOf(source), TargetSchema: schemaOf(target),
	}
	c.Mappings = patterns(t, mapping.Literal(schemaPattern(source))+".item")
	return c
}

func patterns(t *testing.T, pattern string) *mapping.Rules {
	t.Helper()
	rules, err := mapping.FromPatterns([]string{pattern}, nil)
	require.NoError(t, err)
	return rules
}

// schemaOf is the schema that a test's tables are in.
func schemaOf(e *end) string { return schemaPattern(e) }

// schemaFrom is the schema into which tables of a source have gone.
func (e *end) schemaFrom(source *end) string {
	if e.engine == "postgres" && source.engine == "mariadb" {
		return source.database()
	}
	return schemaPattern(e)
}

// A reload would empty the other side's table too.
func TestNoReloadOnTwoWays(t *testing.T) {
	left, right := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	left.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
	m, err := task.Open(context.Background(), loopConfig(t, left, right))
	require.NoError(t, err)
	defer func() { _ = m.Close() }()
	require.ErrorContains(t, m.Reload(context.Background(), []catalog.Name{left.named("item")}), "EnableLoopbackPrevention")
}

// TestStructureOnTwoWays: what one side does to its tables is done on the other and does not come back. A table that is dropped and made again
// keeps its rows.
func TestStructureOnTwoWays(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"postgresql-15", "mariadb"}, {"mariadb", "mariadb"}, {"mysql", "mysql"}} {
		t.Run(pair[0]+" and "+pair[1], func(t *testing.T) {
			t.Parallel()
			left, right := newEnd(t, pair[0]), newEnd(t, pair[1])
			left.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), old int)", "INSERT INTO item VALUES (1, 'from the left', 1), (2, 'from the right', 2)",
				"CREATE TABLE item_again (id int NOT NULL PRIMARY KEY)", "INSERT INTO item_again VALUES (1), (2)", "CREATE TABLE item_end (id int NOT NULL PRIMARY KEY)")
			a, b := bothWays(t, left, right, "item%")
			far := func(table string) string { return right.table(t, left, table) }
			marks := 0
			settled := func() { // there and back again
				marks += 2
				left.exec(t, fmt.Sprintf("INSERT INTO item_end VALUES (%d)", marks))
				a.await(t, "a mark of the left", func() bool {
					return right.column(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE id = %d", far("item_end"), marks))[0] == "1"
				})
				right.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%d)", far("item_end"), marks+1))
				b.await(t, "a mark of the right", func() bool {
					return left.column(t, fmt.Sprintf("SELECT count(*) FROM item_end WHERE id = %d", marks+1))[0] == "1"
				})
			}

			left.exec(t, "ALTER TABLE item ADD COLUMN w int", "INSERT INTO item VALUES (3, 'three', 3, 3)", "ALTER TABLE item RENAME COLUMN name TO title", "ALTER TABLE item DROP COLUMN old",
				"INSERT INTO item VALUES (4, 'four', 4)", "CREATE TABLE item_new (id int NOT NULL PRIMARY KEY)", "INSERT INTO item_new VALUES (1)",
				"DROP TABLE item_again", "CREATE TABLE item_again (id int NOT NULL PRIMARY KEY, v int)", "INSERT INTO item_again VALUES (7, 7)")
			settled()
			right.exec(t, "INSERT INTO "+far("item")+" VALUES (5, 'five', 5)", "ALTER TABLE "+far("item")+" ADD COLUMN x int", "INSERT INTO "+far("item")+" VALUES (6, 'six', 6, 6)",
				"INSERT INTO "+far("item_new")+" VALUES (2)", "INSERT INTO "+far("item_again")+" VALUES (8, 8)")
			settled()
			left.exec(t, "INSERT INTO item VALUES (7, 'seven', 7, 7)", "INSERT INTO item_new VALUES (3)", "INSERT INTO item_again VALUES (9, 9)")
			right.exec(t, "INSERT INTO "+far("item")+" VALUES (8, 'eight', 8, 8)")
			settled()
			a.stop()
			b.stop()
			require.NoError(t, a.err)
			require.NoError(t, b.err)
			for _, r := range []*running{a, b} {
				for _, c := range r.report.Changes.Tables {
					require.Empty(t, c.Suspended, c.Source)
					require.Zero(t, c.Failed, c.Source)
				}
			}
			for table, columns := range map[string]string{"item": "id,title,w,x", "item_new": "id", "item_again": "id,v"} {
				rows := left.whole(t, table, columns)
				require.Equal(t, rows, right.whole(t, far(table), columns), table)
				require.Len(t, rows, map[string]int{"item": 8, "item_new": 3, "item_again": 3}[table])
			}
		})
	}
}
