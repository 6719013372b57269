package task_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestLakeOnAFullDisk lets a folder run out of room in the load and while changes are followed, time and again with a little more of it:
// the run says so, and what goes on when there is room leaves every row and every change in the files once, and nothing else.
func TestLakeOnAFullDisk(t *testing.T) {
	for _, format := range []string{"csv", "parquet"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			source, dir := newEnd(t, "sqlite"), smallDisk(t)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT)",
				insertRandom("a", 1, 4000), insertRandom("b", 1, 4000))
			target := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
			c := changesConfig(source, target)
			c.SegmentBytes, c.Settings.ErrorBehavior.RecoverableErrorCount = 64<<10, 0
			c.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = true
			c.Target.Settings = map[string]string{"DataFormat": format}
			t.Cleanup(func() { release(t, c) })
			runWithRoom(t, &c, dir)

			for i, table := range []string{"a", "b"} {
				source.exec(t, insertRandom(table, 4001, 8000), fmt.Sprintf("DELETE FROM %s WHERE id <= %d", table, 10+i))
			}
			c.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied, c.Stop.CaughtUp = false, true
			runWithRoom(t, &c, dir)
			requireAllOnce(t, filepath.Join(dir, "main/a"), format, 4000, 4010)
			requireAllOnce(t, filepath.Join(dir, "main/b"), format, 4000, 4011)
		})
	}
}

func insertRandom(table string, from, to int) string {
	return fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT %d UNION ALL SELECT i+1 FROM c WHERE i < %d) INSERT INTO %s SELECT i, hex(randomblob(100)) FROM c", from, to, table)
}

// requireAllOnce looks for the rows of the load and the changes, each of which is another one.
func requireAllOnce(t *testing.T, folder, format string, rows, changes int) {
	t.Helper()
	var loaded, changed []string
	for name := range filesBelow(t, folder) {
		require.Equal(t, "."+format, filepath.Ext(name))
		lines := linesOf(t, filepath.Join(folder, name))
		if strings.HasPrefix(name, "LOAD") {
			loaded = append(loaded, lines...)
		} else {
			changed = append(changed, lines...)
		}
	}
	require.Len(t, loaded, rows)
	require.Len(t, changed, changes)
	for _, lines := range [][]string{loaded, changed} {
		slices.Sort(lines)
		require.Len(t, slices.Compact(lines), len(lines), "a line is there twice")
	}
}

// linesOf are the lines of a CSV file, or the rows of a Parquet file as DuckDB reads it.
func linesOf(t *testing.T, path string) []string {
	t.Helper()
	if filepath.Ext(path) == ".parquet" {
		return servertest.DuckDB(t, fmt.Sprintf("SELECT * FROM '%s'", path))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return slices.Collect(strings.Lines(string(text)))
}

// runWithRoom runs with a little more room each time, until there is enough.
func runWithRoom(t *testing.T, c *taskConfig, dir string) {
	t.Helper()
	for full := 0; ; full++ {
		require.Less(t, full, 100, "there is never enough room")
		var s syscall.Statfs_t
		require.NoError(t, syscall.Statfs(dir, &s))
		resize(t, dir, int64(s.Blocks-s.Bfree)*s.Bsize+int64(full+1)*60<<10)
		report, err := run(t.Context(), *c)
		for _, table := range report.Tables {
			err = cmp.Or(err, table.Err)
		}
		if err == nil {
			require.Greater(t, full, 2, "the disk was never full")
			return
		}
		require.Equal(t, connector.Full, connector.ClassOf(err), "%v", err)
	}
}

// smallDisk is a folder on a file system of its own.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and only root may mount one")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

func resize(t *testing.T, dir string, bytes int64) {
	t.Helper()
	out, err := exec.Command("mount", "-o", fmt.Sprintf("remount,size=%d", bytes), dir).CombinedOutput()
	require.NoError(t, err, string(out))
}
