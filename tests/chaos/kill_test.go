package chaos_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killsPerPair times nine pairs is a hundred and eight. WHIMBREL_CHAOS_KILLS asks for more.
const killsPerPair = 12

// kills is how often a test kills: as often as it says, unless WHIMBREL_CHAOS_KILLS says otherwise.
func kills(t *testing.T, usual int) int {
	asked := os.Getenv("WHIMBREL_CHAOS_KILLS")
	if asked == "" {
		return usual
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err, "WHIMBREL_CHAOS_KILLS")
	return n
}

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
	for _, phase := range []string{"before the journal", "before the first segment", "among the rows", "after the rows"} {
		if phases[phase] == 0 && !t.Failed() {
			t.Run("aimed "+phase, func(t *testing.T) { killAt(t, phase) })
		}
	}
}

// killAt kills the program in a phase that no random instant fell into, and lets it come to its end.
func killAt(t *testing.T, phase string) {
	source := newEnd(t, pg)
	makeShop(t, source)
	for range 50 {
		target := newEnd(t, pg)
		p := start(t, source, target, "--rate-limit", "8000rows/s")
		p.awaitPhase(target, phase)
		if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
			require.NoError(t, err)
		}
		<-p.ended
		hit := p.cmd.ProcessState.ExitCode() == -1 && target.phase() == phase
		complete(t, source, target)
		requireSame(t, source, target)
		if hit {
			return
		}
	}
	require.Fail(t, "no process was killed "+phase)
}

// awaitPhase returns when a run is in a phase, or at its end.
func (p *process) awaitPhase(target *end, phase string) {
	for target.phase() != phase {
		select {
		case <-p.ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func killAgainAndAgain(t *testing.T, source *end, to string, phases map[string]int) {
	random := dice(t)
	whole := newEnd(t, to)
	fast := complete(t, source, whole).lasted()
	requireSame(t, source, whole)
	want := whole.structure(t)
	for done, wanted := 0, kills(t, killsPerPair); done < wanted; {
		target := newEnd(t, to)
		var flags []string
		longest := fast + 50*time.Millisecond
		if random.IntN(2) == 0 {
			flags = []string{"--rate-limit", fmt.Sprintf("%drows/s", 8000+random.IntN(8000))}
			longest += time.Second
		}
		for _, phase := range killUntilDone(t, random, source, target, longest, flags...) {
			done++
			phases[phase]++
		}
		requireSame(t, source, target)
		require.False(t, target.journalLeft(t), "the journal must go with the end of the run")
		require.Equal(t, want, target.structure(t))
	}
}

// killUntilDone kills and repeats a run until it succeeds, and returns where it was killed.
func killUntilDone(t *testing.T, random *rand.Rand, source, target *end, longest time.Duration, flags ...string) (phases []string) {
	for {
		p := start(t, source, target, flags...)
		select {
		case <-p.ended:
		case <-time.After(time.Duration(random.Int64N(int64(longest)))):
			if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
				require.NoError(t, err)
			}
			<-p.ended
		}
		if p.cmd.ProcessState.ExitCode() == -1 {
			phases = append(phases, target.phase())
			continue
		}
		if !finishedUnheard(p, target) {
			require.Zero(t, p.cmd.ProcessState.ExitCode(), "%s\n%s", p.out.String(), p.errors.String())
		}
		return phases
	}
}

// TestKilledWhilePreparing kills runs that empty or drop a target full of rows: what is emptied late is emptied again,
// and never once the first segment is in.
func TestKilledWhilePreparing(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {maria, maria}, {sqlite, sqlite}, {maria, pg}, {sqlite, maria}} {
		for _, prep := range []string{"truncate", "drop"} {
			t.Run(pair[0]+" to "+pair[1]+" "+prep, func(t *testing.T) {
				t.Parallel()
				random := dice(t)
				source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
				makeShop(t, source)
				longest := complete(t, source, target).lasted()
				target.exec(t, target.pick("DROP VIEW IF EXISTS best", "DROP VIEW IF EXISTS best", "DROP VIEW IF EXISTS best"),
					"INSERT INTO visit VALUES ('/other', 7)", "DELETE FROM orders WHERE id > 600")
				if prep == "truncate" {
					unreferenced(t, target)
				}
				for range 3 {
					killUntilDone(t, random, source, target, longest+50*time.Millisecond, "--prep", prep)
					requireSame(t, source, target)
					require.False(t, target.journalLeft(t))
				}
			})
		}
	}
}

// unreferenced takes away the foreign key that keeps PostgreSQL from truncating.
func unreferenced(t *testing.T, e *end) {
	if e.kind != pg {
		return
	}
	for _, name := range e.texts(t, "SELECT conname FROM pg_constraint WHERE contype = 'f'") {
		e.exec(t, "ALTER TABLE orders DROP CONSTRAINT "+name)
	}
}

// TestKilledAmongPartitions has a table that has no rows of its own, whose keys are made last.
func TestKilledAmongPartitions(t *testing.T) {
	random := dice(t)
	source := newEnd(t, pg)
	source.exec(t, "CREATE TABLE event (id int PRIMARY KEY, at int, note text) PARTITION BY RANGE (id)", "CREATE INDEX event_at ON event (at)")
	for i := range 6 {
		source.exec(t, fmt.Sprintf("CREATE TABLE event_%d PARTITION OF event FOR VALUES FROM (%d) TO (%d)", i, i*1000, i*1000+1000))
	}
	source.exec(t, "INSERT INTO event SELECT g, g, repeat('event', 30) FROM generate_series(0, 5999) g", "ANALYZE")
	whole := newEnd(t, pg)
	longest := complete(t, source, whole).lasted()
	columns := []string{"id", "at", "note"}
	for range 6 {
		target := newEnd(t, pg)
		for _, flags := range [][]string{nil, {"--prep", "drop"}} {
			killUntilDone(t, random, source, target, longest+50*time.Millisecond, flags...)
			requireSameRows(t, "event", source.rows(t, "event", columns), target.rows(t, "event", columns))
			require.Equal(t, whole.structure(t), target.structure(t))
			require.False(t, target.journalLeft(t))
		}
	}
}

// killAmongRows runs the program and kills it when some segments are loaded and others are not.
func killAmongRows(t *testing.T, source, target *end) {
	t.Helper()
	p := start(t, source, target, "--rate-limit", "3000rows/s")
	p.awaitRows(t, target)
	require.NoError(t, p.cmd.Process.Kill())
	<-p.ended
}

// finishedUnheard holds when the process before was killed between the end of its work and its own: all is done and
// the journal closed, so that to the next one this is a target full of rows.
func finishedUnheard(p *process, target *end) bool {
	return strings.Contains(p.errors.String(), "the target is complete as it is") && target.phase() == "after the journal"
}

func (p *process) lasted() time.Duration { return time.Since(p.began) }

// TestKilledWithoutTransactions loads tables whose storage engine keeps what a killed run has written.
func TestKilledWithoutTransactions(t *testing.T) {
	random := dice(t)
	source := newEnd(t, maria)
	makeShop(t, source)
	source.exec(t, "ALTER TABLE visit ENGINE=MyISAM", "ALTER TABLE small_1 ENGINE=Aria", "CREATE TABLE heap ENGINE=MyISAM AS SELECT seq AS id, 1 AS at FROM seq_1_to_200000")
	whole := newEnd(t, maria)
	longest := complete(t, source, whole).lasted()
	for range 4 {
		target := newEnd(t, maria)
		killUntilDone(t, random, source, target, longest+300*time.Millisecond, "--rate-limit", "400000rows/s")
		requireSame(t, source, target)
		require.Equal(t, []string{"200000 200000"}, target.texts(t, "SELECT concat(count(*), ' ', count(DISTINCT id)) FROM heap"))
		require.Equal(t, whole.structure(t), target.structure(t))
		require.False(t, target.journalLeft(t))
	}
}
