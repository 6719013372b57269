package task_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestMendsOfMariaDB proves the messages about a MariaDB source or target.
func TestMendsOfMariaDB(t *testing.T) {
	t.Parallel()
	proveMends(t, newMariaDBMends(t).failures())
}

// TestMendsOfMySQL proves those about MySQL proper, which words some things in its own way.
func TestMendsOfMySQL(t *testing.T) {
	t.Parallel()
	proveMends(t, newMySQLMends(t).failures())
}

// mariadbMends is a server whose user mover has just the rights that a case gives it: MariaDB, or MySQL.
type mariadbMends struct {
	engine    string
	authority *servertest.Authority
	server    servertest.Server
	admin     *sql.DB
	made      int
}

// mysqlEngine is the other server than MariaDB.
const mysqlEngine = "MySQL"

func newMariaDBMends(t *testing.T) *mariadbMends {
	return newMends(t, &mariadbMends{engine: "MariaDB"}, servertest.PrivateMariaDB)
}

func newMySQLMends(t *testing.T) *mariadbMends {
	return newMends(t, &mariadbMends{engine: mysqlEngine}, servertest.PrivateMySQL)
}

func newMends(t *testing.T, m *mariadbMends, private func(testing.TB, ...string) *servertest.Database) *mariadbMends {
	m.authority = servertest.NewAuthority(t)
	cert, key := m.authority.Issue(t, "localhost", "mysql")
	m.server = private(t, "ssl_cert="+cert, "ssl_key="+key).Server
	m.admin = servertest.OpenDB(t, "mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", m.server.Port()))
	servertest.Exec(t, m.admin, "CREATE USER mover@'127.0.0.1' IDENTIFIED BY 'hunter2'", "CREATE DATABASE IF NOT EXISTS awsdms_control")
	return m
}

// monitor is the right to ask where the binary log ends.
func (m *mariadbMends) monitor() string {
	if m.engine == mysqlEngine {
		return "REPLICATION CLIENT"
	}
	return "BINLOG MONITOR"
}

func (m *mariadbMends) url(database string) string {
	return fmt.Sprintf("%s://mover:hunter2@127.0.0.1:%d/%s", strings.ToLower(m.engine), m.server.Port(), database)
}

// from is a case of a source: a database with a table that mover may read and follow.
func (m *mariadbMends) from(changes bool, breaks func(t *testing.T, name string, c *task.Config) func()) func(t *testing.T, c *task.Config) func() {
	return func(t *testing.T, c *task.Config) func() {
		m.made++
		name := fmt.Sprintf("mend%d", m.made)
		servertest.Exec(t, m.admin, "CREATE DATABASE "+name, "CREATE TABLE "+name+".orders (id int PRIMARY KEY, v text)", "INSERT INTO "+name+".orders VALUES (1, 'x')",
			"GRANT SELECT ON "+name+".orders TO mover@'127.0.0.1'", "GRANT RELOAD, "+m.monitor()+", REPLICATION SLAVE ON *.* TO mover@'127.0.0.1'")
		*c = *moving(&end{url: m.url(name)}, newEnd(t, "sqlite"), changes)
		return breaks(t, name, c)
	}
}

// into is a case of a target: a database in which mover may make and fill tables.
func (m *mariadbMends) into(breaks func(t *testing.T, name string, c *task.Config) func()) func(t *testing.T, c *task.Config) func() {
	return func(t *testing.T, c *task.Config) func() {
		m.made++
		name := fmt.Sprintf("mend%d", m.made)
		servertest.Exec(t, m.admin, "CREATE DATABASE "+name, "GRANT ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT ON "+name+".* TO mover@'127.0.0.1'", "GRANT ALL ON awsdms_control.* TO mover@'127.0.0.1'")
		*c = *moving(small(t), &end{url: m.url(name)}, false)
		return breaks(t, name, c)
	}
}

// does breaks and mends by statements, in which DB is the case's database.
func (m *mariadbMends) does(breaks, mends []string) func(t *testing.T, name string, c *task.Config) func() {
	return func(t *testing.T, name string, _ *task.Config) func() {
		run := func(statements []string) {
			for _, s := range statements {
				servertest.Exec(t, m.admin, strings.ReplaceAll(s, "DB", name))
			}
		}
		run(breaks)
		return func() { run(mends) }
	}
}

// writes has another URL be tried first.
func (m *mariadbMends) writes(right, wrong string) func(t *testing.T, name string, c *task.Config) func() {
	return func(t *testing.T, _ string, c *task.Config) func() { return writes(right, wrong)(t, nil, c) }
}

// configured starts the server with other lines in its configuration, and with the old ones again.
func (m *mariadbMends) configured(lines ...string) func(t *testing.T, name string, c *task.Config) func() {
	return func(t *testing.T, _ string, _ *task.Config) func() {
		file := filepath.Join(m.server.Dir(), "my.cnf")
		right, err := os.ReadFile(file)
		require.NoError(t, err)
		with := func(text []byte) {
			m.server.Stop()
			require.NoError(t, os.WriteFile(file, text, 0o644))
			require.NoError(t, m.server.Start())
		}
		with([]byte(string(right) + strings.Join(lines, "\n") + "\n"))
		return func() { with(right) }
	}
}

func (m *mariadbMends) failures() []failure {
	const mover = "mover@'127.0.0.1'"
	engine, monitor, noTLS, locked := m.engine, m.monitor(), "skip-ssl", "Access denied, this account is locked"
	const all = "GRANT ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT ON `DB`.* TO 'mover'@'127.0.0.1'"
	progress := "for table `awsdms_control`.`awsdms_load_progress`"
	if engine == mysqlEngine {
		noTLS, locked, progress = "tls-version=", "Account is locked", "for table 'awsdms_load_progress'"
	}
	return []failure{
		{engine, "wrong password", "Access denied for user 'mover'@'127.0.0.1'", "which ALTER USER … IDENTIFIED BY '…' sets", m.from(false, m.does(
			sqls("ALTER USER "+mover+" IDENTIFIED BY 'another'"), sqls("ALTER USER "+mover+" IDENTIFIED BY 'hunter2'")))},
		{engine, "account locked", locked, "ALTER USER … ACCOUNT UNLOCK", m.from(false, m.does(
			sqls("ALTER USER "+mover+" ACCOUNT LOCK"), sqls("ALTER USER "+mover+" ACCOUNT UNLOCK")))},
		{engine, "unknown database", "Unknown database 'nowhere'", "CREATE DATABASE it, or name another one", m.into(func(t *testing.T, name string, c *task.Config) func() {
			c.Target.URL = m.url("nowhere")
			servertest.Exec(t, m.admin, "GRANT ALL ON nowhere.* TO "+mover)
			return func() { servertest.Exec(t, m.admin, "CREATE DATABASE nowhere") }
		})},
		{engine, "no right on the database", "Access denied for user 'mover'@'127.0.0.1' to database", all, m.into(m.does(
			sqls("REVOKE ALL ON DB.* FROM "+mover), sqls(all)))},
		{engine, "closed port", "connection refused", "Check that the server runs and listens at this host and port", m.from(false, func(t *testing.T, _ string, c *task.Config) func() { return noPort(t, nil, c) })},
		{engine, "unknown host", "no such host", "Check the host name", m.from(false, m.writes("127.0.0.1", "nowhere.invalid"))},
		{engine, "no TLS at the server", "does not support TLS required by the client", "ask for no TLS: ssl-mode=none, SslMode none of an endpoint", m.from(false, func(t *testing.T, name string, c *task.Config) func() {
			good := c.Source.URL
			c.Source.URL += "?ssl-mode=require"
			back := m.configured(noTLS)(t, name, c)
			return func() { c.Source.URL = good; back() }
		})},
		{engine, "a certificate of an unknown authority", "certificate signed by unknown authority", "ssl-ca=FILE, CertificateArn of an endpoint", m.from(false, func(_ *testing.T, _ string, c *task.Config) func() {
			c.Source.URL += "?ssl-mode=verify-ca"
			return func() { c.Source.URL += "&ssl-ca=" + m.authority.CA }
		})},
		{engine, "a certificate of another host", "cannot validate certificate for 127.0.0.1", "Name the host as its certificate does", m.from(false, func(_ *testing.T, _ string, c *task.Config) func() {
			c.Source.URL += "?ssl-mode=verify-full&ssl-ca=" + m.authority.CA
			return func() { c.Source.URL = strings.Replace(c.Source.URL, "127.0.0.1", "localhost", 1) }
		})},
		{engine, "too many connections", "Too many connections", "Raise max_connections on the server", m.from(false, func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "SET GLOBAL max_connections = 10")
			var held *sql.Conn
			for range 10 {
				var err error
				held, err = m.admin.Conn(t.Context())
				require.NoError(t, err)
				t.Cleanup(func() { _ = held.Close() })
			}
			return func() {
				_, err := held.ExecContext(t.Context(), "SET GLOBAL max_connections = 100")
				require.NoError(t, err)
			}
		})},
		{engine, "too many connections of the user", "max_user_connections", "ALTER USER … WITH MAX_USER_CONNECTIONS 0", m.from(false, m.does(
			sqls("ALTER USER "+mover+" WITH MAX_USER_CONNECTIONS 1"), sqls("ALTER USER "+mover+" WITH MAX_USER_CONNECTIONS 0")))},
		{engine, "no SELECT", "SELECT command denied to user", "GRANT SELECT ON `DB`.`orders` TO 'mover'@'127.0.0.1'", m.from(false, func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "REVOKE SELECT ON "+name+".orders FROM "+mover, "GRANT INSERT ON "+name+".orders TO "+mover)
			return func() { servertest.Exec(t, m.admin, "GRANT SELECT ON `"+name+"`.`orders` TO 'mover'@'127.0.0.1'") }
		})},
		{engine, "no binary log", "log_bin is OFF", "Set log_bin = binlog and server_id = 1 in the server's configuration, and restart it", m.from(true, m.configured("skip-log-bin"))},
		{engine, "binlog_format", "binlog_format is STATEMENT", "SET GLOBAL binlog_format = ROW", m.from(true, m.does(sqls("SET GLOBAL binlog_format = STATEMENT"), sqls("SET GLOBAL binlog_format = ROW")))},
		{engine, "no " + monitor, "may not ask where the binary log ends", "GRANT " + monitor + " ON *.* TO 'mover'@'127.0.0.1'", m.from(true, m.does(
			sqls("REVOKE "+monitor+" ON *.* FROM "+mover), sqls("GRANT "+monitor+" ON *.* TO 'mover'@'127.0.0.1'")))},
		{engine, "no REPLICATION SLAVE", "may not read the binary log", "GRANT REPLICATION SLAVE ON *.* TO 'mover'@'127.0.0.1'", m.from(true, m.does(
			sqls("REVOKE REPLICATION SLAVE ON *.* FROM "+mover), sqls("GRANT REPLICATION SLAVE ON *.* TO 'mover'@'127.0.0.1'")))},
		{engine, "no right on the control database", progress, "GRANT ALL ON `awsdms_control`.* TO 'mover'@'127.0.0.1'", m.into(m.does(
			sqls("REVOKE ALL ON awsdms_control.* FROM "+mover), sqls("GRANT ALL ON awsdms_control.* TO "+mover)))},
		{engine, "no CREATE at the target", "CREATE command denied to user", all, m.into(m.does(sqls("REVOKE CREATE ON DB.* FROM "+mover), sqls(all)))},
		{engine, "no INSERT at the target", "INSERT command denied to user", all, m.into(m.does(sqls("REVOKE INSERT ON DB.* FROM "+mover), sqls(all)))},
		{engine, "a target table that holds rows", "the target table holds rows", "TargetTablePrepMode TRUNCATE_BEFORE_LOAD empties it", m.into(func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "CREATE TABLE "+name+".orders (id bigint PRIMARY KEY, v longtext)", "INSERT INTO "+name+".orders VALUES (7, 'mine')")
			return func() {
				c.RefuseRows, c.Settings.FullLoadSettings.TargetTablePrepMode = false, settings.TruncateBeforeLoad
			}
		})},
		{engine, "a target table without transactions that holds rows", "its storage engine has no transactions", "DROP_AND_CREATE replaces it", m.into(func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "CREATE TABLE "+name+".orders (id bigint PRIMARY KEY, v longtext) ENGINE=MyISAM", "INSERT INTO "+name+".orders VALUES (7, 'mine')")
			c.RefuseRows, c.Settings.FullLoadSettings.TargetTablePrepMode = false, settings.DoNothing
			return func() { c.Settings.FullLoadSettings.TargetTablePrepMode = settings.DropAndCreate }
		})},
		{engine, "a target that is read only", "read-only option", "SET GLOBAL read_only = OFF", m.into(m.does(sqls("SET GLOBAL read_only = ON"), sqls("SET GLOBAL read_only = OFF")))},
		{engine, "a lock on the target table", "Lock wait timeout exceeded", "End the transaction that holds the lock", m.into(func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "CREATE TABLE "+name+".orders (id bigint PRIMARY KEY, v longtext)", "SET GLOBAL lock_wait_timeout = 1", "SET GLOBAL innodb_lock_wait_timeout = 1")
			c.RefuseRows = false
			c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
			tx, err := m.admin.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("INSERT INTO " + name + ".orders VALUES (1, 'y')")
			require.NoError(t, err)
			return func() { require.NoError(t, tx.Rollback()) }
		})},
		{engine, "deadlock", "Deadlock found when trying to get lock", "Keep other programs from writing to the table meanwhile", m.into(func(t *testing.T, name string, c *task.Config) func() {
			servertest.Exec(t, m.admin, "CREATE TABLE "+name+".orders (id bigint PRIMARY KEY, v longtext)",
				"CREATE TRIGGER "+name+".dead BEFORE INSERT ON "+name+".orders FOR EACH ROW SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found when trying to get lock'")
			c.RefuseRows = false
			c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
			return func() { servertest.Exec(t, m.admin, "DROP TRIGGER "+name+".dead") }
		})},
		{engine, "a full disk", "is full", "make room", m.into(func(t *testing.T, name string, c *task.Config) func() {
			dir := filepath.Join(m.server.Dir(), "data", name)
			return boundedDisk(t, dir, "64k")
		})},
	}
}
