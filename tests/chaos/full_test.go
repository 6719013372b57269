package chaos_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFullTarget lets the target run out of room and gives it more.
func TestFullTarget(t *testing.T) {
	for kind, size := range map[string]string{sqlite: "600k", pg: "800k", maria: "1300k"} {
		t.Run(kind, func(t *testing.T) {
			source := newEnd(t, sqlite)
			makeShop(t, source)
			target, place := smallEnd(t, kind, size)
			settings := filepath.Join(t.TempDir(), "settings.json")
			require.NoError(t, os.WriteFile(settings, []byte(`{"ErrorBehavior":{"RecoverableErrorCount":1,"RecoverableErrorInterval":1}}`), 0o600))
			p := start(t, source, target, "--task-settings", settings)
			require.Equal(t, 1, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			t.Log(lastLine(p.errors.String()))
			require.Contains(t, lastLine(p.errors.String()), "is full")
			require.Contains(t, lastLine(p.errors.String()), "run the same command again")
			require.Contains(t, p.out.String(), "Not finished")
			mount(t, "remount,size=100m", place)
			complete(t, source, target, "--task-settings", settings)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// smallEnd is a target whose tables lie on a disk of the given size.
func smallEnd(t *testing.T, kind, size string) (*end, string) {
	t.Helper()
	if kind == sqlite {
		dir := t.TempDir()
		mountSmall(t, size, dir)
		return sqliteEnd(t, dir), dir
	}
	e := privateEnd(t, kind)
	dir := filepath.Join(e.server.Dir(), "small")
	if kind == maria {
		name := e.texts(t, "SELECT database()")[0]
		dir = filepath.Join(e.server.Dir(), "data", name)
	} else {
		require.NoError(t, os.Mkdir(dir, 0o700))
	}
	mountSmall(t, size, dir)
	owner, err := user.Lookup(map[string]string{pg: "postgres", maria: "mysql"}[kind])
	require.NoError(t, err)
	uid, err := strconv.Atoi(owner.Uid)
	require.NoError(t, err)
	require.NoError(t, os.Chown(dir, uid, -1))
	require.NoError(t, os.Chmod(dir, 0o700))
	if kind == pg {
		e.exec(t, "CREATE TABLESPACE small LOCATION '"+dir+"'", "ALTER ROLE postgres SET default_tablespace = small")
	}
	return e, dir
}

func mountSmall(t *testing.T, size, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and only root may mount one")
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
}

func mount(t *testing.T, options, dir string) {
	t.Helper()
	out, err := exec.Command("mount", "-o", options, dir).CombinedOutput()
	require.NoError(t, err, string(out))
}
