package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFilesAsASource: a folder of files is looked into, moved and compared as a database is, by its definition or by what a target has
// noted there.
func TestFilesAsASource(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "in", "hr", "employee"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "hr", "employee", "LOAD001.csv"), []byte("1,Ann\n2,\"Bob, jr.\"\n"), 0o644))
	definition := written(t, "tables.json", `{"TableCount":"1","Tables":[{"TableName":"employee","TableOwner":"hr","TablePath":"hr/employee","TableColumns":[
		{"ColumnName":"id","ColumnType":"INT8","ColumnIsPk":"true"},{"ColumnName":"name","ColumnType":"STRING","ColumnLength":"40","ColumnNullable":"true"}],"TableColumnsTotal":"2"}]}`)
	source, target, setting := "file://"+filepath.Join(dir, "in"), "sqlite:"+filepath.Join(dir, "out.db"), "ExternalTableDefinition=@"+definition
	r := invoke(t, "inspect", source, "--source-setting", setting, "--to", "postgres")
	require.Equal(t, exitOK, r.code, r.all)
	for _, want := range []string{"hr", "employee", "STRING(40)"} {
		require.Contains(t, r.stdout, want)
	}
	for _, c := range [][]string{{"assess"}, {"migrate"}, {"validate"}} {
		r = invoke(t, append(c, source, target, "--source-setting", setting)...)
		require.Equal(t, exitOK, r.code, "%v %s", c, r.all)
	}
	back := "file://" + filepath.Join(dir, "back")
	r = invoke(t, "migrate", target, back)
	require.Equal(t, exitOK, r.code, r.all)
	r = invoke(t, "migrate", back, "sqlite:"+filepath.Join(dir, "again.db"))
	require.Equal(t, exitOK, r.code, r.all)
	r = invoke(t, "validate", back, "sqlite:"+filepath.Join(dir, "again.db"))
	require.Equal(t, exitOK, r.code, r.all)

	r = invoke(t, "inspect", source)
	require.Equal(t, exitUsage, r.code, r.all)
	require.Contains(t, r.all, "give the setting ExternalTableDefinition")
	r = invoke(t, "migrate", source, target, "--source-setting", "ExternalTableDefinition=@/nodir/x")
	require.Equal(t, exitUsage, r.code, r.all)
	require.Contains(t, r.all, "/nodir/x")
	r = invoke(t, "migrate", source, target, "--source-setting", setting, "--source-setting", "CdcPath=log", "--migration-type", "full-load-and-cdc", "--cutover")
	require.Contains(t, r.all, "leave --cutover out")
}

// TestSettingsOfATaskAreThoseOfAComparison: the document with which a task follows changes, and resyncs by a schedule, serves
// `whimbrel validate` as well.
func TestSettingsOfATaskAreThoseOfAComparison(t *testing.T) {
	source, target := "sqlite:"+sqliteFile(t, shop...), "sqlite:"+filepath.Join(t.TempDir(), "out.db")
	require.Equal(t, exitOK, invoke(t, "migrate", source, target).code)
	r := invoke(t, "validate", source, target, "--task-settings", written(t, "s.json",
		`{"ValidationSettings": {"EnableValidation": true}, "ResyncSettings": {"EnableResync": true, "ResyncSchedule": "0 2 * * 6", "MaxResyncTime": 60}}`))
	require.Equal(t, exitOK, r.code, r.all)
	require.Contains(t, r.stdout, "Validated")
}
