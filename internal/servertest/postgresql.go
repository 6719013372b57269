package servertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgreSQLVersion is a major version the harness can start.
type PostgreSQLVersion int

// The versions that packages give: 15 from Debian, 18 from npm.
const (
	PostgreSQL15 PostgreSQLVersion = 15
	PostgreSQL18 PostgreSQLVersion = 18
)

// tooOld is a version that Whimbrel does not support; it is there where POSTGRESQL=14 has asked for it.
const tooOld PostgreSQLVersion = 14

// PostgreSQLVersions lists the versions tests should cover.
func PostgreSQLVersions() []PostgreSQLVersion {
	return []PostgreSQLVersion{PostgreSQL15, PostgreSQL18}
}

// Database is a fresh, empty database for one test.
type Database struct {
	Server Server
	Name   string
	// URL is what `whimbrel migrate` takes. The user may do everything.
	URL string
}

var databases atomic.Int64

// PostgreSQL returns a fresh database on the shared server of that version.
func PostgreSQL(t testing.TB, v PostgreSQLVersion) *Database {
	t.Helper()
	bin, ok := postgresBin(v)
	if !ok {
		missing(t, fmt.Sprintf("PostgreSQL %d", v))
	}
	s, err := shared(fmt.Sprintf("postgresql-%d", v), func() (Server, error) { return newPostgres(bin, nil) })
	if err != nil {
		t.Fatalf("start PostgreSQL %d: %v", v, err)
	}
	return postgresDatabase(t, s)
}

// PrivatePostgreSQL returns a database on a server of the test's own, which it may stop, kill and start again. The
// extra lines go into postgresql.conf.
func PrivatePostgreSQL(t testing.TB, v PostgreSQLVersion, conf ...string) *Database {
	t.Helper()
	bin, ok := postgresBin(v)
	if !ok {
		missing(t, fmt.Sprintf("PostgreSQL %d", v))
	}
	s, err := newPostgres(bin, conf)
	if err != nil {
		t.Fatalf("start PostgreSQL %d: %v", v, err)
	}
	register(t, s)
	return postgresDatabase(t, s)
}

// TooOldPostgreSQL returns a database on a server of a version that Whimbrel does not support, of the test's own.
func TooOldPostgreSQL(t testing.TB) *Database {
	t.Helper()
	if _, ok := postgresBin(tooOld); !ok {
		t.Skipf("SKIPPED, NOT TESTED: PostgreSQL %d is not installed; `POSTGRESQL=%d make test-servers` installs it", tooOld, tooOld)
	}
	return PrivatePostgreSQL(t, tooOld)
}

// PostgreSQLStandby returns a database as a standby of its server has it.
func PostgreSQLStandby(t testing.TB, primary *Database) *Database {
	t.Helper()
	s, err := standbyOf(primary.Server.(*postgres))
	if err != nil {
		t.Fatalf("start a standby: %v", err)
	}
	register(t, s)
	return &Database{Server: s, Name: primary.Name, URL: postgresURL(s.Port(), primary.Name)}
}

func standbyOf(primary *postgres) (Server, error) {
	dir, err := serverDir("pg", primary.owner)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: primary.bin, dir: dir, port: port, owner: primary.owner}
	primary.Stop() // not all packages have pg_basebackup
	err = runAs(p.owner, dir, "cp", "-R", primary.data(), p.data())
	if err = errors.Join(err, primary.Start()); err != nil {
		return nil, err
	}
	if err := runAs(p.owner, dir, "touch", filepath.Join(p.data(), "standby.signal")); err != nil {
		return nil, err
	}
	if err := p.configure([]string{fmt.Sprintf("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'", primary.port), "hot_standby_feedback = on"}); err != nil {
		return nil, err
	}
	return p, p.Start()
}

func postgresDatabase(t testing.TB, s Server) *Database {
	t.Helper()
	d, err := newPostgresDatabase(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newPostgresDatabase(ctx context.Context, s Server) (*Database, error) {
	admin, err := pgx.Connect(ctx, postgresURL(s.Port(), "postgres"))
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = admin.Close(ctx) }()
	name := fmt.Sprintf("t%d", databases.Add(1))
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, fmt.Errorf("create a database: %w", err)
	}
	return &Database{Server: s, Name: name, URL: postgresURL(s.Port(), name)}, nil
}

func postgresURL(port int, database string) string {
	return fmt.Sprintf("postgres://postgres:secret@127.0.0.1:%d/%s?sslmode=disable", port, database)
}

// postgresBin finds the programs of a version: Debian's place, or the folder that `make test-servers` fills. Another
// version can stand in for it: WHIMBREL_TEST_POSTGRESQL_15=16 lets the tests of 15 run on 16.
func postgresBin(v PostgreSQLVersion) (string, bool) {
	if n, err := strconv.Atoi(os.Getenv(fmt.Sprintf("WHIMBREL_TEST_POSTGRESQL_%d", v))); err == nil {
		v = PostgreSQLVersion(n)
	}
	for _, dir := range []string{
		fmt.Sprintf("/usr/lib/postgresql/%d/bin", v),
		filepath.Join(InstallDir(), fmt.Sprintf("postgresql-%d", v), "bin"),
	} {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, true
		}
	}
	return "", false
}

// InstallDir is where `make test-servers` puts the servers that Debian does not package:
// $WHIMBREL_TEST_SERVERS, or a folder in the system's temporary folder.
func InstallDir() string {
	if dir := os.Getenv("WHIMBREL_TEST_SERVERS"); dir != "" {
		return dir
	}
	return filepath.Join(os.TempDir(), "whimbrel-test-servers")
}

type postgres struct {
	bin, dir string
	port     int
	owner    *syscall.Credential
	process  *process
}

func newPostgres(bin string, conf []string) (Server, error) {
	owner, err := unprivileged("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	dir, err := serverDir("pg", owner)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: bin, dir: dir, port: port, owner: owner}
	if err := runAs(owner, dir, filepath.Join(bin, "initdb"), "-D", p.data(), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return nil, err
	}
	if err := p.configure(conf); err != nil {
		return nil, err
	}
	return p, p.Start()
}

func (p *postgres) configure(conf []string) error {
	f, err := os.OpenFile(filepath.Join(p.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("configure PostgreSQL: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := append([]string{
		"listen_addresses = '127.0.0.1'", fmt.Sprintf("port = %d", p.port), fmt.Sprintf("unix_socket_directories = '%s'", p.dir),
		"fsync = off", "wal_level = logical", "max_connections = 200", "max_wal_senders = 20", "max_replication_slots = 40",
		"max_wal_size = 4GB", "log_timezone = UTC", "timezone = UTC",
	}, conf...)
	for _, l := range lines {
		if _, err := fmt.Fprintln(f, l); err != nil {
			return fmt.Errorf("configure PostgreSQL: %w", err)
		}
	}
	return nil
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }
func (p *postgres) log() string  { return filepath.Join(p.dir, "log") }

func (p *postgres) Port() int   { return p.port }
func (p *postgres) Dir() string { return p.dir }

// Start waits until the server answers. A crashed server recovers first.
func (p *postgres) Start() error {
	// SIGQUIT ends the postmaster and its children at once.
	pr, err := startProcess(p.log(), p.owner, syscall.SIGQUIT, filepath.Join(p.bin, "postgres"), "-D", p.data())
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	p.process = pr
	return pr.awaitReady(p.log(), func() error {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, postgresURL(p.port, "postgres"))
		if err != nil {
			return err
		}
		return c.Close(ctx)
	})
}

func (p *postgres) Stop() { p.process.stop(syscall.SIGINT) }
func (p *postgres) Kill() { p.process.stop(syscall.SIGQUIT) }

func (p *postgres) remove() {
	p.process.stop(syscall.SIGQUIT)
	_ = os.RemoveAll(p.dir)
}
