package postgres

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestStreamOutlivesTheServer(t *testing.T) {
	from := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "fsync = on")
	p := newPair(t, from, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(true, "t")
	f.capture()
	for round := range 4 {
		execute(t, from, fmt.Sprintf(`INSERT INTO t SELECT generate_series(%d, %d)`, round*10+1, round*10+10))
		stopped := make(chan struct{})
		if round%2 == 0 {
			f.catchUp()
			go func() { from.Server.Stop(); close(stopped) }() // it waits until we have said that we have everything
		} else {
			from.Server.Kill()
			close(stopped)
		}
		for {
			e, err := f.stream.Next(t.Context())
			if err != nil {
				require.Equal(t, connector.Lost, connector.ClassOf(err), "%v", err)
				break
			}
			if e.Changes != nil {
				f.request.Pool.Put(e.Changes) // lost on the way, and to be delivered again
			}
		}
		<-stopped
		require.NoError(t, from.Server.Start())
		f.open(f.at)
		f.catchUp()
		f.sameTable("t")
	}
}

func TestStreamEndsWithItsContextAndLeavesNothingBehind(t *testing.T) {
	p := freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(true, "t")
	f.capture()
	f.next()
	require.NoError(t, f.stream.Close())
	known := goleak.IgnoreCurrent()
	for range 3 {
		f.open(f.at)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := f.stream.Next(ctx)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, f.stream.Close())
		require.NoError(t, f.stream.Close(), "twice")
	}
	goleak.VerifyNone(t, known)
	require.Eventually(t, func() bool {
		return lines(t, p.from, `SELECT count(*)::text FROM pg_stat_replication`)[0] == "0"
	}, 5*time.Second, 50*time.Millisecond)
}

func TestQuietStreamsMoveAndTellTheSlot(t *testing.T) {
	p := freshPair(t, servertest.PostgreSQL18, servertest.PostgreSQL15)
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	execute(t, p.from, `CREATE TABLE other (id int)`)
	f := p.follow(true, "t")
	f.capture()
	start := f.at
	execute(t, p.from, `INSERT INTO other SELECT generate_series(1, 1000)`)
	f.catchUp()
	order, err := p.streamer().Compare(f.at, start)
	require.NoError(t, err)
	require.Positive(t, order)
	require.Zero(t, f.applied)
	require.Eventually(t, func() bool {
		f.next()
		return lines(t, p.from, fmt.Sprintf(`SELECT (confirmed_flush_lsn > '%s')::text FROM pg_replication_slots WHERE database = current_database()`, start))[0] == "true"
	}, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return f.stream.Status().Retained >= 0 }, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { // the server may write a word of its own at any time
		f.next()
		return f.stream.Status().Quiet
	}, 10*time.Second, 10*time.Millisecond)
}

// TestLargeTransactionTakesLittleMemory streams a transaction of a million rows through groups of a few megabytes.
func TestLargeTransactionTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows")
	}
	largeTransaction(t, freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15), true, 1_000_000)
}

func largeTransaction(t *testing.T, p *pair, native bool, total int) {
	p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	f := p.follow(native, "t")
	f.request.Pool = change.NewGroupPool(2)
	f.capture()
	execute(t, p.from, fmt.Sprintf(`INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, %d) g`, total))
	end, err := p.streamer().End(t.Context())
	require.NoError(t, err)
	var peak uint64
	rows, groups, open := 0, 0, 0
	for {
		e, err := f.stream.Next(t.Context())
		require.NoError(t, err)
		if g := e.Changes; g != nil {
			rows += g.Len()
			groups++
			if g.Open {
				open++
				require.Empty(t, e.Position)
			}
			f.request.Pool.Put(g)
			if groups%4 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
		if e.Position != "" {
			if order, _ := p.streamer().Compare(e.Position, end); order >= 0 {
				break
			}
		}
	}
	require.Equal(t, total, rows)
	require.Greater(t, open, 3)
	require.Less(t, peak, uint64(120<<20))
	t.Logf("%d groups, heap at most %d MB", groups, peak>>20)
}

func TestObstaclesNameTheRemedy(t *testing.T) {
	from := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level = replica", "max_slot_wal_keep_size = '1GB'")
	execute(t, from, `CREATE ROLE reader LOGIN PASSWORD 'x'`, `CREATE TABLE nokey (a int)`, `CREATE UNLOGGED TABLE swift (a int PRIMARY KEY)`, `CREATE TABLE fine (a int PRIMARY KEY)`)
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: strings.Replace(from.URL, "postgres:secret@", "reader:x@", 1)})
	require.NoError(t, err)
	p := &pair{t: t, from: from, source: source}
	r := connector.StreamRequest{Run: "r"}
	for i, n := range []string{"nokey", "swift", "fine"} {
		r.Tables = append(r.Tables, connector.Followed{Number: i, Table: p.table(n)})
	}
	found, err := p.streamer().Obstacles(t.Context(), r)
	require.NoError(t, err)
	remedies := map[string]bool{}
	for _, o := range found {
		remedies[o.Remedy] = o.Fatal
	}
	require.Equal(t, map[string]bool{
		"ALTER SYSTEM SET wal_level = logical, then restart the server":         true,
		`ALTER ROLE "reader" REPLICATION`:                                       true,
		"ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf()": false,
		"run as a superuser once, or set CaptureDdls to false":                  false,
		`ALTER TABLE "public"."nokey" REPLICA IDENTITY FULL`:                    false,
		`ALTER TABLE "public"."swift" SET LOGGED`:                               false,
	}, remedies)
}

// TestObstaclesOfManyTables: the server takes a list of names for conditions within each other, and of ten thousand it says that its stack
// is not deep enough.
func TestObstaclesOfManyTables(t *testing.T) {
	from := servertest.PostgreSQL(t, servertest.PostgreSQL15)
	execute(t, from, "CREATE TABLE bare (id int)")
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: from.URL})
	require.NoError(t, err)
	p := &pair{t: t, from: from, source: source}
	r := connector.StreamRequest{Run: "r"}
	for i := range 10_000 {
		r.Tables = append(r.Tables, connector.Followed{Table: &catalog.Table{Name: catalog.Name{Schema: "public", Name: "small" + strconv.Itoa(i)}}})
	}
	r.Tables = append(r.Tables, connector.Followed{Table: &catalog.Table{Name: catalog.Name{Schema: "public", Name: "bare"}}})
	found, err := p.streamer().Obstacles(t.Context(), r)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(found, func(o connector.Obstacle) bool { return o.Table.Name == "bare" }))
}

// TestObstaclesOnRDS: there membership in roles takes the place of attributes, and other remedies are at hand. Roles of these names stand
// for RDS.
func TestObstaclesOnRDS(t *testing.T) {
	from := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level = replica", "max_slot_wal_keep_size = '1GB'")
	execute(t, from, `CREATE ROLE rds_replication`, `CREATE ROLE rds_superuser`, `CREATE ROLE master LOGIN PASSWORD 'x' IN ROLE rds_replication, rds_superuser`, `CREATE ROLE reader LOGIN PASSWORD 'x'`)
	remedies := func(user string) (all []string) {
		source, err := Engine().OpenSource(t.Context(), connector.Config{URL: strings.Replace(from.URL, "postgres:secret@", user+":x@", 1)})
		require.NoError(t, err)
		found, err := (&pair{t: t, from: from, source: source}).streamer().Obstacles(t.Context(), connector.StreamRequest{Run: "r"})
		require.NoError(t, err)
		for _, o := range found {
			all = append(all, o.Remedy)
		}
		return all
	}
	settings := []string{"set rds.logical_replication = 1 in the DB parameter group, then reboot the instance", "set max_slot_wal_keep_size = -1 in the DB parameter group"}
	require.ElementsMatch(t, settings, remedies("master"))
	require.ElementsMatch(t, append(settings, `GRANT rds_replication TO "reader"`, "run as a member of rds_superuser once, or set CaptureDdls to false"), remedies("reader"))
}

func TestStartPoints(t *testing.T) {
	p := freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	execute(t, p.from, `CREATE PUBLICATION everything FOR ALL TABLES`, `SELECT pg_create_logical_replication_slot('made_before', 'pgoutput')`, `INSERT INTO t VALUES (1)`,
		`SELECT pg_create_logical_replication_slot('of_test', 'test_decoding')`)
	f := p.follow(true, "t")
	_, err := p.streamer().Start(t.Context(), f.request, connector.StartPoint{At: time.Now()})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
	_, err = p.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "no_such"})
	require.Equal(t, connector.Missing, connector.ClassOf(err))
	_, err = p.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "of_test"})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
	_, err = p.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "not a slot"})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
	at, err := p.streamer().Start(t.Context(), f.request, connector.StartPoint{Native: "made_before"})
	require.NoError(t, err)
	f.open(at)
	f.catchUp()
	f.sameTable("t")
	require.Contains(t, f.at, "@made_before")
	require.NoError(t, f.stream.Close())
	require.NoError(t, p.streamer().Release(t.Context(), f.request))
	require.Equal(t, []string{"made_before"}, lines(t, p.from, `SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database() AND plugin = 'pgoutput'`), "it is not ours")
	execute(t, p.from, `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()`)
}

func TestPartitionsFoldIntoTheirRoot(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		execute(t, p.from, `CREATE TABLE t (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id)`, `CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10)`,
			`CREATE TABLE high (v text, id int NOT NULL)`, `ALTER TABLE t ATTACH PARTITION high FOR VALUES FROM (10) TO (100)`)
		execute(t, p.to, `CREATE TABLE t (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t")
		f.capture()
		execute(t, p.from, `INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 20) g`, `UPDATE t SET id = 50 WHERE id = 1`, `UPDATE t SET v = 'new' WHERE id = 15`, `DELETE FROM t WHERE id = 16`)
		f.catchUp()
		f.sameTable("t")
		execute(t, p.from, `TRUNCATE t`, `INSERT INTO t VALUES (3, 'again')`)
		f.catchUp()
		f.sameTable("t")
		execute(t, p.from, `TRUNCATE low`)
		f.catchUp()
		require.Equal(t, connector.Unreadable, f.seen[len(f.seen)-1].Kind)
	})
}

// TestMixedFormsInOneStream asks for some columns in Native and for others in layouts that only the server can make.
func TestMixedFormsInOneStream(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, i interval, a int[], m money, n inet, r int4range)`)
		f := p.follow(true, "t")
		for i, c := range f.request.Tables[0].Columns {
			if i > 0 {
				f.request.Tables[0].Columns[i].Layout = change.LayoutOf(c.Column.Type)
			}
		}
		f.capture()
		execute(t, p.from, `INSERT INTO t VALUES (1, '1 day 02:03', '{1,NULL,3}', 12.34, '::1/64', '[1,5)')`, `INSERT INTO t (id) VALUES (2)`, `UPDATE t SET i = i * 2 WHERE id = 1`)
		f.catchUp()
		f.sameTable("t")
	})
}

func TestSettingsAreReadOrRefused(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"unknown": {"SlotNames": "x"}, "bad slot": {"SlotName": "Has Capitals"}, "no number": {"HeartbeatFrequency": "often"},
		"other plugin": {"PluginName": "wal2json"}, "publication of pglogical": {"PluginName": "pglogical", "PublicationName": "p"}, "no truth": {"CaptureDdls": "perhaps"}, "in progress as text": {"PluginName": "test-decoding", "StreamLargeTransactions": "true"}, "trimming": {"TrimSpaceInChar": "true"},
	} {
		_, err := readSourceSettings(values)
		require.Equal(t, connector.Invalid, connector.ClassOf(err), name)
	}
	s, err := readSourceSettings(map[string]string{"slotname": "a_1", "CaptureDdls": "false", "HeartbeatEnable": "True", "HeartbeatFrequency": "7"})
	require.NoError(t, err)
	require.Equal(t, "a_1", s.slot)
	require.False(t, s.captureDDL)
	require.Equal(t, 7*time.Minute, s.heartbeatFrequency)
	_, err = readSourceSettings(map[string]string{"FailTasksOnLobTruncation": "true"})
	require.ErrorContains(t, err, "DataTruncationErrorPolicy")
	_, err = readTargetSettings(map[string]string{"MaxFileSize": "32768"}) // a value that would have no effect
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
	require.ErrorContains(t, err, "CommitRate")
}

func FuzzPgoutput(f *testing.F) {
	f.Add([]byte("R\x00\x00\x00\x01public\x00t\x00d\x00\x01\x01id\x00\x00\x00\x00\x17\xff\xff\xff\xff"))
	f.Add([]byte("I\x00\x00\x00\x01N\x00\x01b\x00\x00\x00\x04\x00\x00\x00\x07"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m := &message{p: p}
		m.byte()
		if r, ok := m.relation(); ok {
			require.LessOrEqual(t, len(r.columns), len(p))
		}
		m = &message{p: p}
		var row tuple
		if row.read(m) {
			require.Len(t, row.values, len(row.kinds))
		}
		for _, kind := range []byte{0, 'a', 'c', 'r', 'm'} {
			leaf := &typeParts{oid: 1}
			parts := &typeParts{kind: kind, of: &typeParts{kind: 'c', fields: []*typeParts{leaf}}, fields: []*typeParts{leaf, {kind: 'a', of: leaf}}}
			_ = parts.adopt(append([]byte{}, p...))
		}
	})
}
