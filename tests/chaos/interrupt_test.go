package chaos_test

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stopTime is how long the program may take to end after Ctrl-C.
const stopTime = 2 * time.Second

// exitInterrupted is the exit code that `whimbrel migrate --help` names.
const exitInterrupted = 130

// TestInterruptedProcess sends Ctrl-C at random instants.
func TestInterruptedProcess(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {maria, maria}, {sqlite, sqlite}, {pg, maria}, {maria, sqlite}, {sqlite, pg}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			random := dice(t)
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			for range 6 {
				p := start(t, source, target, "--rate-limit", "2500rows/s")
				select {
				case <-p.ended: // earlier ones have left it little to do
					require.Zero(t, p.code(t, time.Second), p.errors.String())
					requireSame(t, source, target)
					return
				case <-time.After(20*time.Millisecond + time.Duration(random.Int64N(int64(time.Second)))):
				}
				requireInterrupted(t, p, os.Interrupt)
			}
			if p := start(t, source, target); p.code(t, runs) != 0 {
				require.True(t, finishedUnheard(p, target), "%s\n%s", p.out.String(), p.errors.String())
			}
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// requireInterrupted stops the program and requires that it says how to go on.
func requireInterrupted(t *testing.T, p *process, s os.Signal) {
	t.Helper()
	asked := time.Now()
	if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err, p.errors.String())
	}
	code := p.code(t, 10*time.Second)
	require.Less(t, time.Since(asked), stopTime)
	if code == 0 { // it had come to its end before it heard
		require.Contains(t, p.out.String(), "Moved ")
		return
	}
	if code == -1 { // the runtime had not begun to listen
		require.Less(t, asked.Sub(p.began), time.Second)
		return
	}
	require.Equal(t, exitInterrupted, code, "%s\n%s", p.out.String(), p.errors.String())
	require.Contains(t, p.errors.String(), "interrupted")
	require.Contains(t, p.errors.String(), "run the same command again")
}

// TestSecondInterruptEndsAtOnce stops the target's server, so that nothing can end in an orderly way.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	source, target := newEnd(t, sqlite), privateEnd(t, pg)
	makeShop(t, source)
	p := start(t, source, target, "--rate-limit", "1000rows/s")
	p.awaitRows(t, target)
	frozen := freeze(t, target)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	asked := time.Now()
	require.Equal(t, exitInterrupted, p.code(t, 10*time.Second))
	require.Less(t, time.Since(asked), 500*time.Millisecond)
	frozen.thaw()
	complete(t, source, target)
	requireSame(t, source, target)
}
