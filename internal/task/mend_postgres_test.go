package task_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestMendsOfPostgreSQL proves the messages about a PostgreSQL source or target.
func TestMendsOfPostgreSQL(t *testing.T) {
	t.Parallel()
	proveMends(t, newPostgresMends(t).failures())
}

// postgresMends is a server whose user mover has just the rights that a case gives it.
type postgresMends struct {
	authority *servertest.Authority
	server    servertest.Server
	admin     *sql.DB
	made      int
}

func newPostgresMends(t *testing.T) *postgresMends {
	authority := servertest.NewAuthority(t)
	cert, key := authority.Issue(t, "localhost", "postgres")
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "max_connections = 40", "superuser_reserved_connections = 3", "ssl = on",
		fmt.Sprintf("ssl_cert_file = '%s'", cert), fmt.Sprintf("ssl_key_file = '%s'", key))
	p := &postgresMends{authority: authority, server: d.Server, admin: servertest.OpenDB(t, "pgx", d.URL)}
	p.admin.SetMaxIdleConns(0) // the server is restarted
	p.hba(t, "host all,replication mover 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust")
	servertest.Exec(t, p.admin, "CREATE ROLE mover LOGIN REPLICATION PASSWORD 'hunter2'")
	return p
}

// hba writes who may log in how.
func (p *postgresMends) hba(t *testing.T, lines ...string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.server.Dir(), "data", "pg_hba.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	servertest.Exec(t, p.admin, "SELECT pg_reload_conf()")
}

// showing waits until a setting that was reloaded holds.
func (p *postgresMends) showing(t *testing.T, setting, value string) {
	t.Helper()
	require.Eventually(t, func() bool {
		at, err := servertest.Column(p.admin, "SHOW "+setting, "")
		return err == nil && at[0] == value
	}, 10*time.Second, 20*time.Millisecond)
}

// database makes a database for a case, which the administrator looks into.
func (p *postgresMends) database(t *testing.T, statements ...string) (name string, db *sql.DB) {
	t.Helper()
	p.made++
	name = fmt.Sprintf("mend%d", p.made)
	servertest.Exec(t, p.admin, "CREATE DATABASE "+name)
	db = servertest.OpenDB(t, "pgx", strings.Replace(p.url(name), "mover:hunter2", "postgres:secret", 1))
	servertest.Exec(t, db, statements...)
	return name, db
}

func (p *postgresMends) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("mover", "hunter2"), Host: fmt.Sprintf("127.0.0.1:%d", p.server.Port()), Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// source is a database with a table that mover may read, and that is published.
func (p *postgresMends) source(t *testing.T) (e *end, db *sql.DB) {
	t.Helper()
	name, db := p.database(t, "CREATE SCHEMA app", "CREATE TABLE app.orders (id int PRIMARY KEY, v text)", "INSERT INTO app.orders VALUES (1, 'x')",
		"CREATE PUBLICATION orders FOR TABLE app.orders", "GRANT USAGE ON SCHEMA app TO mover", "GRANT SELECT ON app.orders TO mover")
	return &end{url: p.url(name)}, db
}

// target is a database in which mover may make tables.
func (p *postgresMends) target(t *testing.T) (e *end, db *sql.DB) {
	t.Helper()
	name, db := p.database(t, "GRANT CREATE ON SCHEMA public TO mover")
	return &end{url: p.url(name)}, db
}

// small is a SQLite source with one table.
func small(t *testing.T) *end {
	e := newEnd(t, "sqlite")
	e.exec(t, "CREATE TABLE orders (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO orders VALUES (1, 'x')")
	return e
}

// from is a case of a source: break it, and mend it.
func (p *postgresMends) from(changes bool, breaks func(t *testing.T, db *sql.DB, c *task.Config) (mend func())) func(t *testing.T, c *task.Config) func() {
	return func(t *testing.T, c *task.Config) func() {
		source, db := p.source(t)
		*c = *moving(source, newEnd(t, "sqlite"), changes)
		return breaks(t, db, c)
	}
}

// into is a case of a target.
func (p *postgresMends) into(breaks func(t *testing.T, db *sql.DB, c *task.Config) (mend func())) func(t *testing.T, c *task.Config) func() {
	return func(t *testing.T, c *task.Config) func() {
		target, db := p.target(t)
		*c = *moving(small(t), target, false)
		return breaks(t, db, c)
	}
}

// does breaks by statements and mends by statements.
func does(breaks, mends []string) func(t *testing.T, db *sql.DB, c *task.Config) func() {
	return func(t *testing.T, db *sql.DB, _ *task.Config) func() {
		servertest.Exec(t, db, breaks...)
		return func() { servertest.Exec(t, db, mends...) }
	}
}

// writes has another URL be tried first: the part of the right one replaced by what is wrong.
func writes(right, wrong string) func(t *testing.T, db *sql.DB, c *task.Config) func() {
	return func(t *testing.T, _ *sql.DB, c *task.Config) func() {
		at := &c.Source.URL
		if strings.HasPrefix(*at, "sqlite:") {
			at = &c.Target.URL
		}
		good := *at
		*at = strings.Replace(good, right, wrong, 1)
		require.NotEqual(t, good, *at)
		return func() { *at = good }
	}
}

// noPort has a port be tried first at which nothing listens.
func noPort(t *testing.T, _ *sql.DB, c *task.Config) func() {
	good := c.Source.URL
	u, err := url.Parse(good)
	require.NoError(t, err)
	u.Host = "127.0.0.1:1"
	c.Source.URL = u.String()
	return func() { c.Source.URL = good }
}

func sqls(statements ...string) []string { return statements }

// restarts breaks by a setting that holds from the next start on.
func (p *postgresMends) restarts(wrong, right string) func(t *testing.T, db *sql.DB, c *task.Config) func() {
	set := func(t *testing.T, statement string) {
		servertest.Exec(t, p.admin, statement)
		p.server.Stop()
		require.NoError(t, p.server.Start())
	}
	return func(t *testing.T, _ *sql.DB, _ *task.Config) func() {
		set(t, wrong)
		return func() { set(t, right) }
	}
}

// takes has every slot, sender or connection be taken while a case runs, and gives them back.
func (p *postgresMends) takes(wrong, right string, take func(t *testing.T) (give func())) func(t *testing.T, db *sql.DB, c *task.Config) func() {
	return func(t *testing.T, db *sql.DB, c *task.Config) func() {
		mend := p.restarts(wrong, right)(t, db, c)
		give := take(t)
		return func() {
			mend()
			give()
		}
	}
}

// slots takes the only slots there are; the mend leaves them.
func (p *postgresMends) slots(t *testing.T) (give func()) {
	servertest.Exec(t, p.admin, "SELECT pg_create_physical_replication_slot('taken')")
	return func() { servertest.Exec(t, p.admin, "SELECT pg_drop_replication_slot('taken')") }
}

func (p *postgresMends) failures() []failure {
	const engine = "PostgreSQL"
	const orders = "CREATE TABLE orders (id bigint PRIMARY KEY, v text)"
	mine := sqls(orders, "ALTER TABLE orders OWNER TO mover")
	return []failure{
		{engine, "wrong password", `password authentication failed for user "mover"`, "ALTER ROLE … PASSWORD", p.from(false, func(t *testing.T, _ *sql.DB, c *task.Config) func() {
			servertest.Exec(t, p.admin, "ALTER ROLE mover PASSWORD 'another'")
			return func() { servertest.Exec(t, p.admin, "ALTER ROLE mover PASSWORD 'hunter2'") }
		})},
		{engine, "no entry in pg_hba.conf", `no pg_hba.conf entry for host "127.0.0.1", user "mover"`, "add a line for this host, user and database to pg_hba.conf, then SELECT pg_reload_conf()", p.from(false, func(t *testing.T, _ *sql.DB, _ *task.Config) func() {
			p.hba(t, "host all postgres 127.0.0.1/32 trust")
			return func() {
				p.hba(t, "host all,replication mover 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust")
			}
		})},
		{engine, "user may not log in", `role "mover" is not permitted to log in`, `ALTER ROLE "mover" LOGIN`, p.from(false, does(sqls("ALTER ROLE mover NOLOGIN"), sqls(`ALTER ROLE "mover" LOGIN`)))},
		{engine, "no CONNECT on the database", "permission denied for database", `GRANT CONNECT ON DATABASE "DB" TO "mover"`, p.from(false, func(t *testing.T, db *sql.DB, _ *task.Config) func() {
			var database string
			require.NoError(t, db.QueryRow("SELECT current_database()").Scan(&database))
			servertest.Exec(t, db, "REVOKE CONNECT ON DATABASE "+database+" FROM PUBLIC")
			return func() { servertest.Exec(t, db, `GRANT CONNECT ON DATABASE "`+database+`" TO "mover"`) }
		})},
		{engine, "unknown database", `database "nowhere_mend`, "CREATE DATABASE it, or name another one", p.from(false, writes("/mend", "/nowhere_mend"))},
		{engine, "closed port", "connection refused", "check that the server runs and listens at this host and port", p.from(false, noPort)},
		{engine, "unknown host", "no such host", "check the host name", p.from(false, writes("127.0.0.1", "nowhere.invalid"))},
		{engine, "no TLS at the server", "server refused TLS connection", "set ssl = on at the server, or ask for no TLS: sslmode=disable, SslMode none of an endpoint", p.from(false, func(t *testing.T, db *sql.DB, c *task.Config) func() {
			c.Source.URL = strings.Replace(c.Source.URL, "sslmode=disable", "sslmode=require", 1)
			servertest.Exec(t, db, "ALTER SYSTEM SET ssl = off", "SELECT pg_reload_conf()")
			p.showing(t, "ssl", "off")
			return func() {
				servertest.Exec(t, db, "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
				p.showing(t, "ssl", "on")
			}
		})},
		{engine, "a certificate of an unknown authority", "certificate signed by unknown authority", "sslrootcert=FILE, CertificateArn of an endpoint", p.from(false, func(_ *testing.T, _ *sql.DB, c *task.Config) func() {
			u := c.Source.URL
			c.Source.URL = strings.Replace(u, "127.0.0.1", "localhost", 1)
			c.Source.URL = strings.Replace(c.Source.URL, "disable", "verify-full", 1)
			return func() { c.Source.URL += "&sslrootcert=" + p.authority.CA }
		})},
		{engine, "a certificate of another host", "cannot validate certificate for 127.0.0.1", "name the host as its certificate does", p.from(false, func(_ *testing.T, _ *sql.DB, c *task.Config) func() {
			c.Source.URL = strings.Replace(c.Source.URL, "disable", "verify-full&sslrootcert="+p.authority.CA, 1)
			return func() { c.Source.URL = strings.Replace(c.Source.URL, "127.0.0.1", "localhost", 1) }
		})},
		{engine, "too many connections of the user", "too many connections for role", "ALTER ROLE … CONNECTION LIMIT -1", p.from(false, does(
			sqls("ALTER ROLE mover CONNECTION LIMIT 1"), sqls("ALTER ROLE mover CONNECTION LIMIT -1")))},
		{engine, "too many connections", "remaining connection slots are reserved", "raise max_connections and restart the server", p.from(false, p.takes("ALTER SYSTEM SET max_connections = 24", "ALTER SYSTEM SET max_connections = 60", func(t *testing.T) func() {
			held := servertest.OpenDB(t, "pgx", strings.Replace(p.url("postgres"), "mover:hunter2", "postgres:secret", 1))
			for range 21 {
				c, err := held.Conn(t.Context())
				require.NoError(t, err)
				t.Cleanup(func() { _ = c.Close() })
			}
			return func() {}
		}))},
		{engine, "no USAGE on the schema", "permission denied for schema app", `GRANT USAGE ON SCHEMA "app" TO "mover"`, p.from(false, does(
			sqls("REVOKE USAGE ON SCHEMA app FROM mover"), sqls(`GRANT USAGE ON SCHEMA "app" TO "mover"`)))},
		{engine, "no SELECT", "permission denied for table orders", `GRANT SELECT ON "app"."orders" TO "mover"`, p.from(false, does(
			sqls("REVOKE SELECT ON app.orders FROM mover"), sqls(`GRANT SELECT ON "app"."orders" TO "mover"`)))},
		{engine, "wal_level", "wal_level is replica", "ALTER SYSTEM SET wal_level = logical, then restart the server", p.from(true, p.restarts("ALTER SYSTEM SET wal_level = replica", "ALTER SYSTEM SET wal_level = logical"))},
		{engine, "no right to replicate", `user mover may not replicate`, `ALTER ROLE "mover" REPLICATION`, p.from(true, does(
			sqls("ALTER ROLE mover NOREPLICATION"), sqls(`ALTER ROLE "mover" REPLICATION`)))},
		{engine, "slots exhausted", "replication slots are taken (max_replication_slots)", "ALTER SYSTEM SET max_replication_slots = 5, then restart the server", p.from(true, func(t *testing.T, db *sql.DB, c *task.Config) func() {
			servertest.Exec(t, p.admin, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots") // of the runs before
			return p.takes("ALTER SYSTEM SET max_replication_slots = 1", "ALTER SYSTEM SET max_replication_slots = 5", p.slots)(t, db, c)
		})},
		{engine, "senders exhausted", "senders of the log are taken (max_wal_senders)", "ALTER SYSTEM SET max_wal_senders = 4, then restart the server", p.from(true, p.restarts(
			"ALTER SYSTEM SET max_wal_senders = 0", "ALTER SYSTEM SET max_wal_senders = 4"))},
		{engine, "no right to publish", "permission denied for database", "let an administrator run: ", p.from(true, does(
			sqls("DROP PUBLICATION orders"), sqls("CREATE PUBLICATION orders FOR TABLE app.orders")))},
		{engine, "publication without the table", `there is no publication "named" (setting PublicationName)`, `CREATE PUBLICATION "named" FOR TABLE "app"."orders"`, p.from(true, func(t *testing.T, db *sql.DB, c *task.Config) func() {
			c.Source.Settings = map[string]string{"PublicationName": "named"}
			return func() { servertest.Exec(t, db, `CREATE PUBLICATION "named" FOR TABLE "app"."orders"`) }
		})},
		{engine, "a slot that has gone past the start", `replication slot "past" has gone past`, "begin at ", p.from(true, func(t *testing.T, db *sql.DB, c *task.Config) func() {
			servertest.Exec(t, db, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots") // of the runs before
			at := func(query string) string {
				rows, err := servertest.Column(db, query, "")
				require.NoError(t, err)
				return rows[0]
			}
			servertest.Exec(t, db, "SELECT pg_create_logical_replication_slot('past', 'pgoutput')")
			c.Type, c.Source.Settings, c.Start.Native = task.Changes, map[string]string{"SlotName": "past", "PublicationName": "orders"}, at("SELECT confirmed_flush_lsn FROM pg_replication_slots")
			servertest.Exec(t, db, "INSERT INTO app.orders VALUES (2, 'y')", "SELECT pg_replication_slot_advance('past', pg_current_wal_lsn())")
			return func() { c.Start.Native = at("SELECT confirmed_flush_lsn FROM pg_replication_slots") }
		})},
		{engine, "no CREATE on the schema of the target", "permission denied for schema public", `GRANT USAGE, CREATE ON SCHEMA "public" TO "mover"`, p.into(does(
			sqls("REVOKE CREATE ON SCHEMA public FROM mover"), sqls(`GRANT USAGE, CREATE ON SCHEMA "public" TO "mover"`)))},
		{engine, "a target table of somebody else's", "permission denied for table orders", `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "public"."orders" TO "mover"`, p.into(func(t *testing.T, db *sql.DB, c *task.Config) func() {
			c.RefuseRows = false
			c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
			servertest.Exec(t, db, orders)
			return func() {
				servertest.Exec(t, db, `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "public"."orders" TO "mover"`)
			}
		})},
		{engine, "a target table that holds rows", "the target table holds rows", "TargetTablePrepMode TRUNCATE_BEFORE_LOAD empties it", p.into(func(t *testing.T, db *sql.DB, c *task.Config) func() {
			servertest.Exec(t, db, append(mine, "INSERT INTO orders VALUES (7, 'mine')")...)
			return func() {
				c.RefuseRows, c.Settings.FullLoadSettings.TargetTablePrepMode = false, settings.TruncateBeforeLoad
			}
		})},
		{engine, "a target that is read only", "in a read-only transaction", "SET default_transaction_read_only = off", p.into(does(
			sqls("ALTER ROLE mover SET default_transaction_read_only = on"), sqls("ALTER ROLE mover RESET default_transaction_read_only")))},
		{engine, "deadlock", "deadlock detected", "keep other programs from writing to the table meanwhile", p.into(func(t *testing.T, db *sql.DB, c *task.Config) func() {
			c.RefuseRows = false
			c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
			servertest.Exec(t, db, append(mine, "CREATE FUNCTION dead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$",
				"CREATE TRIGGER dead BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION dead()", "ALTER TABLE orders ENABLE ALWAYS TRIGGER dead")...)
			return func() { servertest.Exec(t, db, "DROP TRIGGER dead ON orders") }
		})},
		{engine, "a full disk", "No space left on device", "make room", p.into(func(t *testing.T, db *sql.DB, c *task.Config) func() {
			var name string
			require.NoError(t, db.QueryRow("SELECT current_database()").Scan(&name))
			dir := filepath.Join(p.server.Dir(), "small")
			require.NoError(t, os.Mkdir(dir, 0o777))
			grow := boundedDisk(t, dir, "40k")
			if own, err := os.Stat(filepath.Join(p.server.Dir(), "data")); err == nil {
				owner := own.Sys().(*syscall.Stat_t)
				require.NoError(t, os.Chown(dir, int(owner.Uid), int(owner.Gid)))
			}
			servertest.Exec(t, db, "CREATE TABLESPACE small LOCATION '"+dir+"'", "GRANT CREATE ON TABLESPACE small TO mover", "ALTER ROLE mover SET default_tablespace = small")
			t.Cleanup(func() { servertest.Exec(t, p.admin, "ALTER ROLE mover RESET default_tablespace") })
			return grow
		})},
	}
}

// boundedDisk makes a folder a file system of its own of that size, until grow is called.
func boundedDisk(t *testing.T, dir, size string) (grow func()) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and only root may mount one")
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size+",mode=777", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return func() {
		out, err := exec.Command("mount", "-o", "remount,size=100m", dir).CombinedOutput()
		require.NoError(t, err, string(out))
	}
}
