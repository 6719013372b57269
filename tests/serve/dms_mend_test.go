package serve_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// moverPassword must be in no message.
const moverPassword = "hunter2-of-mover"

// mending is a server under test, and a database server whose user mover has just the rights that a case gives it.
type mending struct {
	*testing.T
	*server
	made
	api     *dms.Client
	admin   *sql.DB
	right   dms.CreateEndpointInput
	refused []misgiven
	files   string
	n       int
}

// unreached is a mistake of an endpoint: what is wrong in it, or at the server, what the message has in the database's own words, and
// what it says to do.
type unreached struct {
	name, says, mend string
	wrong            func(in *dms.CreateEndpointInput)
	breaks, mends    []string
}

// misgiven is a right or a setting that a task finds missing.
type misgiven struct {
	name, says, mend string
	target           bool // the database is the task's target, a file its source
	breaks, mends    []string
	// settings are the task's of a full load, and those to mend them with.
	settings, mended string
	// fills is what breaks it beside the statements, where that is possible.
	fills func() bool
	// grows is what mends it beside the statements.
	grows func()
	// reason is the StopReason; FATAL_ERROR where there is none.
	reason string
}

// TestFailuresNameTheirMends has the failures that a user meets happen to connections, schemas and tasks of each engine through the API: the
// message has the cause in the database's words and says what mends it, and no password; done as it says, it works. That every other failure of an
// engine does so is proved where the engine is (TestMendsOf… of package task); here, that what it says comes through.
func TestFailuresNameTheirMends(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	s := first(t, "--dms-roles", "--sqlite-dir", files)
	ours, others := servertest.NewAuthority(t), servertest.NewAuthority(t)
	api := dms.NewFromConfig(s.sdk(t))
	i, err := api.CreateReplicationInstance(t.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("mends"), ReplicationInstanceClass: aws.String("dms.t3.medium")})
	require.NoError(t, err)
	m := made{instance: *i.ReplicationInstance.ReplicationInstanceArn}
	available(t, api, m)
	imported := map[*servertest.Authority]*string{}
	for name, a := range map[string]*servertest.Authority{"ours": ours, "others": others} {
		pem, err := os.ReadFile(a.CA)
		require.NoError(t, err)
		c, err := api.ImportCertificate(t.Context(), &dms.ImportCertificateInput{CertificateIdentifier: &name, CertificatePem: aws.String(string(pem))})
		require.NoError(t, err)
		imported[a] = c.Certificate.CertificateArn
	}
	for engine, prepare := range map[string]func(*mending, *servertest.Authority) []unreached{"postgres": (*mending).postgres, "mariadb": (*mending).mariadb, "mysql": (*mending).mysql} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			of := &mending{T: t, server: s, made: m, api: api, files: files}
			cases := prepare(of, ours)
			of.right.EngineName, of.right.ServerName, of.right.Username, of.right.Password = &engine, aws.String("127.0.0.1"), aws.String("mover"), aws.String(moverPassword)
			of.right.SslMode, of.right.CertificateArn = types.DmsSslModeValueVerifyFull, imported[ours]
			authority, host := "signed by unknown authority", "localhost"
			cases = append(
				cases,
				unreached{name: "closed port", says: "connection refused", mend: "heck that the server runs and listens at this host and port", wrong: func(in *dms.CreateEndpointInput) { in.Port = aws.Int32(1) }},
				unreached{name: "unknown host", says: "no such host", mend: "heck the host name", wrong: func(in *dms.CreateEndpointInput) { in.ServerName = aws.String("nowhere.invalid") }},
				unreached{name: "another authority", says: authority, mend: "CertificateArn of an endpoint", wrong: func(in *dms.CreateEndpointInput) { in.CertificateArn = imported[others] }},
				unreached{name: "another host", says: host, mend: "ame the host as its certificate does", wrong: func(in *dms.CreateEndpointInput) { in.ServerName = aws.String("localhost") }},
			)
			for _, c := range cases {
				of.proveConnection(c)
			}
			for _, c := range of.refused {
				of.proveTask(c)
			}
		})
	}
}

func (m *mending) run(statements []string) {
	m.Helper()
	servertest.Exec(m, m.admin, statements...)
}

// end makes an endpoint.
func (m *mending) end(kind types.ReplicationEndpointTypeValue, wrong func(in *dms.CreateEndpointInput)) string {
	m.Helper()
	in := m.right
	m.n++
	in.EndpointIdentifier, in.EndpointType = aws.String(fmt.Sprintf("%s%d", *in.EngineName, m.n)), kind
	if wrong != nil {
		wrong(&in)
	}
	out, err := m.api.CreateEndpoint(m.Context(), &in)
	require.NoError(m, err)
	return *out.Endpoint.EndpointArn
}

// file makes an endpoint that is a file.
func (m *mending) file(kind types.ReplicationEndpointTypeValue) string {
	m.Helper()
	name := fmt.Sprintf("%s%s%d.db", *m.right.EngineName, kind, m.n)
	db := servertest.OpenDB(m, "sqlite", filepath.Join(m.files, name)+"?_pragma=journal_mode(wal)")
	servertest.Exec(m, db, "CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
	return m.end(kind, func(in *dms.CreateEndpointInput) {
		*in = dms.CreateEndpointInput{EndpointIdentifier: in.EndpointIdentifier, EndpointType: kind, EngineName: aws.String("sqlite"), DatabaseName: &name}
	})
}

// told checks a message.
func (m *mending) told(message, name, says, mend string) {
	m.Helper()
	m.Log(name+":", message)
	require.Contains(m, message, says, name)
	require.Contains(m, message, mend, name)
	require.NotContains(m, message, moverPassword, name)
	require.NotContains(m, m.log.String(), moverPassword, name)
}

// tested tests a connection to its end.
func (m *mending) tested(endpoint string) types.Connection {
	m.Helper()
	_, err := m.api.TestConnection(m.Context(), &dms.TestConnectionInput{EndpointArn: &endpoint, ReplicationInstanceArn: &m.instance})
	require.NoError(m, err)
	return m.settled(endpoint)
}

// settled waits until a test of a connection has ended.
func (m *mending) settled(endpoint string) (of types.Connection) {
	m.Helper()
	require.Eventually(m, func() bool {
		out, err := m.api.DescribeConnections(m.Context(), &dms.DescribeConnectionsInput{Filters: by("endpoint-arn", endpoint)})
		require.NoError(m, err)
		of = out.Connections[0]
		return *of.Status != "testing"
	}, patient, 50*time.Millisecond)
	return of
}

// refreshed reads the schemas to the end.
func (m *mending) refreshed(endpoint string) *types.RefreshSchemasStatus {
	m.Helper()
	_, err := m.api.RefreshSchemas(m.Context(), &dms.RefreshSchemasInput{EndpointArn: &endpoint, ReplicationInstanceArn: &m.instance})
	require.NoError(m, err)
	var of *types.RefreshSchemasStatus
	require.Eventually(m, func() bool {
		out, err := m.api.DescribeRefreshSchemasStatus(m.Context(), &dms.DescribeRefreshSchemasStatusInput{EndpointArn: &endpoint})
		require.NoError(m, err)
		of = out.RefreshSchemasStatus
		return of.Status != types.RefreshSchemasStatusTypeValueRefreshing
	}, patient, 50*time.Millisecond)
	return of
}

// proveConnection makes the mistake and mends it.
func (m *mending) proveConnection(c unreached) {
	m.Helper()
	m.run(c.breaks)
	endpoint := m.end(types.ReplicationEndpointTypeValueSource, c.wrong)
	of := m.tested(endpoint)
	require.Equal(m, "failed", *of.Status, c.name)
	m.told(aws.ToString(of.LastFailureMessage), c.name, c.says, c.mend)
	schemas := m.refreshed(endpoint)
	require.EqualValues(m, "failed", schemas.Status, c.name)
	m.told(aws.ToString(schemas.LastFailureMessage), c.name+", its schemas", c.says, c.mend)

	m.run(c.mends)
	_, err := m.api.ModifyEndpoint(m.Context(), &dms.ModifyEndpointInput{
		EndpointArn: &endpoint, ServerName: m.right.ServerName, Port: m.right.Port, DatabaseName: m.right.DatabaseName, Username: m.right.Username, Password: m.right.Password, CertificateArn: m.right.CertificateArn,
	})
	require.NoError(m, err)
	of = m.settled(endpoint) // what is changed is tested again by itself
	require.Equal(m, "successful", *of.Status, "%s: %s", c.name, aws.ToString(of.LastFailureMessage))
	require.Nil(m, of.LastFailureMessage)
	schemas = m.refreshed(endpoint)
	require.EqualValues(m, "successful", schemas.Status, c.name)
	out, err := m.api.DescribeSchemas(m.Context(), &dms.DescribeSchemasInput{EndpointArn: &endpoint})
	require.NoError(m, err)
	require.Contains(m, out.Schemas, m.schema(), c.name)
	_, err = m.api.DeleteEndpoint(m.Context(), &dms.DeleteEndpointInput{EndpointArn: &endpoint})
	require.NoError(m, err)
}

// schema is the one that the database has.
func (m *mending) schema() string {
	if *m.right.EngineName == "postgres" {
		return "app"
	}
	return *m.right.DatabaseName
}

// proveTask runs a task into the failure, and on when it is mended.
func (m *mending) proveTask(c misgiven) {
	m.Helper()
	source, target, mapped := m.end(types.ReplicationEndpointTypeValueSource, nil), m.file(types.ReplicationEndpointTypeValueTarget), mappings(m.schema(), "main")
	if c.target {
		source, target, mapped = m.file(types.ReplicationEndpointTypeValueSource), m.end(types.ReplicationEndpointTypeValueTarget, nil), mappings("main", m.schema())
	}
	for _, end := range []string{source, target} {
		of := m.tested(end)
		require.Equal(m, "successful", *of.Status, "%s: %s", c.name, aws.ToString(of.LastFailureMessage))
	}
	m.run(c.breaks)
	if c.fills != nil && !c.fills() {
		return
	}
	m.proveRun(c, source, target, mapped, types.MigrationTypeValueFullLoadAndCdc)
}

// proveRun runs a task between two endpoints into the failure, and on when it is mended.
func (m *mending) proveRun(c misgiven, source, target, mapped string, kind types.MigrationTypeValue) {
	m.Helper()
	settings := func(load string) *string {
		return aws.String(`{"ErrorBehavior":{"TableErrorPolicy":"STOP_TASK","RecoverableErrorCount":0},"FullLoadSettings":{` + load + `}}`)
	}
	out, err := m.api.CreateReplicationTask(m.Context(), &dms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: aws.String(fmt.Sprintf("%s-%d", *m.right.EngineName, m.n)), SourceEndpointArn: &source, TargetEndpointArn: &target, ReplicationInstanceArn: &m.instance,
		MigrationType: kind, TableMappings: &mapped, ReplicationTaskSettings: settings(c.settings),
	})
	require.NoError(m, err)
	this := m.made
	this.task = *out.ReplicationTask.ReplicationTaskArn
	m.awaits(m.T, m.api, this, "ready")
	starts(m, m.api, this, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	failed := m.awaits(m.T, m.api, this, "failed")
	require.Equal(m, "Stop Reason "+cmp.Or(c.reason, "FATAL_ERROR"), aws.ToString(failed.StopReason), c.name)
	m.told(aws.ToString(failed.LastFailureMessage), c.name, c.says, c.mend)
	m.run(c.mends)
	if c.grows != nil {
		c.grows()
	}
	if c.mended != "" {
		_, err := m.api.ModifyReplicationTask(m.Context(), &dms.ModifyReplicationTaskInput{ReplicationTaskArn: &this.task, ReplicationTaskSettings: settings(c.mended)})
		require.NoError(m, err)
		m.awaits(m.T, m.api, this, "failed") // as before it was modified
	}
	starts(m, m.api, this, dms.StartReplicationTaskInput{StartReplicationTaskType: reload})
	if kind == types.MigrationTypeValueFullLoad {
		ended := m.awaits(m.T, m.api, this, "stopped")
		require.Equal(m, "Stop Reason FULL_LOAD_ONLY_FINISHED", aws.ToString(ended.StopReason), c.name)
		require.Nil(m, ended.LastFailureMessage, c.name)
		require.EqualValues(m, 0, ended.ReplicationTaskStats.TablesErrored, c.name)
		m.remove(this)
		return
	}
	running := m.awaits(m.T, m.api, this, "running")
	require.Nil(m, running.LastFailureMessage, c.name)
	require.Eventually(m, func() bool { return m.taskOf(m.T, m.api, this).ReplicationTaskStats.FullLoadProgressPercent == 100 }, patient, 50*time.Millisecond, c.name)
	m.server.stops(m, m.api, this)
	m.remove(this)
}

func (m *mending) remove(this made) {
	m.Helper()
	_, err := m.api.DeleteReplicationTask(m.Context(), &dms.DeleteReplicationTaskInput{ReplicationTaskArn: &this.task})
	require.NoError(m, err)
}

func (m *mending) postgres(a *servertest.Authority) []unreached {
	cert, key := a.Issue(m, "127.0.0.1", "postgres")
	hba := filepath.Join(filepath.Dir(cert), "hba")
	require.NoError(m, os.WriteFile(hba, []byte("hostnossl all postgres 127.0.0.1/32 trust\nhostssl all,replication mover 127.0.0.1/32 scram-sha-256\n"), 0o644)) //nolint:gosec // the server is another user
	d := servertest.PrivatePostgreSQL(m, servertest.PostgreSQL15, "ssl = on", "hba_file = '"+hba+"'", "ssl_cert_file = '"+cert+"'", "ssl_key_file = '"+key+"'")
	m.admin = servertest.OpenDB(m, "pgx", d.URL)
	m.right.Port, m.right.DatabaseName = aws.Int32(int32(d.Server.Port())), &d.Name
	m.run([]string{"CREATE ROLE mover LOGIN REPLICATION PASSWORD '" + moverPassword + "'", "GRANT CREATE ON DATABASE " + d.Name + " TO mover", "GRANT CREATE ON SCHEMA public TO mover", "CREATE SCHEMA app AUTHORIZATION mover", "CREATE TABLE app.orders (id int PRIMARY KEY)",
		"INSERT INTO app.orders VALUES (1)", "ALTER TABLE app.orders OWNER TO mover"})
	m.refused = []misgiven{
		{name: "no right to replicate", says: "user mover may not replicate", mend: `ALTER ROLE "mover" REPLICATION`, breaks: []string{"ALTER ROLE mover NOREPLICATION"}, mends: []string{`ALTER ROLE "mover" REPLICATION`}},
		{name: "no SELECT", says: "permission denied for table orders", mend: `GRANT SELECT ON "app"."orders" TO "mover"`, breaks: []string{"REVOKE SELECT ON app.orders FROM mover"}, mends: []string{`GRANT SELECT ON "app"."orders" TO "mover"`}},
		{name: "no CREATE at the target", target: true, says: "permission denied for schema app", mend: `GRANT USAGE, CREATE ON SCHEMA "app" TO "mover"`,
			breaks: []string{"ALTER SCHEMA app OWNER TO postgres", "GRANT USAGE ON SCHEMA app TO mover"}, mends: []string{`GRANT USAGE, CREATE ON SCHEMA "app" TO "mover"`}},
		{name: "a target that is read only", target: true, says: "in a read-only transaction", mend: "SET default_transaction_read_only = off",
			breaks: []string{"ALTER ROLE mover SET default_transaction_read_only = on"}, mends: []string{"ALTER ROLE mover RESET default_transaction_read_only"}},
	}
	if dir := filepath.Join(d.Server.Dir(), "small"); mounted(m, dir, "40k") {
		data, err := os.Stat(filepath.Join(d.Server.Dir(), "data"))
		require.NoError(m, err)
		owner := data.Sys().(*syscall.Stat_t)
		require.NoError(m, os.Chown(dir, int(owner.Uid), int(owner.Gid)))
		m.refused = append(m.refused, misgiven{name: "a full disk", target: true, reason: "RECOVERABLE_ERROR", says: "No space left on device", mend: "make room on the server's disk",
			breaks: []string{"CREATE TABLESPACE small LOCATION '" + dir + "'", "GRANT CREATE ON TABLESPACE small TO mover", "ALTER ROLE mover SET default_tablespace = small"},
			grows:  func() { grows(m, dir) }})
	}
	return []unreached{
		{name: "wrong password", says: `password authentication failed for user "mover"`, mend: "ALTER ROLE … PASSWORD", breaks: []string{"ALTER ROLE mover PASSWORD 'another'"}, mends: []string{"ALTER ROLE mover PASSWORD '" + moverPassword + "'"}},
		{name: "unknown database", says: `database "nowhere" does not exist`, mend: "CREATE DATABASE it, or name another one", wrong: func(in *dms.CreateEndpointInput) { in.DatabaseName = aws.String("nowhere") }},
	}
}

func (m *mending) mariadb(a *servertest.Authority) []unreached {
	return m.mysqlLike(a, servertest.PrivateMariaDB, "BINLOG MONITOR")
}

func (m *mending) mysql(a *servertest.Authority) []unreached {
	return m.mysqlLike(a, servertest.PrivateMySQL, "REPLICATION CLIENT")
}

func (m *mending) mysqlLike(a *servertest.Authority, private func(testing.TB, ...string) *servertest.Database, monitor string) []unreached {
	cert, key := a.Issue(m, "127.0.0.1", "mysql")
	d := private(m, "ssl_cert="+cert, "ssl_key="+key)
	m.admin = servertest.OpenDB(m, "mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", d.Server.Port()))
	m.right.Port, m.right.DatabaseName = aws.Int32(int32(d.Server.Port())), &d.Name
	const mover = "mover@'127.0.0.1'"
	all := "GRANT ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT ON " + d.Name + ".* TO " + mover // as DMS asks for
	m.run([]string{"CREATE USER " + mover + " IDENTIFIED BY '" + moverPassword + "'", all, "GRANT ALL ON awsdms_control.* TO " + mover, "GRANT RELOAD, " + monitor + ", REPLICATION SLAVE ON *.* TO " + mover,
		"GRANT ALL ON nowhere.* TO " + mover, "CREATE TABLE " + d.Name + ".orders (id int PRIMARY KEY)", "INSERT INTO " + d.Name + ".orders VALUES (1)"})
	taken := func(right string) []string { return []string{"REVOKE " + right + " ON *.* FROM " + mover} }
	given := func(right string) []string { return []string{"GRANT " + right + " ON *.* TO " + mover} }
	rights := "GRANT ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT ON `" + d.Name + "`.* TO 'mover'@'127.0.0.1'" // as the message has it
	reads := "GRANT SELECT ON `" + d.Name + "`.`orders` TO 'mover'@'127.0.0.1'"
	m.refused = []misgiven{
		{name: "no SELECT", says: "SELECT command denied to user", mend: reads, breaks: []string{"REVOKE SELECT ON " + d.Name + ".* FROM " + mover}, mends: []string{reads}},
		{name: "binlog_format", says: "binlog_format is STATEMENT", mend: "SET GLOBAL binlog_format = ROW", breaks: []string{"SET GLOBAL binlog_format = STATEMENT"}, mends: []string{"SET GLOBAL binlog_format = ROW"}},
		{name: "no " + monitor, says: "may not ask where the binary log ends", mend: "GRANT " + monitor + " ON *.* TO 'mover'@'127.0.0.1'", breaks: taken(monitor), mends: given(monitor)},
		{name: "no REPLICATION SLAVE", says: "may not read the binary log", mend: "GRANT REPLICATION SLAVE ON *.* TO 'mover'@'127.0.0.1'", breaks: taken("REPLICATION SLAVE"), mends: given("REPLICATION SLAVE")},
		{name: "no CREATE at the target", target: true, says: "CREATE command denied to user", mend: rights, breaks: []string{"REVOKE CREATE ON " + d.Name + ".* FROM " + mover}, mends: []string{rights}},
		{name: "no INSERT at the target", target: true, says: "INSERT command denied to user", mend: rights, breaks: []string{"REVOKE INSERT ON " + d.Name + ".* FROM " + mover}, mends: []string{rights}},
		{name: "a target table that holds rows", target: true, says: "the target table holds rows", mend: "TargetTablePrepMode TRUNCATE_BEFORE_LOAD empties it, DROP_AND_CREATE replaces it", settings: `"TargetTablePrepMode":"DO_NOTHING"`, mended: `"TargetTablePrepMode":"DROP_AND_CREATE"`,
			breaks: []string{"DROP TABLE IF EXISTS " + d.Name + ".kept", "CREATE TABLE " + d.Name + ".kept (id bigint PRIMARY KEY) ENGINE = MyISAM", "INSERT INTO " + d.Name + ".kept VALUES (7)"}},
		{name: "a target that is read only", target: true, says: "read-only option", mend: "SET GLOBAL read_only = OFF", breaks: []string{"SET GLOBAL read_only = ON"}, mends: []string{"SET GLOBAL read_only = OFF"}},
	}
	m.refused = append(m.refused, m.fullDatabase(d)...)
	return []unreached{
		{name: "wrong password", says: "Access denied for user 'mover'@'127.0.0.1'", mend: "ALTER USER … IDENTIFIED BY", breaks: []string{"ALTER USER " + mover + " IDENTIFIED BY 'another'"}, mends: []string{"ALTER USER " + mover + " IDENTIFIED BY '" + moverPassword + "'"}},
		{name: "unknown database", says: "Unknown database 'nowhere'", mend: "CREATE DATABASE it, or name another one", wrong: func(in *dms.CreateEndpointInput) { in.DatabaseName = aws.String("nowhere") }},
	}
}

// fullDatabase is a MariaDB or MySQL target whose database lies on a disk without room. It comes last, for it hides what the database had.
func (m *mending) fullDatabase(d *servertest.Database) []misgiven {
	m.Helper()
	data := filepath.Join(d.Server.Dir(), "data")
	dir := filepath.Join(data, d.Name)
	return []misgiven{{name: "a full disk", target: true, reason: "RECOVERABLE_ERROR", says: "is full", mend: "ake room on the server's disk", fills: func() bool {
		if !mounted(m, dir, "64k") {
			return false
		}
		of, err := os.Stat(data)
		require.NoError(m, err)
		owner := of.Sys().(*syscall.Stat_t)
		require.NoError(m, os.Chown(dir, int(owner.Uid), int(owner.Gid)))
		return true
	}, grows: func() { grows(m, dir) }}}
}
