package chaos_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// passedOnTables is how many tables change together, so that many files of one moment are published side by side.
const passedOnTables = 20

// TestKilledWhileParquetIsPassedOn has one process write changes into Parquet files of a bucket, another read them as they come and be killed at random
// instants: in the end each row of tables without a key is there once.
func TestKilledWhileParquetIsPassedOn(t *testing.T) {
	t.Parallel()
	random := dice(t)
	b, source, target := servertest.S3(t), newEnd(t, pg), newEnd(t, pg)
	lake := &end{kind: "s3", url: b.URL("dms")}
	for i := range passedOnTables {
		source.exec(t, fmt.Sprintf("CREATE TABLE book%d (n int NOT NULL)", i), fmt.Sprintf("INSERT INTO book%d SELECT generate_series(1, 50)", i))
	}
	deals := 0
	deal := func() {
		deals++
		source.exec(t, fmt.Sprintf("DO $$ BEGIN FOR i IN 0..%d LOOP EXECUTE 'INSERT INTO book' || i || ' SELECT %d + generate_series(1, 30)'; END LOOP; END $$", passedOnTables-1, 1000*deals))
	}
	into := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "DataFormat=parquet", "--target-setting", "CdcMaxBatchInterval=1", "--tables-only"}
	outOf := []string{"--migration-type", "full-load-and-cdc", "--source-setting", "DataFormat=parquet"}
	writer := start(t, source, lake, into...)
	writer.awaitText(t, "following the source")
	for n := range kills(t, 2) {
		reader := start(t, lake, target, outOf...)
		if n%2 == 1 { // on a busy machine the others come before the changes
			reader.awaitText(t, "following the source")
		}
		end := time.After(time.Second + time.Duration(random.Int64N(int64(4*time.Second))))
		for alive := true; alive; {
			select {
			case <-reader.ended:
				require.Fail(t, "the program ended by itself", "%s\n%s", reader.out.String(), reader.errors.String())
			case <-time.After(150 * time.Millisecond):
				deal()
			case <-end:
				alive = false
			}
		}
		if err := reader.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
			require.NoError(t, err)
		}
		<-reader.ended
	}
	require.NoError(t, writer.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, writer.code(t, runs), "%s\n%s", writer.out.String(), writer.errors.String())
	reader := start(t, lake, target, outOf...)
	want := fmt.Sprintf("%d %d", 50+30*deals, 50+30*deals)
	for i := range passedOnTables {
		count := fmt.Sprintf("SELECT concat(count(*), ' ', count(DISTINCT n)) FROM book%d", i)
		require.Equal(t, []string{want}, source.texts(t, count))
		if !assert.Eventually(t, func() bool { return target.number(fmt.Sprintf("SELECT count(*) FROM book%d", i)) >= int64(50+30*deals) }, runs, 100*time.Millisecond) {
			require.Fail(t, "not all arrives", "of book%d: %s of %s\n%s\n%s", i, target.texts(t, count), want, reader.out.String(), reader.errors.String())
		}
		require.Equal(t, []string{want}, target.texts(t, count))
	}
	require.NoError(t, reader.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, reader.code(t, runs), "%s\n%s", reader.out.String(), reader.errors.String())
	found, err := filepath.Glob(filepath.Join(b.Dir, "dms/public/book0/2*.parquet"))
	require.NoError(t, err)
	t.Logf("%d transactions, in %d files of each table", deals, len(found))
}
