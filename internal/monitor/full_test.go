package monitor

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/logstore"
)

// TestLogsOfTasksOnAFullDisk takes all room away from the store while a task writes: its lines are refused, with the reason, and
// taken when there is room again, every one once and in their order.
func TestLogsOfTasksOnAFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and only root may mount one")
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	kept, err := logstore.Open(t.Context(), logstore.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kept.Close() })
	f := &floor{dir: t.TempDir(), logs: true}
	require.NoError(t, keep.Dir(f.dir).Make("T1"))
	l := NewLogs(LogConfig{Inventory: f, Host: f, Store: kept, Log: slog.New(slog.DiscardHandler)})
	n := 0
	write := func(lines int) {
		file, err := os.OpenFile(filepath.Join(f.dir, "tasks", "T1", "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		for range lines {
			n++
			_, err = fmt.Fprintf(file, "2026-11-26T03:00:00:000000 [TASK_MANAGER    ]I:  %s line %d\n", strings.Repeat("long ", 20), n)
			require.NoError(t, err)
		}
		require.NoError(t, file.Close())
	}
	write(10)
	require.NoError(t, l.Gather(t.Context()))

	filler := filepath.Join(dir, "filler")
	out, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	for piece := make([]byte, 4096); err == nil; {
		_, err = out.Write(piece)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, out.Close())
	write(20_000)
	for range 3 {
		require.ErrorContains(t, l.Gather(t.Context()), "full")
	}
	write(10)
	require.NoError(t, os.Remove(filler))
	require.NoError(t, l.Gather(t.Context()))
	require.NoError(t, l.Gather(t.Context()))

	x, err := kept.Stream(t.Context(), "dms-tasks-box", "dms-task-T1")
	require.NoError(t, err)
	next := 0
	_, _, err = kept.Scan(t.Context(), &logstore.Scan{Streams: []logstore.Stream{*x}, Till: logstore.Place{At: 1 << 60}, See: func(_ int, e *logstore.Event) bool {
		next++
		_, number, _ := strings.Cut(string(e.Message), "line ")
		require.Equal(t, fmt.Sprint(next), number)
		return true
	}})
	require.NoError(t, err)
	require.Equal(t, n, next)
}
