package task_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// After a cutover with a way back, what is written to the new side arrives on the old one: renamed things under their old
// names, nothing that the way there had brought.
func TestWayBack(t *testing.T) {
	text := `{"rules":[
		{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"SCHEMA","table-name":"item"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item","column-name":"name"},
		 "rule-action":"rename","value":"title"},
		{"rule-type":"transformation","rule-id":"4","rule-name":"4","rule-target":"table","object-locator":{"schema-name":"%","table-name":"item"},"rule-action":"rename","value":"goods_in"},
		{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item"},
		 "rule-action":"add-column","value":"shout","expression":"upper($name)","data-type":{"type":"string","length":80}}]}`
	eachPair(t, func(t *testing.T, source, target *end) {
		rules := document(t, strings.ReplaceAll(text, "SCHEMA", schemaPattern(source)))
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'one'), (2, 'two')")
		load(t, source, target, rules)
		source.exec(t, "INSERT INTO item VALUES (3, 'three')")
		c := changesConfig(source, target)
		rules(&c)
		c.Cutover, c.KeepWayBack = true, true
		way := follow(t, c, nil).Cutover.WayBack
		require.NotNil(t, way)
		require.NotEmpty(t, way.Position)
		release(t, c)

		there := target.table(t, source, "goods_in")
		target.exec(t, "UPDATE "+there+" SET title = 'one more' WHERE id = 1", "DELETE FROM "+there+" WHERE id = 2", "INSERT INTO "+there+" VALUES (4, 'four', 'FOUR')")
		back := changesConfig(target, source)
		back.Type, back.Mappings = task.Changes, way.Rules
		t.Cleanup(func() { release(t, back) })
		back.Stop.CaughtUp = true
		report, err := run(context.Background(), back)
		require.NoError(t, err)
		require.True(t, report.Resumed, "it goes on where the cutover has begun it")
		require.True(t, report.Complete(), "%+v", report.Changes.Tables)
		require.Equal(t, []string{"1|one more", "3|three", "4|four"}, source.pairs(t, "item"))
		n := changesOf(t, report, "goods_in")
		require.Equal(t, []int64{1, 1, 1}, []int64{n.Inserts, n.Updates, n.Deletes}, "what was there at the cutover does not come again")
	})
}
