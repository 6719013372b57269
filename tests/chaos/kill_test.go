package chaos_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killsPerPair times nine pairs is a hundred and eight.
const killsPerPair = 12

// TestKilledProcess kills the program at random instants and runs it again until it comes to its end, several times a
// pair. Held back, it spends most of its time among the rows; unhindered, most of it before and after them.
func TestKilledProcess(t *testing.T) {
	phases := map[string]int{}
	kinds := []string{pg, maria, sqlite}
	for _, from := range kinds {
		source := newEnd(t, from)
		makeShop(t, source)
		for _, to := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) { killAgainAndAgain(t, source, to, phases) })
		}
	}
	t.Logf("killed %v", phases)
	if !t.Failed() {
		for _, p := range []string{"before the journal", "before the first segment", "among the rows", "after the rows"} {
			require.Positive(t, phases[p], "no process was killed %s", p)
		}
	}
}

func killAgainAndAgain(t *testing.T, source *end, to string, phases map[string]int) {
	random := dice(t)
	whole := newEnd(t, to)
	fast := complete(t, source, whole).lasted()
	requireSame(t, source, whole)
	want := whole.structure(t)
	for kills := 0; kills < killsPerPair; {
		target := newEnd(t, to)
		held := random.IntN(2) == 0
		for {
			var flags []string
			longest := fast + 50*time.Millisecond
			if held {
				flags = []string{"--rate-limit", fmt.Sprintf("%drows/s", 8000+random.IntN(8000))}
				longest += time.Second
			}
			p := start(t, source, target, flags...)
			select {
			case <-p.ended:
			case <-time.After(time.Duration(random.Int64N(int64(longest)))):
				require.NoError(t, p.cmd.Process.Kill())
				<-p.ended
			}
			if p.cmd.ProcessState.ExitCode() == -1 {
				kills++
				phases[target.phase()]++
				continue
			}
			if !finishedUnheard(p, target) {
				require.Zero(t, p.cmd.ProcessState.ExitCode(), "%s\n%s", p.out.String(), p.errors.String())
			}
			break
		}
		requireSame(t, source, target)
		require.False(t, target.journalLeft(t), "the journal must go with the end of the run")
		require.Equal(t, want, target.structure(t))
	}
}

// finishedUnheard holds when the process before was killed between the end of its work and its own: all is done and
// the journal closed, so that to the next one this is a target full of rows.
func finishedUnheard(p *process, target *end) bool {
	return strings.Contains(p.errors.String(), "the target table holds rows") && target.phase() == "after the journal"
}

func (p *process) lasted() time.Duration { return time.Since(p.began) }
