package serve_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// runIn runs a command of the program with further variables.
func runIn(t testing.TB, env []string, args ...string) (string, error) {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestRootKeyRotates changes the root key twice and looks whether everything opens each time, and whether nothing needs
// the first one any more.
func TestRootKeyRotates(t *testing.T) {
	t.Parallel()
	s := first(t)
	file := filepath.Join(s.dir, "root.key")
	s.must(t, "secretsmanager", "create-secret", "--name", "db", "--secret-string", "hunter2")
	session := as(s.must(t, "sts", "get-session-token"))
	ca, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	require.NoError(t, err)
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	_, err = run(t, "root-key", "rotate", "--data-dir", s.dir)
	require.ErrorContains(t, err, "exit status", "a running server holds the state")
	same, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, same)
	s.stop(t)

	for turn := range 2 {
		out, err := run(t, "root-key", "rotate", "--data-dir", s.dir)
		require.NoError(t, err, out)
		require.Contains(t, out, "3 records were sealed anew") // the KMS keys of access keys, of the authority, of secrets
		s = start(t, s.dir)
		require.Equal(t, "hunter2", s.must(t, "secretsmanager", "get-secret-value", "--secret-id", "db")["SecretString"])
		_, err = s.aws(t, session, "sts", "get-caller-identity")
		if turn == 0 {
			require.NoError(t, err, "a session outlives one rotation")
		} else {
			require.ErrorContains(t, err, "InvalidClientTokenId", "but not two")
		}
		now, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
		require.NoError(t, err)
		require.Equal(t, ca, now)
		s.stop(t)
	}

	// Sealed with a passphrase, the same keys serve on.
	out, err := runIn(t, []string{"WHIMBREL_NEW_ROOT_PASSPHRASE=correct horse battery"}, "root-key", "seal", "--data-dir", s.dir)
	require.NoError(t, err, out)
	out, err = run(t, "serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--admin-listen", "")
	require.Error(t, err)
	require.Contains(t, out, "WHIMBREL_ROOT_PASSPHRASE")
}
