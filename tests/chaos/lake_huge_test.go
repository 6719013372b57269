package chaos_test

import (
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// hugeText and hugeBytes are how long the values of TestHugeValuesIntoFiles are.
const hugeText, hugeBytes = 24 << 20, 10 << 20

// hugeMemory is what the program may take then, in KiB: a few rows, each as the source sends it, bytes as twice as many digits, and as the file has it.
const hugeMemory = 700 << 10

// TestHugeValuesIntoFiles loads rows with values of tens of megabytes and follows changes of such, into CSV and Parquet, a bucket and a folder. What the files hold is
// compared by check sums, and the program is measured: what it takes depends on the largest row, not on how many there are, 3 or as many as WHIMBREL_CHAOS_VALUES says.
func TestHugeValuesIntoFiles(t *testing.T) {
	for _, kind := range [][2]string{{"bucket", "csv"}, {"folder", "parquet"}} {
		t.Run(kind[0]+" "+kind[1], func(t *testing.T) {
			t.Parallel()
			fillHuge(t, kind[0], kind[1])
		})
	}
}

func fillHuge(t *testing.T, store, format string) {
	l := newLakeTarget(t, store, format)
	l.source = newEnd(t, pg)
	values := asked(t, "WHIMBREL_CHAOS_VALUES", 3)
	flags := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "DataFormat=" + format, "--target-setting", "CdcMaxBatchInterval=1"}
	ended := func(p *process, what string) {
		t.Helper()
		require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
		t.Logf("%s: RSS at most %d MB", what, p.peak.Load()>>10)
		require.Less(t, p.peak.Load(), int64(hugeMemory), "%s: KiB", what)
	}
	const value = "repeat(md5('t' || %[1]s) || '\",' || chr(10), %[2]d), decode(repeat(md5('b' || %[1]s), %[3]d), 'hex')"
	row := func(of string) string { return fmt.Sprintf(value, of, hugeText/35, hugeBytes/16) }
	l.source.exec(t, "CREATE TABLE huge (id int PRIMARY KEY, v text, w bytea)", "ALTER TABLE huge ALTER v SET STORAGE EXTERNAL, ALTER w SET STORAGE EXTERNAL",
		"ALTER TABLE huge REPLICA IDENTITY FULL", "CREATE TABLE mark (id int PRIMARY KEY)", fmt.Sprintf("INSERT INTO huge SELECT g, %s FROM generate_series(1, %d) g", row("g"), values))
	sums := "SELECT '%s ' || id || ' ' || md5(v) || ' ' || md5(w) FROM huge WHERE %s ORDER BY id"
	p := start(t, l.source, l.target, flags...)
	p.awaitText(t, "following the source")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	ended(p, "the load")
	want := l.source.texts(t, fmt.Sprintf(sums, "L", "true"))
	deleted := l.source.texts(t, fmt.Sprintf(sums, "D", "id = 2"))
	l.source.exec(t, fmt.Sprintf("INSERT INTO huge SELECT g, %s FROM generate_series(%d, %d) g", row("g"), values+1, 2*values-1))
	want = append(want, l.source.texts(t, fmt.Sprintf(sums, "I", fmt.Sprintf("id > %d", values)))...)
	l.source.exec(t, "UPDATE huge SET (v, w) = (SELECT "+row("0")+") WHERE id = 1", "UPDATE huge SET w = 'x' WHERE id = 3")
	want = append(want, l.source.texts(t, fmt.Sprintf(sums, "U", "id IN (1, 3)"))...)
	l.source.exec(t, "DELETE FROM huge WHERE id = 2")
	want = append(want, deleted...)
	l.source.exec(t, "INSERT INTO mark VALUES (1)") // when its file is there, so are those of what was before it
	p = start(t, l.source, l.target, flags...)
	require.Eventually(t, func() bool {
		found, err := filepath.Glob(filepath.Join(l.root, "public", "mark", "2*."+format))
		return err == nil && len(found) == 1
	}, runs, 100*time.Millisecond, "not all arrives")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	ended(p, "the changes")
	require.Equal(t, want, l.sums(t, "huge"))
	p = command(t, l.source, l.target, "release", flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
}

// sums are operation, key, and check sums of a text and of bytes, of each row and change: those of the load by their keys, then the changes as they stand in the files.
func (l *lakeRun) sums(t *testing.T, table string) (all []string) {
	t.Helper()
	for _, begin := range []string{"LOAD", "2"} {
		found, err := filepath.Glob(filepath.Join(l.root, "public", table, begin+"*."+l.format))
		require.NoError(t, err)
		require.NotEmpty(t, found, begin)
		var some []string
		for _, name := range found {
			if l.format == "csv" {
				some = append(some, sumsOfCSV(t, name, begin)...)
				continue
			}
			op := map[bool]string{true: "'L'", false: "Op"}[begin == "LOAD"]
			for _, line := range servertest.DuckDB(t, "SET threads = 1", fmt.Sprintf("SELECT %s, id, md5(v), md5(w) FROM '%s'", op, name)) {
				some = append(some, strings.ReplaceAll(line, "|", " "))
			}
		}
		if begin == "LOAD" {
			slices.Sort(some)
		}
		all = append(all, some...)
	}
	return all
}

// sumsOfCSV reads a file by Go's own reader.
func sumsOfCSV(t *testing.T, name, begin string) (all []string) {
	t.Helper()
	file, err := os.Open(name)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	r := csv.NewReader(file)
	r.ReuseRecord = true
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, name)
		op := "L"
		if begin != "LOAD" {
			op, fields = fields[0], fields[1:]
		}
		require.Len(t, fields, 3)
		raw, err := hex.DecodeString(fields[2])
		require.NoError(t, err)
		all = append(all, fmt.Sprintf("%s %s %x %x", op, fields[0], md5.Sum([]byte(fields[1])), md5.Sum(raw)))
	}
}
