package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// compared is a mapping of everything with functions in the place of columns of table item.
func compared(from *end, source, target map[string]string) string {
	text := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"item"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item","column-name":"name"},"rule-action":"rename","value":"called"}`
	for _, column := range []string{"id", "name", "n"} {
		var functions []string
		if f := source[column]; f != "" {
			functions = append(functions, fmt.Sprintf(`"source-function":%q`, f))
		}
		if f := target[column]; f != "" {
			functions = append(functions, fmt.Sprintf(`"target-function":%q`, f))
		}
		if len(functions) > 0 {
			text += `,{"rule-type":"validation","rule-target":"column","rule-action":"override-validation-function","object-locator":{"schema-name":"%","table-name":"item","column-name":"` +
				column + `"},` + strings.Join(functions, ",") + `}`
		}
	}
	return strings.ReplaceAll(text, `"schema-name":"%"`, fmt.Sprintf(`"schema-name":%q`, schemaPattern(from))) + "]}"
}

// TestValidationFunctions compares what the databases make of columns, in the place of their values; a repair writes the values all the same.
func TestValidationFunctions(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), n int)",
			"INSERT INTO item VALUES (1, 'A-one', 1), (2, 'B-two', 2), (3, NULL, NULL)")
		c := config(source, target)
		document(t, compared(source, nil, nil))(&c)
		_, err := run(context.Background(), c)
		require.NoError(t, err)
		there := target.table(t, source, "item")
		target.exec(t, "UPDATE "+there+" SET called = 'aone' WHERE id = 1", "UPDATE "+there+" SET n = 1002 WHERE id = 2")
		require.EqualValues(t, 2, compareEnds(t, c, false).Tables[0].Different)

		same := map[string]string{"name": "lower(replace(${column-name}, '-', ''))"}
		document(t, compared(source, same, map[string]string{"name": same["name"], "n": "CASE WHEN ${column-name} > 1000 THEN ${column-name} - 1000 ELSE ${column-name} END"}))(&c)
		v := compareEnds(t, c, false)
		require.True(t, v.Equal(), "%+v", v.Tables[0])
		require.Equal(t, "rows read from both", v.Tables[0].Method)

		// What differs in the function's eyes is found, and said as the function says it.
		target.exec(t, "UPDATE "+there+" SET called = 'A-TEN' WHERE id = 1", "DELETE FROM "+there+" WHERE id = 2")
		v = compareEnds(t, c, false)
		require.EqualValues(t, 1, v.Tables[0].Different)
		require.Equal(t, []validate.Difference{{Column: "called", Source: "aone", Target: "aten"}}, v.Tables[0].Failures[0].Columns)
		require.True(t, compareEnds(t, c, true).Equal())
		require.Equal(t, []string{"A-one", "B-two", "NULL"}, target.column(t, "SELECT called FROM "+there+" ORDER BY id"))
		require.Equal(t, []string{"1", "2", "NULL"}, target.column(t, "SELECT n FROM "+there+" ORDER BY id"))

		// A function of a primary key is not looked at, as in DMS.
		document(t, compared(source, map[string]string{"id": "1 - ${column-name}"}, nil))(&c)
		require.True(t, compareEnds(t, c, false).Equal())
		// One that the database does not know is an error of the table.
		document(t, compared(source, map[string]string{"n": "no_such_function(${column-name})"}, nil))(&c)
		v = compareEnds(t, c, false)
		require.Equal(t, validate.TableError, v.Tables[0].State)
		require.Contains(t, strings.ToLower(v.Tables[0].Reason), "no_such_function")
		// One that no value can satisfy does not have a repair go on for ever.
		document(t, compared(source, map[string]string{"name": "${column-name}", "n": "${column-name} + 1"}, map[string]string{"n": "${column-name}"}))(&c)
		v = compareEnds(t, c, true)
		require.EqualValues(t, 2, v.Tables[0].Different)
		require.LessOrEqual(t, v.Rounds, 3)
		require.Equal(t, []string{"1", "2", "NULL"}, target.column(t, "SELECT n FROM "+there+" ORDER BY id"))
	})
}
