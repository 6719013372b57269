package task_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

func newFolder(t testing.TB) (*end, string) {
	dir := t.TempDir()
	return &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}, dir
}

// TestValidationOfFilesOfChanges: every value of every type comes through files of changes as what it was; the rows that were rejected are found, and no other.
func TestValidationOfFilesOfChanges(t *testing.T) {
	rows := readMatrix(t)
	for from, name := range map[string]string{"postgresql-18": "parquet", "mariadb": "another csv", "sqlite": "more parquet"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, from)
			var mine []matrixRow
			for _, r := range rows {
				if r.from == source.family {
					mine = append(mine, r)
				}
			}
			fillMatrix(t, source, mine)
			target, _ := newFolder(t)
			set := lakeWith(formats[name]...)
			rejected := map[string]int64{}
			for _, table := range catchUp(t, source, target, set).Tables {
				rejected[table.Source.Name] = table.Rejected
			}
			for i := range mine {
				source.exec(t, fmt.Sprintf("INSERT INTO %[1]s SELECT 2, v FROM %[1]s", matrixTable(i)), fmt.Sprintf("DELETE FROM %s WHERE id = 1", matrixTable(i)))
			}
			catchUp(t, source, target, set)
			c := config(source, target)
			set(&c)
			for _, got := range compareEnds(t, c, false).Tables {
				about := got.Source.Name
				assert.Equal(t, tally{missingTarget: rejected[about]}, tally{got.Different, got.MissingSource, got.MissingTarget}, "%s: %s %v", about, got.Reason, got.Failures)
				assert.NotEqual(t, validate.TableError, got.State, "%s: %s", about, got.Reason)
			}
		})
	}
}

// TestValidationFindsWhatIsPlantedInFilesOfChanges: the last change of a key says what its row is, over several files and the load's, and nothing else is found
// but what is not so.
func TestValidationFindsWhatIsPlantedInFilesOfChanges(t *testing.T) {
	t.Run("folder", func(t *testing.T) {
		target, dir := newFolder(t)
		plantInFilesOfChanges(t, target, dir)
	})
	t.Run("bucket", func(t *testing.T) {
		target := newLake(t)
		plantInFilesOfChanges(t, target.end, filepath.Join(target.Dir, "dms"))
	})
}

func plantInFilesOfChanges(t *testing.T, target *end, dir string) {
	t.Helper()
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE p (a INT, b VARCHAR(20), v TEXT, n DECIMAL(10,2), PRIMARY KEY (a, b))", "CREATE TABLE q (id INTEGER PRIMARY KEY)", "INSERT INTO q VALUES (1)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 1000) INSERT INTO p SELECT i, 'k' || (i % 10), 'text', i FROM c")
	set := lakeWith("TimestampColumnName", "at", "DatePartitionEnabled", "true", "DatePartitionSequence", "DDMMYYYY")
	catchUp(t, source, target, set)
	for range 3 {
		source.exec(t, "UPDATE p SET v = v || '.', n = n + 0.5 WHERE a % 3 = 0", "DELETE FROM p WHERE a % 7 = 0", "INSERT INTO p SELECT a + 7 - a % 7, 'new', 'x', 1 FROM p WHERE a % 7 = 1")
		catchUp(t, source, target, set)
	}
	c := config(source, target)
	set(&c)
	require.True(t, compareEnds(t, c, false).Equal(), "%+v", compareEnds(t, c, false).Tables)

	var last string
	for name := range filesBelow(t, filepath.Join(dir, "main", "p")) {
		if !strings.Contains(name, "LOAD") && filepath.Base(name) > filepath.Base(last) {
			last = name
		}
	}
	path := filepath.Join(dir, "main", "p", last)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	planted := string(text)
	for _, p := range [][2]string{
		{`(?m)^(U,[^,]*,3,k3,text\.\.)\.`, "${1}!"}, {`(?m)^D,[^,]*,7,new,.*\n`, ""}, {`(?m)^(I,[^,]*,)14(,new,.*)$`, "${1}15${2}"}, {`(?m)^(U,[^,]*,6,k6,.*\n)`, "${1}${1}"},
	} {
		r := regexp.MustCompile(p[0])
		require.True(t, r.MatchString(planted), p[0])
		planted = r.ReplaceAllString(planted, p[1])
	}
	require.NoError(t, os.WriteFile(path, []byte(planted), 0o644))
	got := resultOf(t, &task.Validation{Tables: compareEnds(t, c, false).Tables}, "p")
	var found []string
	for _, f := range got.Failures {
		found = append(found, string(f.Kind)+" "+strings.Join(f.Key, " "))
	}
	slices.Sort(found)
	require.Equal(t, []string{"MISSING_SOURCE 15 new", "MISSING_TARGET 14 new", "RECORD_DIFF 3 k3"}, found, got.Reason)
}

// TestValidationOfFilesWhileChanging: rows that change are compared once the files have them, with no false alarm; what is in the files and is not so is found
// and listed, by a task that follows changes and by one beside it that does nothing else.
func TestValidationOfFilesWhileChanging(t *testing.T) {
	t.Parallel()
	for from, settings := range map[string][]string{"postgresql-18": {"DataFormat", "parquet"}, "sqlite": nil} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, from)
			source.exec(t, watchedTables...)
			schema := map[string]string{"postgresql-18": "public", "sqlite": "main"}[from]
			target, dir := newFolder(t)
			set := lakeWith(append(settings, "CdcMaxBatchInterval", "1")...)
			const document = `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0,"ValidationOnly":%t,"ValidationQueryCdcDelaySeconds":%d},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`
			c := watching(t, source, target, fmt.Sprintf(document, false, 0))
			set(&c)
			m := startTask(t, c)
			good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			writing, enough := context.WithTimeout(t.Context(), 2*time.Second)
			defer enough()
			require.NoError(t, writeRows(writing, source, 7))
			for _, id := range []int{101, 102, 103} {
				source.patient(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'kept', 1.5)", id))
			}
			item := filepath.Join(dir, schema, "item")
			fileWith(t, item, "kept")
			source.patient(t, "INSERT INTO item VALUES (104, 'lost', 1.5)")
			lost := fileWith(t, item, "lost")
			awaitStates(t, c.ValidationStats, good, 0)
			require.NoError(t, os.Remove(filepath.Join(item, lost)))
			awaitFailures(t, m, &c, catalog.Name{Schema: schema, Name: "item"}, 1)
			require.Eventually(t, func() bool {
				var lists []string
				for _, text := range filesBelow(t, filepath.Join(dir, "awsdms_validation_failures_v1")) {
					lists = append(lists, text)
				}
				return strings.Contains(strings.Join(lists, ""), "MISSING_TARGET") && strings.Contains(strings.Join(lists, ""), "104")
			}, time.Minute, 50*time.Millisecond)

			only := watching(t, source, target, fmt.Sprintf(document, true, 1))
			set(&only)
			only.Type = task.Changes
			stop := startWatching(t, only)
			awaitStates(t, only.ValidationStats, map[string]validate.State{"item": validate.Mismatched, "named": validate.Validated}, 1)
			source.patient(t, "UPDATE item SET name = 'found' WHERE id = 104")
			awaitStates(t, c.ValidationStats, good, 1)
			awaitStates(t, only.ValidationStats, good, 1)
			stop()
		})
	}
}

// fileWith waits for a file that a text stands in.
func fileWith(t *testing.T, folder, text string) (name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for file, content := range filesBelow(t, folder) {
			if strings.Contains(content, text) && !strings.HasPrefix(filepath.Base(file), ".") {
				name = file
			}
		}
		return name != ""
	}, time.Minute, 20*time.Millisecond)
	return name
}

// TestValidationThatFilesOfChangesDoNotAllow is refused by name, each with what to do.
func TestValidationThatFilesOfChangesDoNotAllow(t *testing.T) {
	compared := func(pairs ...string) func(t *testing.T, change ...string) *task.Validation {
		return func(t *testing.T, change ...string) *task.Validation {
			t.Helper()
			source := newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE bag (v TEXT)", "INSERT INTO a VALUES (1, 'x')", "INSERT INTO bag VALUES ('x')")
			target, _ := newFolder(t)
			set := lakeWith(pairs...)
			catchUp(t, source, target, set)
			source.exec(t, change...)
			catchUp(t, source, target, set)
			c := config(source, target)
			set(&c)
			return compareEnds(t, c, false)
		}
	}
	for name, s := range map[string]struct {
		settings []string
		says     string
	}{
		"inserts":             {[]string{"CdcInsertsOnly", "true"}, "CdcInsertsOnly leaves updates and deletes out"},
		"inserts and updates": {[]string{"CdcInsertsAndUpdates", "true"}, "CdcInsertsAndUpdates leaves deletes out"},
		"what was not told":   {[]string{"UseCsvNoSupValue", "true", "CsvNoSupValue", "?"}, "CsvNoSupValue stands for values that the source did not tell"},
	} {
		t.Run(name, func(t *testing.T) {
			target, _ := newFolder(t)
			source := newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY)")
			c := changesConfig(source, target)
			validated(s.settings...)(&c)
			_, err := task.Open(t.Context(), c)
			require.ErrorContains(t, err, s.says)
			require.Equal(t, connector.Invalid, connector.ClassOf(err))
			v := compared(s.settings...)(t, "INSERT INTO a VALUES (2, 'y')")
			require.Equal(t, validate.TableError, resultOf(t, v, "a").State)
			require.Contains(t, resultOf(t, v, "a").Reason, s.says)
			require.Equal(t, validate.Validated, resultOf(t, v, "bag").State, "nothing of it has changed")
		})
	}
	t.Run("no key", func(t *testing.T) {
		v := compared()(t, "INSERT INTO a VALUES (2, 'y')", "INSERT INTO bag VALUES ('y')")
		require.Equal(t, validate.Validated, resultOf(t, v, "a").State)
		require.Equal(t, validate.TableError, resultOf(t, v, "bag").State)
		require.Contains(t, resultOf(t, v, "bag").Reason, "has no primary key: nothing says which row a line changes")
	})
	for name, s := range map[string]struct {
		settings []string
		says     string
	}{
		"csv":     {nil, "line 1 has 2 values, and table main.a has 3 columns by now"},
		"names":   {[]string{"AddColumnName", "true"}, "id, v, more by now: its structure has changed"},
		"parquet": {[]string{"DataFormat", "parquet"}, "does not fit the definition of its table: column \"more"},
	} {
		t.Run("another structure, "+name, func(t *testing.T) {
			v := compared(s.settings...)(t, "ALTER TABLE a ADD COLUMN more INT", "INSERT INTO a VALUES (2, 'y', 5)")
			require.Equal(t, validate.TableError, resultOf(t, v, "a").State)
			require.Contains(t, resultOf(t, v, "a").Reason, s.says)
		})
	}
	t.Run("a repair", func(t *testing.T) {
		target, _ := newFolder(t)
		source := newEnd(t, "sqlite")
		source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY)")
		m, err := task.Open(t.Context(), config(source, target))
		require.NoError(t, err)
		defer func() { _ = m.Close() }()
		_, err = m.Validate(t.Context(), &validate.Stats{}, true)
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
		require.ErrorContains(t, err, "a file stays as it was written")
	})
}
