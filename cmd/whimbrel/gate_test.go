package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMigrateAsksAssessments has a migration end before it touches the target, as FailOnAssessments asks, and only warns of what
// WarnOnAssessments names.
func TestMigrateAsksAssessments(t *testing.T) {
	program := build(t)
	source, target := sqliteFile(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20))", "INSERT INTO item VALUES (1, 'a1'), (2, 'b2')"), filepath.Join(t.TempDir(), "new.db")
	const name = "all-to-all-validation-with-datamasking-digits-randomize"
	rules := written(t, "rules.json", `{"rules":[
		{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"main","table-name":"item"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","rule-action":"data-masking-digits-randomize","object-locator":{"schema-name":"main","table-name":"item","column-name":"name"}}]}`)
	migrate := func(settings string) result {
		return call(t, program, "migrate", "sqlite:"+source, "sqlite:"+target, "--table-mappings", rules, "--task-settings",
			written(t, "settings.json", `{"ValidationSettings":{"EnableValidation":true},"WhimbrelSettings":`+settings+`}`))
	}
	r := migrate(`{"FailOnAssessments":"` + name + `"}`)
	require.NotEqual(t, exitOK, r.code, r.all)
	require.Contains(t, r.all, "the task is not started, as FailOnAssessments asks")
	require.Contains(t, r.all, "main.item.name")
	require.Zero(t, count(t, target, "SELECT count(*) FROM sqlite_schema WHERE name = 'item'"))

	r = migrate(`{"FailOnAssessments":"no-such-check"}`)
	require.NotEqual(t, exitOK, r.code, r.all)
	require.Contains(t, r.all, "no-such-check")

	r = migrate(`{"WarnOnAssessments":"` + name + `"}`)
	require.Equal(t, exitOK, r.code, r.all)
	require.Contains(t, r.all, "assessment before the start")
	require.Equal(t, 2, count(t, target, "SELECT count(*) FROM item"))
}
