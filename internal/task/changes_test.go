package task_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// taskConfig is task.Config, where a variable has the package's name.
type taskConfig = task.Config

// pairs are every source engine with every target engine.
var pairs = [][2]string{
	{"postgresql-15", "postgresql-18"}, {"postgresql-18", "mariadb"}, {"postgresql-15", "sqlite"},
	{"mariadb", "postgresql-18"}, {"mariadb", "mariadb"}, {"mariadb", "sqlite"},
	{"sqlite", "postgresql-15"}, {"sqlite", "mariadb"}, {"sqlite", "sqlite"},
}

func eachPair(t *testing.T, f func(t *testing.T, source, target *end)) {
	for _, p := range pairs {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			f(t, newEnd(t, p[0]), newEnd(t, p[1]))
		})
	}
}

// eachPlugin runs a test with a source whose log is read through each plugin but the one of the settings.
func eachPlugin(t *testing.T, f func(t *testing.T, source, target *end)) {
	for _, plugin := range []string{"test_decoding", "pglogical"} {
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			t.Run(plugin+" to "+to, func(t *testing.T) {
				t.Parallel()
				f(t, newEnd(t, plugin), newEnd(t, to))
			})
		}
	}
}

// edit changes a configuration.
type edit func(c *task.Config)

func document(t *testing.T, text string) edit {
	return func(c *task.Config) {
		rules, err := mapping.Parse([]byte(text))
		require.NoError(t, err)
		c.Mappings = rules
	}
}

// load loads and stops before the changes.
func load(t *testing.T, source, target *end, edits ...edit) {
	t.Helper()
	c := changesConfig(source, target)
	c.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = true
	for _, e := range edits {
		e(&c)
	}
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	require.Equal(t, cdc.AfterLoad, report.Reason)
	t.Cleanup(func() { release(t, c) })
}

// catchUp applies what has changed since.
func catchUp(t *testing.T, source, target *end, edits ...edit) *task.Report {
	t.Helper()
	c := changesConfig(source, target)
	c.Stop.CaughtUp = true
	for _, e := range edits {
		e(&c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	report, err := run(ctx, c)
	require.NoError(t, err)
	require.Equal(t, cdc.CaughtUp, report.Reason)
	return report
}

func changesOf(t *testing.T, r *task.Report, table string) apply.TableCounts {
	t.Helper()
	i := slices.IndexFunc(r.Changes.Tables, func(c apply.TableCounts) bool { return c.Source.Name == table })
	require.GreaterOrEqual(t, i, 0, "%s is not followed: %v", table, r.Changes.Tables)
	return r.Changes.Tables[i]
}

// table names a table of the target, wherever the source's schema went.
func (e *end) table(t *testing.T, source *end, name string) string {
	t.Helper()
	if e.engine == "postgres" && source.engine == "mariadb" {
		return e.quote(source.database()) + "." + e.quote(name)
	}
	return e.quote(name)
}

func (e *end) text(t *testing.T, table string, columns string) []string {
	t.Helper()
	return e.column(t, fmt.Sprintf("SELECT %s FROM %s ORDER BY 1", columns, table))
}

func TestControlTablesOfChanges(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		task := fmt.Sprintf("task %d", time.Now().UnixNano())
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'one')")
		kept := func(c *taskConfig) {
			s := &c.Settings.ControlTablesSettings
			s.StatusTableEnabled, s.SuspendedTablesTableEnabled, s.HistoryTableEnabled = true, true, true
			c.Settings.ErrorBehavior.ApplyErrorInsertPolicy = "SUSPEND_TABLE"
			c.Name = task // the server of the target serves other tests too
		}
		control := func(column, table string) []string {
			return target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE task_name = '%s'", column, controlTable(target, table), task))
		}
		load(t, source, target, kept)
		require.Equal(t, []string{"FULL LOAD"}, control("task_status", "awsdms_status"))
		source.exec(t, "INSERT INTO item VALUES (2, 'two')")
		catchUp(t, source, target, kept)
		require.Equal(t, []string{"NOT RUNNING"}, control("task_status", "awsdms_status"))
		require.Equal(t, []string{"1"}, control("timeslot_records", "awsdms_history"))
		require.Empty(t, control("table_name", "awsdms_suspended_tables"))

		target.exec(t, "INSERT INTO "+target.table(t, source, "item")+" VALUES (3, 'in the way')")
		source.exec(t, "INSERT INTO item VALUES (3, 'three')", "INSERT INTO item VALUES (4, 'four')")
		report := catchUp(t, source, target, kept)
		require.NotEmpty(t, changesOf(t, report, "item").Suspended)
		require.False(t, report.Complete())
		require.Equal(t, []string{"item"}, control("table_name", "awsdms_suspended_tables"))
		require.Equal(t, []string{"1", "2", "3"}, target.text(t, target.table(t, source, "item"), "id"), "a suspended table stays as it is")

		source.exec(t, "INSERT INTO item VALUES (5, 'five')")
		report = catchUp(t, source, target, kept)
		require.NotEmpty(t, changesOf(t, report, "item").Suspended, "suspended is remembered")
	})
}

// controlTable names a control table of the target.
func controlTable(e *end, name string) string {
	if e.engine == "mariadb" {
		return "awsdms_control." + name
	}
	return name
}

// schemaPattern matches the schema that the tables of an end are in.
func schemaPattern(e *end) string {
	switch e.engine {
	case "mariadb":
		return e.database()
	case "sqlite":
		return "main"
	default:
		return "public"
	}
}

func TestConflictPolicies(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		for i, c := range []struct {
			insert, update, delete string // an empty one leaves the default
			rows                   []string
			failed                 int64
		}{
			{"", "", "", []string{"1|target", "4|four"}, 3},
			{"IGNORE_RECORD", "IGNORE_RECORD", "IGNORE_RECORD", []string{"1|target", "4|four"}, 2},
			{"INSERT_RECORD", "UPDATE_RECORD", "IGNORE_RECORD", []string{"1|source", "2|changed", "4|four"}, 0},
		} {
			name := fmt.Sprintf("item%d", i)
			policies := func(c2 *task.Config) {
				b := &c2.Settings.ErrorBehavior
				b.ApplyErrorInsertPolicy, b.ApplyErrorUpdatePolicy = cmp.Or(c.insert, b.ApplyErrorInsertPolicy), cmp.Or(c.update, b.ApplyErrorUpdatePolicy)
				b.ApplyErrorDeletePolicy = cmp.Or(c.delete, b.ApplyErrorDeletePolicy)
				rules, err := mapping.FromPatterns([]string{schemaPattern(source) + "." + name}, nil)
				require.NoError(t, err)
				c2.Mappings = rules
			}
			source.exec(t, "CREATE TABLE "+name+" (id int NOT NULL PRIMARY KEY, name varchar(40))",
				"INSERT INTO "+name+" VALUES (2, 'two'), (3, 'three')")
			load(t, source, target, policies)
			there := target.table(t, source, name)
			target.exec(t, "INSERT INTO "+there+" VALUES (1, 'target')", "DELETE FROM "+there+" WHERE id IN (2, 3)")
			source.exec(t, "INSERT INTO "+name+" VALUES (1, 'source')", "UPDATE "+name+" SET name = 'changed' WHERE id = 2",
				"DELETE FROM "+name+" WHERE id = 3", "INSERT INTO "+name+" VALUES (4, 'four')")
			report := catchUp(t, source, target, policies)
			concat := "concat(id, '|', name)"
			if target.engine == "sqlite" {
				concat = "id || '|' || name"
			}
			require.Equal(t, c.rows, target.text(t, there, concat), c)
			counts := changesOf(t, report, name)
			require.Equal(t, c.failed, counts.Failed, c)
			parked := target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s = '%s' AND %s", target.quote("ERROR"), exceptions(target),
				target.quote("TABLE_NAME"), name, owned(target)))
			if c.insert == "" {
				require.Len(t, parked, 3, "what was left out is written down")
			} else {
				require.Empty(t, parked)
			}
		}
	})
}

func TestFiltersAndTransformationsOfChanges(t *testing.T) {
	text := `{"rules":[
		{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"SCHEMA","table-name":"item"},"rule-action":"include",
		 "filters":[{"filter-type":"source","column-name":"price","filter-conditions":[{"filter-operator":"gte","value":"10"}]}]},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item","column-name":"name"},
		 "rule-action":"rename","value":"title"},
		{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item"},
		 "rule-action":"add-column","value":"shout","expression":"upper($name) || '!'","data-type":{"type":"string","length":80}}]}`
	eachPair(t, func(t *testing.T, source, target *end) {
		rules := document(t, strings.ReplaceAll(text, "SCHEMA", schemaPattern(source)))
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), price int)",
			"INSERT INTO item VALUES (1, 'cheap', 1), (2, 'dear', 20), (3, 'falls', 30), (4, 'rises', 5), (5, 'gone', 50)")
		load(t, source, target, rules)
		source.exec(t,
			"INSERT INTO item VALUES (6, 'new', 60), (7, 'newcheap', 6)",
			"UPDATE item SET price = 3 WHERE id = 3",  // leaves the selection
			"UPDATE item SET price = 40 WHERE id = 4", // comes in
			"UPDATE item SET name = 'dearer' WHERE id = 2",
			"UPDATE item SET name = 'cheaper' WHERE id = 1",
			"DELETE FROM item WHERE id = 5")
		report := catchUp(t, source, target, rules)
		require.Zero(t, changesOf(t, report, "item").Failed)
		concat := "concat(id, '|', title, '|', shout)"
		if target.engine == "sqlite" {
			concat = "id || '|' || title || '|' || shout"
		}
		require.Equal(t, []string{"2|dearer|DEARER!", "4|rises|RISES!", "6|new|NEW!"}, target.text(t, target.table(t, source, "item"), concat))
	})
}

func TestStructureOfChanges(t *testing.T) { eachPair(t, checkStructureOfChanges) }

func checkStructureOfChanges(t *testing.T, source, target *end) {
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), old int)", "INSERT INTO item VALUES (1, 'one', 1)",
		"CREATE TABLE emptied (id int NOT NULL PRIMARY KEY)", "INSERT INTO emptied VALUES (1), (2)",
		"CREATE TABLE doomed (id int NOT NULL PRIMARY KEY)", "INSERT INTO doomed VALUES (1)")
	load(t, source, target)
	truncate := "TRUNCATE TABLE emptied"
	if source.engine == "sqlite" {
		truncate = "DELETE FROM emptied"
	}
	drop := "ALTER TABLE item DROP COLUMN old"
	if source.engine == "sqlite" { // where a trigger names the column it cannot be dropped
		drop = "ALTER TABLE item RENAME COLUMN old TO older"
	}
	source.exec(t,
		"INSERT INTO item VALUES (2, 'two', 2)",
		"ALTER TABLE item ADD COLUMN extra varchar(20)",
		"INSERT INTO item VALUES (3, 'three', 3, 'more')",
		drop,
		"UPDATE item SET extra = 'late' WHERE id = 1",
		"INSERT INTO item (id, name, extra) VALUES (4, 'four', 'most')",
		truncate, "INSERT INTO emptied VALUES (9)",
		"DROP TABLE doomed",
		"CREATE TABLE late (id int NOT NULL PRIMARY KEY, what varchar(20))", "INSERT INTO late VALUES (1, 'came late')")
	report := catchUp(t, source, target)
	concat := "concat(id, '|', name, '|', coalesce(extra, '-'))"
	if target.engine == "sqlite" {
		concat = "id || '|' || name || '|' || coalesce(extra, '-')"
	}
	require.Equal(t, []string{"1|one|late", "2|two|-", "3|three|more", "4|four|most"}, target.text(t, target.table(t, source, "item"), concat))
	require.Equal(t, []string{"9"}, target.text(t, target.table(t, source, "emptied"), "id"))
	require.Equal(t, []string{"came late"}, target.text(t, target.table(t, source, "late"), "what"))
	_, err := target.db.ExecContext(context.Background(), "SELECT old FROM "+target.table(t, source, "item"))
	require.Error(t, err, "a dropped column is dropped")
	_, err = target.db.ExecContext(context.Background(), "SELECT id FROM "+target.table(t, source, "doomed"))
	require.Error(t, err, "a dropped table is dropped")
	require.Positive(t, changesOf(t, report, "item").AppliedDDLs)

	source.exec(t, "INSERT INTO late VALUES (2, 'and again')", "INSERT INTO item (id, name, extra) VALUES (5, 'five', 'after')")
	catchUp(t, source, target)
	require.Equal(t, []string{"and again", "came late"}, target.column(t, "SELECT what FROM "+target.table(t, source, "late")+" ORDER BY what"))
	require.Contains(t, target.text(t, target.table(t, source, "item"), "id"), "5")
}

// DDL that the target refuses suspends its table and nothing else; the transaction it came in goes on.
func TestRefusedStructureSuspendsItsTableAlone(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)", "CREATE TABLE other (id int NOT NULL PRIMARY KEY)")
		load(t, source, target)
		target.exec(t, "ALTER TABLE "+target.table(t, source, "item")+" ADD COLUMN extra int") // in the way
		source.exec(t, "INSERT INTO other VALUES (1)", "INSERT INTO item VALUES (1)", "ALTER TABLE item ADD COLUMN extra varchar(20)",
			"INSERT INTO item VALUES (2, 'two')", "INSERT INTO other VALUES (2)")
		report := catchUp(t, source, target)
		require.Equal(t, []string{"1", "2"}, target.text(t, target.table(t, source, "other"), "id"))
		if why := changesOf(t, report, "item").Suspended; why != "" {
			require.Contains(t, why, "extra")
			return
		}
		// Where DDL commits by itself, a column that is there may be one that was made before a crash.
		require.Contains(t, target.text(t, target.table(t, source, "item"), "id"), "1")
	})
}
