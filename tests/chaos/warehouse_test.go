package chaos_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// warehouseKills is how often a run into Redshift is killed; WHIMBREL_CHAOS_KILLS raises it.
const warehouseKills = 4

// TestKilledWhileFillingAWarehouse kills the program at random instants, while it loads by COPY and while it applies changes, and runs
// it again. In the end every row is there once, and the bucket is empty.
func TestKilledWhileFillingAWarehouse(t *testing.T) {
	random := dice(t)
	r := servertest.NewRedshift(t)
	source := newEnd(t, pg)
	target := &end{kind: pg, url: r.URL(), db: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol")}
	flags := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "BucketName=" + r.Bucket.Name}
	source.exec(t, "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, note varchar(200))",
		"INSERT INTO account SELECT g, 100, repeat('n', g % 150) FROM generate_series(1, 6000) g",
		"CREATE TABLE deal (a int, b int, amount int)", "ALTER TABLE deal REPLICA IDENTITY FULL")
	deal := func() {
		source.exec(t, "BEGIN; UPDATE account SET balance = balance - 1 WHERE id % 60 = 7; UPDATE account SET balance = balance + 1 WHERE id % 60 = 8; INSERT INTO deal SELECT 7, 8, 1 FROM generate_series(1, 3); COMMIT")
	}
	for range kills(t, warehouseKills) {
		p := start(t, source, target, append(flags, "--rate-limit", "20000rows/s")...)
		deal()
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
		case <-time.After(time.Duration(random.Int64N(int64(3 * time.Second)))):
		}
		deal()
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			require.NoError(t, err)
		}
		<-p.ended
	}
	p := start(t, source, target, flags...)
	p.awaitText(t, "following the source")
	deal()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	p = start(t, source, target, append(flags, "--cutover")...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	for table, columns := range map[string][]string{"account": {"id", "balance", "note"}, "deal": {"a", "b", "amount"}} {
		requireSameRows(t, table, source.rows(t, table, columns), target.rows(t, table, columns))
	}
	p = command(t, source, target, "release", flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	var left []string
	require.NoError(t, filepath.WalkDir(r.Bucket.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, path)
		}
		return err
	}))
	require.Empty(t, left, "staged files are left")
}
