package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWhatIsNotComparedYetIsPending from the beginning, where the task validates: a table waits for its load first.
func TestWhatIsNotComparedYetIsPending(t *testing.T) {
	for settings, want := range map[string]string{`{"ValidationSettings":{"EnableValidation":true}}`: "Pending validation", `{}`: ""} {
		b := newBench(t)
		_, _ = b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
		target, _ := b.database(t, "target.db", "SELECT 1")
		loads := newTask("T1", "stuck:"+b.files+"/source.db", target)
		loads.Settings = settings
		require.NoError(t, b.Start(t.Context(), loads))
		require.Eventually(t, func() bool {
			tables, err := b.Tables(t.Context(), "T1")
			require.NoError(t, err)
			return len(tables) == 1 && tables[0].Validation.State == want
		}, time.Minute, time.Millisecond)
		require.NoError(t, b.Stop(t.Context(), "T1"))
		b.end(t, "T1", 1)
	}
}
