package chaos_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// partKills is how often each is killed; WHIMBREL_CHAOS_KILLS raises it.
const partKills = 2

// partSize is what an upload sends at once.
const partSize = 5 << 20

// TestKilledWhileLargeFilesOfChangesTravel kills the program while files of changes that take several parts are on their way to a bucket
// or into a folder, CSV and Parquet. After each kill the files are whole and hold nothing twice; in the end every change is there once,
// and nothing is left of the uploads and hidden files that the killed ones had begun.
func TestKilledWhileLargeFilesOfChangesTravel(t *testing.T) {
	for _, store := range []string{"bucket", "folder"} {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(store+" "+format, func(t *testing.T) {
				t.Parallel()
				killAmidParts(t, store, format)
			})
		}
	}
}

func killAmidParts(t *testing.T, store, format string) {
	random := dice(t)
	l := newLakeRun(t, store, format)
	l.source.exec(t, "CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL, note text)", "INSERT INTO account SELECT g, 0, 'a' FROM generate_series(1, 100) g",
		"CREATE TABLE deal (id serial PRIMARY KEY, n int NOT NULL DEFAULT 0, note text)", "INSERT INTO deal (note) VALUES ('before')")
	p := start(t, l.source, l.target, l.flags...)
	p.awaitText(t, "following the source")
	for range kills(t, partKills) {
		l.dealLarge(t)
		l.killAmidParts(t, random, p)
		l.requireWhole(t)
		p = start(t, l.source, l.target, l.flags...)
	}
	l.dealLarge(t)
	require.Eventually(t, func() bool { return l.missing(t) == 0 }, runs, time.Second, "not all arrives")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	l.requireWhole(t)
	require.Positive(t, l.large(t), "no file of changes has several parts")
	require.Empty(t, stagedBelow(t, l.bucketDir()), "what killed runs had begun is left")
	p = command(t, l.source, l.target, "release", l.flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	t.Logf("kills by what was there: %v; %d files of changes of several parts", l.where, l.large(t))
}

// dealLarge makes some 8 MB of changes that do not compress, in one transaction.
func (l *lakeRun) dealLarge(t *testing.T) {
	t.Helper()
	l.source.exec(t, `BEGIN; UPDATE account SET n = n + 1; INSERT INTO deal (note)
		SELECT (SELECT string_agg(md5((g * random())::text || i), '') FROM generate_series(1, 4000) i) FROM generate_series(1, 64) g; COMMIT`)
}

// killAmidParts kills the program a little after the first part, or hidden file, is seen.
func (l *lakeRun) killAmidParts(t *testing.T, random *rand.Rand, p *process) {
	t.Helper()
	deadline := time.After(runs)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for len(stagedBelow(t, l.bucketDir())) == 0 {
		select {
		case <-tick.C:
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
		case <-deadline:
			require.Fail(t, "nothing travels", "%s", p.errors.String())
		}
	}
	select {
	case <-p.ended:
	case <-time.After(time.Duration(random.Int64N(int64(60 * time.Millisecond)))):
	}
	if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	<-p.ended
	l.where["all"]++
	if len(stagedBelow(t, l.bucketDir())) > 0 {
		l.where["uploads or hidden files"]++
	}
}

// large is how many files of changes are larger than a part.
func (l *lakeRun) large(t *testing.T) (n int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(l.root, "public", "deal", "2*."+l.format))
	require.NoError(t, err)
	for _, path := range found {
		info, err := os.Stat(path)
		require.NoError(t, err)
		if info.Size() > partSize {
			n++
		}
	}
	return n
}
