package task_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
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

// TestExpressionsThatChangesCannotFill are refused where changes are followed, and taken where rows are loaded alone.
func TestExpressionsThatChangesCannotFill(t *testing.T) {
	for _, expression := range []string{"operation_indicator('D','U','I')", "'' || $AR_H_CHANGE_SEQ", "$AR_H_STREAM_POSITION"} {
		rules := document(t, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"},
			{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"%"},
			 "rule-action":"add-column","value":"op","expression":"`+expression+`","data-type":{"type":"string","length":10}}]}`)
		for kind, refused := range map[task.Type]bool{task.FullLoad: false, task.FullLoadAndCDC: true, task.Changes: true} {
			source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id INTEGER PRIMARY KEY)")
			c := config(source, target)
			rules(&c)
			c.Type = kind
			open, err := task.Open(t.Context(), c)
			if refused {
				require.ErrorContains(t, err, "transformation rule 2", expression)
				continue
			}
			require.NoError(t, err, expression)
			require.NoError(t, open.Close())
		}
	}
}
