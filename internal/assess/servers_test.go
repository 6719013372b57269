package assess_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestPostgreSQLServerChecks takes a server that is set up as nobody should who wants to be followed.
func TestPostgreSQLServerChecks(t *testing.T) {
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level = replica", "max_wal_senders = 0", "max_replication_slots = 0",
		"wal_sender_timeout = 5000", "max_slot_wal_keep_size = 100", "max_prepared_transactions = 5")
	bad := postgresEnd(t, d)
	servertest.Exec(t, bad.db, item, "BEGIN; INSERT INTO item VALUES (1, 'a'); PREPARE TRANSACTION 'left open'")
	for name, want := range map[string]assess.Status{
		"postgres-check-wallevel": assess.Failed, "postgres-check-maxwalsenders": assess.Failed, "postgres-check-replication-slots-count": assess.Failed,
		"postgres-check-walsenderstimeout": assess.Warning, "postgres-check-maxslot-wal-keep-size": assess.Warning, "postgres-check-preparedtxn": assess.Warning,
	} {
		run(t, []check{{
			pairOf: pair("postgres", "sqlite", task.FullLoadAndCDC), spoiled: &pairOf{the(bad), fresh("sqlite"), task.FullLoadAndCDC},
			name: name, status: want, good: state{source: sqls(item)},
		}})
	}
}

// TestPglogicalChecks takes servers with and without the library, and databases with and without its extension.
func TestPglogicalChecks(t *testing.T) {
	const full, extension = "ALTER TABLE item REPLICA IDENTITY FULL", "CREATE EXTENSION pglogical"
	with := pairOf{func(t *testing.T) *end { return postgresEnd(t, servertest.Pglogical(t)) }, fresh("sqlite"), task.FullLoadAndCDC}
	without := pair("postgres", "sqlite", task.FullLoadAndCDC)
	run(t, []check{
		{
			pairOf: with, spoiled: &without, name: "postgres-check-pglogical", status: assess.Failed, mend: "shared_preload_libraries",
			bad: state{source: sqls(item), plugin: "pglogical"}, good: state{source: sqls(item, extension), plugin: "pglogical"},
		},
		{pairOf: with, name: "postgres-check-pglogical", status: assess.Failed, bad: state{source: sqls(item), plugin: "pglogical"}, good: state{source: sqls(item)}, mend: "CREATE EXTENSION pglogical"},
		{
			pairOf: with, name: "postgres-check-pglogical-replica-identity-full", status: assess.Failed, objects: sqls("public.item"), mend: "REPLICA IDENTITY DEFAULT",
			bad: state{source: sqls(item, extension, full), plugin: "pglogical"}, good: state{source: sqls(item, extension), plugin: "pglogical"},
		},
		{
			pairOf: with, name: "postgres-check-pglogical-replica-identity-full", status: assess.Failed,
			bad: state{source: sqls(item, extension, full), plugin: "pglogical"}, good: state{source: sqls(item, extension, full), plugin: "test-decoding"},
		},
	})
}

// TestSimilarNames takes a server that does not tell names apart which differ by case alone; what the mend says makes the check pass.
func TestSimilarNames(t *testing.T) {
	p := pairOf{fresh("postgres"), the(mariadbEnd(t, servertest.PrivateMariaDB(t, "lower_case_table_names=1"))), task.FullLoad}
	both := sqls(item, `CREATE TABLE "Item" (id integer PRIMARY KEY)`, `CREATE TABLE "ITEM" (id integer PRIMARY KEY)`)
	run(t, []check{{
		pairOf: p, name: "postgres-check-similar-table-name", status: assess.Warning, mend: "rename one of them",
		bad: state{source: both, mappings: renaming("other", "thing")}, good: state{source: both, mappings: renaming("Item", "thing")},
	}})
}

// TestMariaDBServerChecks does the same with MariaDB and MySQL.
func TestMariaDBServerChecks(t *testing.T) {
	for engine, f := range map[string]struct {
		private           func(testing.TB, ...string) *servertest.Database
		replicates, unlog string
	}{
		"mariadb": {servertest.PrivateMariaDB, "CHANGE MASTER TO master_host='127.0.0.1', master_user='nobody'", "log_slave_updates=OFF"},
		"mysql":   {servertest.PrivateMySQL, "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_USER='nobody'", "log_replica_updates=OFF"},
	} {
		t.Run(engine, func(t *testing.T) {
			logless := mariadbEnd(t, f.private(t, "skip-log-bin"))
			bad := mariadbEnd(t, f.private(t, "binlog_format=STATEMENT", "binlog_row_image=MINIMAL", "binlog_expire_logs_seconds=3600", "local_infile=0", "max_allowed_packet=1M", f.unlog))
			servertest.Exec(t, logless.db, item)
			servertest.Exec(t, bad.db, item, f.replicates, "SET GLOBAL read_only=1")
			serverChecks(t, engine, logless, bad)
		})
	}
}

func serverChecks(t *testing.T, engine string, logless, bad *end) {
	for name, want := range map[string]assess.Status{
		"mariadb-check-binlog-format": assess.Failed, "mariadb-check-binlog-image": assess.Warning, "mariadb-check-expire-logs-days": assess.Warning,
		"mariadb-check-database-role": assess.Failed, "mariadb-check-binlog-enabled": assess.Failed,
		"mariadb-check-target-localinfile-set": assess.Warning, "all-check-target-read-replica": assess.Failed,
	} {
		p := pair(engine, engine, task.FullLoadAndCDC)
		spoiled := p
		switch name {
		case "mariadb-check-binlog-enabled":
			spoiled.source = the(logless)
		case "mariadb-check-target-localinfile-set", "all-check-target-read-replica":
			spoiled.target = the(bad)
		default:
			spoiled.source = the(bad)
		}
		run(t, []check{{pairOf: p, spoiled: &spoiled, name: strings.Replace(name, "mariadb-", engine+"-", 1), status: want, good: state{source: sqls(item)}}})
	}
	const packet = "mariadb-check-max-allowed-packet-lob"
	large := state{source: sqls("CREATE TABLE letter (id INTEGER PRIMARY KEY, doc LONGTEXT, name VARCHAR(20))", "INSERT INTO letter VALUES (1, repeat('x', 1100000), 'a'), (2, NULL, 'b')")}
	p := pair(engine, engine, task.FullLoad)
	run(t, []check{{
		pairOf: p, spoiled: &pairOf{p.source, the(bad), p.kind}, name: strings.Replace(packet, "mariadb-", engine+"-", 1), status: assess.Failed, bad: large, good: large,
		objects: sqls("{source}.letter.doc"), mend: "on the target",
	}})
}

// TestMariaDBChecks makes the checks of both flavours, by their names.
func TestMariaDBChecks(t *testing.T) {
	for _, engine := range []string{"mariadb", "mysql"} {
		t.Run(engine, func(t *testing.T) {
			checks := mariadbChecks(engine)
			if engine == "mysql" {
				checks = slices.DeleteFunc(checks, func(c check) bool { return c.name == "mariadb-check-views" })
			}
			for i := range checks {
				checks[i].name = strings.Replace(checks[i].name, "mariadb-", engine+"-", 1)
			}
			run(t, checks)
		})
	}
}

func mariadbChecks(engine string) []check {
	load, changes := pair(engine, engine, task.FullLoad), pair(engine, engine, task.FullLoadAndCDC)
	toSQLite := pair(engine, "sqlite", task.FullLoad)
	dms := `{"WhimbrelSettings":{"Compatibility":"dms","SecondaryObjects":false}}`
	named := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"{source}","table-name":"%"},"rule-action":"include"}]}`
	number := sqls("CREATE TABLE item (id INTEGER AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), twice VARCHAR(40) AS (concat(name, name)))")
	plain := sqls("CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20))")
	keyless, wide := sqls("CREATE TABLE item (id INTEGER, name VARCHAR(20))"), sqls("CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(80))")
	batch, validated := `{"TargetMetadata":{"BatchApplyEnabled":true}}`, `{"ValidationSettings":{"EnableValidation":true}}`
	masked := func(method, value string) string {
		return strings.ReplaceAll(mask(method, value), `"schema-name":"%"`, `"schema-name":"{source}"`)
	}
	const referring = "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER, CONSTRAINT to_item FOREIGN KEY (parent) REFERENCES item (id))"
	parted := sqls("CREATE TABLE item (id INTEGER PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION few VALUES LESS THAN (10), PARTITION many VALUES LESS THAN MAXVALUE)")
	cascade := "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER, FOREIGN KEY (parent) REFERENCES item (id) ON DELETE %s)"
	replicates := map[string]string{"mariadb": "BINLOG MONITOR, REPLICATION SLAVE, REPLICATION SLAVE ADMIN, REPLICA MONITOR", "mysql": "REPLICATION CLIENT, REPLICATION SLAVE"}[engine]
	return []check{
		{pairOf: load, name: "mariadb-check-auto-increment", status: assess.Warning, bad: state{source: number, settings: dms}, good: state{source: number}, objects: sqls("{source}.item.id")},
		{
			pairOf: toSQLite, name: "mariadb-check-table-partition", status: assess.Warning,
			bad:  state{source: sqls("CREATE TABLE item (id INTEGER PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3")},
			good: state{source: plain}, objects: sqls("{source}.item"),
		},
		{
			pairOf: toSQLite, name: "mariadb-check-invisible-columns", status: assess.Warning,
			bad: state{source: sqls("CREATE TABLE item (id INTEGER PRIMARY KEY, hidden INTEGER INVISIBLE)")}, good: state{source: plain}, objects: sqls("{source}.item.hidden"),
		},
		{pairOf: load, name: "mariadb-check-generated-columns", status: assess.Warning, bad: state{source: number, settings: dms}, good: state{source: plain}, objects: sqls("{source}.item.twice")},
		{
			pairOf: toSQLite, name: "mariadb-check-views", status: assess.Warning, bad: state{source: append(plain, "CREATE VIEW v AS SELECT id FROM item WHERE name RLIKE 'x'")},
			good: state{source: plain}, objects: sqls("{source}.v"),
		},
		{
			pairOf: changes, name: "mariadb-check-table-storage-engine", status: assess.Warning, bad: state{source: sqls("CREATE TABLE item (id INTEGER PRIMARY KEY) ENGINE=MyISAM")},
			good: state{source: plain}, objects: sqls("{source}.item"), mend: "ENGINE = InnoDB",
		},
		{
			pairOf: changes, name: "mariadb-check-cascade-constraints", status: assess.Warning, bad: state{source: append(plain, fmt.Sprintf(cascade, "CASCADE"))},
			good: state{source: append(plain, fmt.Sprintf(cascade, "RESTRICT"))}, objects: sqls("{source}.child"),
		},
		{
			pairOf: changes, name: "mariadb-check-replication-privileges", status: assess.Failed, mend: "GRANT ",
			bad:  state{source: append(plain, "GRANT SELECT ON {source}.* TO {user}@'127.0.0.1'"), sourceUser: true},
			good: state{source: append(plain, "GRANT SELECT ON {source}.* TO {user}@'127.0.0.1'", "GRANT "+replicates+" ON *.* TO {user}@'127.0.0.1'"), sourceUser: true},
		},
		{
			pairOf: changes, name: "mariadb-check-skip-table-suspension-partition-ddl", status: assess.Warning, objects: sqls("{source}.item"), mend: "skipTableSuspensionForPartitionDdl to true",
			bad: state{source: parted, keepsPartitioned: "false"}, good: state{source: parted, keepsPartitioned: "TRUE"},
		},
		{pairOf: changes, name: "mariadb-check-skip-table-suspension-partition-ddl", status: assess.Warning, bad: state{source: parted}, good: state{source: plain}},
		{
			pairOf: load, name: "mariadb-check-fk-target", status: assess.Warning, objects: sqls("{target}.child.to_item"), mend: "SELECT COUNT(*) FROM `",
			bad:  state{source: slices.Concat(plain, sqls(referring)), target: slices.Concat(plain, sqls(referring)), mappings: strings.Replace(named, `"%"`, `"child"`, 1)},
			good: state{source: slices.Concat(plain, sqls(referring)), target: slices.Concat(plain, sqls(referring)), mappings: named},
		},
		{
			pairOf: load, name: "mariadb-check-select-privileges", status: assess.Failed, mend: "GRANT SELECT ON",
			bad:  state{source: append(plain, "GRANT INSERT ON {source}.* TO {user}@'127.0.0.1'"), sourceUser: true, mappings: named},
			good: state{source: append(plain, "GRANT SELECT ON {source}.* TO {user}@'127.0.0.1'"), sourceUser: true, mappings: named}, objects: sqls("{source}.item"),
		},
		{
			pairOf: load, name: "mariadb-check-target-privileges", status: assess.Failed, mend: "GRANT CREATE",
			bad:  state{source: plain, target: sqls("GRANT SELECT, INSERT ON {target}.* TO {user}@'127.0.0.1'"), targetUser: true},
			good: state{source: plain, target: sqls("GRANT ALL ON `{target}`.* TO {user}@'127.0.0.1'"), targetUser: true}, objects: sqls("database {target}"),
		},
		{ // rights on single tables, and by a role
			pairOf: load, name: "mariadb-check-target-privileges", status: assess.Failed,
			bad:  state{source: plain, target: sqls("GRANT ALL ON {target}.other TO {user}@'127.0.0.1'"), targetUser: true},
			good: state{source: plain, target: sqls("GRANT SELECT, INSERT, CREATE, ALTER, INDEX, DROP, REFERENCES ON {target}.item TO {user}@'127.0.0.1'"), targetUser: true}, objects: sqls("database {target}"),
		},
		{
			pairOf: load, name: "mariadb-check-target-privileges", status: assess.Failed,
			bad:  state{source: plain, target: asRole(engine, "GRANT SELECT ON {target}.* TO r{user}"), targetUser: true},
			good: state{source: plain, target: asRole(engine, "GRANT ALL ON {target}.* TO r{user}"), targetUser: true}, objects: sqls("database {target}"),
		},
		{pairOf: changes, name: "mariadb-check-batch-apply-target-pk-ui-absence", status: assess.Warning, bad: state{source: keyless, settings: batch}, good: state{source: plain, settings: batch}, objects: sqls("{target}.item")},
		{pairOf: load, name: "mariadb-check-pk-validity", status: assess.Warning, bad: state{source: keyless, settings: validated}, good: state{source: plain, settings: validated}, objects: sqls("{source}.item")},
		{
			pairOf: load, name: "mariadb-datamasking-digits-randomize", status: assess.Failed, bad: state{source: sqls("CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20) UNIQUE)"), mappings: masked("data-masking-digits-randomize", "")},
			good: state{source: plain, mappings: masked("data-masking-digits-randomize", "")}, objects: sqls("{source}.item.name"),
		},
		{
			pairOf: load, name: "mariadb-datamasking-digits-mask", status: assess.Failed, bad: state{source: sqls("CREATE TABLE item (id INTEGER, name VARCHAR(20) PRIMARY KEY)"), mappings: masked("data-masking-digits-mask", `,"value":"#"`)},
			good: state{source: plain, mappings: masked("data-masking-digits-mask", `,"value":"#"`)}, objects: sqls("{source}.item.name"),
		},
		{
			pairOf: load, name: "mariadb-datamasking-hash-mask", status: assess.Failed, bad: state{source: wide, target: plain, mappings: masked("data-masking-hash-mask", "")},
			good: state{source: wide, mappings: masked("data-masking-hash-mask", "")}, objects: sqls("{target}.item.name"),
		},
		{pairOf: load, name: "mariadb-check-secondary-indexes", status: assess.Warning, bad: state{source: plain, target: append(plain, "CREATE INDEX n ON item (name)")}, good: state{source: plain, target: plain}, objects: sqls("{target}.item")},
	}
}

// asRole has the user of the target act in a role with rights.
func asRole(engine, rights string) []string {
	standing := map[string]string{"mariadb": "SET DEFAULT ROLE r{user} FOR {user}@'127.0.0.1'", "mysql": "SET DEFAULT ROLE r{user} TO {user}@'127.0.0.1'"}[engine]
	return sqls("DROP ROLE IF EXISTS r{user}", "CREATE ROLE r{user}", rights, "GRANT r{user} TO {user}@'127.0.0.1'", standing)
}

// TestVersions takes servers that are too old. MariaDB's says of itself what its configuration tells it to.
func TestVersions(t *testing.T) {
	says := func(version string) *pairOf {
		e := mariadbEnd(t, servertest.PrivateMariaDB(t, "version="+version))
		servertest.Exec(t, e.db, item)
		return &pairOf{the(e), fresh("sqlite"), task.FullLoad}
	}
	run(t, []check{{
		pairOf: pair("mariadb", "sqlite", task.FullLoad), spoiled: says("10.5.22-MariaDB"), name: "mariadb-check-supported-version", status: assess.Failed,
		good: state{source: sqls(item)}, mend: "MariaDB 10.6 or later",
	}})
	t.Run("postgres", func(t *testing.T) {
		old := postgresEnd(t, servertest.TooOldPostgreSQL(t))
		servertest.Exec(t, old.db, item)
		run(t, []check{
			{
				pairOf: pair("postgres", "sqlite", task.FullLoad), spoiled: &pairOf{the(old), fresh("sqlite"), task.FullLoad},
				name: "postgres-check-dbversion", status: assess.Failed, good: state{source: sqls(item)}, mend: "PostgreSQL 15 to 18",
			},
			{
				pairOf: pair("postgres", "sqlite", task.FullLoadAndCDC), spoiled: &pairOf{the(old), fresh("sqlite"), task.FullLoadAndCDC},
				name: "whimbrel-check-changes", status: assess.Failed, good: state{source: sqls(item)}, mend: "upgrade the server to PostgreSQL 15",
			},
		})
	})
}

// TestVersionsUnlikeAny changes what was found of a server: no MySQL so old is at hand.
func TestVersionsUnlikeAny(t *testing.T) {
	found, _ := pair("mysql", "sqlite", task.FullLoad).examine(t, state{source: sqls(item)})
	status := func() assess.Status {
		r, err := assess.Run(t.Context(), found, assess.Options{Selection: assess.Selection{Only: sqls("mysql-check-supported-version")}})
		require.NoError(t, err)
		return r.Results[0].Status
	}
	require.Equal(t, assess.Passed, status(), found.Catalog.Version)
	found.Catalog.Version = "5.7.44-log"
	require.Equal(t, assess.Failed, status())
}

// TestStandbys takes standbys for a source and a target: one before version 16 cannot be followed, none can be written.
func TestStandbys(t *testing.T) {
	standby := func(v servertest.PostgreSQLVersion) *end {
		primary := servertest.PrivatePostgreSQL(t, v)
		servertest.Exec(t, postgresEnd(t, primary).db, item, "CREATE FUNCTION aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '15.4.0'$$") // as Aurora's have it
		return postgresEnd(t, servertest.PostgreSQLStandby(t, primary))
	}
	old, young := standby(servertest.PostgreSQL15), standby(servertest.PostgreSQL18)
	run(t, []check{
		{
			pairOf: pairOf{the(young), fresh("sqlite"), task.FullLoadAndCDC}, spoiled: &pairOf{the(old), fresh("sqlite"), task.FullLoadAndCDC},
			name: "postgres-check-source-replica-role-cdc", status: assess.Failed, mend: "follow the primary",
		},
		{
			pairOf: pairOf{the(young), fresh("sqlite"), task.FullLoadAndCDC}, spoiled: &pairOf{the(old), fresh("sqlite"), task.FullLoadAndCDC},
			name: "postgres-aurora-check-source-replica-role-cdc", status: assess.Failed, mend: "follow the primary",
		},
		{
			pairOf: pair("sqlite", "postgres", task.FullLoad), spoiled: &pairOf{fresh("sqlite"), the(young), task.FullLoad},
			name: "all-check-target-read-replica", status: assess.Failed, bad: state{source: sqls(item)}, good: state{source: sqls(item)},
		},
	})
}

// TestMySQLServerChecks takes a server of MySQL that serves no replicas.
func TestMySQLServerChecks(t *testing.T) {
	bad := mariadbEnd(t, servertest.PrivateMySQL(t, "server_id=0"))
	servertest.Exec(t, bad.db, item)
	run(t, []check{{
		pairOf: pair("mysql", "sqlite", task.FullLoadAndCDC), spoiled: &pairOf{the(bad), fresh("sqlite"), task.FullLoadAndCDC},
		name: "mysql-check-server-id", status: assess.Failed, good: state{source: sqls(item)}, mend: "SET GLOBAL server_id = 1",
	}})
}

// TestObstaclesByName gives the checks obstacles that no server at hand has: a standby before version 16, a server without
// a number. What nothing is named for is our own check's.
func TestObstaclesByName(t *testing.T) {
	for engine, want := range map[string]string{"postgres": "postgres-check-source-replica-role-cdc", "mariadb": "mariadb-check-server-id"} {
		found, _ := pair(engine, "sqlite", task.FullLoadAndCDC).examine(t, state{source: sqls(item)})
		require.Empty(t, found.Obstacles)
		found.Obstacles = []connector.Obstacle{
			{About: map[string]connector.Subject{"postgres": connector.Replica, "mariadb": connector.ServerID}[engine], Fatal: true, What: "planted", Remedy: "take it out"},
			{Fatal: true, What: "nameless"},
		}
		r, err := assess.Run(t.Context(), found, assess.Options{})
		require.NoError(t, err)
		require.Equal(t, assess.Failed, r.Status())
		failed := map[string][]assess.Finding{}
		for _, one := range r.Results {
			if one.Status == assess.Failed {
				failed[one.Name] = one.Findings
			}
		}
		require.Len(t, failed, 2)
		require.Equal(t, "planted", failed[want][0].Reason)
		require.Equal(t, "nameless", failed[assess.ChangesCheck][0].Reason)
	}
}

// TestEveryPair makes every check that applies, between all engines: none may end in an error, and a plain table fails none.
func TestEveryPair(t *testing.T) {
	engines := []string{"postgres", "mariadb", "sqlite"}
	for _, source := range engines {
		for _, target := range engines {
			found, _ := pair(source, target, task.FullLoadAndCDC).examine(t, state{source: sqls(item), settings: `{"ValidationSettings":{"EnableValidation":true}}`})
			r, err := assess.Run(t.Context(), found, assess.Options{})
			require.NoError(t, err)
			require.Len(t, r.Results, len(assess.Applicable(assess.KindOf(found))))
			for _, one := range r.Results {
				require.NotContains(t, []assess.Status{assess.Failed, assess.Errored, assess.Cancelled}, one.Status, "%s to %s: %+v", source, target, one)
			}
		}
	}
}

// TestRunThatEnds keeps what has been found, and says of the rest that it was cancelled.
func TestRunThatEnds(t *testing.T) {
	found, _ := pair("postgres", "sqlite", task.FullLoad).examine(t, state{source: sqls(item)})
	ctx, cancel := context.WithCancelCause(t.Context())
	told := 0
	r, err := assess.Run(ctx, found, assess.Options{Told: func(assess.Result) {
		if told++; told == 2 {
			cancel(errors.New("enough"))
		}
	}})
	require.NoError(t, err)
	require.Equal(t, assess.Cancelled, r.Status())
	require.Equal(t, 2, r.Count(assess.Passed)+r.Count(assess.Skipped))
	require.Equal(t, "enough", r.Results[2].Reason)
	require.Len(t, r.Results, len(assess.Applicable(assess.KindOf(found))))
}

// TestSelection refuses names that do not apply, and both lists.
func TestSelection(t *testing.T) {
	k := assess.Kind{Source: "postgres", Target: "mariadb", Type: task.FullLoad}
	require.ErrorContains(t, assess.Selection{Only: []string{"postgres-check-wallevel"}}.Check(k), "does not apply to a full-load task from postgres to mariadb")
	require.ErrorContains(t, assess.Selection{Only: []string{"a"}, Exclude: []string{"b"}}.Check(k), "not both")
	require.NoError(t, assess.Selection{Exclude: []string{"postgres-check-dbversion", "mariadb-check-target-privileges"}}.Check(k))
}

// TestPageListsChecks compares docs/assessments.md with the checks.
func TestPageListsChecks(t *testing.T) {
	page, err := os.ReadFile("../../docs/assessments.md")
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z][a-z0-9-]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		listed[m[1]] = true
	}
	known := map[string]bool{}
	for _, source := range []string{"postgres", "mysql", "mariadb", "sqlite"} {
		for _, target := range []string{"postgres", "mysql", "mariadb", "sqlite"} {
			for _, name := range assess.Applicable(assess.Kind{Source: source, Target: target, Type: task.FullLoadAndCDC}) {
				known[strings.Replace(name, "mariadb-", "mysql-", 1)] = true
			}
		}
	}
	known["mariadb-check-views"] = true // MariaDB's alone
	delete(known, "mysql-check-views")
	known["mariadb-check-source-network-parameter"] = true
	delete(known, "mysql-check-source-network-parameter")
	require.Equal(t, known, listed)
}
