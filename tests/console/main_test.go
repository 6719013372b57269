package console_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// need is a program that a test cannot do without: without it the test is skipped, loudly, or fails where all must run.
func need(t testing.TB, path, from string) string {
	t.Helper()
	if found, err := exec.LookPath(path); err == nil {
		return found
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if os.Getenv("WHIMBREL_TEST_REQUIRE_SERVERS") != "" {
		t.Fatalf("%s is not installed: run %s", path, from)
	}
	t.Skipf("%s is not installed: run %s", path, from)
	return ""
}

// clients is where tools/test-clients.sh puts what does not come from packages.
func clients() string {
	if dir := os.Getenv("WHIMBREL_TEST_CLIENTS"); dir != "" {
		return dir
	}
	return filepath.Join(os.TempDir(), "whimbrel-test-clients")
}

// server is a running `whimbrel serve`.
type server struct{ dir, url string }

var readyLine = regexp.MustCompile(`ready at (https://\S+)`)

// start runs the program on an empty data directory and waits until it says that it is ready.
func start(t testing.TB, flags ...string) *server {
	t.Helper()
	return startWith(t, nil, flags...)
}

// startWith is start with more in the environment.
func startWith(t testing.TB, env []string, flags ...string) *server {
	t.Helper()
	program, err := servertest.Program()
	require.NoError(t, err)
	dir := servertest.ShortDir(t)
	args := append([]string{"serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--admin-listen", "", "--region", "eu-central-1", "--account", "123456789012"}, flags...)
	cmd := exec.Command(program, args...)
	cmd.Env = append(append(os.Environ(), "HOME="+dir), env...)
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
			go func() { // what it still writes must not fill the pipe
				for lines.Scan() {
				}
			}()
			return &server{dir: dir, url: m[1]}
		}
	}
	text, _ := os.ReadFile(log.Name())
	t.Fatalf("the server ended: %s", text)
	return nil
}

// key reads the first administrator's key.
func (s *server) key(t testing.TB) (id, secret string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "credentials"))
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		switch name, value, _ := strings.Cut(line, " = "); name {
		case "aws_access_key_id":
			id = value
		case "aws_secret_access_key":
			secret = value
		}
	}
	require.NotEmpty(t, secret)
	return id, secret
}

// env is what the aws command needs to call the server as the first administrator.
func (s *server) env(t testing.TB) []string {
	t.Helper()
	id, secret := s.key(t)
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "AWS_ACCESS_KEY_ID=" + id, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_CA_BUNDLE=" + filepath.Join(s.dir, "ca.pem"),
		"AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
}
