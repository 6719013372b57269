package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// obstruct has the target refuse the table late that the source makes; the returned function takes the obstacle away.
func obstruct(t *testing.T, source, target *end) (clear func()) {
	t.Helper()
	if target.engine != "mariadb" { // where DDL commits by itself a table that is there may be one from before a crash
		source.exec(t, "CREATE TABLE late (id int NOT NULL PRIMARY KEY, name varchar(40))")
		there := target.table(t, source, "late")
		target.exec(t, "CREATE TABLE "+there+" (other int)")
		return func() { target.exec(t, "DROP TABLE "+there) }
	}
	var columns, drops []string
	for i := range 1100 { // more than InnoDB takes
		columns = append(columns, fmt.Sprintf("c%d int", i))
		drops = append(drops, fmt.Sprintf("DROP COLUMN c%d", i))
	}
	source.exec(t, "CREATE TABLE late (id int NOT NULL PRIMARY KEY, name varchar(40), "+strings.Join(columns, ", ")+")")
	return func() { source.exec(t, "ALTER TABLE late "+strings.Join(drops, ", ")) }
}

// TestRefusedNewTable: a new table that the target does not take is one in error, in the statistics and the control table, in this
// run and the next. It never joins in part, and a reload takes it up whole.
func TestRefusedNewTable(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"postgresql-18", "mariadb"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			name := fmt.Sprintf("refused %d", time.Now().UnixNano())
			noted := func(c *task.Config) {
				c.Settings.ControlTablesSettings.SuspendedTablesTableEnabled = true
				c.Name = name
			}
			suspended := func() []string {
				return target.column(t, fmt.Sprintf("SELECT table_name FROM %s WHERE task_name = '%s'", controlTable(target, "awsdms_suspended_tables"), name))
			}
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
			load(t, source, target, noted)
			clear := obstruct(t, source, target)
			source.exec(t, "INSERT INTO late (id, name) VALUES (1, 'one')", "INSERT INTO item VALUES (1, 'one')")
			for range 2 {
				report := catchUp(t, source, target, noted)
				requireSame(t, source, target, "item")
				late := changesOf(t, report, "late")
				require.Contains(t, late.Suspended, "CREATE TABLE")
				require.Equal(t, "late", late.Target.Name)
				require.Zero(t, late.AppliedDDLs)
				require.False(t, report.Complete())
				require.Equal(t, []string{"late"}, suspended())
			}
			clear()
			source.exec(t, "INSERT INTO late (id, name) VALUES (2, 'two')")
			require.NotEmpty(t, changesOf(t, catchUp(t, source, target, noted), "late").Suspended, "rows of it have gone by")

			c := changesConfig(source, target)
			noted(&c)
			m, err := task.Open(context.Background(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(context.Background(), []catalog.Name{source.named("late")}))
			require.NoError(t, m.Close())
			report := catchUp(t, source, target, noted)
			require.True(t, report.Complete(), "%+v %+v", report.Tables, report.Changes.Tables)
			requireSame(t, source, target, "late")
			require.Empty(t, suspended())
			source.exec(t, "UPDATE late SET name = 'changed' WHERE id = 1")
			require.True(t, catchUp(t, source, target, noted).Complete())
			requireSame(t, source, target, "late")
		})
	}
}

// TestRefusedNewTableMadeAnew: what the target has refused joins by itself when it is made anew, since then all of it is seen.
func TestRefusedNewTableMadeAnew(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			load(t, source, target)
			clear := obstruct(t, source, target)
			source.exec(t, "INSERT INTO late VALUES (1, 'one')")
			require.NotEmpty(t, changesOf(t, catchUp(t, source, target), "late").Suspended)
			clear()
			source.exec(t, "DROP TABLE late", "CREATE TABLE late (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO late VALUES (7, 'seven')")
			require.True(t, catchUp(t, source, target).Complete())
			requireSame(t, source, target, "late")
		})
	}
}

// TestRefusedNewTableStops: the policies for tables hold for those that are new.
func TestRefusedNewTableStops(t *testing.T) {
	for setting, stop := range map[string]edit{
		"TableErrorPolicy":          func(c *task.Config) { c.Settings.ErrorBehavior.TableErrorPolicy = "STOP_TASK" },
		"TableErrorEscalationCount": func(c *task.Config) { c.Settings.ErrorBehavior.TableErrorEscalationCount = 1 },
	} {
		source, target := newEnd(t, "sqlite"), newEnd(t, "postgresql-15")
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
		load(t, source, target)
		clear := obstruct(t, source, target)
		source.exec(t, "INSERT INTO late VALUES (1, 'one')")
		c := changesConfig(source, target)
		c.Stop.CaughtUp = true
		stop(&c)
		_, err := run(t.Context(), c)
		require.ErrorIs(t, err, fullload.ErrStopped)
		require.ErrorContains(t, err, setting)
		require.ErrorContains(t, err, "late")
		clear()
		require.True(t, catchUp(t, source, target, stop).Complete(), "nothing of it has gone by")
		requireSame(t, source, target, "late")
	}
}

// TestSuspendedTableUnderAnotherName: a table that is suspended stays so when it gets another name, and is forgotten when it is dropped.
func TestSuspendedTableUnderAnotherName(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "mariadb"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			name := fmt.Sprintf("renamed %d", time.Now().UnixNano())
			strict := func(c *task.Config) {
				c.Settings.ErrorBehavior.ApplyErrorInsertPolicy = "SUSPEND_TABLE"
				c.Settings.ControlTablesSettings.SuspendedTablesTableEnabled = true
				c.Name = name
			}
			suspended := func() []string {
				return target.column(t, fmt.Sprintf("SELECT table_name FROM %s WHERE task_name = '%s'", controlTable(target, "awsdms_suspended_tables"), name))
			}
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "CREATE TABLE other (id int NOT NULL PRIMARY KEY)")
			load(t, source, target, strict)
			target.exec(t, "INSERT INTO "+target.table(t, source, "item")+" VALUES (1, 'in the way')")
			source.exec(t, "INSERT INTO item VALUES (1, 'one')", "INSERT INTO item VALUES (2, 'lost')", "ALTER TABLE item RENAME TO thing")
			for range 2 {
				report := catchUp(t, source, target, strict)
				require.NotEmpty(t, changesOf(t, report, "thing").Suspended)
				require.Equal(t, []string{"thing"}, suspended())
				source.exec(t, "INSERT INTO thing SELECT 3 + count(*), 'more' FROM thing")
			}
			require.Equal(t, []string{"1"}, target.text(t, target.table(t, source, "thing"), "id"), "a suspended table stays as it is")
			source.exec(t, "DROP TABLE thing")
			for range 2 {
				require.True(t, catchUp(t, source, target, strict).Complete())
				require.Empty(t, suspended())
			}
		})
	}
}
