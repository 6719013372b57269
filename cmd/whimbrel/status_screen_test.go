package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/require"
)

// TestAPictureFitsItsScreen: whatever the tasks and the terminal, nothing wraps and nothing scrolls, and what finds no room is counted.
func TestAPictureFitsItsScreen(t *testing.T) {
	var tasks []shownTask
	for i := range 30 {
		one := shownTask{ReplicationTaskIdentifier: fmt.Sprintf("task-%02d", i), Status: "running", Progress: &taskProgress{FullLoadProgressPercent: 100, Following: true}}
		if i%5 == 4 {
			one.Status, one.LastFailureMessage, one.StopReason = "failed", "the table \x1b[2Jäöü 表 "+strings.Repeat("is very much in the way ", 10), "Stop Reason FATAL_ERROR"
		}
		tasks = append(tasks, one)
	}
	for _, s := range []screen{{1 << 20, 1 << 20}, {200, 100}, {120, 43}, {80, 24}, {40, 10}, {20, 3}, {5, 2}, {1, 1}} {
		for _, n := range []int{0, 1, 4, 5, 30} {
			picture := s.fit(tasks[:n])
			require.NotContains(t, picture, "\x1b")
			lines := strings.Split(strings.TrimSuffix(picture, "\n"), "\n")
			require.LessOrEqual(t, len(lines), max(s.height-1, 1), "%v of %d", s, n)
			for _, line := range lines {
				require.LessOrEqual(t, runewidth.StringWidth(line), s.width, "%v: %q", s, line)
			}
		}
	}
	require.Equal(t, "task                         sta…\ntask-00                      run…\ntask-01                      run…\n… and 28 more, 6 in trouble: nam…\n", screen{33, 5}.fit(tasks))
	folded := strings.ReplaceAll(screen{120, 60}.fit(tasks[:5]), "\n", "")
	require.Equal(t, 10, strings.Count(folded, "is very much in the way "), "messages are whole while there is room")
	require.Equal(t, "no replication tasks\n", screen{80, 24}.fit(nil))
}
