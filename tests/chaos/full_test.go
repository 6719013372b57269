package chaos_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestFullTarget lets the target run out of room and gives it more.
func TestFullTarget(t *testing.T) {
	for kind, size := range map[string]string{sqlite: "600k", pg: "800k", maria: "1300k"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, sqlite)
			makeShop(t, source)
			target, place := smallEnd(t, kind, size)
			settings := retrying(t, 1)
			p := start(t, source, target, "--task-settings", settings)
			require.Equal(t, 1, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			t.Log(lastLine(p.errors.String()))
			require.Contains(t, lastLine(p.errors.String()), "is full")
			require.Contains(t, lastLine(p.errors.String()), "run the same command again")
			require.Contains(t, p.out.String(), "Not finished")
			mount(t, "remount,size=100m", place)
			if kind == maria { // may have given up by itself
				target.server.Stop()
				require.NoError(t, target.server.Start())
			}
			again := start(t, source, target, "--task-settings", settings)
			code := again.code(t, runs)
			if kind == maria && code != 0 {
				removeOrphans(t, again.out.String())
				again = start(t, source, target, "--task-settings", settings)
				code = again.code(t, runs)
			}
			require.Zero(t, code, "%s\n%s", again.out.String(), again.errors.String())
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// removeOrphans does what the errors of a run say: MariaDB keeps the file of a table that it could not make on the full disk,
// and makes no other of that name.
func removeOrphans(t *testing.T, said string) {
	t.Helper()
	files := regexp.MustCompile(`remove (\S+\.ibd), which`).FindAllStringSubmatch(said, -1)
	require.Len(t, files, strings.Count(said, "Tablespace already exists"), said)
	require.NotEmpty(t, files, said)
	for _, f := range files {
		require.NoError(t, os.Remove(f[1]))
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
	mountSmall(t, map[string]string{pg: "100m", maria: size}[kind], dir)
	owner, err := user.Lookup(map[string]string{pg: "postgres", maria: "mysql"}[kind])
	require.NoError(t, err)
	uid, err := strconv.Atoi(owner.Uid)
	require.NoError(t, err)
	require.NoError(t, os.Chown(dir, uid, -1))
	require.NoError(t, os.Chmod(dir, 0o700))
	if kind == maria {
		return e, dir
	}
	e.exec(t, "CREATE TABLESPACE small LOCATION '"+dir+"'", "CREATE DATABASE small TABLESPACE small", "CHECKPOINT")
	u, err := url.Parse(e.url)
	require.NoError(t, err)
	u.Path = "/small"
	e.url = u.String()
	e.db = servertest.OpenDB(t, "pgx", e.url)
	var s syscall.Statfs_t
	require.NoError(t, syscall.Statfs(dir, &s))
	mount(t, fmt.Sprintf("remount,size=%d", int64(s.Blocks-s.Bfree)*s.Bsize+500<<10), dir)
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
