package dms

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentedStatuses holds the drawing of docs/tasks.md to the model that the operations and the controllers are held
// to: it has every status, and no arrow that cannot be.
func TestDocumentedStatuses(t *testing.T) {
	page, err := os.ReadFile("../../../docs/tasks.md")
	require.NoError(t, err)
	_, drawing, _ := strings.Cut(string(page), "```mermaid")
	drawing, _, _ = strings.Cut(drawing, "```")
	calls := map[string]string{"start": taskStarting, "stop": taskStopping, "modify": taskModifying, "move": taskMoving, "delete": taskDeleting, "assess": taskTesting}
	seen := map[string]bool{}
	for _, arrow := range regexp.MustCompile(`(\S+) --> (\w+|\[\*\])(?:: (.+))?`).FindAllStringSubmatch(drawing, -1) {
		from, to, label := strings.ReplaceAll(arrow[1], "_", "-"), strings.ReplaceAll(arrow[2], "_", "-"), arrow[3]
		seen[from], seen[to] = true, true
		switch then, called := calls[label]; {
		case called:
			require.Equal(t, then, to, arrow[0])
			require.True(t, resting(from) || from == taskRunning && to == taskStopping, arrow[0])
		case from == "[*]":
			require.Equal(t, taskCreating, to)
		case to == "[*]":
			require.Contains(t, onTheirOwn[from], "", arrow[0])
		default:
			require.Contains(t, onTheirOwn[from], to, arrow[0])
		}
	}
	for _, status := range taskAllStatuses {
		require.True(t, seen[status], "%s is not drawn", status)
	}
}
