package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// soon asks that something takes no longer than a bound, with the further tries of a machine that is busy with other tests.
func soon(t *testing.T, bound, took time.Duration, again func() time.Duration) {
	t.Helper()
	for range 5 {
		if took < bound {
			return
		}
		took = min(took, again())
	}
	require.Less(t, took, bound)
}

func TestFirstStart(t *testing.T) {
	s := first(t)
	soon(t, 2*time.Second, s.ready, func() time.Duration { return first(t).ready })
	for name, mode := range map[string]os.FileMode{"credentials": 0o600, "root.key": 0o600, "ca.pem": 0o644, "audit": 0o700} {
		info, err := os.Stat(filepath.Join(s.dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	get := func(url string) (int, string) {
		r, err := http.Get(url)
		require.NoError(t, err)
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		return r.StatusCode, string(body)
	}
	status, _ := get(s.admin + "/healthz")
	require.Equal(t, 200, status)
	status, _ = get(s.admin + "/readyz")
	require.Equal(t, 200, status)
	s.must(t, "sts", "get-caller-identity")
	_, text := get(s.admin + "/metrics")
	require.Contains(t, text, `whimbrel_api_calls_total{code="",operation="sts:GetCallerIdentity"} 1`)
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	s := first(t)
	session := as(s.must(t, "sts", "get-session-token", "--duration-seconds", "900"))
	ca, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	require.NoError(t, err)
	s.stop(t)
	for range 2 { // the second time after a kill
		s = start(t, s.dir)
		require.Equal(t, account, s.must(t, "sts", "get-caller-identity")["Account"])
		_, err = s.aws(t, session, "sts", "get-caller-identity")
		require.NoError(t, err, "temporary credentials survive a restart")
		again, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
		require.NoError(t, err)
		require.Equal(t, ca, again, "the authority stays")
		s.kill()
	}
}

// run runs another command of the program.
func run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	s := first(t)
	out, err := run(t, "serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--admin-listen", "")
	require.Error(t, err)
	require.Contains(t, out, "another whimbrel is using this data directory")
	s.stop(t)
	for want, args := range map[string][]string{
		"is of account " + account + ", not 999999999999": {"--account", "999999999999"},
		`account "12" is not 12 digits`:                   {"--account", "12"},
		`region "Frankfurt" does not look like one`:       {"--region", "Frankfurt"},
		"a certificate needs its key":                     {"--tls-cert", "x.pem"},
		"listen on 127.0.0.1:1x":                          {"--listen", "127.0.0.1:1x"},
		"read a service control policy":                   {"--service-control-policy", "/does/not/exist.json"},
	} {
		out, err := run(t, append([]string{"serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--admin-listen", ""}, args...)...)
		require.Error(t, err)
		require.Contains(t, out, want)
	}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	s := first(t)
	session := as(s.must(t, "sts", "get-session-token"))
	now := time.Now().UTC()
	s.must(t, "cloudwatch", "put-metric-data", "--namespace", "shop", "--metric-name", "orders", "--value", "42", "--timestamp", now.Format(time.RFC3339))
	s.must(t, "logs", "create-log-group", "--log-group-name", "shop")
	s.must(t, "logs", "create-log-stream", "--log-group-name", "shop", "--log-stream-name", "till")
	s.must(t, "logs", "put-log-events", "--log-group-name", "shop", "--log-stream-name", "till", "--log-events", fmt.Sprintf("timestamp=%d,message=sold", now.UnixMilli()))
	backup := filepath.Join(t.TempDir(), "state.backup")
	observed := func(of string) []string { return []string{"--metrics", of + ".metrics", "--logs", of + ".logs"} }
	out, err := run(t, append([]string{"backup", "--data-dir", s.dir, backup}, observed(backup)...)...)
	require.NoError(t, err, out)
	info, err := os.Stat(backup)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = run(t, "backup", "--data-dir", s.dir, backup)
	require.Error(t, err, "a backup is not overwritten")
	s.stop(t)
	cold := filepath.Join(t.TempDir(), "cold.backup")
	out, err = run(t, append([]string{"backup", "--data-dir", s.dir, cold}, observed(cold)...)...)
	require.NoError(t, err, out)

	for _, from := range []string{backup, cold} {
		dir := servertest.ShortDir(t)
		out, err = run(t, append([]string{"restore", "--data-dir", dir, from}, observed(from)...)...)
		require.NoError(t, err, out)
		for _, name := range []string{from + ".metrics", from + ".logs", filepath.Join(dir, "logs", "logs.db")} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
		}
		for _, name := range []string{"root.key", "credentials"} { // kept elsewhere, as the manual says
			raw, err := os.ReadFile(filepath.Join(s.dir, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
		}
		again := start(t, dir)
		require.Equal(t, admin, again.must(t, "sts", "get-caller-identity")["Arn"])
		_, err = again.aws(t, session, "sts", "get-caller-identity")
		require.NoError(t, err)
		sum := again.must(t, "cloudwatch", "get-metric-statistics", "--namespace", "shop", "--metric-name", "orders", "--statistics", "Sum", "--period", "60",
			"--start-time", now.Add(-time.Hour).Format(time.RFC3339), "--end-time", now.Add(time.Hour).Format(time.RFC3339))["Datapoints"].([]any)
		require.Len(t, sum, 1)
		require.Len(t, again.must(t, "logs", "filter-log-events", "--log-group-name", "shop", "--filter-pattern", "sold")["events"], 1)
		again.stop(t)
	}

	out, err = run(t, "restore", "--data-dir", s.dir, backup)
	require.Error(t, err)
	require.Contains(t, out, "there is a state already")
	untouched := servertest.ShortDir(t)
	out, err = run(t, "restore", "--data-dir", untouched, "--metrics", backup+".logs", backup)
	require.Error(t, err)
	require.Contains(t, out, "--metrics: ")
	require.Contains(t, out, "there is no table point in it", "logs are no metrics")
	require.NoDirExists(t, filepath.Join(untouched, "etcd"), "the state waits for the right file")
	raw, err := os.ReadFile(backup)
	require.NoError(t, err)
	for _, broken := range [][]byte{raw[:len(raw)/2], []byte("nonsense"), append(raw[:len(raw)/2:len(raw)/2], raw[len(raw)/2+9:]...)} {
		file, dir := filepath.Join(t.TempDir(), "broken"), servertest.ShortDir(t)
		require.NoError(t, os.WriteFile(file, broken, 0o600))
		out, err = run(t, "restore", "--data-dir", dir, file)
		require.Error(t, err)
		require.Contains(t, out, "restore: ")
		require.NoDirExists(t, filepath.Join(dir, "etcd"), "half a state is none")
	}
}

// TestAnotherRootKey: a state without the key that sealed it is refused with a reason, and nothing is lost.
func TestAnotherRootKey(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.stop(t)
	kept, err := os.ReadFile(filepath.Join(s.dir, "root.key"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(s.dir, "root.key")))
	out, err := run(t, "serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--admin-listen", "")
	require.Error(t, err)
	require.Contains(t, strings.ToLower(out), "open the certificate authority's key")
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "root.key"), kept, 0o600))
	start(t, s.dir).must(t, "sts", "get-caller-identity")
}
