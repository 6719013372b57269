package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// settling is a session of a run whose commits number positions.
type settling struct {
	t       *testing.T
	target  connector.Applier
	session connector.ApplySession
	last    int
}

func newSettling(t *testing.T, db *servertest.Database) *settling {
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: db.URL})
	require.NoError(t, err)
	t.Cleanup(func() { _ = target.Close() })
	s := &settling{t: t, target: target.(connector.Applier)}
	s.session, err = s.target.Apply(t.Context(), connector.ApplyOptions{Run: "r"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.session.Close() })
	return s
}

// commit commits a note with the next position, or once more with the last one.
func (s *settling) commit(next bool) string {
	s.t.Helper()
	if next {
		s.last++
	}
	position := fmt.Sprintf("0/%X", s.last)
	require.NoError(s.t, s.session.Begin(s.t.Context()))
	require.NoError(s.t, s.session.Note(s.t.Context(), "at", time.Now().String()))
	require.NoError(s.t, s.session.Commit(s.t.Context(), connector.Checkpoint{Run: "r", Server: "here", Position: position, At: time.Now()}))
	return position
}

func (s *settling) settled() string {
	s.t.Helper()
	at, err := s.session.(connector.Settler).Settled(s.t.Context())
	require.NoError(s.t, err)
	return at
}

// TestSettledCommitsSurviveTheServer: what a session says is on disk is there after the server was killed, and it is said soon though
// nobody waits for the disk and commits keep coming.
func TestSettledCommitsSurviveTheServer(t *testing.T) {
	db := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "fsync = on", "wal_writer_delay = 50ms")
	for range 4 {
		s := newSettling(t, db)
		begun, said := time.Now(), ""
		for said == "" || time.Since(begun) < 300*time.Millisecond {
			require.Less(t, time.Since(begun), 2*time.Second, "not said although the server's writer has been there")
			s.commit(true)
			said = s.settled()
		}
		db.Server.Kill()
		require.NoError(t, db.Server.Start())
		c, ok, err := newSettling(t, db).target.Checkpoint(context.Background(), "r")
		require.NoError(t, err)
		require.True(t, ok)
		kept, err := parseLSN(c.Position)
		require.NoError(t, err)
		least, err := parseLSN(said)
		require.NoError(t, err)
		require.GreaterOrEqual(t, kept, least)
	}
}

// TestSettledMeansTheLastCommitOfAPosition: a position that is committed once more has to reach the disk once more.
func TestSettledMeansTheLastCommitOfAPosition(t *testing.T) {
	db := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_writer_delay = 10s")
	s := newSettling(t, db)
	first := s.commit(true)
	require.NotEqual(t, first, s.settled(), "nothing has flushed the log")
	require.NoError(t, s.session.Sync(t.Context()))
	require.Equal(t, first, s.settled())
	require.Equal(t, first, s.commit(false))
	require.NotEqual(t, first, s.settled())
	require.Eventually(t, func() bool { return s.settled() == first }, settleFor+2*time.Second, 100*time.Millisecond, "waited for in the end")
}
