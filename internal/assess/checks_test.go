package assess_test

import (
	"strings"
	"testing"
	"time"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/task"
)

const item = "CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20))"

func sqls(s ...string) []string { return s }

// selecting is a table mapping of everything, with one more rule.
func selecting(rule string) string {
	return `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}` + rule + `]}`
}

// renaming selects two tables whose names differ by case alone, and has one of them renamed; a third one is not selected.
func renaming(table, to string) string {
	named := func(id, name string) string {
		return `{"rule-type":"selection","rule-id":"` + id + `","rule-name":"` + id + `","object-locator":{"schema-name":"public","table-name":"` + name + `"},"rule-action":"include"}`
	}
	return `{"rules":[` + named("1", "item") + "," + named("2", "Item") + `,{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"table",
		"object-locator":{"schema-name":"public","table-name":"` + table + `"},"rule-action":"rename","value":"` + to + `"}]}`
}

const dropping = `{"FullLoadSettings":{"TargetTablePrepMode":"DROP_AND_CREATE"}}`

func mask(method, value string) string {
	return selecting(`,{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"item","column-name":"name"},"rule-action":"` + method + `"` + value + `}`)
}

func TestGenericChecks(t *testing.T) {
	load, changes := pair("sqlite", "sqlite", task.FullLoad), pair("sqlite", "sqlite", task.FullLoadAndCDC)
	run(t, []check{
		{
			pairOf: load, name: "all-check-source-selection-rules", status: assess.Failed,
			bad: state{source: sqls(item), mappings: strings.Replace(selecting(""), `"table-name":"%"`, `"table-name":"Item"`, 1)}, good: state{source: sqls(item)}, objects: sqls("table mappings", `selection rule 1 "1" (%.Item)`),
		},
		{
			pairOf: pair("postgres", "mariadb", task.FullLoad), name: "unsupported-data-types-in-source", status: assess.Warning,
			bad: state{source: sqls("CREATE TABLE item (id text PRIMARY KEY)")}, good: state{source: sqls(item)}, objects: sqls("public.item.id"), mend: "change-data-type",
		},
		{
			pairOf: load, name: "all-check-secondary-constraints", status: assess.Warning,
			bad:  state{source: sqls(item, "CREATE INDEX by_name ON item (name)"), settings: `{"WhimbrelSettings":{"SecondaryObjects":false}}`},
			good: state{source: sqls(item, "CREATE INDEX by_name ON item (name)")}, objects: sqls("main.item"), mend: "SecondaryObjects",
		},
		{
			pairOf: pair("sqlite", "postgres", task.FullLoad), name: "full-lob-not-nullable-at-target", status: assess.Warning, objects: sqls("public.letter.doc"), mend: "DROP NOT NULL",
			bad:  state{source: sqls("CREATE TABLE letter (id INTEGER PRIMARY KEY, doc BLOB)"), target: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc bytea NOT NULL)")},
			good: state{source: sqls("CREATE TABLE letter (id INTEGER PRIMARY KEY, doc BLOB NOT NULL)"), target: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc bytea NOT NULL)")},
		},
		{
			pairOf: pair("postgres", "mariadb", task.FullLoad), name: "full-lob-not-nullable-at-target", status: assess.Warning, objects: sqls("{target}.letter.doc"), mend: "MODIFY `doc` longtext NULL",
			bad:  state{source: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc text)"), target: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc longtext NOT NULL)")},
			good: state{source: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc text)"), target: sqls("CREATE TABLE letter (id integer PRIMARY KEY, doc longtext)")},
		},
		{
			pairOf: pair("sqlite", "postgres", task.FullLoad), name: "all-check-target-read-replica", status: assess.Failed,
			bad:  state{source: sqls(item), target: sqls("ALTER DATABASE {target} SET default_transaction_read_only = on")},
			good: state{source: sqls(item)}, objects: sqls("default_transaction_read_only"), mend: `ALTER DATABASE "`,
		},
		{
			pairOf: load, name: "all-to-all-validation-with-datamasking-digits-randomize", status: assess.Failed,
			bad:  state{source: sqls(item), settings: `{"ValidationSettings":{"EnableValidation":true}}`, mappings: mask("data-masking-digits-randomize", "")},
			good: state{source: sqls(item), settings: `{"ValidationSettings":{"EnableValidation":true}}`, mappings: mask("data-masking-digits-mask", `,"value":"#"`)}, objects: sqls("main.item.name"),
		},
		{
			pairOf: changes, name: "table-with-no-primary-key-or-unique-constraint", status: assess.Warning,
			bad:  state{source: sqls("CREATE TABLE a (n INTEGER)", "CREATE TABLE b (n INTEGER UNIQUE)")},
			good: state{source: sqls(item, "CREATE TABLE c (n INTEGER NOT NULL UNIQUE)", "CREATE TABLE d (n INTEGER NOT NULL)", "CREATE UNIQUE INDEX du ON d (n)")}, objects: sqls("main.a", "main.b"),
		},
		{
			pairOf: changes, name: "table-with-lob-but-without-primary-key-or-unique-constraint", status: assess.Warning,
			bad:  state{source: sqls("CREATE TABLE a (n INTEGER, picture BLOB)", "CREATE TABLE b (n INTEGER)")},
			good: state{source: sqls("CREATE TABLE a (n INTEGER PRIMARY KEY, picture BLOB)")}, objects: sqls("main.a.picture"),
		},
		{
			pairOf: changes, name: "target-table-has-unique-key-or-primary-key-for-cdc", status: assess.Failed,
			bad: state{source: sqls(item), target: sqls("CREATE TABLE item (id INTEGER, name VARCHAR(20))")}, good: state{source: sqls(item), target: sqls(item)}, objects: sqls("main.item"),
		},
		{
			pairOf: changes, name: "whimbrel-check-changes", status: assess.Warning,
			bad: state{source: sqls(item)}, good: state{source: sqls(item, "PRAGMA journal_mode=WAL")}, mend: "PRAGMA journal_mode=WAL",
		},
	})
}

func TestPostgreSQLChecks(t *testing.T) {
	load, changes := pair("postgres", "postgres", task.FullLoad), pair("postgres", "postgres", task.FullLoadAndCDC)
	toMariaDB := pair("postgres", "mariadb", task.FullLoad)
	batch, validated := `{"TargetMetadata":{"BatchApplyEnabled":true}}`, `{"ValidationSettings":{"EnableValidation":true}}`
	limited := `{"TargetMetadata":{"LimitedSizeLobMode":true,"LobMaxSize":1}}`
	keyless := sqls("CREATE TABLE item (id integer, name varchar(20))")
	run(t, []check{
		{pairOf: changes, name: "postgres-check-pk", status: assess.Failed, bad: state{source: keyless}, good: state{source: append(keyless, "ALTER TABLE item REPLICA IDENTITY FULL")}, objects: sqls("public.item"), mend: "REPLICA IDENTITY FULL"},
		{pairOf: changes, name: "postgres-check-batch-apply-target-pk-ui-absence", status: assess.Warning, bad: state{source: keyless, settings: batch}, good: state{source: sqls(item), settings: batch}, objects: sqls("public.item")},
		{pairOf: load, name: "postgres-check-pk-validity", status: assess.Warning, bad: state{source: keyless, settings: validated}, good: state{source: sqls(item), settings: validated}, objects: sqls("public.item")},
		{
			pairOf: toMariaDB, name: "postgres-check-pk-lob", status: assess.Warning, bad: state{source: sqls("CREATE TABLE item (id text PRIMARY KEY)")},
			good: state{source: sqls("CREATE TABLE item (id varchar(20) PRIMARY KEY)")}, objects: sqls("public.item.id"),
		},
		{
			pairOf: load, name: "postgres-check-limited-lob-size", status: assess.Failed,
			bad:  state{source: sqls(`CREATE TABLE item (id integer PRIMARY KEY, "Long" text, raw bytea, doc jsonb)`, "INSERT INTO item VALUES (1, repeat('x', 1025), repeat('y', 1024)::bytea, to_jsonb(repeat('z', 2000)))"), settings: limited},
			good: state{source: sqls("CREATE TABLE item (id integer PRIMARY KEY, long text)", "INSERT INTO item VALUES (1, repeat('x', 1024))"), settings: limited}, objects: sqls("public.item.Long", "public.item.doc"),
		},
		{
			pairOf: toMariaDB, name: "postgres-check-materialized-views", status: assess.Warning,
			bad: state{source: sqls(item, "CREATE MATERIALIZED VIEW m AS SELECT id FROM item")}, good: state{source: sqls(item, "CREATE VIEW v AS SELECT id FROM item")}, objects: sqls("public.m"),
		},
		{
			pairOf: toMariaDB, name: "postgres-check-postgis-data-type", status: assess.Warning,
			bad:  state{source: sqls("CREATE TYPE geography AS (wkt text)", `CREATE TABLE item (id integer PRIMARY KEY, place geography, "where" text)`)},
			good: state{source: sqls("CREATE TABLE item (id integer PRIMARY KEY, geography text)")}, objects: sqls("public.item.place"), mend: "remove-column",
		},
		{
			pairOf: changes, name: "postgres-check-for-logical-decoding-work-mem", status: assess.Warning, bad: state{source: sqls(item, "ALTER DATABASE {source} SET logical_decoding_work_mem = '1MB'")},
			good: state{source: sqls(item)}, mend: "'64MB'",
		},
		{
			pairOf: changes, name: "postgres-check-ddl-event-trigger", status: assess.Warning, bad: state{source: sqls(item), sourceUser: true}, good: state{source: sqls(item)},
		},
		{
			pairOf: load, name: "postgres-check-select-object-privileges", status: assess.Failed,
			bad:  state{source: sqls(item, "CREATE SCHEMA shut", "CREATE TABLE shut.away (id integer)", "CREATE TABLE part (a integer, b integer)", "GRANT SELECT (a) ON part TO {user}"), sourceUser: true},
			good: state{source: sqls(item, "GRANT SELECT (id, name) ON item TO {user}"), sourceUser: true}, objects: sqls("public.item", "public.part", "schema shut", "shut.away"), mend: "GRANT SELECT ON",
		},
		{
			pairOf: load, name: "postgres-check-target-privileges", status: assess.Failed,
			bad:  state{source: sqls(item, "CREATE TABLE more (id integer)", "CREATE SCHEMA far", "CREATE TABLE far.x (id integer)"), target: sqls(item), targetUser: true},
			good: state{source: sqls(item, "CREATE TABLE more (id integer)"), target: sqls(item, "GRANT SELECT, INSERT ON item TO {user}", "GRANT CREATE ON SCHEMA public TO {user}"), targetUser: true}, objects: sqls("public.item", "schema far", "schema public"),
		},
		{
			pairOf: load, name: "postgres-check-target-privileges", status: assess.Failed, mend: `ALTER TABLE "public"."item" OWNER TO "`,
			bad:  state{source: sqls(item), target: sqls(item, "GRANT ALL ON item TO {user}", "GRANT ALL ON SCHEMA public TO {user}"), targetUser: true, settings: dropping},
			good: state{source: sqls(item), target: sqls(item, "GRANT ALL ON SCHEMA public TO {user}", "ALTER TABLE item OWNER TO {user}"), targetUser: true, settings: dropping}, objects: sqls("public.item"),
		},
		{pairOf: load, name: "postgres-check-target-secondary-indexes", status: assess.Warning, bad: state{source: sqls(item), target: sqls(item, "CREATE INDEX ON item (name)")}, good: state{source: sqls(item, "CREATE INDEX ON item (name)"), target: sqls(item)}, objects: sqls("public.item")},
		{
			pairOf: load, name: "postgres-check-session-replication-role", status: assess.Warning, bad: state{source: sqls(item), target: sqls(item, "GRANT SELECT, INSERT ON item TO {user}"), targetUser: true},
			good: state{source: sqls(item), target: sqls(item, "GRANT SELECT, INSERT ON item TO {user}", "GRANT SET ON PARAMETER session_replication_role TO {user}"), targetUser: true}, objects: sqls("public.item"), mend: "GRANT SET ON PARAMETER session_replication_role TO",
		},
		{
			pairOf: load, name: "postgres-check-target-generated-cols", status: assess.Warning, bad: state{source: sqls(item), target: sqls("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20) GENERATED ALWAYS AS ('x') STORED)")},
			good: state{source: sqls(item), target: sqls(item)}, objects: sqls("public.item.name"), mend: "DROP EXPRESSION",
		},
		{
			pairOf: load, name: "postgres-datamasking-digits-randomize", status: assess.Failed, bad: state{source: sqls("CREATE TABLE item (id integer PRIMARY KEY, name varchar(20) UNIQUE)"), mappings: mask("data-masking-digits-randomize", "")},
			good: state{source: sqls(item), mappings: mask("data-masking-digits-randomize", "")}, objects: sqls("public.item.name"),
		},
		{
			pairOf: load, name: "postgres-datamasking-digits-mask", status: assess.Failed, bad: state{source: sqls("CREATE TABLE item (id integer, name varchar(20) PRIMARY KEY)"), mappings: mask("data-masking-digits-mask", `,"value":"#"`)},
			good: state{source: sqls(item), mappings: mask("data-masking-digits-mask", `,"value":"#"`)}, objects: sqls("public.item.name"),
		},
		{
			pairOf: load, name: "postgres-datamasking-hash-mask", status: assess.Failed, bad: state{source: sqls("CREATE TABLE item (id integer PRIMARY KEY, name varchar(80))"), target: sqls(item), mappings: mask("data-masking-hash-mask", "")},
			good: state{source: sqls("CREATE TABLE item (id integer PRIMARY KEY, name varchar(80))"), mappings: mask("data-masking-hash-mask", "")}, objects: sqls("public.item.name"),
		},
	})
}

// TestOpenTransactions needs transactions that stay open while the check looks.
func TestOpenTransactions(t *testing.T) {
	source := newEnd(t, "postgres")
	tx, err := source.db.BeginTx(t.Context(), nil)
	if err == nil {
		_, err = tx.Exec("SELECT pg_sleep(0.02)")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	p := pairOf{the(source), fresh("postgres"), task.FullLoadAndCDC}
	run(t, []check{{
		pairOf: p, name: "postgres-check-longrunningtxn", status: assess.Warning, mend: "pg_terminate_backend",
		bad: state{long: time.Millisecond}, good: state{long: time.Hour},
	}})
}
