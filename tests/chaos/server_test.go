package chaos_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ice holds every process of a server still, as a machine does that has lost its power or its network.
type ice struct{ pids []int }

// freeze stops a private server's processes without ending them. Its kernel still takes connections and bytes.
func freeze(t testing.TB, e *end) *ice {
	t.Helper()
	f := &ice{pids: family(t, e.server.Dir())}
	require.NotEmpty(t, f.pids)
	for _, pid := range f.pids {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	t.Cleanup(f.thaw)
	return f
}

func (f *ice) thaw() {
	for _, pid := range f.pids {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	f.pids = nil
}

// family finds the processes that work in a private server's folder, and their children.
func family(t testing.TB, dir string) []int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []int
	for _, p := range all {
		cwd, err := os.Readlink(p + "/cwd")
		if err != nil || !strings.HasPrefix(cwd, dir) {
			continue
		}
		state, err := os.ReadFile(p + "/stat")
		if err != nil || bytes.Contains(state, []byte(") Z ")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(p))
		require.NoError(t, err)
		found = append(found, pid)
	}
	return found
}

// TestServerLost kills one of the servers among the rows.
func TestServerLost(t *testing.T) {
	for _, c := range []struct {
		from, to string
		source   bool
	}{{pg, sqlite, true}, {maria, sqlite, true}, {sqlite, pg, false}, {sqlite, maria, false}, {pg, pg, true}, {maria, maria, false}} {
		name := c.from + " to " + c.to + ", target lost"
		if c.source {
			name = c.from + " to " + c.to + ", source lost"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.from), newEnd(t, c.to)
			lost := &target
			if c.source {
				lost = &source
			}
			*lost = privateEnd(t, (*lost).kind)
			makeShop(t, source)
			settings := retrying(t, 2)
			p := start(t, source, target, "--rate-limit", "3000rows/s", "--task-settings", settings)
			p.awaitRows(t, target)
			(*lost).server.Kill()
			require.Equal(t, 1, p.code(t, 30*time.Second), "%s\n%s", p.out.String(), p.errors.String())
			told := p.errors.String()
			t.Log(lastLine(told))
			require.Contains(t, p.out.String(), "Not finished")
			require.Contains(t, lastLine(told), map[bool]string{true: "source", false: "target"}[c.source])
			require.Contains(t, lastLine(told), "run the same command again")
			require.NoError(t, (*lost).server.Start())
			complete(t, source, target, "--task-settings", settings)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestTargetComesBack restarts the target's server among the rows, within the time in which it is tried again.
func TestTargetComesBack(t *testing.T) {
	for _, pair := range [][2]string{{sqlite, pg}, {sqlite, maria}, {pg, pg}, {maria, pg}, {pg, maria}, {maria, maria}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), privateEnd(t, pair[1])
			makeShop(t, source)
			settings := retrying(t, 15)
			p := start(t, source, target, "--rate-limit", "3000rows/s", "--task-settings", settings)
			p.awaitRows(t, target)
			target.server.Kill()
			require.NoError(t, target.server.Start())
			require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			require.Contains(t, p.errors.String(), "trying again")
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// retrying writes task settings that try again every second.
func retrying(t testing.TB, times int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil,
		`{"ErrorBehavior":{"RecoverableErrorCount":%d,"RecoverableErrorInterval":1,"RecoverableErrorThrottling":false}}`, times), 0o600))
	return path
}
