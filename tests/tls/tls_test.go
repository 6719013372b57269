// Package tls_test speaks to real servers over TLS with certificates of an authority of its own, in every mode: what a mode
// promises to refuse is refused, and what it promises to encrypt is encrypted on every connection of a migration.
package tls_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// engine is a kind of server. The user mover may come over TLS alone, and guest with a client certificate alone.
type engine struct {
	mode, ca, cert, key string // names of the URL's parameters
	start               func(t *testing.T, a *servertest.Authority, name string) *servertest.Database
	plain               func(t *testing.T) *servertest.Database
}

var engines = map[string]engine{
	"postgres": {"sslmode", "sslrootcert", "sslcert", "sslkey", startPostgreSQL, func(t *testing.T) *servertest.Database {
		return servertest.PostgreSQL(t, servertest.PostgreSQL18)
	}},
	"mysql": {"ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", startMySQL(servertest.PrivateMySQL), func(t *testing.T) *servertest.Database {
		return servertest.PrivateMySQL(t, "tls-version=")
	}},
	"mariadb": {"ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", startMySQL(servertest.PrivateMariaDB), func(t *testing.T) *servertest.Database {
		return servertest.PrivateMariaDB(t, "skip-ssl")
	}},
}

func startPostgreSQL(t *testing.T, a *servertest.Authority, name string) *servertest.Database {
	cert, key := a.Issue(t, name, "postgres")
	hba := filepath.Join(filepath.Dir(a.CA), "hba-"+name)
	require.NoError(t, os.WriteFile(hba, []byte("hostnossl all postgres 127.0.0.1/32 trust\n"+
		"hostssl all mover 127.0.0.1/32 scram-sha-256\nhostssl all guest 127.0.0.1/32 cert\n"), 0o644))
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "ssl = on", "hba_file = '"+hba+"'",
		"ssl_cert_file = '"+cert+"'", "ssl_key_file = '"+key+"'", "ssl_ca_file = '"+a.CA+"'")
	c, err := pgx.Connect(t.Context(), d.URL)
	require.NoError(t, err)
	defer func() { _ = c.Close(context.Background()) }()
	for _, user := range []string{"mover", "guest"} {
		_, err = c.Exec(t.Context(), "CREATE ROLE "+user+" LOGIN SUPERUSER PASSWORD 'secret'")
		require.NoError(t, err)
	}
	return d
}

func startMySQL(private func(testing.TB, ...string) *servertest.Database) func(*testing.T, *servertest.Authority, string) *servertest.Database {
	return func(t *testing.T, a *servertest.Authority, name string) *servertest.Database {
		cert, key := a.Issue(t, name, "mysql")
		d := private(t, "ssl-cert="+cert, "ssl-key="+key, "ssl-ca="+a.CA)
		addUsers(t, d)
		return d
	}
}

func addUsers(t *testing.T, d *servertest.Database) {
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", d.Server.Port()))
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	for user, how := range map[string]string{"mover": "SSL", "guest": "X509"} {
		for _, s := range []string{
			"CREATE USER " + user + "@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE " + how, "GRANT ALL PRIVILEGES ON *.* TO " + user + "@'127.0.0.1'",
		} {
			_, err := db.ExecContext(t.Context(), s)
			require.NoError(t, err)
		}
	}
}

// address is the URL of a database for another user, with parameters.
func address(t *testing.T, d *servertest.Database, user string, parameters ...string) string {
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	u.User = url.UserPassword(user, "secret")
	q := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// sample makes a database to move.
func sample(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "sample.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), `CREATE TABLE item (id INTEGER PRIMARY KEY, v TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000) INSERT INTO item SELECT i, 'text ' || i FROM n`)
	require.NoError(t, err)
	return "sqlite:" + path
}

func migrate(source, target string) error {
	s := settings.MigrateDefaults()
	s.FullLoadSettings.MaxFullLoadSubTasks = 3
	s.FullLoadSettings.TargetTablePrepMode = settings.DropAndCreate
	s.ErrorBehavior.RecoverableErrorCount = 0
	m, err := task.Open(context.Background(), task.Config{
		Engines: all.Engines(), Name: "tls", Settings: s, Stats: &fullload.Stats{}, Log: slog.New(slog.DiscardHandler),
		Source: connector.Config{URL: source}, Target: connector.Config{URL: target}, SegmentBytes: 16 << 10,
	})
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	plan, err := m.Plan(context.Background())
	if err != nil {
		return err
	}
	report, err := m.Run(context.Background(), plan)
	if err == nil && report.Tables[0].Rows != 5000 {
		err = fmt.Errorf("%d rows", report.Tables[0].Rows)
	}
	return err
}

func TestModes(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			ours, others := servertest.NewAuthority(t), servertest.NewAuthority(t)
			right, wrong := e.start(t, ours, "127.0.0.1"), e.start(t, ours, "db.example")
			for _, c := range []struct {
				does     string
				server   *servertest.Database
				mode, ca string
				refused  string // part of the error; empty when it must work
			}{
				{"none", right, "none", "", "mover"},
				{"require", right, "require", "", ""},
				{"require, another name", wrong, "require", "", ""},
				{"verify-ca", right, "verify-ca", ours.CA, ""},
				{"verify-ca, another name", wrong, "verify-ca", ours.CA, ""},
				{"verify-ca, another authority", right, "verify-ca", others.CA, "certificate"},
				{"verify-full", right, "verify-full", ours.CA, ""},
				{"verify-full, another name", wrong, "verify-full", ours.CA, "certificate"},
				{"verify-full, another authority", right, "verify-full", others.CA, "certificate"},
				{"verify-full, authorities of the system", right, "verify-full", "", "certificate"},
			} {
				t.Run(c.does, func(t *testing.T) {
					parameters := []string{e.mode, c.mode}
					if c.ca != "" {
						parameters = append(parameters, e.ca, c.ca)
					}
					there := address(t, c.server, "mover", parameters...)
					err := migrate(sample(t), there)
					if c.refused != "" {
						require.ErrorContains(t, err, c.refused)
						require.NotContains(t, err.Error(), "secret")
						return
					}
					require.NoError(t, err, "mover may come over TLS alone, so every connection had it")
					require.NoError(t, migrate(there, "sqlite:"+filepath.Join(t.TempDir(), "back.db")))
				})
			}
		})
	}
}

// TestClientCertificate logs in as a user who must show one.
func TestClientCertificate(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			a := servertest.NewAuthority(t)
			server := e.start(t, a, "127.0.0.1")
			cert, key := a.Issue(t, "guest", "")
			there := []string{e.mode, "verify-full", e.ca, a.CA}
			require.Error(t, migrate(sample(t), address(t, server, "guest", there...)))
			shown := address(t, server, "guest", append(there, e.cert, cert, e.key, key)...)
			require.NoError(t, migrate(sample(t), shown))
			require.NoError(t, migrate(shown, "sqlite:"+filepath.Join(t.TempDir(), "back.db")))
		})
	}
}

// TestNoTLSOffered: a mode that asks for TLS never falls back to a connection without.
func TestNoTLSOffered(t *testing.T) {
	for name, e := range engines {
		t.Run(name, func(t *testing.T) {
			server, a := e.plain(t), servertest.NewAuthority(t)
			user := map[string]string{"postgres": "postgres", "mariadb": "whimbrel", "mysql": "whimbrel"}[name]
			for _, mode := range []string{"require", "verify-ca", "verify-full"} {
				err := migrate(sample(t), address(t, server, user, e.mode, mode, e.ca, a.CA))
				require.Error(t, err, mode)
				require.Contains(t, err.Error(), "TLS", mode)
			}
			require.NoError(t, migrate(sample(t), address(t, server, user, e.mode, "none")))
			require.NoError(t, migrate(sample(t), address(t, server, user, e.mode, "prefer")))
		})
	}
}
