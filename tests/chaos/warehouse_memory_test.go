package chaos_test

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestWarehouseInBoundedMemory loads many rows into Redshift and follows one transaction of as many, 30,000 or as many as WHIMBREL_CHAOS_ROWS says, then loads
// values of 50 MB, 3 or as many as WHIMBREL_CHAOS_VALUES says, which are cut to what a column holds, and measures the program.
func TestWarehouseInBoundedMemory(t *testing.T) {
	r := servertest.NewRedshift(t)
	source := newEnd(t, pg)
	target := &end{kind: pg, url: r.URL(), db: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol")}
	rows, values := asked(t, "WHIMBREL_CHAOS_ROWS", 30_000), asked(t, "WHIMBREL_CHAOS_VALUES", 3)
	flags := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "BucketName=" + r.Bucket.Name, "--target-setting", "TruncateColumns=true"}
	ended := func(p *process, what string) {
		t.Helper()
		require.Zero(t, p.code(t, 10*runs), "%s\n%s", p.out.String(), p.errors.String())
		used := p.peak.Load()
		t.Logf("%s: RSS at most %d MB, %s of processor time", what, used>>10, p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime())
		require.Less(t, used, int64(memoryBound), "%s: KiB", what)
	}
	fill := "INSERT INTO narrow SELECT g, g %% 1000, 'row ' || g FROM generate_series(%d, %d) g"
	source.exec(t, "CREATE TABLE narrow (id int PRIMARY KEY, n int, v varchar(40))", fmt.Sprintf(fill, 1, rows))
	p := start(t, source, target, flags...)
	p.awaitTextFor(t, "following the source", 10*runs)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	ended(p, fmt.Sprintf("a load of %d rows", rows))
	source.exec(t, fmt.Sprintf(fill, rows+1, 2*rows))
	p = start(t, source, target, append(flags, "--cutover")...)
	ended(p, fmt.Sprintf("a transaction of %d rows", rows))
	sum := "SELECT concat(count(*), ' ', sum(n), ' ', max(v)) FROM narrow"
	require.Equal(t, source.texts(t, sum), target.texts(t, sum))
	p = command(t, source, target, "release", flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())

	source.exec(t, "CREATE TABLE huge (id int PRIMARY KEY, v text)")
	for i := range values {
		source.exec(t, fmt.Sprintf("INSERT INTO huge VALUES (%d, repeat('0123456789', 5242880))", i))
	}
	p = start(t, source, target, append([]string{"--only", "public.huge"}, flags[2:]...)...)
	ended(p, fmt.Sprintf("a load of %d values of 50 MB", values))
	require.Equal(t, []string{fmt.Sprintf("%d 65535", values)}, target.texts(t, "SELECT count(*) || ' ' || max(length(v)) FROM huge"))
}

// asked is a number of the environment, or another one where it says nothing.
func asked(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}
