package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// restructured are changes of a table (id, v, n) with rows of before and after.
var restructured = map[string][]string{
	"rename": {"ALTER TABLE a RENAME COLUMN v TO w", "INSERT INTO a (id, w, n) VALUES (2, 'y', 5)"},
	"drop":   {"ALTER TABLE a DROP COLUMN n", "INSERT INTO a (id, v) VALUES (2, 'y')"},
	"type":   {"ALTER TABLE a ALTER COLUMN n TYPE bigint", "INSERT INTO a (id, v, n) VALUES (2, 'y', 5000000000)"},
}

// TestLakeGlueOfAChangedStructure: what a catalogue is told follows a column that changes its name or type, or goes, with CSV and with Parquet.
func TestLakeGlueOfAChangedStructure(t *testing.T) {
	for format, more := range map[string]string{"csv": "IncludeOpForFullLoad", "parquet": "CdcInsertsOnly"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			source, l := newEnd(t, "postgresql-15"), newLake(t)
			set := lakeWith("DataFormat", format, "GlueCatalogGeneration", "true", more, "true")
			source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v text, n int)", "INSERT INTO a VALUES (1, 'x', 1)")
			load(t, source, l.end, set)
			want := map[string]string{"id": "int", "v": "string", "n": "string"}
			if format == "csv" {
				want["op"] = "string"
			} else {
				want["n"] = "int"
			}
			require.Equal(t, want, l.glued(t, "public", "a"))
			step := func(name string) {
				t.Helper()
				source.exec(t, restructured[name][0])
				source.exec(t, "INSERT INTO a (id) SELECT max(id) + 1 FROM a")
				catchUp(t, source, l.end, set)
				require.Equal(t, want, l.glued(t, "public", "a"), name)
			}
			delete(want, "v")
			want["w"] = "string"
			step("rename")
			if format == "parquet" {
				want["n"] = "bigint"
			}
			step("type")
			delete(want, "n")
			step("drop")
		})
	}
}

// TestValidationOfAChangedStructure: files stay as they were written. Those that still say what the table's rows are, are compared; the others' table is given
// up with a reason, and never is a row taken for one that differs.
func TestValidationOfAChangedStructure(t *testing.T) {
	const gone = "its structure has changed"
	for name, c := range map[string]struct {
		settings []string
		says     map[string]string // of each change; nothing is that all is as it should be
	}{
		"csv":     {nil, map[string]string{"rename": "", "type": "", "drop": gone}},
		"names":   {[]string{"AddColumnName", "true"}, map[string]string{"rename": gone, "type": "", "drop": gone}},
		"parquet": {[]string{"DataFormat", "parquet"}, map[string]string{"rename": `column "w" is not in it`, "type": "", "drop": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for change, says := range c.says {
				source := newEnd(t, "postgresql-15")
				target, _ := newFolder(t)
				set := lakeWith(c.settings...)
				source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v text, n int)", "INSERT INTO a VALUES (1, 'x', 1)")
				load(t, source, target, set)
				source.exec(t, restructured[change]...)
				catchUp(t, source, target, set)
				cfg := config(source, target)
				set(&cfg)
				got := resultOf(t, compareEnds(t, cfg, false), "a")
				if says == "" {
					require.Equal(t, validate.Validated, got.State, "%s: %s", change, got.Reason)
					continue
				}
				require.Equal(t, validate.TableError, got.State, change)
				require.Contains(t, got.Reason, says, change)
				require.Empty(t, got.Failures, change)
			}
		})
	}
}
