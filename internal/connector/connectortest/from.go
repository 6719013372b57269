package connectortest

import (
	"testing"
)

// RunFrom runs what a Suite asks of a source alone, which others write to: what is written into a database is carried over to it (Suite.Carry), by
// whichever target writes what it reads.
func RunFrom(t *testing.T, s Suite) {
	if s.Transactions == 0 {
		s.Transactions = 300
	}
	t.Run("random transactions", func(t *testing.T) { s.testRandom(t, false) })
	t.Run("restart from the checkpoint", func(t *testing.T) { s.testRestart(t, false) })
	t.Run("every position", func(t *testing.T) { s.testPositions(t, false) })
	t.Run("quiet", s.testQuiet)
	t.Run("busy with others", s.testBusy)
}

// Carrier is a Suite.Carry: it follows the suite's source into its target. The first call loads the tables.
func (s *Suite) Carrier() func(t testing.TB, d Databases) {
	var f *follower
	return func(t testing.TB, d Databases) {
		if f == nil {
			f = s.follower(t, d, false)
			f.capture(t.Context())
			f.open(t.Context())
		}
		f.reach(t.Context(), s.end(t, f))
	}
}
