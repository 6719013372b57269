package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestValidationOfMappedKeys matches rows by keys that the mapping renames, masks, or makes of expressions, in tables of which it moves some rows: nothing
// differs after the load, rows that are not selected count as the target's own, and what is changed is found by the key as the target has it.
func TestValidationOfMappedKeys(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"mariadb", "postgresql-15"}, {"sqlite", "postgresql-18"}, {"postgresql-15", "sqlite"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			for _, table := range []string{"renamed", "masked", "chosen", "changed"} {
				source.exec(t, "CREATE TABLE "+table+" (code varchar(64) NOT NULL PRIMARY KEY, n int, at date)",
					"INSERT INTO "+table+" VALUES ('a', 1, '2020-01-01'), ('D', 2, '2020-01-02'), ('b 12', 3, NULL), ('c', NULL, '2020-02-29')")
			}
			rules := []string{`{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"SCHEMA","table-name":"%"},"rule-action":"include"}`}
			column := func(table, name, rest string) {
				id := len(rules) + 1
				rules = append(rules, fmt.Sprintf(`{"rule-type":"transformation","rule-id":"%[1]d","rule-name":"%[1]d","rule-target":"column","object-locator":{"schema-name":"%%","table-name":"%[2]s","column-name":"%[3]s"},%[4]s}`, id, table, name, rest))
			}
			column("renamed", "code", `"rule-action":"rename","value":"label"`)
			column("masked", "code", `"rule-action":"data-masking-hash-mask"`)
			column("changed", "code", `"rule-action":"add-prefix","value":"x_"`)
			column("changed", "n", `"rule-action":"change-data-type","data-type":{"type":"string","length":20}`)
			for i, table := range []string{"renamed", "masked", "changed"} {
				rules = append(rules, strings.NewReplacer(`"rule-id":"1","rule-name":"1"`, fmt.Sprintf(`"rule-id":"%[1]d","rule-name":"%[1]d"`, 50+i), `"table-name":"%"`, `"table-name":"`+table+`"`).Replace(rules[0]))
			}
			rules[0] = strings.Replace(strings.Replace(rules[0], `"table-name":"%"`, `"table-name":"chosen"`, 1), `"rule-action":"include"`,
				`"rule-action":"include","filters":[{"filter-type":"source","column-name":"n","filter-conditions":[{"filter-operator":"gte","value":"2"}]}]`, 1)
			c := config(source, target)
			document(t, strings.ReplaceAll(`{"rules":[`+strings.Join(rules, ",")+`]}`, "SCHEMA", schemaPattern(source)))(&c)
			report, err := run(t.Context(), c)
			require.NoError(t, err)
			there := map[string]string{}
			for _, table := range report.Tables {
				require.NoError(t, table.Err)
				there[table.Source.Name] = qualified(source, target, table.Target.Name)
			}
			v := compareEnds(t, c, false)
			require.Len(t, v.Tables, 4)
			for _, r := range v.Tables {
				require.True(t, r.Equal(), "%s (%s): %s %v", r.Source, r.Method, r.Reason, r.Failures)
			}
			require.EqualValues(t, 2, resultOf(t, v, "chosen").SourceRows)

			for table, name := range there {
				target.exec(t, "UPDATE "+name+" SET n = "+quotedFor(table, "17")+" WHERE n = "+quotedFor(table, "2"))
			}
			target.exec(t, "DELETE FROM "+there["renamed"]+" WHERE label = 'c'", "UPDATE "+there["changed"]+" SET x_code = 'B 12' WHERE x_code = 'b 12'", "INSERT INTO "+there["chosen"]+" (code, n) VALUES ('a', 1)")
			v = compareEnds(t, c, false)
			for table, want := range map[string]tally{
				"renamed": {different: 1, missingTarget: 1}, "masked": {different: 1}, "changed": {different: 1, missingSource: 1, missingTarget: 1}, "chosen": {different: 1, missingSource: 1},
			} {
				r := resultOf(t, v, table)
				require.Equal(t, want, tally{r.Different, r.MissingSource, r.MissingTarget}, "%s (%s): %s %v", table, r.Method, r.Reason, r.Failures)
			}
			for _, r := range compareEnds(t, c, true).Tables {
				require.True(t, r.Equal(), "%s (%s): %s %v", r.Source, r.Method, r.Reason, r.Failures)
			}
		})
	}
}

// quotedFor is a number as the column n of a table holds it.
func quotedFor(table, n string) string {
	if table == "changed" {
		return "'" + n + "'"
	}
	return n
}
