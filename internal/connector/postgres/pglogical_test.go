package postgres

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// pglogicalPair has its source read through pglogical.
func pglogicalPair(t *testing.T, settings ...string) *pair {
	t.Helper()
	from := servertest.Pglogical(t)
	execute(t, from, "CREATE EXTENSION pglogical")
	return pairThrough(t, newPair(t, from, servertest.PostgreSQL(t, servertest.PostgreSQL15)), "pglogical", settings...)
}

func mendOf(err error) string {
	var e *connector.Error
	if errors.As(err, &e) {
		return e.Remedy
	}
	return ""
}

// TestPglogical does with the plugin of pglogical what is done with pgoutput.
func TestPglogical(t *testing.T) {
	t.Run("types", func(t *testing.T) { carryEveryType(t, pglogicalPair(t), false) })
	t.Run("writers", func(t *testing.T) { meetUnderWriters(t, pglogicalPair(t), false) })
	t.Run("positions", func(t *testing.T) { goOnFromAnyPosition(t, pglogicalPair(t), false) })
	t.Run("structure", func(t *testing.T) { structureAtItsPlace(t, pglogicalPair(t), false, true) })
	t.Run("structure without audit", func(t *testing.T) {
		structureAtItsPlace(t, pglogicalPair(t, "CaptureDdls", "false"), false, false)
	})
	t.Run("new tables", func(t *testing.T) { newTablesJoin(t, pglogicalPair(t), false) })
	t.Run("later capture", func(t *testing.T) { laterCapture(t, pglogicalPair(t), false) })
	t.Run("large transaction", func(t *testing.T) { largeTransaction(t, pglogicalPair(t), false, 600_000) })
}

// TestPglogicalTellsRows has rows and their changes of every kind come through, and TRUNCATE, which the plugin tells by a queue.
func TestPglogicalTellsRows(t *testing.T) {
	p := pglogicalPair(t)
	p.both(`CREATE TABLE "T ""a" (id int PRIMARY KEY, "big one" text, twice int GENERATED ALWAYS AS (id * 2) STORED, n numeric(10,2))`,
		`CREATE TABLE log (v text)`, `CREATE TABLE tree (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)`,
		`CREATE TABLE tree1 PARTITION OF tree FOR VALUES FROM (0) TO (10)`, `CREATE TABLE tree2 PARTITION OF tree FOR VALUES FROM (10) TO (20)`)
	f := p.follow(false, `T "a`, "log", "tree1", "tree2")
	f.capture()
	execute(t, p.from,
		`INSERT INTO "T ""a" (id, "big one", n) VALUES (1, (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 3000) i), 1.50), (2, '', NULL), (3, NULL, 'NaN')`,
		`UPDATE "T ""a" SET n = 7 WHERE id = 1`, `UPDATE "T ""a" SET id = 4 WHERE id = 1`, `DELETE FROM "T ""a" WHERE id = 2`,
		`INSERT INTO log VALUES ('a')`, `SELECT pg_replication_origin_create('elsewhere')`, `SELECT pg_replication_origin_session_setup('elsewhere')`,
		`INSERT INTO log VALUES ('b')`, `INSERT INTO tree VALUES (1, 'a'), (11, 'b')`, `SELECT pg_replication_origin_session_reset()`, `SELECT pg_replication_origin_drop('elsewhere')`)
	f.catchUp()
	for _, table := range []string{`"T ""a"`, "log", "tree"} {
		f.sameTable(table)
	}
	require.Equal(t, 10, f.applied)
	execute(t, p.from, `TRUNCATE tree, log`, `INSERT INTO tree VALUES (2, 'c')`, `INSERT INTO log VALUES ('c')`, `TRUNCATE tree2`)
	f.catchUp()
	f.sameTable("tree")
	f.sameTable("log")
	require.Len(t, f.seen, 4)
	for _, s := range f.seen {
		require.Equal(t, connector.Truncated, s.Kind)
	}
}

// TestPglogicalOfPartitions follows a partitioned table as a whole: emptied whole it is emptied, of a partition's rows nobody says which went.
func TestPglogicalOfPartitions(t *testing.T) {
	p := pglogicalPair(t)
	execute(t, p.from, `CREATE TABLE tree (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)`,
		`CREATE TABLE tree1 PARTITION OF tree FOR VALUES FROM (0) TO (10)`, `CREATE TABLE tree2 PARTITION OF tree FOR VALUES FROM (10) TO (20)`)
	execute(t, p.to, `CREATE TABLE tree (id int PRIMARY KEY, v text)`)
	f := p.follow(false, "tree")
	f.capture()
	execute(t, p.from, `INSERT INTO tree VALUES (1, 'a'), (11, 'b')`, `TRUNCATE tree`, `INSERT INTO tree VALUES (2, 'c'), (12, 'd')`,
		`CREATE TABLE tree3 PARTITION OF tree FOR VALUES FROM (20) TO (30)`, `INSERT INTO tree VALUES (21, 'e')`, `UPDATE tree SET id = 22 WHERE id = 2`)
	f.catchUp()
	f.sameTable("tree")
	require.Len(t, f.seen, 1)
	require.Equal(t, connector.Truncated, f.seen[0].Kind)
	execute(t, p.from, `TRUNCATE tree2`)
	f.catchUp()
	require.Len(t, f.seen, 2)
	require.Equal(t, connector.Unreadable, f.seen[1].Kind)
}

// TestPglogicalOfKeys: a table without a key is told by its inserts alone, one that gets a key is told whole, and one that loses it is given up.
func TestPglogicalOfKeys(t *testing.T) {
	p := pglogicalPair(t)
	p.both(`CREATE TABLE gets (id int NOT NULL, v text)`, `CREATE TABLE loses (id int PRIMARY KEY, v text)`, `CREATE TABLE whole (id int PRIMARY KEY, v text)`)
	f := p.follow(false, "gets", "loses", "whole")
	f.capture()
	execute(t, p.from, `INSERT INTO gets VALUES (1, 'a'), (2, 'b')`, `INSERT INTO loses VALUES (1, 'a')`, `INSERT INTO whole VALUES (1, 'a')`,
		`ALTER TABLE gets ADD PRIMARY KEY (id)`, `UPDATE gets SET v = 'c' WHERE id = 1`, `DELETE FROM gets WHERE id = 2`,
		`ALTER TABLE loses DROP CONSTRAINT loses_pkey`, `ALTER TABLE whole REPLICA IDENTITY FULL`, `UPDATE whole SET v = 'b'`)
	f.catchUp()
	f.sameTable("gets")
	var lost []string
	for _, s := range f.seen {
		if s.Kind == connector.Unreadable {
			require.Contains(t, s.Why, "primary key")
			lost = append(lost, s.Table.Name.Name)
		}
	}
	require.Equal(t, []string{"loses", "whole"}, lost)
}

// TestPglogicalLeavesNothing removes node, sets and triggers, but not those that are somebody else's.
func TestPglogicalLeavesNothing(t *testing.T) {
	p := pglogicalPair(t)
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(false, "t")
	f.capture()
	require.NoError(t, f.stream.Close())
	require.NoError(t, f.streamer().Release(t.Context(), f.request))
	const left = `SELECT node_name FROM pglogical.node UNION ALL SELECT set_name FROM pglogical.replication_set UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = 't'::regclass UNION ALL SELECT pubname FROM pg_publication UNION ALL SELECT evtname FROM pg_event_trigger UNION ALL SELECT slot_name FROM pg_replication_slots WHERE database = current_database()`
	require.Empty(t, lines(t, p.from, left))

	execute(t, p.from, `SELECT pglogical.create_node('mine', 'dbname=x')`, `SELECT pglogical.create_replication_set('mine')`)
	g := p.follow(false, "t")
	g.capture()
	require.NoError(t, g.stream.Close())
	require.NoError(t, g.streamer().Release(t.Context(), g.request))
	require.ElementsMatch(t, []string{"mine", "mine", "default", "default_insert_only", "ddl_sql"}, lines(t, p.from, left))
}

// TestPglogicalOfSetsThatAreThere reads a slot with the two sets that DMS wants made by hand for one, and says what they lack.
func TestPglogicalOfSetsThatAreThere(t *testing.T) {
	p := pglogicalPair(t, "SlotName", "by_hand")
	p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `CREATE TABLE u (id int PRIMARY KEY)`)
	execute(t, p.from, `SELECT pglogical.create_node('mine', 'dbname=x')`,
		`SELECT pglogical.create_replication_set('by_hand', false, true, true, false)`, `SELECT pglogical.create_replication_set('iby_hand', true, false, false, true)`,
		`SELECT pglogical.replication_set_add_table('by_hand', 't')`, `SELECT pglogical.replication_set_add_table('iby_hand', 't')`,
		`SELECT pg_create_logical_replication_slot('by_hand', 'pglogical_output')`, `INSERT INTO t VALUES (1, 'a')`)
	t.Cleanup(func() { execute(t, p.from, `SELECT pg_drop_replication_slot('by_hand')`) })
	f := p.follow(false, "t", "u")
	_, err := f.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "by_hand"})
	require.ErrorContains(t, err, "lack tables")
	require.Contains(t, mendOf(err), "SELECT pglogical.replication_set_add_table('iby_hand', 'u')")

	execute(t, p.from, `SELECT pglogical.replication_set_add_table('iby_hand', 'u', row_filter := 'id > 1')`)
	_, err = f.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "by_hand"})
	require.ErrorContains(t, err, "of u rows or columns are left out")
	execute(t, p.from, `SELECT pglogical.replication_set_remove_table('iby_hand', 'u')`)

	f.request.Tables = f.request.Tables[:1]
	f.refresh()
	at, err := f.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "by_hand"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.stream.Close(); _ = f.streamer().Release(t.Context(), f.request) })
	f.plan()
	f.open(at)
	execute(t, p.from, `UPDATE t SET v = 'b'`, `ALTER TABLE t ADD COLUMN w int`, `INSERT INTO t VALUES (2, 'c', 3)`)
	f.catchUp()
	f.sameTable("t")
}

// TestPglogicalForOwners: who owns the tables needs to be no superuser, but two grants, which are asked for. Nothing tells of DDL then.
func TestPglogicalForOwners(t *testing.T) {
	from := servertest.Pglogical(t)
	user := "u" + from.Name
	execute(t, from, "CREATE EXTENSION pglogical", "CREATE ROLE "+user+" LOGIN REPLICATION PASSWORD 'x'", "ALTER DATABASE "+from.Name+" OWNER TO "+user,
		"CREATE TABLE t (id int PRIMARY KEY, v text)", "ALTER TABLE t OWNER TO "+user, "CREATE TABLE loses (id int PRIMARY KEY)", "ALTER TABLE loses OWNER TO "+user)
	as := *from
	as.URL = strings.Replace(from.URL, "postgres:secret@", user+":x@", 1)
	p := pairThrough(t, newPair(t, &as, servertest.PostgreSQL(t, servertest.PostgreSQL15)), "pglogical")
	execute(t, p.to, "CREATE TABLE t (id int PRIMARY KEY, v text)", "CREATE TABLE loses (id int PRIMARY KEY)")
	f := p.follow(false, "t", "loses")
	_, err := f.streamer().Capture(t.Context(), f.request, 1)
	require.ErrorContains(t, err, "may not use the extension pglogical")
	require.Contains(t, mendOf(err), "GRANT USAGE ON SCHEMA pglogical")
	found, err := f.streamer().Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(found, func(o connector.Obstacle) bool {
		return o.About == connector.Extension && o.Remedy == `GRANT USAGE ON SCHEMA pglogical TO "`+user+`"; GRANT SELECT ON ALL TABLES IN SCHEMA pglogical TO "`+user+`"`
	}))

	execute(t, from, "GRANT USAGE ON SCHEMA pglogical TO "+user, "GRANT SELECT ON ALL TABLES IN SCHEMA pglogical TO "+user)
	f.capture()
	execute(t, p.from, "INSERT INTO t VALUES (1, 'a')", "UPDATE t SET v = 'b'", "ALTER TABLE t ALTER v TYPE varchar(9)", "INSERT INTO t VALUES (2, 'c')",
		"INSERT INTO loses VALUES (1), (2)", "ALTER TABLE loses DROP CONSTRAINT loses_pkey", "DELETE FROM loses WHERE id = 1")
	f.catchUp()
	f.sameTable("t")
	require.Equal(t, connector.Unreadable, f.seen[len(f.seen)-1].Kind)
	require.Equal(t, "loses", f.seen[len(f.seen)-1].Table.Name.Name)
}

// TestPglogicalSaysWhatItLacks refuses a database without the extension, and one in another encoding, with what mends it.
func TestPglogicalSaysWhatItLacks(t *testing.T) {
	from := servertest.Pglogical(t)
	p := pairThrough(t, newPair(t, from, servertest.PostgreSQL(t, servertest.PostgreSQL15)), "pglogical")
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(false, "t")
	_, err := f.streamer().Capture(t.Context(), f.request, 1)
	require.ErrorContains(t, err, "does not have the extension pglogical")
	require.Contains(t, mendOf(err), "CREATE EXTENSION pglogical")
	found, err := f.streamer().Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, found[0].Fatal)
	require.Equal(t, connector.Extension, found[0].About)
	require.Contains(t, found[0].Remedy, "CREATE EXTENSION pglogical")
}

// TestPglogicalOfAnotherEncoding: its values come as the database has them.
func TestPglogicalOfAnotherEncoding(t *testing.T) {
	from := servertest.Pglogical(t)
	name := from.Name + "latin"
	execute(t, from, "CREATE DATABASE "+name+" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	latin := *from
	latin.Name, latin.URL = name, strings.Replace(from.URL, "/"+from.Name+"?", "/"+name+"?", 1)
	execute(t, &latin, "CREATE EXTENSION pglogical", "CREATE TABLE t (id int PRIMARY KEY)")
	p := pairThrough(t, newPair(t, &latin, servertest.PostgreSQL(t, servertest.PostgreSQL15)), "pglogical")
	execute(t, p.to, "CREATE TABLE t (id int PRIMARY KEY)")
	f := p.follow(false, "t")
	found, err := f.streamer().Obstacles(t.Context(), f.request)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, found[0].Fatal)
	require.Contains(t, found[0].What, "LATIN1")
}

// FuzzPglogicalRow: whatever stands in the place of a row is refused, or becomes one that pgoutput could have sent.
func FuzzPglogicalRow(f *testing.F) {
	f.Add([]byte("T\x00\x03t\x00\x00\x00\x02a\x00nu"))
	f.Add([]byte("T\x00\x03t\xff\xff\xff\xffnn"))
	f.Fuzz(func(t *testing.T, p []byte) {
		table := &pglogicalTable{columns: []string{"a", "b", "c"}, skipped: []bool{false, true, false}}
		m := &message{p: p}
		out := table.row(nil, m)
		if m.bad {
			return
		}
		var row tuple
		require.True(t, row.read(&message{p: out}))
		require.Len(t, row.values, 2)
	})
}
