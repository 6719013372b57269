package chaos_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestManyTablesIntoFiles loads many small tables, 500 or as many as WHIMBREL_CHAOS_TABLES says, and follows changes of each, into CSV and
// Parquet, in a bucket and in a folder, and measures the program.
func TestManyTablesIntoFiles(t *testing.T) {
	tables := 500
	if asked := os.Getenv("WHIMBREL_CHAOS_TABLES"); asked != "" {
		var err error
		tables, err = strconv.Atoi(asked)
		require.NoError(t, err, "WHIMBREL_CHAOS_TABLES")
	}
	for _, store := range []string{"folder", "bucket"} {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(store+" "+format, func(t *testing.T) { fillManyTables(t, store, format, tables) })
		}
	}
}

func fillManyTables(t *testing.T, store, format string, tables int) {
	l := newLakeRun(t, store, format)
	each := func(statement string) { // of every table, a few at a time: each takes a lock
		for from := 0; from < tables; from += 500 {
			l.source.exec(t, fmt.Sprintf("DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE replace('%s', '?', i::text); END LOOP; END $$", from, min(from+500, tables)-1, strings.ReplaceAll(statement, "'", "''")))
		}
	}
	each("CREATE TABLE small? (id int PRIMARY KEY, note text)")
	each("INSERT INTO small? VALUES (1, 'one'), (2, 'two')")
	patience := runs + time.Duration(tables)*100*time.Millisecond
	flags := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "DataFormat=" + format, "--tables-only"}
	measured := func(p *process, what string) {
		t.Helper()
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		require.Zero(t, p.code(t, patience), "%s\n%s", p.out.String(), p.errors.String())
		used, took := p.peak.Load(), p.lasted()
		t.Logf("%d tables, %s: %s, %s a table, %s of processor time, RSS at most %d MB", tables, what, took.Round(time.Millisecond), (took / time.Duration(tables)).Round(10*time.Microsecond),
			p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime(), used>>10)
		require.Less(t, used, int64(max(memoryBound, 25*tables)), "KiB") // 25 KiB for a table where there are so many
	}
	p := start(t, l.source, l.target, flags...)
	require.Eventually(t, func() bool { return strings.Contains(p.errors.String()+p.out.String(), "following the source") }, patience, 100*time.Millisecond)
	measured(p, "the load")
	require.Equal(t, tables, l.count(t, "LOAD"))

	each("INSERT INTO small? VALUES (3, 'three')")
	each("UPDATE small? SET note = 'changed' WHERE id = 1")
	each("DELETE FROM small? WHERE id = 2")
	p = start(t, l.source, l.target, append(flags, "--target-setting", "CdcMaxBatchInterval=2")...)
	require.Eventually(t, func() bool { return l.count(t, "2") >= tables }, patience, time.Second, "not all arrives")
	measured(p, "a change of each kind")
	if format == "csv" {
		require.Equal(t, 3*tables, l.lines(t))
	}
	p = command(t, l.source, l.target, "release", "--migration-type", "full-load-and-cdc")
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
}

// count is how many tables have files whose names begin so.
func (l *lakeRun) count(t *testing.T, begin string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(l.root, "public", "*", begin+"*"))
	require.NoError(t, err)
	of := map[string]bool{}
	for _, path := range found {
		of[filepath.Dir(path)] = true
	}
	return len(of)
}

// lines is how many lines the files of changes have.
func (l *lakeRun) lines(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(l.root, "public"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "LOAD") {
			return err
		}
		text, err := os.ReadFile(path)
		n += strings.Count(string(text), "\n")
		return err
	}))
	return n
}
