package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Bucket is an empty bucket of one test on a store that speaks the S3 API: Versity's gateway over a folder.
type Bucket struct {
	Server   Server
	Name     string
	Endpoint string
	// Key and Secret may do everything.
	Key, Secret string
	// Dir is the folder that holds the objects as files.
	Dir string
}

const (
	bucketKey    = "whimbreltest"
	bucketSecret = "whimbreltestsecret"
)

// URL leads to a folder of the bucket, with the key in it.
func (b *Bucket) URL(folder string) string {
	u := url.URL{Scheme: "s3", Host: b.Name, Path: "/" + folder, User: url.UserPassword(b.Key, b.Secret), RawQuery: url.Values{"endpoint": {b.Endpoint}}.Encode()}
	return u.String()
}

// S3 returns an empty bucket on the shared store.
func S3(t testing.TB) *Bucket {
	t.Helper()
	bin := filepath.Join(InstallDir(), "versitygw")
	if _, err := os.Stat(bin); err != nil {
		missing(t, "the S3 store versitygw")
	}
	s, err := shared("s3", func() (Server, error) { return newGateway(bin) })
	if err != nil {
		t.Fatalf("start an S3 store: %v", err)
	}
	b := &Bucket{Server: s, Name: fmt.Sprintf("bucket%d", databases.Add(1)), Endpoint: "http://" + address(s), Key: bucketKey, Secret: bucketSecret}
	b.Dir = filepath.Join(s.Dir(), "objects", b.Name)
	if err := os.Mkdir(b.Dir, 0o777); err != nil {
		t.Fatalf("make a bucket: %v", err)
	}
	return b
}

// S3Alone returns an empty bucket on a store of the test's own, which is started with more flags: --max-requests has it answer
// SlowDown. It knows users, see User.
func S3Alone(t testing.TB, flags ...string) *Bucket {
	t.Helper()
	bin := filepath.Join(InstallDir(), "versitygw")
	if _, err := os.Stat(bin); err != nil {
		missing(t, "the S3 store versitygw")
	}
	g, err := newGateway(bin, append([]string{"--iam-dir", t.TempDir()}, flags...)...)
	if err != nil {
		t.Fatalf("start an S3 store: %v", err)
	}
	t.Cleanup(g.(*gateway).remove)
	b := &Bucket{Server: g, Name: "bucket", Endpoint: "http://" + address(g), Key: bucketKey, Secret: bucketSecret, Dir: filepath.Join(g.Dir(), "objects", "bucket")}
	if err := os.Mkdir(b.Dir, 0o777); err != nil {
		t.Fatalf("make a bucket: %v", err)
	}
	return b
}

// User makes a user, who may do what policies of the bucket allow, and returns the bucket as it is reached with the user's key.
func (b *Bucket) User(t testing.TB, name string) *Bucket {
	t.Helper()
	secret := name + "secret"
	cmd := exec.Command(filepath.Join(InstallDir(), "versitygw"), "admin", "--access", b.Key, "--secret", b.Secret, "--endpoint-url", b.Endpoint,
		"create-user", "--access", name, "--secret", secret, "--role", "user")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a user of the S3 store: %v: %s", err, out)
	}
	user := *b
	user.Key, user.Secret = name, secret
	return &user
}

func address(s Server) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())) }

type gateway struct {
	bin, dir string
	flags    []string
	port     int
	process  *process
}

func newGateway(bin string, flags ...string) (Server, error) {
	dir, err := serverDir("s3", nil)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "objects"), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of objects: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	g := &gateway{bin: bin, dir: dir, port: port, flags: flags}
	return g, g.Start()
}

func (g *gateway) log() string { return filepath.Join(g.dir, "log") }

// Port implements Server.
func (g *gateway) Port() int { return g.port }

// Dir implements Server.
func (g *gateway) Dir() string { return g.dir }

// Start implements Server.
func (g *gateway) Start() error {
	args := append([]string{"--port", address(g), "--access", bucketKey, "--secret", bucketSecret, "--quiet"}, g.flags...)
	p, err := startProcess(g.log(), nil, syscall.SIGKILL, g.bin, append(args, "posix", filepath.Join(g.dir, "objects"))...)
	if err != nil {
		return fmt.Errorf("start versitygw: %w", err)
	}
	g.process = p
	return p.awaitReady(g.log(), func() error {
		c, err := net.DialTimeout("tcp", address(g), time.Second)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// Stop implements Server.
func (g *gateway) Stop() { g.process.stop(syscall.SIGTERM) }

// Kill implements Server.
func (g *gateway) Kill() { g.process.stop(syscall.SIGKILL) }

func (g *gateway) remove() {
	g.Kill()
	_ = os.RemoveAll(g.dir)
}

// duckdb runs queries, which it is given as arguments, and prints their rows, one a line with bars between the values.
const duckdb = `const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const db = await DuckDBInstance.create(':memory:'); const c = await db.connect();
  for (const q of process.argv.slice(1)) {
    const r = await c.runAndReadAll(q);
    for (const row of r.getRows()) console.log(row.map(x => x === null ? 'NULL' : String(x)).join('|'));
  }
})().catch(e => { console.error(String(e)); process.exit(1); });`

// DuckDB runs queries in DuckDB, a reader of Parquet and CSV by others, and returns the rows that they have printed.
func DuckDB(t testing.TB, queries ...string) []string {
	t.Helper()
	dir := filepath.Join(InstallDir(), "duckdb")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		missing(t, "DuckDB")
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "node", append([]string{"-e", duckdb, "--"}, queries...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC")
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("DuckDB: %v: %s", err, failed.Stderr)
	}
	if err != nil {
		t.Fatalf("DuckDB: %v", err)
	}
	var rows []string
	for line := range bytes.Lines(out) {
		rows = append(rows, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return rows
}
