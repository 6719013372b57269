package assess_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestHostedChecks plays what Amazon RDS adds to its servers, and takes a replica for a source.
func TestHostedChecks(t *testing.T) {
	retention := func(hours string) state {
		return state{source: sqls("CREATE TABLE IF NOT EXISTS mysql.rds_configuration (name VARCHAR(100), value VARCHAR(100))", "DELETE FROM mysql.rds_configuration",
			"INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', "+hours+")", strings.Replace(item, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))}
	}
	rds := pairOf{the(mariadbEnd(t, servertest.PrivateMariaDB(t))), fresh("sqlite"), task.FullLoadAndCDC}
	replica, primary := mariadbEnd(t, servertest.PrivateMySQL(t)), mariadbEnd(t, servertest.PrivateMySQL(t))
	servertest.Exec(t, replica.db, item, "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_USER='nobody'")
	servertest.Exec(t, primary.db, item)
	postgres := func() *pairOf {
		e := postgresEnd(t, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level = logical"))
		servertest.Exec(t, e.db, "CREATE ROLE rds_replication", item)
		return &pairOf{the(e), fresh("sqlite"), task.FullLoadAndCDC}
	}
	var many []string
	for i := range 9 {
		many = append(many, fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY)", i))
	}
	run(t, []check{
		{pairOf: rds, name: "mariadb-check-binlog-retention-time", status: assess.Warning, bad: retention("NULL"), good: retention("'24'"), mend: "CALL mysql.rds_set_configuration"},
		{pairOf: rds, name: "mariadb-check-binlog-retention-time", status: assess.Warning, bad: retention("'23'"), good: retention("'168'"), objects: sqls("binlog retention hours")},
		{
			pairOf: pairOf{the(primary), fresh("sqlite"), task.FullLoadAndCDC}, spoiled: &pairOf{the(replica), fresh("sqlite"), task.FullLoadAndCDC},
			name: "mysql-check-source-replica", status: assess.Warning, mend: "RESET REPLICA ALL",
		},
		{
			pairOf: pairOf{the(primary), fresh("sqlite"), task.FullLoadAndCDC}, spoiled: &pairOf{the(reader(t)), fresh("sqlite"), task.FullLoadAndCDC},
			name: "mysql-check-aurora-read-only", status: assess.Failed, objects: sqls("innodb_read_only"), mend: "name the writer",
		},
		{
			pairOf: pair("mariadb", "sqlite", task.FullLoad), name: "mariadb-tblnum-for-max-fullload-subtasks", status: assess.Warning,
			bad: state{source: many}, good: state{source: many, settings: `{"FullLoadSettings":{"MaxFullLoadSubTasks":9}}`}, mend: "MaxFullLoadSubTasks to 9",
		},
		{
			pairOf: *postgres(), spoiled: postgres(), name: "postgres-check-rds-roles", status: assess.Failed, mend: `GRANT rds_replication TO "`,
			bad:  state{source: sqls("GRANT SELECT ON item TO {user}"), sourceUser: true},
			good: state{source: sqls("GRANT SELECT ON item TO {user}", "GRANT rds_replication TO {user}"), sourceUser: true},
		},
	})
}

// reader is a server of MySQL that only reads, as those of Aurora do that are not the writer.
func reader(t *testing.T) *end {
	d := servertest.PrivateMySQL(t)
	e := mariadbEnd(t, d)
	servertest.Exec(t, e.db, item)
	d.Server.Stop()
	f, err := os.OpenFile(filepath.Join(d.Server.Dir(), "my.cnf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("innodb_read_only=ON\nskip-log-bin\ngtid_mode=OFF\nenforce_gtid_consistency=OFF\n")
	require.NoError(t, errors.Join(err, f.Close()))
	require.NoError(t, d.Server.Start())
	return e
}

// TestUnneededChecks has every check that is known without being needed skipped, with the reason.
func TestUnneededChecks(t *testing.T) {
	skipped := map[string]bool{}
	for _, p := range []pairOf{pair("postgres", "mariadb", task.FullLoadAndCDC), pair("mariadb", "postgres", task.FullLoadAndCDC), pair("mysql", "mariadb", task.FullLoadAndCDC)} {
		found, _ := p.examine(t, state{source: sqls(item)})
		r, err := assess.Run(t.Context(), found, assess.Options{})
		require.NoError(t, err)
		for _, one := range r.Results {
			if about, unneeded := strings.CutPrefix(one.About, "Not needed here: "); unneeded {
				require.Equal(t, assess.Skipped, one.Status, one.Name)
				require.Equal(t, about, one.Reason)
				skipped[one.Name] = true
			}
		}
	}
	for _, name := range []string{
		"all-check-for-batch-apply-to-mysql", "all-to-all-validation-with-datamasking-hash-mask", "all-to-all-validation-with-digit-mask",
		"postgres-batch-apply-lob-mode", "mariadb-batch-apply-lob-mode", "postgres-check-batch-apply-target-pk-ui-simultaneously", "mysql-check-binlog-compression",
		"mariadb-check-batch-apply-target-pk-ui-simultaneously", "mariadb-check-target-network-parameter", "mariadb-check-source-network-parameter", "mysql-check-max-statement-time", "mysql-check-10k-tables",
		"postgres-check-table-with-array", "postgres-check-idle-in-transaction-session-timeout",
	} {
		require.True(t, skipped[name], name)
	}
}

// TestEveryCheckHasItsTwoDatabases looks for each name among those that run makes, once where it fails and once where it passes, and among those
// that are not needed. Names of MySQL are tried with MariaDB's.
func TestEveryCheckHasItsTwoDatabases(t *testing.T) {
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	tried := map[string]bool{}
	const form = `"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"`
	run, named := regexp.MustCompile(`(?:name: |const packet = )`+form+`|`+form+`: assess\.`), regexp.MustCompile(form)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		for _, m := range run.FindAllStringSubmatch(string(text), -1) {
			tried[m[1]+m[2]] = true
		}
		_, after, _ := strings.Cut(string(text), "func TestUnneededChecks")
		unneeded, _, _ := strings.Cut(after, "\n}")
		for _, m := range named.FindAllStringSubmatch(unneeded, -1) {
			tried[m[1]] = true
		}
	}
	for _, name := range assess.Names() {
		of := []string{name, strings.Replace(name, "mysql-", "mariadb-", 1), strings.Replace(name, "mariadb-", "mysql-", 1)}
		require.True(t, slices.ContainsFunc(of, func(n string) bool { return tried[n] }), "%s is tried by no test", name)
	}
}
