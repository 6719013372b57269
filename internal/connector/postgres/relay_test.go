package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestSpeedBesidePipes measures one table between two running servers beside two psql pipes, in turn. It runs only
// when asked: WHIMBREL_BENCH_SOURCE and WHIMBREL_BENCH_TARGET are URLs, WHIMBREL_BENCH_TABLE names the table, which the
// target must hold, empty; WHIMBREL_BENCH_MODE is raw, native or decoded.
func TestSpeedBesidePipes(t *testing.T) {
	from, to := os.Getenv("WHIMBREL_BENCH_SOURCE"), os.Getenv("WHIMBREL_BENCH_TARGET")
	if from == "" || to == "" {
		t.Skip("WHIMBREL_BENCH_SOURCE and WHIMBREL_BENCH_TARGET are not set")
	}
	name := os.Getenv("WHIMBREL_BENCH_TABLE")
	m := mode{raw: os.Getenv("WHIMBREL_BENCH_MODE") == "raw", native: os.Getenv("WHIMBREL_BENCH_MODE") == "native"}
	p := newPair(t, &servertest.Database{URL: from}, &servertest.Database{URL: to})
	execute(t, p.to, "CREATE SCHEMA IF NOT EXISTS public")
	p.plan()
	for range 3 {
		pipes, pipesCPU := timed(t, p.to, name, syscall.RUSAGE_CHILDREN, func() { pipe(t, from, to, name) })
		ours, oursCPU := timed(t, p.to, name, syscall.RUSAGE_SELF, func() { p.moveInTwo(name, m) })
		t.Logf("pipes %.2fs (CPU %.2fs), ours %.2fs (CPU %.2fs): wall x%.2f, CPU x%.2f",
			pipes.Seconds(), pipesCPU.Seconds(), ours.Seconds(), oursCPU.Seconds(),
			ours.Seconds()/pipes.Seconds(), oursCPU.Seconds()/pipesCPU.Seconds())
	}
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	t.Logf("peak RSS %d MB", u.Maxrss>>10)
}

func timed(t *testing.T, to *servertest.Database, table string, who int, f func()) (wall, cpu time.Duration) {
	t.Helper()
	execute(t, to, "TRUNCATE "+table, "CHECKPOINT")
	used := func() time.Duration {
		var u syscall.Rusage
		require.NoError(t, syscall.Getrusage(who, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before, start := used(), time.Now()
	f()
	return time.Since(start), used() - before
}

// pipe moves the table in two halves with psql.
func pipe(t *testing.T, from, to, table string) {
	t.Helper()
	half := lines(t, &servertest.Database{URL: from}, "SELECT (pg_relation_size('"+table+"') / 8192 / 2)::text")[0]
	var g errgroup.Group
	for _, where := range []string{"ctid < '(%s,0)'", "ctid >= '(%s,0)'"} {
		sh := fmt.Sprintf(`psql -X -q '%s' -c "copy (select * from %s where %s) to stdout (format binary)" | psql -X -q '%s' -c "copy %s from stdin (format binary)"`,
			from, table, fmt.Sprintf(where, half), to, table)
		g.Go(func() error { return exec.Command("sh", "-c", sh).Run() })
	}
	require.NoError(t, g.Wait())
}

func (p *pair) moveInTwo(name string, m mode) {
	t := p.table(name)
	s := p.snapshot()
	defer func() { _ = s.Close() }()
	segments, err := s.Split(p.t.Context(), t, connector.SplitOptions{SegmentBytes: 64 << 20})
	require.NoError(p.t, err)
	queue := make(chan connector.Segment, len(segments))
	for _, g := range segments {
		queue <- g
	}
	close(queue)
	var g errgroup.Group
	for range 2 {
		g.Go(func() error {
			for segment := range queue {
				var rejects []change.Reject
				if err := p.moveSegment(s, t, m, segment, &rejects); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(p.t, g.Wait())
	require.NoError(p.t, p.target.Journal().Forget(p.t.Context(), "r", catalog.Name{Schema: "public", Name: strings.TrimPrefix(name, "public.")}))
}
