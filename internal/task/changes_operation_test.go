package task_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestExpressionsKnowTheirChange fills columns with what made a row and when, in tables with and without a key: an update
// must find the row whatever an earlier one has left there.
func TestExpressionsKnowTheirChange(t *testing.T) {
	text := `{"rules":[
		{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"SCHEMA","table-name":"%"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"%"},
		 "rule-action":"add-column","value":"op","expression":"$AR_H_OPERATION","data-type":{"type":"string","length":10}},
		{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"column","object-locator":{"schema-name":"%","table-name":"%"},
		 "rule-action":"add-column","value":"committed","expression":"$AR_H_COMMIT_TIMESTAMP","data-type":{"type":"string","length":40}}]}`
	eachPair(t, func(t *testing.T, source, target *end) {
		rules := document(t, strings.ReplaceAll(text, "SCHEMA", schemaPattern(source)))
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c')",
			"CREATE TABLE bag (id int, name varchar(40))", "INSERT INTO bag VALUES (1, 'a'), (2, 'b'), (3, 'c')")
		if source.family == catalog.PostgreSQL {
			source.exec(t, "ALTER TABLE bag REPLICA IDENTITY FULL")
		}
		load(t, source, target, rules)
		began := time.Now().UTC().Add(-time.Minute)
		for _, name := range []string{"item", "bag"} {
			source.exec(t, "INSERT INTO "+name+" VALUES (4, 'd'), (5, 'e')", "UPDATE "+name+" SET name = 'bb' WHERE id = 2")
		}
		catchUp(t, source, target, rules)
		for _, name := range []string{"item", "bag"} {
			source.exec(t, "UPDATE "+name+" SET name = 'bbb' WHERE id = 2", "DELETE FROM "+name+" WHERE id = 5", "UPDATE "+name+" SET name = 'dd' WHERE id = 4")
		}
		report := catchUp(t, source, target, rules)
		join := func(columns ...string) string {
			if target.engine == "sqlite" {
				return strings.Join(columns, " || '|' || ")
			}
			return "concat(" + strings.Join(columns, ", '|', ") + ")"
		}
		for _, name := range []string{"item", "bag"} {
			require.Zero(t, changesOf(t, report, name).Failed, name)
			require.Equal(t, []string{"1|a|INSERT", "2|bbb|UPDATE", "3|c|INSERT", "4|dd|UPDATE"}, target.text(t, target.table(t, source, name), join("id", "name", "op")), name)
			for _, at := range target.text(t, target.table(t, source, name), "committed") {
				when, err := time.Parse("2006-01-02 15:04:05.0000000", at)
				require.NoError(t, err)
				require.WithinRange(t, when, began.Add(-time.Hour), time.Now().UTC().Add(time.Minute))
			}
		}
	})
}

// TestExpressionsKnowTheirPlace: rows of one transaction have its place in common, and each change has a number of its own, greater than
// those of all before, also when the task has gone on meanwhile.
func TestExpressionsKnowTheirPlace(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		rules := document(t, columnRules(source, addColumn("%", "place", "$AR_H_STREAM_POSITION"), addColumn("%", "num", "$AR_H_CHANGE_SEQ")))
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')")
		load(t, source, target, rules)
		table := target.table(t, source, "item")
		read := func(column string) []string {
			return target.column(t, "SELECT "+target.quote(column)+" FROM "+table+" ORDER BY id")
		}
		source.exec(t, "UPDATE item SET name = 'x' WHERE id IN (1, 2)", "UPDATE item SET name = 'y' WHERE id = 3")
		catchUp(t, source, target, rules)
		places := read("place")
		require.Len(t, places, 4)
		require.NotEmpty(t, places[0])
		require.Equal(t, places[0], places[1])
		if source.engine != "sqlite" { // which cannot tell them apart when they are read together
			require.NotEqual(t, places[0], places[2])
		}
		require.Empty(t, places[3], "nothing has changed it")
		numbers := read("num")
		require.Empty(t, numbers[3])
		require.Regexp(t, `^\d{35}$`, numbers[0])
		source.exec(t, "UPDATE item SET name = 'z' WHERE id IN (2, 4)")
		catchUp(t, source, target, rules)
		later := read("num")
		require.Equal(t, numbers[0], later[0])
		moved := read("place")
		require.Equal(t, places[0], moved[0])
		require.Equal(t, moved[1], moved[3])
		require.NotEqual(t, moved[0], moved[1])
		order := []string{later[0], later[2], later[1], later[3]}
		require.True(t, slices.IsSorted(order) && len(slices.Compact(order)) == 4, "%v", later)
	})
}
