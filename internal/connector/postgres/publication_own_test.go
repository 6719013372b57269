package postgres

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// keyless are tables of which the log does not tell what an update has changed, each in a way of its own.
var keyless = []string{
	`CREATE TABLE bare (id int, v int)`,
	`CREATE TABLE nothing (id int PRIMARY KEY, v int)`, `ALTER TABLE nothing REPLICA IDENTITY NOTHING`,
	`CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, v int)`,
	`CREATE TABLE made (id int, v int, w int GENERATED ALWAYS AS (id + 1) STORED)`, `ALTER TABLE made REPLICA IDENTITY FULL`,
	`CREATE TABLE was (id int NOT NULL, v int)`, `CREATE UNIQUE INDEX was_id ON was (id)`, `ALTER TABLE was REPLICA IDENTITY USING INDEX was_id`, `DROP INDEX was_id`,
	`CREATE TABLE parted (id int, v int) PARTITION BY LIST (id)`, `CREATE TABLE one PARTITION OF parted FOR VALUES IN (1)`,
	`CREATE TABLE two PARTITION OF parted FOR VALUES IN (2)`, `ALTER TABLE two REPLICA IDENTITY FULL`,
}

var keylessNames = []string{"bare", "nothing", "late", "made", "was"}

// TestApplicationGoesOn: whatever a table lacks, the application's own statements on it go on while it is followed, and its inserts
// come through.
func TestApplicationGoesOn(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(append(keyless, `CREATE TABLE fine (id int PRIMARY KEY, v int)`)...)
		execute(t, p.from, `CREATE TABLE heir () INHERITS (fine)`)
		f := p.follow(true, append(keylessNames, "one", "two", "fine")...)
		f.capture()
		for _, name := range append(keylessNames, "parted") {
			execute(t, p.from, `INSERT INTO `+name+` (id, v) VALUES (1, 1)`, `UPDATE `+name+` SET v = 1 WHERE id = 1`, `DELETE FROM `+name+` WHERE id = 2`)
		}
		execute(t, p.from, `UPDATE heir SET v = 1`, `INSERT INTO fine VALUES (1, 1), (2, 2)`, `UPDATE fine SET v = 3 WHERE id = 1`, `INSERT INTO two VALUES (2, 2)`, `UPDATE two SET v = 4`,
			`TRUNCATE bare`, `INSERT INTO bare VALUES (7)`)
		f.catchUp()
		for _, name := range append(keylessNames, "one", "two", "fine") {
			f.sameTable(name)
		}
	})
}

// TestKeysThatComeAndGo: a table that gets a key is followed whole from then on, and one that loses it does not refuse updates.
func TestKeysThatComeAndGo(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE gains (id int NOT NULL, v int)`, `CREATE TABLE fills (id int, v int)`, `CREATE TABLE loses (id int PRIMARY KEY, v int)`,
			`CREATE TABLE strips (id int NOT NULL, v int)`, `CREATE UNIQUE INDEX strips_id ON strips (id)`)
		execute(t, p.from, `ALTER TABLE strips REPLICA IDENTITY USING INDEX strips_id`)
		var told bytes.Buffer
		p.source.(*source).log = slog.New(slog.NewTextHandler(&told, nil))
		f := p.follow(true, "gains", "fills", "loses", "strips")
		f.capture()
		for _, name := range []string{"gains", "fills", "loses", "strips"} {
			execute(t, p.from, `INSERT INTO `+name+` VALUES (1, 1), (2, 2)`)
		}
		execute(t, p.from, `ALTER TABLE gains ADD PRIMARY KEY (id)`, `ALTER TABLE fills REPLICA IDENTITY FULL`,
			`UPDATE gains SET v = 5 WHERE id = 1`, `DELETE FROM gains WHERE id = 2`, `UPDATE fills SET v = 5 WHERE id = 1`, `DELETE FROM fills WHERE id = 2`,
			`ALTER TABLE loses DROP CONSTRAINT loses_pkey`, `DROP INDEX strips_id`)
		f.catchUp()
		for _, name := range []string{"gains", "fills", "loses", "strips"} {
			f.sameTable(name)
		}
		for _, name := range []string{"loses", "strips"} {
			require.Contains(t, told.String(), "not followed from here on\" table=public."+name)
		}
		require.Equal(t, 2, strings.Count(told.String(), "from here on"))
		execute(t, p.from, `UPDATE loses SET v = 9`, `DELETE FROM loses`, `UPDATE strips SET v = 9`, `INSERT INTO loses VALUES (3, 3)`)
		own := quoteLiteral(runName(f.request.Run))
		require.ElementsMatch(t, []string{"gains", "fills", auditTable}, lines(t, p.from, `SELECT tablename::text FROM pg_publication_tables WHERE pubname = `+own))
	})
}

// TestKeysWithoutEventTriggers: without them, what has got a key or lost it is found when a stream is opened.
func TestKeysWithoutEventTriggers(t *testing.T) {
	p := freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: p.from.URL, Settings: map[string]string{"CaptureDdls": "false"}})
	require.NoError(t, err)
	p.source = source
	p.both(`CREATE TABLE gains (id int NOT NULL, v int)`, `CREATE TABLE loses (id int PRIMARY KEY, v int)`)
	f := p.follow(true, "gains", "loses")
	f.capture()
	execute(t, p.from, `INSERT INTO gains VALUES (1, 1)`, `ALTER TABLE gains ADD PRIMARY KEY (id)`, `ALTER TABLE loses DROP CONSTRAINT loses_pkey`)
	f.catchUp()
	f.open(f.at)
	execute(t, p.from, `UPDATE gains SET v = 2`, `UPDATE loses SET v = 2`, `DELETE FROM loses`)
	f.catchUp()
	f.sameTable("gains")
}

// TestNewTablesThatConcernNobody: what is not selected is not published, and a new table without a key can be changed.
func TestNewTablesThatConcernNobody(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
		execute(t, p.from, `CREATE SCHEMA elsewhere`)
		f := p.follow(true, "t")
		f.request.Selected = []connector.Selected{{Schema: "public", Table: "%"}, {Schema: "%", Table: "[x-z]_[_]%"}, {Schema: "public", Table: "draft%", Excluded: true}}
		f.request.Wanted = func(n catalog.Name) bool { return n.Schema == "public" && strings.HasPrefix(n.Name, "fresh") }
		f.capture()
		execute(t, p.from, `CREATE TABLE elsewhere.a AS SELECT 1 AS v`, `UPDATE elsewhere.a SET v = 2`, `SELECT 1 AS v INTO elsewhere.b`, `DELETE FROM elsewhere.b`,
			`CREATE TABLE elsewhere.y1_odd (id int PRIMARY KEY)`, `CREATE TABLE elsewhere.yyyodd (id int PRIMARY KEY)`, `CREATE TABLE drafts (id int PRIMARY KEY)`,
			`CREATE TABLE fresh (v int)`, `INSERT INTO fresh VALUES (1)`, `UPDATE fresh SET v = 1`, `CREATE TABLE fresh_copy AS SELECT 1 AS v`, `UPDATE fresh_copy SET v = 1`,
			`CREATE TABLE fresh_void AS SELECT 1 AS v WITH NO DATA`, `INSERT INTO fresh_void VALUES (2)`)
		f.catchUp()
		f.sameTable("fresh")
		f.sameTable("fresh_void")
		require.Equal(t, []string{"fresh_copy"}, f.unreadable(), "its rows came before it was published")
		require.ElementsMatch(t, []string{"t", auditTable, "y1_odd", "fresh", "fresh_copy", "fresh_void"}, lines(t, p.from, `SELECT tablename::text FROM pg_publication_tables WHERE pubname LIKE 'whimbrel%'`))
	})
}

// unreadable are the tables that were given up.
func (f *follower) unreadable() (names []string) {
	for _, st := range f.seen {
		if st.Kind == connector.Unreadable {
			names = append(names, st.Table.Name.Name)
			require.Contains(f.t, st.Why, "reload")
		}
	}
	return names
}

// TestNewTableThatCannotBePublished: the application's statement goes on, in little time, and the table is not taken for whole.
func TestNewTableThatCannotBePublished(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
		f := p.follow(true, "t")
		f.request.Wanted = func(catalog.Name) bool { return true }
		f.capture()
		first, err := pgx.Connect(t.Context(), p.from.URL)
		require.NoError(t, err)
		defer func() { _ = first.Close(context.Background()) }()
		for _, sql := range []string{`BEGIN`, `CREATE TABLE a (id int PRIMARY KEY)`, `INSERT INTO a VALUES (1)`} {
			_, err := first.Exec(t.Context(), sql)
			require.NoError(t, err)
		}
		begun := time.Now()
		execute(t, p.from, `CREATE TABLE b (id int PRIMARY KEY)`, `INSERT INTO b VALUES (1)`)
		require.Less(t, time.Since(begun), 10*time.Second, "it waits for a transaction that does not end")
		_, err = first.Exec(t.Context(), `COMMIT`)
		require.NoError(t, err)
		f.catchUp()
		f.sameTable("a")
		require.Equal(t, []string{"b"}, f.unreadable())

		execute(t, p.from, `CREATE ROLE weak_`+runName(p.from.URL)[:20]+` LOGIN`, `ALTER FUNCTION `+intercept+`() OWNER TO weak_`+runName(p.from.URL)[:20],
			`CREATE TABLE c (id int PRIMARY KEY)`, `CREATE TABLE d AS SELECT 1 AS v`, `UPDATE d SET v = 2`, `ALTER TABLE c ADD v int`, `DROP TABLE c`,
			`ALTER FUNCTION `+intercept+`() OWNER TO postgres`, `DROP ROLE weak_`+runName(p.from.URL)[:20])
	})
}

// TestRunOfBefore: what an earlier version has published, tables without a key among all others, is taken over, and what the slot
// has kept from before comes through.
func TestRunOfBefore(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE fine (id int PRIMARY KEY, v int)`, `CREATE TABLE bare (id int, v int)`)
		f := p.follow(true, "fine", "bare")
		name := runName(f.request.Run)
		execute(t, p.from, `CREATE PUBLICATION `+quote(name)+` FOR TABLE fine, bare`)
		t.Cleanup(func() {
			_ = f.stream.Close()
			require.NoError(t, p.streamer().Release(context.Background(), f.request))
			require.Empty(t, lines(t, p.from, `SELECT pubname::text FROM pg_publication`))
		})
		at, err := p.streamer().Start(t.Context(), f.request, connector.StartPoint{})
		require.NoError(t, err)
		execute(t, p.from, `DROP PUBLICATION `+quote(partName(name)), `INSERT INTO fine VALUES (1, 1)`, `INSERT INTO bare VALUES (1, 1)`,
			`CREATE OR REPLACE FUNCTION `+intercept+`() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'of before'; END $$`)
		f.open(at)
		execute(t, p.from, `CREATE TABLE unconcerned (v int)`)
		f.reopens = true
		execute(t, p.from, `INSERT INTO bare VALUES (2, 2)`, `UPDATE fine SET v = 2`)
		f.catchUp()
		f.sameTable("bare")
		f.sameTable("fine")
		require.Eventually(t, func() bool {
			f.next()
			return !f.reopens
		}, 30*time.Second, time.Millisecond)
		execute(t, p.from, `INSERT INTO bare VALUES (3, 3)`, `UPDATE bare SET v = v`, `DELETE FROM bare WHERE v = 9`, `UPDATE fine SET v = 3`)
		f.catchUp()
		f.sameTable("bare")
		f.sameTable("fine")
	})
}

// TestSelectionsAsExpressions asks the server which names the patterns of selection rules match.
func TestSelectionsAsExpressions(t *testing.T) {
	db := servertest.PostgreSQL(t, servertest.PostgreSQL15)
	for pattern, names := range map[string]map[string]bool{
		"%":            {"": true, "a.b": true, "größe\n": true},
		"a_c%":         {"abc": true, "a.cd": true, "ac": false, "xabc": false},
		"a.c":          {"a.c": true, "abc": false},
		"[[]x[]]":      {"[x": false, "[x]": true},
		"[_][%]":       {"_%": true, "ab": false},
		"[a-cx]1":      {"b1": true, "x1": true, "d1": false, "-1": false},
		"[-a][a-][^]":  {"-a^": true, "a-^": true, "b-^": false},
		`q'u"o\t$(e)+`: {`q'u"o\t$(e)+`: true, `q'u"o\t$(e)`: false},
		"日[末-本]":       {"日本": true, "日a": false},
	} {
		for name, want := range names {
			got := lines(t, db, "SELECT ("+quoteLiteral(name)+" ~ "+quoteLiteral(expression(pattern))+")::text")
			require.Equal(t, []string{strconv.FormatBool(want)}, got, "%s of %s, %s", name, pattern, expression(pattern))
		}
	}
}
