package servertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// MySQL returns a fresh database (utf8mb4) on the shared server, which has GTIDs.
func MySQL(t testing.TB) *Database {
	t.Helper()
	home := mysqlHome(t)
	s, err := shared("mysql", func() (Server, error) { return newMySQL(home, nil) })
	if err != nil {
		t.Fatalf("start MySQL: %v", err)
	}
	return mysqlDatabase(t, s)
}

// PrivateMySQL returns a database on a server of the test's own, which it may stop, kill and start again. The extra
// lines go into the [mysqld] section of its configuration.
func PrivateMySQL(t testing.TB, conf ...string) *Database {
	t.Helper()
	s, err := newMySQL(mysqlHome(t), conf)
	if err != nil {
		t.Fatalf("start MySQL: %v", err)
	}
	register(t, s)
	return mysqlDatabase(t, s)
}

// mysqlHome finds the server that `make test-servers` has installed. Unlike the others it may be missing in CI too: it
// comes from Debian's suite sid, which promises nothing. WHIMBREL_TEST_REQUIRE_MYSQL=1 requires it.
func mysqlHome(t testing.TB) string {
	t.Helper()
	home := filepath.Join(InstallDir(), "mysql")
	if _, err := os.Stat(filepath.Join(home, "data.tar")); !errors.Is(err, fs.ErrNotExist) {
		return home
	}
	if os.Getenv("WHIMBREL_TEST_REQUIRE_MYSQL") != "" {
		t.Fatal("MySQL is required and not installed; run `make test-servers`")
	}
	t.Skip("SKIPPED, NOT TESTED: MySQL is not installed; `make test-servers` installs it where it can be had")
	return ""
}

func mysqlDatabase(t testing.TB, s Server) *Database {
	t.Helper()
	name, err := createMySQLDatabase(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return &Database{Server: s, Name: name, URL: fmt.Sprintf("mysql://whimbrel:secret@127.0.0.1:%d/%s", s.Port(), name)}
}

type mysql struct {
	home, dir string
	port      int
	owner     *syscall.Credential
	process   *process
}

func newMySQL(home string, conf []string) (Server, error) {
	owner, err := unprivileged("mysql", "nobody")
	if err != nil {
		return nil, err
	}
	dir, err := serverDir("ms", owner)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &mysql{home: home, dir: dir, port: port, owner: owner}
	if err := os.WriteFile(m.config(), []byte(m.configuration(conf)), 0o644); err != nil {
		return nil, fmt.Errorf("configure MySQL: %w", err)
	}
	if err := runAs(owner, dir, "tar", "-xf", filepath.Join(home, "data.tar")); err != nil {
		return nil, err
	}
	return m, m.Start()
}

func (m *mysql) configuration(conf []string) string {
	return strings.Join(append([]string{
		"[mysqld]", "basedir=" + filepath.Join(m.home, "usr"), "plugin-dir=" + filepath.Join(m.home, "usr/lib/mysql/plugin"),
		"datadir=" + filepath.Join(m.dir, "data"), "socket=" + filepath.Join(m.dir, "s.sock"),
		"pid-file=" + filepath.Join(m.dir, "pid"), "tmpdir=" + m.dir, "secure-file-priv=", "mysqlx=OFF",
		fmt.Sprintf("port=%d", m.port), "bind-address=127.0.0.1", "server-id=1", "skip-name-resolve",
		"log-bin=binlog", "binlog_row_image=FULL", "sync_binlog=0", "gtid_mode=ON", "enforce_gtid_consistency=ON",
		"innodb_flush_log_at_trx_commit=0", "innodb_buffer_pool_size=64M", "innodb_redo_log_capacity=64M", "innodb_doublewrite=OFF",
		"innodb_flush_method=nosync", "performance_schema=OFF", "max_allowed_packet=256M", "local_infile=1",
		"character-set-server=utf8mb4", "event_scheduler=OFF",
	}, conf...), "\n") + "\n"
}

func (m *mysql) config() string { return filepath.Join(m.dir, "my.cnf") }
func (m *mysql) log() string    { return filepath.Join(m.dir, "log") }

func (m *mysql) Port() int   { return m.port }
func (m *mysql) Dir() string { return m.dir }

// Start waits until the server answers. A crashed server recovers first.
func (m *mysql) Start() error {
	pr, err := startProcess(m.log(), m.owner, syscall.SIGKILL, filepath.Join(m.home, "mysqld"), "--defaults-file="+m.config())
	if err != nil {
		return fmt.Errorf("start mysqld: %w", err)
	}
	m.process = pr
	return pr.awaitReady(m.log(), func() error { return execMySQL(m.port, "DO 1") })
}

func (m *mysql) Stop() { m.process.stop(syscall.SIGTERM) }
func (m *mysql) Kill() { m.process.stop(syscall.SIGKILL) }

func (m *mysql) remove() {
	m.process.stop(syscall.SIGKILL)
	_ = os.RemoveAll(m.dir)
}
