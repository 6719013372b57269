package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// toEach runs a test from PostgreSQL to every engine.
func toEach(t *testing.T, test func(t *testing.T, source, target *end)) {
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			test(t, newEnd(t, "postgresql-18"), newEnd(t, to))
		})
	}
}

// inStep requires that tables hold the same on both sides, and that none is suspended.
func inStep(t *testing.T, source, target *end, tables map[string]string, edits ...edit) {
	t.Helper()
	for _, c := range catchUp(t, source, target, edits...).Changes.Tables {
		require.Empty(t, c.Suspended, c.Source)
		require.Zero(t, c.Failed, c.Source)
	}
	for table, columns := range tables {
		there := target.table(t, source, table)
		require.ElementsMatch(t, asNumbers(source.text(t, table, columns)), asNumbers(target.text(t, there, columns)), table)
	}
}

// TestAnotherTableUnderTheName: a table is dropped, or gets another name, and another is made under its own, before any of it is read: its
// changes of before are read as the table was, not as its successor is.
func TestAnotherTableUnderTheName(t *testing.T) {
	for name, of := range map[string]struct {
		statements []string
		old        bool
	}{
		"dropped":              {[]string{"DROP TABLE item", "CREATE TABLE item (id int PRIMARY KEY, w timestamp)"}, false},
		"renamed":              {[]string{"BEGIN; ALTER TABLE item RENAME TO old; CREATE TABLE item (id int PRIMARY KEY, w timestamp); COMMIT"}, true},
		"renamed by nobody":    {[]string{"SELECT rotate()"}, true}, // no statement says so
		"renamed, and dropped": {[]string{"ALTER TABLE item RENAME TO old; ALTER TABLE old RENAME TO older; DROP TABLE older; CREATE TABLE old (id int PRIMARY KEY); CREATE TABLE item (id int PRIMARY KEY, w timestamp)"}, true},
	} {
		for _, before := range []string{"SELECT 1", "INSERT INTO item VALUES (3, 'c')", "ALTER TABLE item ADD COLUMN z int"} {
			t.Run(name+" after "+before, func(t *testing.T) {
				t.Parallel()
				toEach(t, func(t *testing.T, source, target *end) {
					source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v varchar(10))", "INSERT INTO item VALUES (1, 'a'), (2, 'b')",
						"CREATE FUNCTION rotate() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE item RENAME TO old; CREATE TABLE item (id int PRIMARY KEY, w timestamp); END $$")
					load(t, source, target)
					source.exec(t, before)
					source.exec(t, of.statements...)
					source.exec(t, "INSERT INTO item VALUES (1, '2020-01-01')")
					tables := map[string]string{"item": "id"}
					if of.old {
						source.exec(t, "INSERT INTO old (id) VALUES (4)")
						tables["old"] = "id"
					}
					inStep(t, source, target, tables)
					require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM "+target.table(t, source, "item")+" WHERE w IS NOT NULL"))
				})
			})
		}
	}
}

// TestAnotherTableUnseen: without the audit a table that has taken another's name is known by its number. Its rows are not the other's.
func TestAnotherTableUnseen(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)", "CREATE PUBLICATION everything FOR ALL TABLES")
	edit := func(c *taskConfig) {
		c.Source.Settings = map[string]string{"CaptureDdls": "false", "PublicationName": "everything"}
	}
	load(t, source, target, edit)
	source.exec(t, "DROP TABLE item", "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (2)")
	require.Contains(t, changesOf(t, catchUp(t, source, target, edit), "item").Suspended, "another table has got its name: reload the table")
	require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM item"))
}

// TestColumnsByTheirNumbers: columns are renamed, dropped, added and changed in type before the rows between are read, so that the places and
// types of others look like theirs.
func TestColumnsByTheirNumbers(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, x timestamp, y bigint, a bigint)", "INSERT INTO item VALUES (1)")
		load(t, source, target)
		source.exec(t, "BEGIN; ALTER TABLE item ADD COLUMN c int DEFAULT -5; ALTER TABLE item RENAME COLUMN a TO b; COMMIT", "INSERT INTO item (id, b) VALUES (2, 777)",
			"ALTER TABLE item ALTER COLUMN b TYPE numeric(24,2)", "ALTER TABLE item RENAME COLUMN b TO d", "ALTER TABLE item RENAME COLUMN x TO e", "ALTER TABLE item DROP COLUMN e",
			"ALTER TABLE item RENAME COLUMN c TO f", "ALTER TABLE item ALTER COLUMN f TYPE bigint", "INSERT INTO item (id) VALUES (3)",
			"ALTER TABLE item RENAME COLUMN id TO key", "UPDATE item SET key = 4 WHERE key = 1", "DELETE FROM item WHERE key = 3", "ALTER TABLE item RENAME COLUMN key TO key2")
		for _, column := range []string{"key2", "y", "d", "f"} {
			inStep(t, source, target, map[string]string{"item": column})
		}
	})
}

// TestTextOfATableThatIsAnotherByNow: test_decoding tells no number, and a table's key is looked up: of one that has got another name, and whose key
// is of another type, before its rows are read.
func TestTextOfATableThatIsAnotherByNow(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) {
		edit := func(c *taskConfig) { c.Source.Settings = map[string]string{"PluginName": "test_decoding"} }
		source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v varchar(9))", "INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c')")
		load(t, source, target, edit)
		source.exec(t, "INSERT INTO item VALUES (4, 'd')", "DELETE FROM item WHERE id IN (1, 4)", "UPDATE item SET id = 5 WHERE id = 2", "ALTER TABLE item ALTER COLUMN id TYPE bigint",
			"UPDATE item SET id = id + 5000000000 WHERE id = 3", "ALTER TABLE item RENAME TO thing", "DELETE FROM thing WHERE id = 5", "INSERT INTO thing VALUES (6, 'f')")
		inStep(t, source, target, map[string]string{"thing": "v"}, edit)
		inStep(t, source, target, map[string]string{"thing": "id"}, edit)
	})
}
