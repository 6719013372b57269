package host

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestSecretsStayInMemory looks for passwords everywhere outside.
func TestSecretsStayInMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	t.Setenv("WHIMBREL_ROOT_KEY", "the-root-key-of-the-server")
	source, target := postgres(t), mariadb(t)
	const secret = "s3cret/of:the@user"
	servertest.Exec(t, source.db, "CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1)")
	wrong := *target
	wrong.URL = strings.Replace(target.URL, ":secret@", ":s3cret%2Fof%3Athe%40user@", 1)
	require.NotEqual(t, target.URL, wrong.URL)

	dir := t.TempDir()
	h := newHost(t, Config{Dir: dir})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	err := h.Client("I1").Test(t.Context(), wrong.Endpoint, true)
	require.ErrorContains(t, err, "Access denied")
	require.NotContains(t, err.Error(), secret)

	failing := newTask("T1", "full-load", source, &wrong)
	failing.Settings = `{"Logging":{"EnableLogging":true,"LogComponents":[{"Id":"COMMON","Severity":"LOGGER_SEVERITY_DETAILED_DEBUG"}]}}`
	require.NoError(t, h.Client("I1").Start(t.Context(), failing))
	s := awaitEnd(t, h, "I1", "T1")
	require.Equal(t, "FATAL_ERROR", s.StopReason)
	require.Contains(t, s.Failure, "Access denied")
	require.Contains(t, s.Failure, "Check user and password", "the mend")
	working := newTask("T2", "full-load", source, target)
	working.Settings = failing.Settings
	require.NoError(t, h.Client("I1").Start(t.Context(), working))
	require.Equal(t, "FULL_LOAD_ONLY_FINISHED", awaitEnd(t, h, "I1", "T2").StopReason)

	forms := []string{secret, "s3cret%2Fof", "whimbrel:secret", "the-root-key-of-the-server"}
	clean := func(where string, text []byte) {
		for _, form := range forms {
			require.NotContains(t, string(text), form, where)
		}
	}
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", h.pid("I1"), file))
		require.NoError(t, err)
		require.NotContains(t, string(text), "WHIMBREL_")
		clean(file, text)
	}
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		clean(path, text)
		files++
		return err
	}))
	require.Greater(t, files, 5)
}
