// Package tables_test times many small tables into a bucket and into Redshift: see bench/README.md.
package tables_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// share is how many parts of the tables are looked at; the last is compared with the first.
const share = 10

// slowest is how much more the last tables may take than the first, each.
const slowest = 3

// TestManyTables moves WHIMBREL_BENCH_TABLES tables of three rows each, and prints what the first tenth and the last take for a table, in time and in processor time of the
// program's own, which tells more on a machine that others use, and the program's largest memory.
func TestManyTables(t *testing.T) {
	tables, err := strconv.Atoi(os.Getenv("WHIMBREL_BENCH_TABLES"))
	if err != nil {
		t.Skip("WHIMBREL_BENCH_TABLES is not set")
	}
	program := filepath.Join(t.TempDir(), "whimbrel")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/whimbrel").CombinedOutput()
	require.NoError(t, err, "%s", out)
	source := "sqlite:" + fill(t, tables)
	t.Run("bucket", func(t *testing.T) {
		b := servertest.S3(t)
		t.Setenv("AWS_ACCESS_KEY_ID", b.Key)
		t.Setenv("AWS_SECRET_ACCESS_KEY", b.Secret)
		done := func() (n int) {
			dirs, _ := os.ReadDir(filepath.Join(b.Dir, "lake", "main")) // nothing at first
			return len(dirs)
		}
		move(t, tables, done, program, source, "s3://"+b.Name+"/lake?endpoint="+b.Endpoint)
	})
	t.Run("redshift", func(t *testing.T) {
		r := servertest.NewRedshift(t)
		done := func() int { return len(r.Copies()) }
		move(t, tables, done, program, source, r.URL(), "--target-setting", "BucketName="+r.Bucket.Name)
	})
}

// fill makes the tables.
func fill(t *testing.T, tables int) string {
	path := filepath.Join(t.TempDir(), "many.db")
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for i := range tables {
		_, err := tx.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE t%05d (id INTEGER PRIMARY KEY, name VARCHAR(40), n DECIMAL(10,2), at DATETIME)", i))
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO t%05d VALUES (1, 'one', 1.5, '2026-01-01 00:00:00'), (2, 'two', 2.5, '2026-01-02 00:00:00'), (3, NULL, NULL, NULL)", i))
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	return path
}

// move runs the program, and looks at it whenever a tenth of the tables is done.
func move(t *testing.T, tables int, done func() int, program, source, target string, flags ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, append([]string{"migrate", source, target}, flags...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	c.Stdout, c.Stderr = log, log
	require.NoError(t, c.Start())
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	var all []sample
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for next := 1; ; {
		select {
		case err := <-ended:
			text, _ := os.ReadFile(log.Name())
			require.NoError(t, err, "%s", text[max(0, len(text)-4000):])
			report(t, all, tables, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss>>10)
			return
		case <-tick.C:
		}
		if n := done(); n >= next {
			all = append(all, look(t, c.Process.Pid, n))
			next = n + max(tables/share, 1)
		}
	}
}

// sample is how far the program has come, with the processor time that it has taken.
type sample struct {
	tables int
	at     time.Time
	own    time.Duration
}

// look reads the processor time of a process, in hundredths of a second.
func look(t *testing.T, pid, tables int) sample {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	return sample{tables, time.Now(), time.Duration(user+system) * 10 * time.Millisecond}
}

func report(t *testing.T, all []sample, tables int, rss int64) {
	t.Helper()
	require.Greater(t, len(all), share/2)
	var own []time.Duration
	for i := range all[1:] {
		a, b := all[i], all[i+1]
		n := time.Duration(b.tables - a.tables)
		own = append(own, (b.own-a.own)/n)
		t.Logf("tables %d to %d of %d: %s each, %s of its own processor time", a.tables, b.tables, tables, b.at.Sub(a.at)/n, own[i])
	}
	t.Logf("last to first: %.2f of processor time; %d MiB", float64(own[len(own)-1])/float64(own[0]), rss)
	require.Less(t, own[len(own)-1], slowest*own[0])
}
