package servertest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the administration connection's driver
)

// MariaDB returns a fresh database (utf8mb4) on the shared server.
func MariaDB(t testing.TB) *Database {
	t.Helper()
	bin, ok := mariadbBin()
	if !ok {
		missing(t, "MariaDB")
	}
	s, err := shared("mariadb", func() (Server, error) { return newMariaDB(bin, nil) })
	if err != nil {
		t.Fatalf("start MariaDB: %v", err)
	}
	return mariadbDatabase(t, s)
}

// PrivateMariaDB returns a database on a server of the test's own, which it may stop, kill and start again. The extra
// lines go into the [mariadbd] section of its configuration.
func PrivateMariaDB(t testing.TB, conf ...string) *Database {
	t.Helper()
	bin, ok := mariadbBin()
	if !ok {
		missing(t, "MariaDB")
	}
	s, err := newMariaDB(bin, conf)
	if err != nil {
		t.Fatalf("start MariaDB: %v", err)
	}
	register(t, s)
	return mariadbDatabase(t, s)
}

func mariadbDatabase(t testing.TB, s Server) *Database {
	t.Helper()
	d, err := newMariaDBDatabase(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newMariaDBDatabase(ctx context.Context, s Server) (*Database, error) {
	name, err := createMySQLDatabase(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Database{Server: s, Name: name, URL: fmt.Sprintf("mariadb://whimbrel:secret@127.0.0.1:%d/%s", s.Port(), name)}, nil
}

// createMySQLDatabase makes a database on a server of either flavour.
func createMySQLDatabase(ctx context.Context, s Server) (string, error) {
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", s.Port()))
	if err != nil {
		return "", fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = db.Close() }()
	name := fmt.Sprintf("t%d", databases.Add(1))
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		return "", fmt.Errorf("create a database: %w", err)
	}
	return name, nil
}

func mariadbBin() (string, bool) {
	if path, err := exec.LookPath("mariadbd"); err == nil {
		return path, true
	}
	_, err := os.Stat("/usr/sbin/mariadbd")
	return "/usr/sbin/mariadbd", err == nil
}

type mariadb struct {
	bin, dir string
	port     int
	owner    *syscall.Credential
	process  *process
}

func newMariaDB(bin string, conf []string) (Server, error) {
	owner, err := unprivileged("mysql", "nobody")
	if err != nil {
		return nil, err
	}
	dir, err := serverDir("my", owner)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m := &mariadb{bin: bin, dir: dir, port: port, owner: owner}
	if err := os.WriteFile(m.config(), []byte(m.configuration(conf)), 0o644); err != nil {
		return nil, fmt.Errorf("configure MariaDB: %w", err)
	}
	if err := runAs(owner, dir, "mariadb-install-db", "--defaults-file="+m.config(),
		"--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return nil, err
	}
	if err := m.Start(); err != nil {
		return nil, err
	}
	return m, m.grant()
}

func (m *mariadb) configuration(conf []string) string {
	return strings.Join(append([]string{
		"[mariadbd]", "datadir=" + filepath.Join(m.dir, "data"), "socket=" + filepath.Join(m.dir, "s.sock"),
		"pid-file=" + filepath.Join(m.dir, "pid"), "tmpdir=" + m.dir, fmt.Sprintf("port=%d", m.port), "bind-address=127.0.0.1", "server-id=1",
		"skip-name-resolve", "log-bin=binlog", "binlog_format=ROW", "binlog_row_image=FULL", "sync_binlog=0",
		"innodb_flush_log_at_trx_commit=0", "innodb_flush_method=nosync", "skip-sync-frm", "innodb_buffer_pool_size=128M", "innodb_log_file_size=96M",
		"max_allowed_packet=256M", "local_infile=1", "character-set-server=utf8mb4", "event_scheduler=OFF",
	}, conf...), "\n") + "\n"
}

func (m *mariadb) config() string { return filepath.Join(m.dir, "my.cnf") }
func (m *mariadb) log() string    { return filepath.Join(m.dir, "log") }

func (m *mariadb) Port() int   { return m.port }
func (m *mariadb) Dir() string { return m.dir }

// Start waits until the server answers. A crashed server recovers first.
func (m *mariadb) Start() error {
	pr, err := startProcess(m.log(), m.owner, syscall.SIGKILL, m.bin, "--defaults-file="+m.config())
	if err != nil {
		return fmt.Errorf("start mariadbd: %w", err)
	}
	m.process = pr
	return pr.awaitReady(m.log(), func() error { return m.exec("DO 1") })
}

func (m *mariadb) grant() error {
	return m.exec(
		"CREATE USER whimbrel@'127.0.0.1' IDENTIFIED BY 'secret'",
		"GRANT ALL PRIVILEGES ON *.* TO whimbrel@'127.0.0.1' WITH GRANT OPTION")
}

func (m *mariadb) exec(statements ...string) error { return execMySQL(m.port, statements...) }

// execMySQL runs statements as root of a server of either flavour.
func execMySQL(port int, statements ...string) error {
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			return fmt.Errorf("%s: %w", strings.SplitN(s, " ", 3)[0], err)
		}
	}
	return nil
}

func (m *mariadb) Stop() { m.process.stop(syscall.SIGTERM) }
func (m *mariadb) Kill() { m.process.stop(syscall.SIGKILL) }

func (m *mariadb) remove() {
	m.process.stop(syscall.SIGKILL)
	_ = os.RemoveAll(m.dir)
}
