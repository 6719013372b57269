package chaos_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// lakeKills is how often a run into files is killed; WHIMBREL_CHAOS_KILLS raises it.
const lakeKills = 3

// lakeTables have the columns that are read back, besides what makes their rows long.
var lakeTables = []string{"account", "deal"}

// lakeFile is the name of a file of data below a table's folder.
var lakeFile = regexp.MustCompile(`^(LOAD[0-9A-F]{8}|[0-9]{8}-[0-9]{9}|CDC_TXN-[0-9]{17})\.(csv|parquet)$`)

// lakeRun is a migration into files that is killed time and again.
type lakeRun struct {
	source, target *end
	format         string
	root           string            // the folder of the objects
	log            string            // CdcPath, where changes are written together (PreserveTransactions)
	seen           map[string]string // the files that a reader has seen
	phase          string            // what they hold: nothing, rows, changes
	flags          []string
	where          map[string]int // how many kills came when
}

// TestKilledWhileFillingALake kills the program at random instants, while it loads into CSV and Parquet, in a bucket and in a folder, and
// while it writes changes, those of each table by themselves or all together, and runs it again. After each kill the files are whole, none that was seen once the load was done is
// another, and none holds a row or a change that another one holds; in the end each row and change is there once, those of one row in their order.
func TestKilledWhileFillingALake(t *testing.T) {
	for _, store := range []string{"bucket", "folder"} {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(store+" "+format, func(t *testing.T) {
				t.Parallel()
				killAtTheLake(t, newLakeRun(t, store, format))
			})
		}
	}
	t.Run("bucket transactions", func(t *testing.T) {
		t.Parallel()
		l := newLakeRun(t, "bucket", "csv")
		l.log = "log"
		l.flags = append(l.flags, "--target-setting", "PreserveTransactions=true", "--target-setting", "CdcPath="+l.log)
		killAtTheLake(t, l)
	})
}

func killAtTheLake(t *testing.T, l *lakeRun) {
	random := dice(t)
	l.source.exec(t, "CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL, note text)", "INSERT INTO account SELECT g, 0, repeat('n', g % 150) FROM generate_series(1, 5000) g",
		"CREATE TABLE deal (id serial PRIMARY KEY, n int NOT NULL DEFAULT 0, note text)", "INSERT INTO deal (note) SELECT 'before' FROM generate_series(1, 2000)")
	for n := range kills(t, lakeKills) {
		p := start(t, l.source, l.target, append(l.flags, "--rate-limit", "6000rows/s")...)
		if n%2 == 1 { // on a busy machine the others come before the changes
			p.awaitText(t, "following the source")
		}
		l.killSoon(t, random, p)
		l.requireWhole(t)
	}
	p := start(t, l.source, l.target, l.flags...)
	l.deal(t)
	require.Eventually(t, func() bool { return l.missing(t) == 0 }, runs, 300*time.Millisecond, "not all arrives")
	l.deal(t) // to be written when the program is stopped
	p.awaitText(t, "following the source")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	p = start(t, l.source, l.target, l.flags...)
	require.Eventually(t, func() bool { return l.missing(t) == 0 }, runs, 300*time.Millisecond, "not all arrives")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	l.requireWhole(t)
	p = command(t, l.source, l.target, "release", l.flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	t.Logf("kills by what the files held then: %v", l.where)
}

func newLakeRun(t *testing.T, store, format string) *lakeRun {
	l := newLakeTarget(t, store, format)
	l.source = newEnd(t, pg)
	l.flags = []string{
		"--migration-type", "full-load-and-cdc", "--target-setting", "DataFormat=" + format, "--target-setting", "CdcMaxBatchInterval=1",
		"--target-setting", "CdcMinFileSize=1", "--target-setting", "MaxFileSize=64",
	}
	return l
}

// newLakeTarget is an empty place for files.
func newLakeTarget(t *testing.T, store, format string) *lakeRun {
	l := &lakeRun{format: format, seen: map[string]string{}, where: map[string]int{}}
	if store == "bucket" {
		b := servertest.S3(t)
		l.target, l.root = &end{kind: "s3", url: b.URL("dms")}, filepath.Join(b.Dir, "dms")
		return l
	}
	l.root = t.TempDir()
	l.target = &end{kind: "s3", url: "file://" + l.root}
	return l
}

// deal changes each row of some by one step, so that every change is another.
func (l *lakeRun) deal(t *testing.T) {
	t.Helper()
	l.source.exec(t, "BEGIN; UPDATE account SET n = n + 1 WHERE id % 25 = 7; INSERT INTO deal (note) SELECT repeat('d', g) FROM generate_series(1, 40) g; UPDATE account SET n = n + 1 WHERE id % 50 = 7; COMMIT")
}

// killSoon kills the program at a random instant among deals.
func (l *lakeRun) killSoon(t *testing.T, random *rand.Rand, p *process) {
	t.Helper()
	end := time.After(time.Duration(random.Int64N(int64(3 * time.Second))))
	again := time.NewTicker(150 * time.Millisecond)
	defer again.Stop()
	for alive := true; alive; {
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
		case <-again.C:
			l.deal(t)
		case <-end:
			alive = false
		}
	}
	if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	<-p.ended
}

// requireWhole looks at the files after a kill.
func (l *lakeRun) requireWhole(t *testing.T) {
	t.Helper()
	now := l.files(t)
	for name, text := range l.seen {
		if l.phase == "rows" { // a table that was cut off in its midst is loaded from its start, of another moment
			break
		}
		require.Contains(t, now, name, "a file that was seen is gone")
		if now[name] != text {
			require.Fail(t, "a file that was seen is another", "%s: %d and %d bytes", name, len(text), len(now[name]))
		}
	}
	loads, changes := 0, 0
	for name := range now {
		require.Regexp(t, lakeFile, filepath.Base(name))
		if strings.HasPrefix(filepath.Base(name), "LOAD") {
			loads++
		} else {
			changes++
		}
	}
	l.seen, l.phase = now, "nothing"
	switch {
	case changes > 0:
		l.phase = "changes"
	case loads > 0:
		l.phase = "rows"
	}
	l.where[l.phase]++
	l.missing(t)
}

// files are the files of all tables that a reader sees, with what is in them.
func (l *lakeRun) files(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	read := func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (d.IsDir() || strings.HasPrefix(d.Name(), ".awsdms-")) {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(l.root, "public"), read))
	if l.log != "" {
		require.NoError(t, filepath.WalkDir(filepath.Join(l.root, l.log), read))
	}
	return out
}

// missing reads all files, requires that nothing is there twice nor out of its order, and returns how many rows and changes the source
// has beyond them.
func (l *lakeRun) missing(t *testing.T) (missing int) {
	t.Helper()
	for _, table := range lakeTables {
		reached := map[string]int{} // the last step of each row
		for _, row := range l.rows(t, table, "LOAD") {
			require.NotContains(t, reached, row[1], "row %s of %s is loaded twice", row[1], table)
			reached[row[1]] = number(t, row[2])
		}
		for _, row := range l.rows(t, table, "2") {
			before, known := reached[row[1]]
			if row[0] == "I" {
				require.False(t, known, "the insert of row %s of %s is there twice", row[1], table)
			} else {
				require.True(t, known, "an update of row %s of %s comes before it", row[1], table)
				require.Equal(t, before+1, number(t, row[2]), "an update of row %s of %s is there twice, or not at all", row[1], table)
			}
			reached[row[1]] = number(t, row[2])
		}
		for _, text := range l.source.texts(t, "SELECT id || ' ' || n FROM "+table) {
			id, n, _ := strings.Cut(text, " ")
			there, known := reached[id]
			if !known {
				missing++
			}
			missing += number(t, n) - there
		}
	}
	return missing
}

func number(t *testing.T, text string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(text, &n)
	require.NoError(t, err)
	return n
}

// rows are op, id and n of what stands in the files whose names begin so, in the files' order.
func (l *lakeRun) rows(t *testing.T, table, begin string) (rows [][]string) {
	t.Helper()
	op, columns := "''", map[string]string{"id": "INT", "n": "INT", "note": "VARCHAR"}
	if begin != "LOAD" {
		op, columns["Op"] = `"Op"`, "VARCHAR"
	}
	from, where := l.readBy(t, filepath.Join("public", table, begin), columns), ""
	if l.log != "" && begin != "LOAD" {
		columns["Table"], columns["Table schema"] = "VARCHAR", "VARCHAR"
		from, where = l.readBy(t, filepath.Join(l.log, "CDC_TXN-"), columns), " WHERE \"Table\" = '"+table+"' AND \"Table schema\" = 'public'"
	}
	if from == "" {
		return nil
	}
	for _, line := range servertest.DuckDB(t, "SET preserve_insertion_order=true", fmt.Sprintf("SELECT %s, id, n FROM %s%s", op, from, where)) {
		rows = append(rows, strings.Split(line, "|"))
	}
	return rows
}

// readBy is what DuckDB reads the files by whose names begin so; nothing when there are none.
func (l *lakeRun) readBy(t *testing.T, begin string, columns map[string]string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(l.root, begin+"*."+l.format))
	require.NoError(t, err)
	if len(found) == 0 {
		return ""
	}
	if l.format != "csv" {
		return fmt.Sprintf("read_parquet(['%s'])", strings.Join(found, "', '"))
	}
	var typed []string
	for _, name := range slices.Sorted(maps.Keys(columns)) { // Op, Table, Table schema, id, n, note
		typed = append(typed, fmt.Sprintf("'%s': '%s'", name, columns[name]))
	}
	return fmt.Sprintf("read_csv(['%s'], header=false, delim=',', quote='\"', columns={%s})", strings.Join(found, "', '"), strings.Join(typed, ", "))
}
