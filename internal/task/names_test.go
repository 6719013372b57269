package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// nameActions are DMS's actions on names, each with what it makes of Pre_Name_End.
var nameActions = []struct{ action, rest, made string }{
	{"rename", `"value":"Other"`, "Other"},
	{"add-prefix", `"value":"My"`, "MyPre_Name_End"},
	{"remove-prefix", `"value":"Pre_"`, "Name_End"},
	{"replace-prefix", `"value":"New_","old-value":"Pre_"`, "New_Name_End"},
	{"add-suffix", `"value":"My"`, "Pre_Name_EndMy"},
	{"remove-suffix", `"value":"_End"`, "Pre_Name"},
	{"replace-suffix", `"value":"_New","old-value":"_End"`, "Pre_Name_New"},
	{"convert-uppercase", "", "PRE_NAME_END"},
	{"convert-lowercase", "", "pre_name_end"},
}

// TestEveryActionOnEveryName moves a table once for each action on the name of a schema, a table and a column.
func TestEveryActionOnEveryName(t *testing.T) {
	const name = "Pre_Name_End"
	locators := map[string]string{
		"schema": `"schema-name":"` + name + `"`,
		"table":  `"schema-name":"` + name + `","table-name":"` + name + `"`,
		"column": `"schema-name":"` + name + `","table-name":"` + name + `","column-name":"` + name + `"`,
	}
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-18")
	source.exec(t, `CREATE SCHEMA "Pre_Name_End"`, `CREATE TABLE "Pre_Name_End"."Pre_Name_End" (id int PRIMARY KEY, "Pre_Name_End" text)`,
		`INSERT INTO "Pre_Name_End"."Pre_Name_End" VALUES (1, 'here')`)
	for _, a := range nameActions {
		for of, locator := range locators {
			t.Run(a.action+" "+of, func(t *testing.T) {
				rest := a.rest
				if rest != "" {
					rest = "," + rest
				}
				migrateMapped(t, source, target, rules(t, source, `"rule-action":"include","object-locator":{"schema-name":"Pre%","table-name":"%"}`,
					fmt.Sprintf(`"rule-action":%q,"rule-target":%q,"object-locator":{%s}%s`, a.action, of, locator, rest)))
				made := map[string]string{"schema": name, "table": name, "column": name}
				made[of] = a.made
				require.Equal(t, []string{made["schema"] + "." + made["table"] + "." + made["column"]}, target.column(t,
					"SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns WHERE ordinal_position = 2 AND lower(table_schema) ~ 'name|other'"))
				require.Equal(t, []string{"here"}, target.column(t, fmt.Sprintf("SELECT %q FROM %q.%q", made["column"], made["schema"], made["table"])))
				target.exec(t, fmt.Sprintf("DROP SCHEMA %q CASCADE", made["schema"]))
			})
		}
	}
}
