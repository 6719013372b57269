package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

func TestParseURL(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	for raw, want := range map[string]location{
		"sqlite:shop.db":                       {path: filepath.Join(here, "shop.db"), mode: "rwc", busyTimeout: defaultBusyTimeout},
		"sqlite:./a/../shop.db?mode=ro":        {path: filepath.Join(here, "shop.db"), mode: "ro", busyTimeout: defaultBusyTimeout},
		"sqlite:///srv/my%20shop.db":           {path: "/srv/my shop.db", mode: "rwc", busyTimeout: defaultBusyTimeout},
		"sqlite:/srv/shop.db?busy_timeout=250": {path: "/srv/shop.db", mode: "rwc", busyTimeout: 250 * time.Millisecond},
		"SQLITE:/srv/shop.db?immutable=1":      {path: "/srv/shop.db", mode: "rwc", immutable: true, busyTimeout: defaultBusyTimeout},
	} {
		got, err := parseURL(raw, "rwc")
		require.NoError(t, err, raw)
		require.Equal(t, want, got, raw)
	}
	for raw, want := range map[string]string{
		"shop.db":                     "is not a SQLite URL",
		"sqlite:":                     "names no file",
		"sqlite::memory:":             "names no file",
		"sqlite://shop.db":            "names a host",
		"sqlite:a%zz.db":              "percent sign",
		"sqlite:a.db?mode=rx":         `unknown mode "rx"`,
		"sqlite:a.db?cache=shared":    `unknown URL parameter "cache"`,
		"sqlite:a.db?immutable=yes":   "unknown value",
		"sqlite:a.db?busy_timeout=-1": "is no such number",
	} {
		_, err := parseURL(raw, "rwc")
		require.ErrorContains(t, err, want, raw)
		require.Equal(t, connector.Invalid, connector.ClassOf(err), raw)
	}
}

func TestImmutable(t *testing.T) {
	path := newFile(t, "CREATE TABLE t (n)")
	odd := filepath.Join(t.TempDir(), "what? 100%.db")
	require.NoError(t, os.Rename(path, odd))
	at, err := parseURL("sqlite:"+"x.db?immutable=1", "ro")
	require.NoError(t, err)
	at.path = odd
	c, err := openConn(at, 1)
	require.NoError(t, err)
	defer c.close()
	n, err := c.number("SELECT count(*) FROM sqlite_schema")
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
}

func TestAURLOfAServerKeepsItsPassword(t *testing.T) {
	_, err := parseURL("sqlite://usr:hunter2@host/db", "ro")
	require.ErrorContains(t, err, "SQLite has none")
	require.NotContains(t, err.Error(), "hunter2")
}
