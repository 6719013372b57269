package chaos_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBankUnderLoad has the bank do as much business as it can for five seconds, or as many as WHIMBREL_CHAOS_SECONDS says,
// while an auditor asks the target for the sums that never change.
func TestBankUnderLoad(t *testing.T) {
	lasts := 5 * time.Second
	if asked := os.Getenv("WHIMBREL_CHAOS_SECONDS"); asked != "" {
		n, err := strconv.Atoi(asked)
		require.NoError(t, err, "WHIMBREL_CHAOS_SECONDS")
		lasts = time.Duration(n) * time.Second
	}
	for _, pair := range [][2]string{{pg, pg}, {maria, pg}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeBank(t, source)
			p := follow(t, source, target)
			p.awaitText(t, "following the source")
			audit := auditor(t, target)
			closeBank := bankers(t, source, 4, 0)
			select {
			case <-p.ended:
				require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
			case <-time.After(lasts):
			}
			deals := closeBank()
			p.awaitSame(t, source, target)
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			used := p.peak.Load()
			cutOver(t, source, target)
			looks := audit()
			requireSameBank(t, source, target)
			t.Logf("%d transactions in %s, looked at %d times, RSS at most %d MB", deals, lasts, looks, used>>10)
			require.Less(t, used, int64(memoryBound), "KiB")
			released(t, source, target)
		})
	}
}
