package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInsideHoldsFilesInTheirDirectory(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	dir := filepath.Join(root, "in")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "inside"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "secret.db"), nil, 0o600))
	require.NoError(t, os.Symlink(filepath.Join(root, "secret.db"), filepath.Join(dir, "link.db")))
	require.NoError(t, os.Symlink(filepath.Join(root, "new.db"), filepath.Join(dir, "dangling.db")))
	require.NoError(t, os.Symlink(root, filepath.Join(dir, "up")))
	require.NoError(t, os.Symlink(dir, filepath.Join(root, "way")))

	for raw, want := range map[string]string{
		"sqlite:shop.db":                               "sqlite:" + dir + "/shop.db",
		"sqlite:sub/a%20b.db?mode=ro":                  "sqlite:" + dir + "/sub/a%20b.db?mode=ro",
		"sqlite://" + dir + "/shop.db":                 "sqlite:" + dir + "/shop.db",
		"sqlite:" + dir + "/sub/../shop.db":            "sqlite:" + dir + "/shop.db",
		"sqlite:" + root + "/way/shop.db?mode=rwc":     "sqlite:" + dir + "/shop.db?mode=rwc",
		"sqlite3:./shop.db?busy_timeout=5&immutable=0": "sqlite3:" + dir + "/shop.db?busy_timeout=5&immutable=0",
	} {
		got, err := Inside(dir, raw)
		require.NoError(t, err, raw)
		require.Equal(t, want, got, raw)
		at, err := parseURL(got, "rw")
		require.NoError(t, err)
		require.Equal(t, dir, at.path[:len(dir)])
	}
	for _, raw := range []string{
		"sqlite:../secret.db", "sqlite:%2e%2e/secret.db", "sqlite:sub/../../secret.db", "sqlite://" + root + "/secret.db", "sqlite:" + root + "/secret.db",
		"sqlite:link.db", "sqlite:dangling.db", "sqlite:up/secret.db", "sqlite:up/new.db", "sqlite:", "sqlite:.", "sqlite:" + root + "/inside/x.db", "sqlite:none/x.db",
		"sqlite://host/x.db", "postgres://h/x", "sqlite:/etc/passwd", "sqlite::memory:", "sqlite:a%00b",
	} {
		got, err := Inside(dir, raw)
		require.Error(t, err, "%s → %s", raw, got)
	}
}
