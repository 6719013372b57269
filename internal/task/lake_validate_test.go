package task_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// validated turns validation on, with settings of the target.
func validated(pairs ...string) edit {
	return func(c *taskConfig) {
		lakeWith(pairs...)(c)
		c.Settings.ValidationSettings.EnableValidation = true
	}
}

// formats are settings of a target whose files are compared.
var formats = map[string][]string{
	"csv":          nil,
	"another csv":  {"CsvDelimiter", "|", "CsvNullValue", "NULL", "CompressionType", "gzip", "AddColumnName", "true", "IncludeOpForFullLoad", "true", "TimestampColumnName", "written"},
	"parquet":      {"DataFormat", "parquet"},
	"more parquet": {"DataFormat", "parquet", "CompressionType", "gzip", "ParquetVersion", "parquet-2-0", "IncludeOpForFullLoad", "true", "TimestampColumnName", "written"},
}

// TestValidationOfFiles: after a load of every type with every value of the type matrix validation finds the rows that were rejected,
// and no other.
func TestValidationOfFiles(t *testing.T) {
	rows := readMatrix(t)
	for _, from := range engines {
		source := newEnd(t, from)
		var mine []matrixRow
		for _, r := range rows {
			if r.from == source.family {
				mine = append(mine, r)
			}
		}
		fillMatrix(t, source, mine)
		for name, pairs := range formats {
			t.Run(from+" "+name, func(t *testing.T) {
				c := config(source, &end{engine: "s3", family: catalog.Lake, url: "file://" + t.TempDir()})
				validated(pairs...)(&c)
				report, err := run(t.Context(), c)
				require.NoError(t, err)
				rejected := map[string]int64{}
				for _, table := range report.Tables {
					require.NoError(t, table.Err)
					rejected[table.Source.Name] = table.Rejected
				}
				require.Len(t, report.Validation, len(report.Tables))
				for _, got := range report.Validation {
					about := got.Source.Name
					assert.Equal(t, tally{missingTarget: rejected[about]}, tally{got.Different, got.MissingSource, got.MissingTarget}, "%s: %s %v", about, got.Reason, got.Failures)
					if rejected[about] == 0 {
						assert.Equal(t, validate.Validated, got.State, "%s: %s", about, got.Reason)
					}
				}
			})
		}
	}
}

// TestValidationFindsWhatIsPlantedInFiles, all of it and nothing else, and keeps it beside them.
func TestValidationFindsWhatIsPlantedInFiles(t *testing.T) {
	const rows = 5000
	for _, from := range []string{"postgresql-18", "mariadb"} {
		for name, pairs := range formats {
			t.Run(from+" "+name, func(t *testing.T) {
				source, dir := newEnd(t, from), t.TempDir()
				source.exec(t, "CREATE TABLE p (a int, b varchar(20), v text, n decimal(10,2), PRIMARY KEY (a, b))", "CREATE TABLE same (id int PRIMARY KEY)", "INSERT INTO same VALUES (1), (2)")
				var values []string
				for i := range rows {
					values = append(values, fmt.Sprintf("(%d, 'k%d', 'text of %d', %d.25)", i/10, i%10, i, i))
				}
				for some := range slices.Chunk(values, 1000) {
					source.exec(t, "INSERT INTO p VALUES "+strings.Join(some, ", "))
				}
				target := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
				c := config(source, target)
				lakeWith(append(pairs, "MaxFileSize", "64")...)(&c)
				_, err := run(t.Context(), c)
				require.NoError(t, err)
				folder := filepath.Dir(findOne(t, dir, "same")) + "/../p"
				if slices.Contains(pairs, "parquet") {
					plantInParquet(t, folder)
				} else {
					plantInCSV(t, folder, slices.Contains(pairs, "gzip"))
				}

				only := validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"PartitionSize":100},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
				only.Target.Settings = c.Target.Settings
				report, err := run(t.Context(), only)
				require.NoError(t, err)
				for _, v := range report.Validation {
					if v.Source.Name == "same" {
						require.Equal(t, validate.Validated, v.State)
						continue
					}
					var found []string
					for _, f := range v.Failures {
						found = append(found, string(f.Kind)+" "+strings.Join(f.Key, " "))
					}
					slices.Sort(found)
					require.Equal(t, []string{"MISSING_SOURCE 200 z", "MISSING_SOURCE 999 k0", "MISSING_TARGET 100 k0", "MISSING_TARGET 200 k0", "RECORD_DIFF 300 k0", "RECORD_DIFF 7 k7"}, found)
					require.EqualValues(t, rows, v.SourceRows)
				}
				files := filesBelow(t, filepath.Join(dir, "awsdms_validation_failures_v1"))
				require.Len(t, files, 1)
				for key, text := range files {
					require.True(t, strings.HasSuffix(key, "/p.csv"), key)
					require.Equal(t, 7, strings.Count(text, "\n"), text)
					require.Contains(t, text, "RECORD_DIFF")
				}
			})
		}
	}
}

// findOne is a file of a table.
func findOne(t *testing.T, dir, table string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", table, "LOAD*"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found[0]
}

// plantInCSV changes a text and a number, and a key, takes a row out and puts one in.
func plantInCSV(t *testing.T, folder string, zip bool) {
	t.Helper()
	planted := 0
	for name, text := range filesBelow(t, folder) {
		replace := func(pattern, with string) {
			p := regexp.MustCompile(`(?m)^(|I\|[^|]*\|)` + strings.ReplaceAll(pattern, ",", `[,|]`))
			if d := "|"; strings.Contains(text, d) {
				with = strings.ReplaceAll(with, ",", d)
			}
			if p.MatchString(text) {
				planted++
				text = p.ReplaceAllString(text, "${1}"+with)
			}
		}
		replace(`7,k7,text of 77,77.25$`, "7,k7,text of 78,77.25")
		replace(`300,k0,text of 3000,3000.25$`, "300,k0,text of 3000,3000.26")
		replace(`200,k0,`, "200,z,")
		replace(`400,k0,text of 4000,4000.25$`, "400,k0,text of 4000,4000.250\n${1}999,k0,more,1.00")
		if p := regexp.MustCompile(`(?m)^(|I\|[^|]*\|)100[,|]k0[,|].*\n`); p.MatchString(text) {
			planted++
			text = p.ReplaceAllString(text, "")
		}
		if zip {
			text = zipped(t, text)
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
	}
	require.Equal(t, 5, planted)
}

// plantInParquet is plantInCSV by DuckDB.
func plantInParquet(t *testing.T, folder string) {
	t.Helper()
	for name := range filesBelow(t, folder) {
		path, next := filepath.Join(folder, name), filepath.Join(t.TempDir(), "next.parquet")
		rows := fmt.Sprintf("SELECT * REPLACE (CASE WHEN a = 7 AND b = 'k7' THEN 'text of 78' ELSE v END AS v, CASE WHEN a = 300 AND b = 'k0' THEN 3000.26 ELSE n END::DECIMAL(10,2) AS n, "+
			"CASE WHEN a = 200 AND b = 'k0' THEN 'z' ELSE b END AS b) FROM '%[1]s' WHERE a <> 100 OR b <> 'k0' UNION ALL SELECT * REPLACE (999 AS a, 'more' AS v) FROM '%[1]s' WHERE a = 400 AND b = 'k0'", path)
		servertest.DuckDB(t, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet)", rows, next))
		require.NoError(t, os.Rename(next, path))
	}
}

// TestValidationOfABrokenFile says which file of which table it is.
func TestValidationOfABrokenFile(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')", "CREATE TABLE b (id INTEGER PRIMARY KEY)", "INSERT INTO b VALUES (1)")
	set := lakeWith("DataFormat", "parquet")
	l.load(t, source, set)
	c := config(source, l.end)
	set(&c)
	require.True(t, compareEnds(t, c, false).Equal())
	path := filepath.Join(l.Dir, "dms/main/a/LOAD00000001.parquet")
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, file[:len(file)-9], 0o644))
	v := compareEnds(t, c, false)
	require.Equal(t, validate.TableError, resultOf(t, v, "a").State)
	require.Contains(t, resultOf(t, v, "a").Reason, "read file main/a/LOAD00000001.parquet: it is no Parquet file")
	require.Equal(t, validate.Validated, resultOf(t, v, "b").State)
}
