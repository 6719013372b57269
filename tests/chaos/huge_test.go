package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCutLinkAmongHugeValues cuts links at random instants while values of 8 MB pass through undecoded: most cuts hit the
// middle of a value.
func TestCutLinkAmongHugeValues(t *testing.T) {
	source := newEnd(t, pg)
	source.exec(t, "CREATE TABLE huge (id int PRIMARY KEY, v text, w bytea)", "ALTER TABLE huge ALTER v SET STORAGE EXTERNAL, ALTER w SET STORAGE EXTERNAL",
		"INSERT INTO huge SELECT g, repeat(md5(g::text), 250000), decode(repeat(md5('b' || g), 250000), 'hex') FROM generate_series(1, 12) g",
		"CREATE TABLE small (id int PRIMARY KEY)", "INSERT INTO small SELECT generate_series(1, 500)", "ANALYZE")
	sums := "SELECT id || md5(v) || md5(w) FROM huge"
	want := source.texts(t, sums)
	random := dice(t)
	cutAt := func(t *testing.T, p *process, l *link, times int) {
		for range times {
			select {
			case <-p.ended:
				return
			case <-time.After(50*time.Millisecond + time.Duration(random.Int64N(int64(500*time.Millisecond)))):
				l.cut(t)
			}
		}
	}
	t.Run("target", func(t *testing.T) {
		target := newEnd(t, pg)
		far, l := through(t, target)
		p := start(t, source, far, "--rate-limit", "60MB/s", "--task-settings", retrying(t, 30))
		for target.marks("") < 0 { // what comes before the load is not tried again
			<-time.After(poll)
		}
		cutAt(t, p, l, 6)
		require.Zero(t, p.code(t, runs), p.errors.String())
		require.Equal(t, want, target.texts(t, sums))
		require.Equal(t, []string{"500"}, target.texts(t, "SELECT count(*) FROM small"))
	})
	t.Run("source", func(t *testing.T) {
		target := newEnd(t, pg)
		far, l := through(t, source)
		interrupted := 0
		for range 20 {
			p := start(t, far, target, "--rate-limit", "60MB/s")
			for interrupted == 0 && target.marks("") < 0 { // the first cut comes among the rows
				select {
				case <-p.ended:
				case <-time.After(poll):
					continue
				}
				break
			}
			if interrupted < 5 {
				cutAt(t, p, l, 1)
			}
			if p.code(t, runs) == 0 {
				break
			}
			require.Contains(t, lastLine(p.errors.String()), "the source", p.errors.String())
			interrupted++
		}
		require.Positive(t, interrupted)
		require.Equal(t, want, target.texts(t, sums))
		require.Equal(t, []string{"500"}, target.texts(t, "SELECT count(*) FROM small"))
		require.False(t, target.journalLeft(t))
	})
}
