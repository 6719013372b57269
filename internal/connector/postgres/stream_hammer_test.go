package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// hammerTables differ in what identifies their rows.
var hammerTables = []string{
	`CREATE TABLE keyed (id int PRIMARY KEY, a int, big text, n numeric(12,3), mood text[])`,
	`CREATE TABLE pair (a int, b text, v double precision, PRIMARY KEY (b, a))`,
	`CREATE TABLE loose (a int, b text, c json)`, `ALTER TABLE loose REPLICA IDENTITY FULL`,
	`CREATE TABLE whole (id int PRIMARY KEY, big text, v int)`, `ALTER TABLE whole REPLICA IDENTITY FULL`,
	`CREATE TABLE "in dexed" (id int PRIMARY KEY, code int NOT NULL UNIQUE, v text)`, `ALTER TABLE "in dexed" REPLICA IDENTITY USING INDEX "in dexed_code_key"`,
	`CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2) STORED)`,
	`CREATE TABLE "only" (k text PRIMARY KEY)`,
}

var hammerNames = []string{"keyed", "pair", "loose", "whole", "in dexed", "numbered", "only"}

// hammered are those that the plugin tells whole.
func (p *pair) hammered() []string {
	if p.source.(*source).settings.plugin != pglogical {
		return hammerNames
	}
	return []string{"keyed", "pair", "in dexed", "numbered", "only"}
}

// hammer makes random transactions.
type hammer struct {
	r *rand.Rand
	c *pgx.Conn
	n int
}

// huge is larger than what a page takes, and does not pack well, so that it is stored apart.
func (h *hammer) huge() string {
	var b strings.Builder
	for range 400 {
		fmt.Fprintf(&b, "%016x", h.r.Uint64())
	}
	return b.String()
}

func (h *hammer) statement() string {
	k, o := h.r.IntN(60), h.r.IntN(60)
	text := []string{"NULL", "''", "'ä'", "'" + h.huge() + "'"}[h.r.IntN(4)]
	switch h.r.IntN(22) {
	case 0, 1, 2:
		return fmt.Sprintf("INSERT INTO keyed VALUES (%d, %d, %s, %d.125, ARRAY['x', NULL, 'y\"z']) ON CONFLICT (id) DO UPDATE SET a = excluded.a, n = excluded.n", k, o, text, o)
	case 3:
		return fmt.Sprintf("UPDATE keyed SET a = a + 1 WHERE id %% 7 = %d", k%7) // leaves what is stored apart unsent
	case 4:
		return fmt.Sprintf("UPDATE keyed SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM keyed WHERE id = %d)", o, k, o)
	case 5:
		return fmt.Sprintf("DELETE FROM keyed WHERE id = %d", k)
	case 6:
		return fmt.Sprintf("INSERT INTO pair VALUES (%d, 'p%d', %d.5) ON CONFLICT (b, a) DO UPDATE SET v = excluded.v", k%9, o%9, k)
	case 7:
		return fmt.Sprintf("UPDATE pair SET a = a + 100 WHERE a = %d AND NOT EXISTS (SELECT FROM pair WHERE a >= 100)", k%9)
	case 8:
		return fmt.Sprintf("DELETE FROM pair WHERE a = %d OR a > 100 AND b = 'p%d'", k%9, o%9)
	case 9, 10:
		return fmt.Sprintf(`INSERT INTO loose SELECT %d, %s, '{"k": %d}' FROM generate_series(1, %d)`, k%3, text, o%2, 1+k%3)
	case 11:
		return fmt.Sprintf("UPDATE loose SET a = nullif(%d, 0) WHERE ctid IN (SELECT ctid FROM loose WHERE a = %d LIMIT 2)", o%3, k%3)
	case 12:
		return fmt.Sprintf("DELETE FROM loose WHERE ctid IN (SELECT ctid FROM loose WHERE a IS NOT DISTINCT FROM nullif(%d, 0) LIMIT 2)", k%3)
	case 13:
		return fmt.Sprintf("INSERT INTO whole VALUES (%d, %s, %d) ON CONFLICT (id) DO UPDATE SET v = excluded.v", k, text, o)
	case 14:
		return fmt.Sprintf("UPDATE whole SET v = v + 1, id = id + 1000 WHERE id = %d AND NOT EXISTS (SELECT FROM whole WHERE id = %d)", k, k+1000)
	case 15:
		return fmt.Sprintf("DELETE FROM whole WHERE id IN (%d, %d)", k, o+1000)
	case 16:
		return fmt.Sprintf(`INSERT INTO "in dexed" VALUES (%d, %d, 'v') ON CONFLICT DO NOTHING`, k, o)
	case 17:
		return fmt.Sprintf(`UPDATE "in dexed" SET id = id + 1000, v = NULL WHERE id = %d AND NOT EXISTS (SELECT FROM "in dexed" WHERE id = %d)`, k, k+1000)
	case 18:
		return fmt.Sprintf(`DELETE FROM "in dexed" WHERE code = %d OR id > 1000 AND code = %d`, k, o)
	case 19:
		return fmt.Sprintf("INSERT INTO numbered (v) VALUES (%d), (NULL)", k)
	case 20:
		return fmt.Sprintf("UPDATE numbered SET v = v + 1 WHERE id BETWEEN %d AND %d", k, k+3)
	}
	return fmt.Sprintf(`INSERT INTO "only" VALUES ('%d') ON CONFLICT DO NOTHING; DELETE FROM "only" WHERE k = '%d'`, k, o)
}

// transaction runs one transaction, perhaps with savepoints, perhaps rolled back. Conflicts with other writers roll it
// back too.
func (h *hammer) transaction(ctx context.Context) {
	if _, err := h.c.Exec(ctx, "BEGIN"); err != nil {
		return
	}
	for range 1 + h.r.IntN(8) {
		sql := h.statement()
		switch h.r.IntN(6) {
		case 0:
			sql = "SAVEPOINT s; " + sql + "; ROLLBACK TO SAVEPOINT s"
		case 1:
			sql = "SAVEPOINT s; " + sql + "; RELEASE SAVEPOINT s"
		}
		if _, err := h.c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			break
		}
	}
	end := "COMMIT"
	if h.r.IntN(8) == 0 {
		end = "ROLLBACK"
	}
	if _, err := h.c.Exec(context.WithoutCancel(ctx), end); err == nil {
		h.n++
	}
}

// startHammers writes to a database until stop is called, which returns the number of transactions.
func startHammers(t *testing.T, db *servertest.Database, writers int, seed uint64) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	var total atomic.Int64
	for i := range writers {
		c, err := pgx.Connect(context.Background(), db.URL)
		require.NoError(t, err)
		h := &hammer{r: rand.New(rand.NewPCG(seed, uint64(i))), c: c}
		wait.Go(func() {
			defer func() { _ = c.Close(context.Background()) }()
			for range 600 {
				if ctx.Err() != nil {
					break
				}
				h.transaction(context.Background())
				<-time.After(time.Duration(h.r.IntN(10)) * time.Millisecond)
			}
			total.Add(int64(h.n))
		})
	}
	return func() int {
		cancel()
		wait.Wait()
		return int(total.Load())
	}
}

func TestSnapshotAndStreamMeetUnderWriters(t *testing.T) {
	for _, native := range []bool{true, false} {
		t.Run(fmt.Sprintf("native=%t", native), func(t *testing.T) {
			bothWays(t, func(t *testing.T, p *pair) { meetUnderWriters(t, p, native) })
		})
	}
}

func meetUnderWriters(t *testing.T, p *pair, native bool) {
	p.both(hammerTables...)
	for round := range 2 {
		stop := startHammers(t, p.from, 3, uint64(round))
		<-time.After(200 * time.Millisecond)
		f := p.follow(native, p.hammered()...)
		f.request.Run = fmt.Sprint("run", round)
		f.capture() // while they write
		for range 3 {
			f.next()
		}
		f.restart() // from the last position
		n := stop()
		f.catchUp()
		require.NotZero(t, f.applied)
		for _, name := range p.hammered() {
			f.sameTable(quote(name))
		}
		t.Logf("%d transactions, %d changes", n, f.applied)
		require.NoError(t, f.stream.Close())
		require.NoError(t, p.streamer().Release(t.Context(), f.request))
		for _, name := range p.hammered() {
			execute(t, p.to, "TRUNCATE "+quote(name))
		}
	}
	require.Empty(t, lines(t, p.from, `SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database()`))
	require.Empty(t, lines(t, p.from, `SELECT pubname::text FROM pg_publication`))
	require.Empty(t, lines(t, p.from, `SELECT evtname::text FROM pg_event_trigger UNION ALL SELECT relname::text FROM pg_class WHERE relname LIKE 'awsdms%'`))
}

// restart opens the stream anew at the position reached.
func (f *follower) restart() {
	f.t.Helper()
	f.until1()
	f.open(f.at)
}

// until1 goes on until a position is known after the last change applied.
func (f *follower) until1() {
	f.t.Helper()
	for f.next().Position == "" {
		continue
	}
}

// TestStreamGoesOnFromAnyPosition reads a backlog again from every position a group had, without acknowledging any.
func TestStreamGoesOnFromAnyPosition(t *testing.T) {
	goOnFromAnyPosition(t, freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15), true)
}

func goOnFromAnyPosition(t *testing.T, p *pair, native bool) {
	p.both(hammerTables...)
	f := p.follow(native, p.hammered()...)
	s, err := p.streamer().Capture(t.Context(), f.request, 1)
	require.NoError(t, err)
	start := s.Position()
	require.NoError(t, s.Close())
	t.Cleanup(func() { _ = p.streamer().Release(context.Background(), f.request) })
	h := &hammer{r: rand.New(rand.NewPCG(99, 0)), c: connect(t, p.from)}
	for range 1000 / len(p.hammered()) {
		h.transaction(t.Context())
	}
	end, err := p.streamer().End(t.Context())
	require.NoError(t, err)
	read := func(from string) (texts, positions []string) {
		r := f.request
		r.Pool = change.NewBoundedGroupPool(2, 7, 1<<20)
		stream, err := p.streamer().Stream(t.Context(), r, from)
		require.NoError(t, err)
		defer func() { require.NoError(t, stream.Close()) }()
		for {
			e, err := stream.Next(t.Context())
			require.NoError(t, err)
			if g := e.Changes; g != nil {
				texts = append(texts, groupText(g)...)
				for range len(texts) - len(positions) {
					positions = append(positions, "")
				}
				if !g.Open {
					positions[len(positions)-1] = g.Position
				}
				r.Pool.Put(g)
			}
			if e.Position != "" {
				if order, err := p.streamer().Compare(e.Position, end); err == nil && order >= 0 {
					return texts, positions
				}
			}
		}
	}
	all, positions := read(start)
	require.Greater(t, len(all), 50)
	tried := 0
	for i, at := range positions {
		if at == "" || i%11 != 0 && i < len(positions)-3 {
			continue
		}
		tried++
		rest, _ := read(at)
		require.Equal(t, append([]string{}, all[i+1:]...), append([]string{}, rest...))
	}
	require.Greater(t, tried, 3)
}

// groupText writes each change of a group.
func groupText(g *change.Group) []string {
	texts := make([]string, g.Len())
	for _, c := range g.Tables {
		for i, seq := range c.Seq {
			text := fmt.Sprint(c.Table, c.Ops[i])
			for _, b := range []struct {
				b   *change.Batch
				row int32
			}{{&c.New, c.After[i]}, {&c.Old, c.Before[i]}} {
				for k := range b.b.Columns {
					switch v := &b.b.Columns[k]; {
					case b.row == change.None:
					case v.IsAbsent(int(b.row)):
						text += " absent"
					case v.IsNull(int(b.row)):
						text += " null"
					default:
						text += " " + cell(v, int(b.row))
					}
				}
				text += ";"
			}
			texts[seq] = text
		}
	}
	return texts
}

func TestStructureChangesComeAtTheirPlace(t *testing.T) {
	for _, audited := range []string{"true", "false"} {
		t.Run("CaptureDdls="+audited, func(t *testing.T) {
			bothWays(t, func(t *testing.T, p *pair) {
				source, err := Engine().OpenSource(t.Context(), connector.Config{URL: p.from.URL, Settings: map[string]string{"CaptureDdls": audited}})
				require.NoError(t, err)
				p.source = source
				structureAtItsPlace(t, p, true, audited == "true")
			})
		})
	}
}

func structureAtItsPlace(t *testing.T, p *pair, native, audited bool) {
	p.both(`CREATE TABLE t (id int PRIMARY KEY, a int, b text)`, `CREATE TABLE gone (id int PRIMARY KEY)`)
	f := p.follow(native, "t", "gone")
	f.capture()
	execute(t, p.from,
		`INSERT INTO t VALUES (1, 1, 'x')`,
		`ALTER TABLE t ADD c numeric(5,1) DEFAULT 7`,
		`INSERT INTO t VALUES (2, 2, 'y', 1.5)`)
	f.catchUp()
	f.sameTable("t")
	execute(t, p.from, `ALTER TABLE t RENAME b TO "B b"`, `UPDATE t SET "B b" = 'z' WHERE id = 1`)
	f.catchUp()
	f.sameTable("t")
	require.Equal(t, map[string]string{"b": "B b"}, f.seen[len(f.seen)-1].Renamed)
	execute(t, p.from, `ALTER TABLE t DROP a`, `INSERT INTO t VALUES (3, 'q', 2)`)
	f.catchUp()
	f.sameTable("t")
	execute(t, p.from, `ALTER TABLE t ALTER c TYPE bigint`, `INSERT INTO t VALUES (4, 'q', 1234567890123)`)
	f.catchUp()
	f.sameTable("t")
	execute(t, p.from, `BEGIN; INSERT INTO t VALUES (5); TRUNCATE t; INSERT INTO t VALUES (6); COMMIT`)
	f.catchUp()
	f.sameTable("t")
	execute(t, p.from, `ALTER TABLE t RENAME TO "T t"`, `INSERT INTO "T t" VALUES (7)`)
	f.catchUp()
	f.sameTable(`"T t"`)
	var kinds []connector.StructureKind
	for _, st := range f.seen {
		kinds = append(kinds, st.Kind)
	}
	altered := connector.Altered
	require.Equal(t, []connector.StructureKind{altered, altered, altered, altered, connector.Truncated, altered}, kinds)
	if !audited {
		return
	}
	execute(t, p.from, `DROP TABLE gone CASCADE`) // of what replication sets of pglogical have, nothing else is dropped
	f.catchUp()
	require.Equal(t, connector.Dropped, f.seen[len(f.seen)-1].Kind)
	require.Equal(t, []string{"0"}, lines(t, p.to, `SELECT count(*)::text FROM pg_class WHERE relname = 'gone'`))
}

func TestNewTablesJoinWithAllTheirRows(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) { newTablesJoin(t, p, true) })
}

func newTablesJoin(t *testing.T, p *pair, native bool) {
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(native, "t")
	f.request.Wanted = func(n catalog.Name) bool { return n.Name != "unwanted" }
	f.capture()
	execute(t, p.from, `BEGIN; CREATE TABLE fresh (id int PRIMARY KEY, v text); INSERT INTO fresh VALUES (1, 'in the same transaction'); COMMIT`,
		`INSERT INTO fresh VALUES (2, 'later')`, `CREATE TABLE unwanted (id int PRIMARY KEY)`, `INSERT INTO unwanted VALUES (1)`, `INSERT INTO t VALUES (1)`)
	f.catchUp()
	f.sameTable("fresh")
	f.sameTable("t")
	require.Len(t, f.seen, 1)
	require.Equal(t, connector.Created, f.seen[0].Kind)
}

func TestSecondCaptureIsALaterPlaceOfTheSameStream(t *testing.T) {
	laterCapture(t, freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL18), true)
}

func laterCapture(t *testing.T, p *pair, native bool) {
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(native, "t")
	f.capture()
	execute(t, p.from, `INSERT INTO t SELECT generate_series(1, 10)`)
	s, err := p.streamer().Capture(t.Context(), f.request, 1)
	require.NoError(t, err)
	execute(t, p.from, `INSERT INTO t SELECT generate_series(11, 15)`)
	_, err = f.move(s.(connector.RawSnapshot), f.request.Tables[0].Table, modes[1], connector.SplitOptions{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, []string{"10"}, lines(t, p.to, `SELECT count(*)::text FROM t`))
	f.request.Tables[0].Since = s.Position()
	f.open(f.at)
	f.catchUp()
	f.sameTable("t")
	require.Equal(t, 5, f.applied)
	require.Len(t, lines(t, p.from, `SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database()`), 1)
}
