package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// inProgressPair has its source's server send transactions before they have committed: from 18 every change at once, from 15 what is
// larger than 64 kB.
func inProgressPair(t *testing.T, from, to servertest.PostgreSQLVersion, settings map[string]string) *pair {
	t.Helper()
	p := freshPair(t, from, to)
	url := p.from.URL + "&logical_decoding_work_mem=64kB"
	if from == servertest.PostgreSQL18 {
		url += "&debug_logical_replication_streaming=immediate"
	}
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: url, Settings: settings, Held: &connector.Held{}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = source.Close() })
	p.source = source
	return p
}

// held counts what the source keeps back.
func (p *pair) held() [2]int64 {
	memory, disk := p.source.(*source).held.Counts()
	return [2]int64{memory, disk}
}

// TestTransactionsInProgress does with transactions that are sent in progress what is done with others.
func TestTransactionsInProgress(t *testing.T) {
	const a, b = servertest.PostgreSQL15, servertest.PostgreSQL18
	t.Run("types", func(t *testing.T) { carryEveryType(t, inProgressPair(t, b, a, nil), true) })
	t.Run("writers", func(t *testing.T) { meetUnderWriters(t, inProgressPair(t, b, a, nil), false) })
	t.Run("positions", func(t *testing.T) { goOnFromAnyPosition(t, inProgressPair(t, b, b, nil), true) })
	t.Run("structure without audit", func(t *testing.T) {
		structureAtItsPlace(t, inProgressPair(t, b, a, map[string]string{"CaptureDdls": "false"}), true, false)
	})
	t.Run("new tables", func(t *testing.T) { newTablesJoin(t, inProgressPair(t, b, a, nil), true) })
	t.Run("later capture", func(t *testing.T) { laterCapture(t, inProgressPair(t, b, a, nil), true) })
	t.Run("large transaction", func(t *testing.T) { largeTransaction(t, inProgressPair(t, a, a, nil), true, 600_000) })
}

// eachInProgress runs a test with a source of either version.
func eachInProgress(t *testing.T, test func(t *testing.T, p *pair)) {
	for _, v := range servertest.PostgreSQLVersions() {
		t.Run(fmt.Sprint(v), func(t *testing.T) { test(t, inProgressPair(t, v, servertest.PostgreSQL15, nil)) })
	}
}

// hand runs statements in a session of its own.
func hand(t *testing.T, p *pair) func(statements ...string) {
	c, err := pgx.Connect(t.Context(), p.from.URL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return func(statements ...string) {
		t.Helper()
		for _, s := range statements {
			_, err := c.Exec(t.Context(), s, pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err, s)
		}
	}
}

// many inserts rows that a server of any version does not keep within 64 kB.
func many(table string, from int) string {
	return fmt.Sprintf(`INSERT INTO %s SELECT g, repeat(md5(g::text), 5) FROM generate_series(%d, %d) g`, table, from, from+1999)
}

// TestWhatIsRolledBackInProgressIsForgotten has subtransactions within subtransactions, of which some are given up, and transactions that
// take turns.
func TestWhatIsRolledBackInProgressIsForgotten(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `CREATE TABLE u (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t", "u")
		f.capture()
		one, two := hand(t, p), hand(t, p)
		one(`BEGIN`, many("t", 0), `SAVEPOINT a`, many("u", 0), `SAVEPOINT b`, many("t", 2000), `RELEASE b`)
		two(`BEGIN`, `SAVEPOINT a`, many("t", 100_000), `ROLLBACK TO a`, many("t", 200_000))
		f.catchUp()
		require.Zero(t, f.applied, "nothing of it has committed")
		require.NotZero(t, p.held()[0])
		one(`ROLLBACK TO a`, many("u", 4000), `SAVEPOINT c`, many("t", 4000))
		two(`SAVEPOINT d`, many("u", 100_000), `SAVEPOINT e`, many("u", 200_000), `ROLLBACK TO d`, `COMMIT`)
		f.catchUp()
		require.Equal(t, 2000, f.applied)
		one(`RELEASE c`, many("t", 6000), `SAVEPOINT g`, `UPDATE t SET v = 'x'`, `ROLLBACK TO g`, `DELETE FROM t WHERE id < 10`, `COMMIT`)
		f.catchUp()
		f.sameTable("t")
		f.sameTable("u")
		require.Equal(t, [2]int64{}, p.held())
	})
}

// TestRolledBackTransactionGivesItsRoomBack keeps a transaction in a file, until it is rolled back: nothing of it comes, no file is left.
func TestRolledBackTransactionGivesItsRoomBack(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t")
		f.capture()
		w := hand(t, p)
		w(`BEGIN`, `INSERT INTO t SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 40000) g`)
		f.catchUp()
		require.NotZero(t, p.held()[1], "beyond 8 MB it is in a file")
		require.Equal(t, 1, spoolFiles(t))
		w(`ROLLBACK`)
		f.catchUp()
		require.Equal(t, [2]int64{}, p.held())
		require.Zero(t, spoolFiles(t))
		require.Zero(t, f.applied)
		progress := f.stream.(*stream).progress
		require.Empty(t, progress.kept)
		require.Zero(t, progress.room.used)
	})
}

// spoolFiles counts the files of transactions that this process has open; their names are gone.
func spoolFiles(t *testing.T) (n int) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the system does not tell which files are open")
	}
	for _, fd := range all {
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.Contains(name, "whimbrel-transaction-") {
			n++
		}
	}
	return n
}

// TestStreamThatIsCutAmidATransactionInProgress opens the stream anew in the midst of one, where it is being kept and where it is handed on.
func TestStreamThatIsCutAmidATransactionInProgress(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t")
		f.request.Pool = change.NewBoundedGroupPool(2, 500, 1<<20)
		f.capture()
		w, other := hand(t, p), hand(t, p)
		w(`BEGIN`, many("t", 0))
		other(many("t", 10_000))
		f.catchUp()
		require.NotZero(t, p.held()[0])
		f.open(f.at)
		require.Zero(t, p.held()[0])
		w(many("t", 2000))
		other(many("t", 20_000))
		f.catchUp()
		require.NotZero(t, p.held()[0], "all of it has come again")
		w(`COMMIT`)
		var open bool
		for !open { // a part of what is handed on, and lost
			e, err := f.stream.Next(t.Context())
			require.NoError(t, err)
			if e.Changes != nil {
				open = e.Changes.Open
				f.request.Pool.Put(e.Changes)
			}
		}
		f.open(f.at)
		f.catchUp()
		f.sameTable("t")
		require.Equal(t, [2]int64{}, p.held())
	})
}

// TestStructureWithinATransactionInProgress alters tables in a transaction that is sent before it has committed, and in one that
// is rolled back.
func TestStructureWithinATransactionInProgress(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `CREATE TABLE u (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t", "u")
		f.reopens = true
		f.request.Wanted = func(catalog.Name) bool { return true }
		f.capture()
		w, other := hand(t, p), hand(t, p)
		w(`BEGIN`, many("t", 0), `SAVEPOINT a`, `UPDATE t SET v = NULL`, `ROLLBACK TO a`, many("t", 2000),
			`ALTER TABLE t ADD w int`, `UPDATE t SET w = id WHERE id % 2 = 0`, `SAVEPOINT b`, `DELETE FROM t WHERE id % 3 = 0`, `ROLLBACK TO b`, `UPDATE t SET w = -id WHERE id % 5 = 0`,
			`CREATE TABLE made (id int PRIMARY KEY, v text)`, many("made", 0), `ALTER TABLE t RENAME v TO vv`, `UPDATE t SET vv = NULL WHERE id < 100`)
		other(`BEGIN`, many("u", 0), `ALTER TABLE u ADD w int`, `TRUNCATE u`, many("u (id, v)", 0), `ROLLBACK`)
		other(`INSERT INTO u VALUES (1, 'x')`)
		f.catchUp()
		require.Empty(t, f.seen)
		w(`TRUNCATE u`, many("u", 2000), `COMMIT`)
		other(`INSERT INTO t VALUES (-1, 'later', 5)`, `INSERT INTO made VALUES (-1)`)
		f.catchUp()
		f.sameTable("t")
		f.sameTable("u")
		f.sameTable("made")
		require.Equal(t, [2]int64{}, p.held())
	})
}

// TestStructureThatIsRolledBackInProgress has tables altered within what is rolled back, and altered again: the server is asked for the
// transaction whole, since it fails at what lies between, or takes the table as not published.
func TestStructureThatIsRolledBackInProgress(t *testing.T) {
	for name, alter := range map[string]string{"columns": `ALTER TABLE t ADD w int DEFAULT 1`, "key": `ALTER TABLE t DROP CONSTRAINT t_pkey`, "rows": `TRUNCATE t`} {
		t.Run(name, func(t *testing.T) {
			eachInProgress(t, func(t *testing.T, p *pair) {
				p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `CREATE TABLE u (id int PRIMARY KEY, v text)`)
				f := p.follow(true, "t", "u")
				f.reopens = true
				f.capture()
				require.NoError(t, f.stream.Close())
				execute(t, p.from, `BEGIN`+then(many("t", 0), `SAVEPOINT a`, alter, `ROLLBACK TO a`, many("t", 2000), many("u", 0), alter, many("u", 2000), many("t (id, v)", 4000), `COMMIT`))
				f.open(f.at)
				f.catchUp()
				f.sameTable("u")
				f.sameTable("t")
				if name != "rows" { // at which not every version fails
					require.False(t, f.reopens, "the stream was opened again")
				}
			})
		})
	}
}

// then joins statements.
func then(statements ...string) string { return "; " + strings.Join(statements, "; ") }

// TestPreparedTransactionInProgress comes when it is committed, by whoever, and not at all when it is rolled back.
func TestPreparedTransactionInProgress(t *testing.T) {
	from := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "max_prepared_transactions = 5", "logical_decoding_work_mem = 64kB")
	p := newPair(t, from, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	f := p.follow(true, "t")
	f.capture()
	w := hand(t, p)
	w(`BEGIN`, many("t", 0), `SAVEPOINT a`, many("t", 2000), `ROLLBACK TO a`, many("t", 4000), `PREPARE TRANSACTION 'one'`, `BEGIN`, many("t", 10_000), `PREPARE TRANSACTION 'two'`,
		many("t", 20_000))
	f.catchUp()
	require.Equal(t, 2000, f.applied)
	w(`COMMIT PREPARED 'one'`, `ROLLBACK PREPARED 'two'`)
	f.catchUp()
	f.sameTable("t")
	require.Equal(t, 6000, f.applied)
	require.Equal(t, []string{"0"}, lines(t, from, `SELECT spill_txns::text FROM pg_stat_replication_slots`))
}

// TestDescriptionsThatComeInAnotherOrder: a schema gets another name while rows of its table are in a transaction in progress.
func TestDescriptionsThatComeInAnotherOrder(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE SCHEMA s`, `CREATE TABLE s.t (id int PRIMARY KEY, v text)`)
		f := p.follow(true)
		found, err := p.source.Inspect(t.Context(), connector.InspectOptions{})
		require.NoError(t, err)
		f.request.Tables = append(f.request.Tables, f.followed(0, found.Table(catalog.Name{Schema: "s", Name: "t"})))
		f.refresh()
		f.capture()
		w, other := hand(t, p), hand(t, p)
		w(`BEGIN`, many("s.t", 0))
		f.catchUp()
		other(`ALTER SCHEMA s RENAME TO r`, `INSERT INTO r.t VALUES (10000)`)
		execute(t, p.to, `CREATE SCHEMA r`)
		f.catchUp()
		w(`COMMIT`)
		other(`INSERT INTO r.t VALUES (10001)`)
		f.catchUp()
		f.sameTable("r.t")
		require.Len(t, f.seen, 1)
	})
}

// TestTransactionsThatAreMarkedAsEchoes stay out, sent in progress or not.
func TestTransactionsThatAreMarkedAsEchoes(t *testing.T) {
	eachInProgress(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t")
		f.request.Loopback = catalog.Name{Schema: "public", Name: "marks"}
		f.capture()
		w := hand(t, p)
		w(`BEGIN`, `INSERT INTO marks VALUES ('other', 1)`, many("t", 0), `COMMIT`, `BEGIN`, many("t", 2000), `INSERT INTO marks VALUES ('another', 1)`, `COMMIT`, many("t", 4000))
		f.catchUp()
		require.Equal(t, 2000, f.applied)
		require.Equal(t, []string{"4000"}, lines(t, p.to, `SELECT min(id)::text FROM t`))
	})
}

// TestLargeTransactionsAreReadInProgressUnlessTheSourceIsSetNotTo looks at what the server counts.
func TestLargeTransactionsAreReadInProgressUnlessTheSourceIsSetNotTo(t *testing.T) {
	for _, wanted := range []string{"true", "false"} {
		p := inProgressPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15, map[string]string{"StreamLargeTransactions": wanted})
		p.both(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
		f := p.follow(true, "t")
		f.capture()
		execute(t, p.from, many("t", 0))
		f.catchUp()
		f.sameTable("t")
		require.NoError(t, f.stream.Close())
		f.stream = nil
		spilled := lines(t, p.from, `SELECT (spill_txns > 0)::text FROM pg_stat_replication_slots s JOIN pg_replication_slots USING (slot_name) WHERE database = current_database()`)
		require.Equal(t, []string{map[string]string{"true": "false", "false": "true"}[wanted]}, spilled)
		require.NoError(t, p.streamer().Release(t.Context(), f.request))
	}
}

// TestCutsOfASpool cuts a spool at places in memory and in its file.
func TestCutsOfASpool(t *testing.T) {
	held, room := &connector.Held{}, &spoolRoom{}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		s := newSpool(held, room)
		var want []int
		marks := []spoolMark{s.mark()}
		for i := range 60 {
			if r.IntN(8) == 0 {
				n := r.IntN(len(marks))
				require.NoError(t, s.cut(marks[n]))
				marks, want = marks[:n+1], want[:n]
			}
			want = append(want, 300_000+i)
			require.NoError(t, s.add(make([]byte, 300_000+i)))
			marks = append(marks, s.mark())
			memory, disk := held.Counts()
			require.Equal(t, int64(len(want)), memory+disk)
			require.Less(t, room.used, spoolMemory)
		}
		require.NoError(t, s.rewind())
		for _, n := range want {
			line, err := s.next()
			require.NoError(t, err)
			require.Len(t, line, n)
		}
		require.Zero(t, s.lines)
		s.reset()
		require.Zero(t, room.used)
	}
}
