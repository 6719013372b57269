package serve_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const (
	account = "123456789012"
	region  = "eu-central-1"

	// patient is how long a test waits for what a loaded machine may take long for.
	patient = 90 * time.Second
)

func TestMain(m *testing.M) { servertest.Main(m) }

// client is a program that drives the service; without it a test is skipped, loudly, or fails where all must run.
func client(t testing.TB, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("WHIMBREL_TEST_REQUIRE_SERVERS") != "" {
			t.Fatalf("%s is not installed: run tools/test-clients.sh", path)
		}
		t.Skipf("%s is not installed: run tools/test-clients.sh", path)
	}
	return path
}

// clients is where tools/test-clients.sh puts what does not come from packages.
func clients() string {
	if dir := os.Getenv("WHIMBREL_TEST_CLIENTS"); dir != "" {
		return dir
	}
	return filepath.Join(os.TempDir(), "whimbrel-test-clients")
}

// server is a running `whimbrel serve`.
type server struct {
	dir, url, admin string
	ready           time.Duration
	cmd             *exec.Cmd
	out, log        *output
	ended           chan struct{}
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var (
	readyLine = regexp.MustCompile(`ready at (https://\S+)`)
	adminLine = regexp.MustCompile(`metrics at (http://\S+)/metrics`)
)

// start runs the program on a data directory and waits until it says that it is ready.
func start(t testing.TB, dir string, flags ...string) *server {
	t.Helper()
	return startWith(t, dir, nil, flags...)
}

// startWith is start with more in the environment.
func startWith(t testing.TB, dir string, env []string, flags ...string) *server {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	args := append([]string{"serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--throttle-rate", "0"}, flags...)
	s := &server{dir: dir, cmd: exec.Command(path, args...), out: &output{grew: make(chan struct{}, 1)}, log: &output{grew: make(chan struct{}, 1)}, ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.log
	s.cmd.Env = append(append(os.Environ(), "HOME="+dir), env...)
	began := time.Now()
	require.NoError(t, s.cmd.Start())
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	t.Cleanup(func() { s.kill() })
	timeout := time.After(patient)
	for s.url == "" {
		select {
		case <-s.out.grew:
			text := s.out.String()
			if m := readyLine.FindStringSubmatch(text); m != nil && strings.Contains(text, "does not know") {
				s.url, s.ready = m[1], time.Since(began)
				s.admin = adminLine.FindStringSubmatch(text)[1]
			}
		case <-s.ended:
			t.Fatalf("the server ended: %s", s.log)
		case <-timeout:
			t.Fatalf("the server was not ready in time: %s", s.log)
		}
	}
	return s
}

// first starts a server on an empty data directory.
func first(t testing.TB, flags ...string) *server {
	t.Helper()
	return start(t, servertest.ShortDir(t), append([]string{"--region", region, "--account", account}, flags...)...)
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop asks the server to end and waits.
func (s *server) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(patient):
		t.Fatal("the server did not stop")
	}
	require.Contains(t, []int{0, 130}, s.cmd.ProcessState.ExitCode(), s.log)
}

// http is a client that trusts the server's own authority.
func (s *server) http(t testing.TB) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patient}
}

// env is what the printed block exports, plus what keeps clients from looking elsewhere for credentials.
func (s *server) env(more ...string) []string {
	return append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + s.dir, "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(s.dir, "credentials"),
		"AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=" + s.url, "AWS_CA_BUNDLE=" + filepath.Join(s.dir, "ca.pem"),
		"AWS_DEFAULT_REGION=" + region, "AWS_REGION=" + region, "NODE_EXTRA_CA_CERTS=" + filepath.Join(s.dir, "ca.pem"), "AWS_PAGER=",
	}, more...)
}

// credentials read the first administrator's key.
func (s *server) credentials(t testing.TB) (id, secret string) {
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
