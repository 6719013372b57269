package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestReaderBesideRollbacks: a program that rolls back again and again deletes its journal each time. A reader that has seen it, and finds
// it gone, does not take it for one that a crash has left.
func TestReaderBesideRollbacks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	app := openApp(t, path, "&_pragma=journal_mode(delete)&_pragma=synchronous(off)")
	_, err := app.ExecContext(t.Context(), "CREATE TABLE item (id INTEGER PRIMARY KEY); INSERT INTO item VALUES (1)")
	require.NoError(t, err)
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
			if _, err := app.ExecContext(t.Context(), "BEGIN IMMEDIATE; INSERT INTO item VALUES (2); ROLLBACK"); err != nil {
				ended <- err
				return
			}
		}
	}()
	c, err := (&source{at: location{path: path, busyTimeout: 20 * time.Second}}).connect()
	require.NoError(t, err)
	defer c.close()
	for range 20_000 {
		n, err := c.number("SELECT count(*) FROM item")
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	}
	close(done)
	require.NoError(t, <-ended)
}

// TestReaderWaitsForTheOneThatRollsBack: what a crash has left is waited for while somebody else is about to roll it back, and is named when
// nobody does.
func TestReaderWaitsForTheOneThatRollsBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	app := openApp(t, path, "&_pragma=journal_mode(delete)")
	_, err := app.ExecContext(t.Context(), "CREATE TABLE item (id INTEGER PRIMARY KEY); INSERT INTO item VALUES (1)")
	require.NoError(t, err)
	s := &source{at: location{path: path, busyTimeout: 20 * time.Second}}
	left := func() { require.NoError(t, os.WriteFile(path+"-journal", []byte("left"), 0o600)) }

	left()
	gone := time.AfterFunc(50*time.Millisecond, func() { _ = os.Remove(path + "-journal") })
	sn, err := s.Snapshot(t.Context(), 2)
	gone.Stop()
	require.NoError(t, err)
	require.NoError(t, sn.Close())

	left()
	c, err := s.connect()
	if err == nil {
		_, err = c.number("SELECT count(*) FROM item")
		require.NoError(t, c.close())
	}
	err = classify("count", err)
	require.Equal(t, connector.Busy, connector.ClassOf(err))
	_, err = s.Snapshot(t.Context(), 1)
	require.ErrorContains(t, err, "776")
	require.NoError(t, os.Remove(path+"-journal"))
}
