package task_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestLakeStructure: columns come, change their names and types and go, and a table changes its name and is dropped. Files that are there
// stay as they are, new ones have the columns of their time; the stamp is the time of the commit, and what the source does not tell is null.
func TestLakeStructure(t *testing.T) {
	for _, format := range []string{"csv", "parquet"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			source, l := newEnd(t, "postgresql-15"), newLake(t)
			set := lakeWith("DataFormat", format, "TimestampColumnName", "moved_at", "AddColumnName", "true")
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name text, n int)", "INSERT INTO item VALUES (1, 'one', 1)", "CREATE TABLE gone (id int PRIMARY KEY)", "INSERT INTO gone VALUES (1)")
			load(t, source, l.end, set)
			for _, step := range [][]string{
				{"ALTER TABLE item ADD COLUMN more text DEFAULT 'm'", "INSERT INTO item VALUES (2, 'two', 2, 'x')"},
				{"ALTER TABLE item RENAME COLUMN name TO title", "UPDATE item SET title = 'TWO' WHERE id = 2"},
				{"ALTER TABLE item ALTER COLUMN n TYPE bigint", "UPDATE item SET n = 5000000000 WHERE id = 1"},
				{"ALTER TABLE item DROP COLUMN more", "INSERT INTO item VALUES (3, 'three', 3)"},
				{"DELETE FROM item WHERE id = 3"},
				{"DROP TABLE gone"},
			} {
				source.exec(t, step...)
				report := catchUp(t, source, l.end, set)
				for _, c := range report.Changes.Tables {
					require.Empty(t, c.Suspended, c.Source)
				}
			}
			require.Equal(t, []string{
				"LOAD|moved_at,id,name,n|1|one|1", "Op,moved_at,id,name,n,more|I|2|two|2|x", "Op,moved_at,id,title,n,more|U|2|TWO|2|x",
				"Op,moved_at,id,title,n,more|U|1|one|5000000000|m", "Op,moved_at,id,title,n|I|3|three|3", "Op,moved_at,id,title,n|D|3|NULL|NULL",
			}, l.described(t, "public/item", format))
			require.Empty(t, l.files(t, "public/gone"), "the files of a table that was dropped go")
			source.exec(t, "ALTER TABLE item RENAME TO thing", "INSERT INTO thing VALUES (4, 'four', 4)")
			catchUp(t, source, l.end, set)
			require.Len(t, l.described(t, "public/item", format), 6, "the files of a table that was renamed stay")
			require.Equal(t, []string{"Op,moved_at,id,title,n|I|4|four|4"}, l.described(t, "public/thing", format))
		})
	}
}

// described are the names of the columns and the values of the row of each file, but for the time of its commit, which was just now.
func (l lake) described(t *testing.T, folder, format string) (all []string) {
	t.Helper()
	reader := map[string]string{"csv": "read_csv('%s', header=true, all_varchar=true, nullstr='')", "parquet": "'%s'"}[format]
	var load []string
	for _, name := range slices.Sorted(maps.Keys(l.files(t, folder))) {
		from := fmt.Sprintf(reader, filepath.Join(l.Dir, "dms", folder, name))
		got := servertest.DuckDB(t, "SELECT string_agg(column_name, ',') FROM (DESCRIBE SELECT * FROM "+from+")", "SELECT moved_at FROM "+from, "SELECT * EXCLUDE (moved_at) FROM "+from)
		require.Len(t, got, 3, name)
		at, err := time.Parse("2006-01-02 15:04:05.000000", got[1])
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, 10*time.Minute)
		if format == "parquet" { // a third reader reads the same, the time of the commit too
			want := servertest.DuckDB(t, "SELECT * FROM "+from)
			require.Equal(t, want, servertest.Hyparquet(t, filepath.Join(l.Dir, "dms", folder, name)), name)
		}
		line := got[0] + "|" + got[2]
		if strings.HasPrefix(name, "LOAD") {
			load = append(load, "LOAD|"+line)
			continue
		}
		all = append(all, line)
	}
	return append(load, all...)
}
