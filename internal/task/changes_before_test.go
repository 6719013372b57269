package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// columnRules is a mapping of every table of a source with more rules, {S} being its schema.
func columnRules(source *end, rules ...string) string {
	all := []string{`{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"` + schemaPattern(source) + `","table-name":"%"},"rule-action":"include"}`}
	for i, r := range rules {
		all = append(all, fmt.Sprintf(`{"rule-type":"transformation","rule-id":"%d","rule-name":"%d","rule-target":"column",%s}`, i+2, i+2, r))
	}
	return `{"rules":[` + strings.Join(all, ",") + `]}`
}

func addColumn(table, name, expression string) string {
	return `"object-locator":{"schema-name":"%","table-name":"` + table + `"},"rule-action":"add-column","value":"` + name + `","expression":"` + expression +
		`","data-type":{"type":"string","length":40}`
}

// joined writes columns of a row as one text, nulls as -.
func (e *end) joined(columns ...string) string {
	for i, c := range columns {
		columns[i] = "coalesce(" + e.asText(e.quote(c)) + ", '-')"
	}
	if e.engine == "sqlite" {
		return strings.Join(columns, " || '|' || ")
	}
	return "concat(" + strings.Join(columns, ", '|', ") + ")"
}

func (e *end) asText(column string) string {
	if e.family == catalog.MySQL {
		return "CAST(" + column + " AS CHAR)"
	}
	return "CAST(" + column + " AS text)"
}

// TestOperationIndicator: rows that are deleted in the source stay in the target, marked, whichever way changes are applied; one that
// comes back under the key takes its place.
func TestOperationIndicator(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		for _, mode := range []string{"", "dms"} {
			table := "item" + mode
			settled := func(c *task.Config) {
				document(t, strings.ReplaceAll(columnRules(source, addColumn("%", "op", "operation_indicator('D','U','I')")),
					`"table-name":"%"},"rule-action":"include"`, `"table-name":"`+table+`"},"rule-action":"include"`))(c)
				c.Settings.WhimbrelSettings.Compatibility = mode
			}
			source.exec(t, "CREATE TABLE "+table+" (id int NOT NULL PRIMARY KEY, name varchar(40))",
				"INSERT INTO "+table+" VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e'), (6, 'f'), (7, 'g')")
			load(t, source, target, settled)
			rows := func() []string {
				return target.text(t, target.table(t, source, table), target.joined("id", "name", "op"))
			}
			require.Equal(t, "1|a|I", rows()[0])
			run := func(statements ...string) {
				for i := range statements {
					statements[i] = strings.ReplaceAll(statements[i], "item", table)
				}
				source.exec(t, statements...)
				report := catchUp(t, source, target, settled)
				require.Zero(t, changesOf(t, report, table).Failed)
			}
			run("DELETE FROM item WHERE id = 1", "UPDATE item SET name = 'bb' WHERE id = 2", "INSERT INTO item VALUES (8, 'h')",
				"UPDATE item SET name = 'cc' WHERE id = 3", "DELETE FROM item WHERE id = 3", // changed, then deleted
				"INSERT INTO item VALUES (9, 'i')", "DELETE FROM item WHERE id = 9", // came and went
				"DELETE FROM item WHERE id = 4", "INSERT INTO item VALUES (4, 'dd')", // deleted, then made anew
				"UPDATE item SET id = 50 WHERE id = 5", "DELETE FROM item WHERE id = 6")
			require.Equal(t, []string{"1|a|D", "2|bb|U", "3|cc|D", "4|dd|I", "50|e|U", "6|f|D", "7|g|I", "8|h|I", "9|i|D"}, rows())
			run("INSERT INTO item VALUES (1, 'again')", "UPDATE item SET id = 6 WHERE id = 7", "DELETE FROM item WHERE id = 50")
			require.Equal(t, []string{"1|again|I", "2|bb|U", "3|cc|D", "4|dd|I", "50|e|D", "6|g|U", "8|h|I", "9|i|D"}, rows())
			run("UPDATE item SET name = 'more' WHERE id = 1", "DELETE FROM item WHERE id = 1", "INSERT INTO item VALUES (3, 'back')", "UPDATE item SET name = 'and on' WHERE id = 3")
			require.Equal(t, "1|more|D", rows()[0])
			require.Contains(t, rows(), "3|and on|U")
		}
	})
}

// TestOperationIndicatorCounts: a row that is marked counts as deleted, and one that is not there follows the policy of deletions.
func TestOperationIndicatorCounts(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	rules := document(t, columnRules(source, addColumn("%", "op", "operation_indicator('D','U','I')")))
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)", "INSERT INTO item VALUES (1), (2), (3)")
	load(t, source, target, rules)
	target.exec(t, "DELETE FROM "+target.table(t, source, "item")+" WHERE id = 2")
	source.exec(t, "DELETE FROM item")
	logged := func(c *task.Config) { c.Settings.ErrorBehavior.ApplyErrorDeletePolicy = "LOG_ERROR" }
	counts := changesOf(t, catchUp(t, source, target, rules, logged), "item")
	require.EqualValues(t, 3, counts.Deletes)
	require.EqualValues(t, 2, counts.AppliedDeletes)
	require.EqualValues(t, 1, counts.Failed)
	require.Zero(t, counts.AppliedUpdates)
	require.Equal(t, []string{"1|D", "3|D"}, target.text(t, target.table(t, source, "item"), target.joined("id", "op")))
}

// TestWhereOperationIndicatorCannotBe: what it cannot do is said before anything moves.
func TestWhereOperationIndicatorCannotBe(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE bag (id int)", "ALTER TABLE bag REPLICA IDENTITY FULL")
	c := changesConfig(source, target)
	document(t, columnRules(source, addColumn("%", "op", "operation_indicator('D','U','I')")))(&c)
	c.Settings.ValidationSettings.EnableValidation = true
	_, err := task.Open(context.Background(), c)
	require.ErrorContains(t, err, "EnableValidation")
	c.Settings.ValidationSettings.EnableValidation = false
	t.Cleanup(func() { release(t, c) })
	_, err = run(context.Background(), c)
	require.ErrorContains(t, err, "bag")
	require.ErrorContains(t, err, "operation_indicator")
	_, err = target.db.Exec("SELECT * FROM bag")
	require.Error(t, err, "nothing has been made")

	l := newLake(t)
	source.exec(t, "DROP TABLE bag", "CREATE TABLE item (id int PRIMARY KEY)")
	c = changesConfig(source, l.end)
	document(t, columnRules(source, addColumn("%", "op", "operation_indicator('D','U','I')")))(&c)
	_, err = run(context.Background(), c)
	require.ErrorContains(t, err, "$AR_H_OPERATION")
}

// TestBeforeImagesInFiles: the records of updates have the columns too.
func TestBeforeImagesInFiles(t *testing.T) {
	source, l := newEnd(t, "postgresql-15"), newLake(t)
	rules := document(t, columnRules(source, `"object-locator":{"schema-name":"%","table-name":"item"},"rule-action":"add-before-image-columns","before-image-def":{"column-filter":"all"}`))
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name text)", "ALTER TABLE item REPLICA IDENTITY FULL", "INSERT INTO item VALUES (1, 'one')")
	load(t, source, l.end, rules)
	source.exec(t, "INSERT INTO item VALUES (2, 'two')", "UPDATE item SET name = 'ONE' WHERE id = 1", "UPDATE item SET id = 5 WHERE id = 1", "DELETE FROM item WHERE id = 2")
	catchUp(t, source, l.end, rules)
	for key, text := range l.files(t, "public/item") {
		want := "I,2,two,,\nU,1,ONE,1,one\nU,5,ONE,1,ONE\nD,2,two,,\n"
		if strings.HasPrefix(key, "LOAD") {
			want = "1,one,,\n"
		}
		require.Equal(t, want, text)
	}
}

// TestBeforeImages: columns of their own hold what others were before the last change of the row, and expressions see it.
func TestBeforeImages(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		filter, full := "all", true
		if source.engine == "sqlite" { // its log has the keys alone
			filter, full = "pk-only", false
		}
		text := columnRules(source,
			`"object-locator":{"schema-name":"%","table-name":"item"},"rule-action":"add-before-image-columns","before-image-def":{"column-filter":"`+filter+`","column-suffix":"_"}`,
			addColumn("item", "moved", "CASE WHEN $BI_id IS NULL THEN 'new' WHEN $BI_id <> $id THEN 'from ' || $BI_id ELSE 'stays' END"))
		rules := document(t, text)
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), price decimal(9,2))",
			"INSERT INTO item VALUES (1, 'a', 1.50), (2, 'b', NULL), (3, 'c', 3)")
		if source.family == catalog.PostgreSQL {
			source.exec(t, "ALTER TABLE item REPLICA IDENTITY FULL")
		}
		load(t, source, target, rules)
		columns := []string{"id", "BI_id_", "moved"}
		want := [][]string{{"1|-|new", "2|-|new", "3|-|new"}, {"1|1|stays", "20|2|from 2", "3|-|new", "4|-|new"}, {"1|1|stays", "20|20|stays", "4|4|stays"}}
		if full {
			columns = append(columns, "BI_name_", "BI_price_")
			want = [][]string{{"1|-|new|-|-", "2|-|new|-|-", "3|-|new|-|-"}, {"1|1|stays|a|1.50", "20|2|from 2|b|-", "3|-|new|-|-", "4|-|new|-|-"},
				{"1|1|stays|aa|1.50", "20|20|stays|b|7.25", "4|4|stays|d|4.00"}}
		}
		if full && target.engine == "sqlite" {
			want[1][0], want[2][0], want[2][2] = "1|1|stays|a|1.5", "1|1|stays|aa|1.5", "4|4|stays|d|4"
		}
		rows := func() []string {
			return target.text(t, target.table(t, source, "item"), target.joined(append([]string{}, columns...)...))
		}
		require.Equal(t, want[0], rows())
		source.exec(t, "INSERT INTO item VALUES (4, 'd', 4)", "UPDATE item SET name = 'aa' WHERE id = 1", "UPDATE item SET id = 20, price = 7.25 WHERE id = 2")
		report := catchUp(t, source, target, rules)
		require.Zero(t, changesOf(t, report, "item").Failed)
		require.Equal(t, want[1], rows())
		source.exec(t, "UPDATE item SET name = 'dd' WHERE id = 4", "UPDATE item SET price = 8 WHERE id IN (1, 20)", "DELETE FROM item WHERE id = 3")
		report = catchUp(t, source, target, rules)
		require.Zero(t, changesOf(t, report, "item").Failed)
		require.Equal(t, want[2], rows())
	})
}

// TestBeforeImagesThatTheLogDoesNotTell are refused before anything moves, with what mends it.
func TestBeforeImagesThatTheLogDoesNotTell(t *testing.T) {
	for engine, remedy := range map[string]string{"postgresql-15": "REPLICA IDENTITY FULL", "sqlite": "pk-only"} {
		source, target := newEnd(t, engine), newEnd(t, "sqlite")
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
		c := changesConfig(source, target)
		document(t, columnRules(source, `"object-locator":{"schema-name":"%","table-name":"item"},"rule-action":"add-before-image-columns","before-image-def":{"column-filter":"non-lob"}`))(&c)
		_, err := run(context.Background(), c)
		require.ErrorContains(t, err, remedy, engine)
	}
}
