package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// twoWayKills times the pairs is how often one of two opposite replications, or both, are killed.
const twoWayKills = 3

// TestKilledOnTwoWays has two replications in opposite directions while both sides write, each in rows of its own, in transactions small and
// large, some given up in part or whole, and kills now one, now the other, now both. Not one change comes back to where it was made, as a
// trigger tells, and in the end both sides are what the writers have made.
func TestKilledOnTwoWays(t *testing.T) {
	for _, of := range []struct{ left, right, compatibility string }{{pg, pg, ""}, {maria, maria, ""}, {pg, maria, "dms"}} { // the last change by change
		t.Run(of.left+" and "+of.right, func(t *testing.T) {
			t.Parallel()
			killOnTwoWays(t, newSide(t, of.left, "left"), newSide(t, of.right, "right"), of.compatibility)
		})
	}
}

// side is one of two databases that replicate to each other.
type side struct {
	*end
	name    string
	writers []*partner
}

func newSide(t *testing.T, kind, name string) *side {
	e := newEnd(t, kind)
	if kind == pg {
		e.url += "&logical_decoding_work_mem=64kB" // large transactions are sent before they have committed
	}
	return &side{end: e, name: name}
}

// schema is where the tables of the side are.
func (s *side) schema(t *testing.T) string {
	if s.kind == pg {
		return "public"
	}
	u, err := url.Parse(s.url)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// way is one of two opposite replications.
type way struct {
	from, to *side
	flags    []string
	process  *process
}

func newWay(t *testing.T, from, to *side, kind, compatibility string) *way {
	file := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"LoopbackPreventionSettings": {"EnableLoopbackPrevention": true, "SourceSchema": %q, "TargetSchema": %q},
		"ErrorBehavior": {"RecoverableErrorCount": -1, "RecoverableErrorInterval": 1}, "WhimbrelSettings": {"Compatibility": %q}}`,
		from.schema(t), to.schema(t), compatibility), 0o600))
	return &way{from: from, to: to, flags: []string{
		"--migration-type", kind, "--task-settings", file, "--only", from.schema(t) + ".item", "--only", from.schema(t) + ".visit",
	}}
}

func (w *way) run(t *testing.T) {
	t.Helper()
	w.process = start(t, w.from.end, w.to.end, w.flags...)
	w.process.awaitText(t, "following the source")
}

func (w *way) kill(t *testing.T) {
	t.Helper()
	select {
	case <-w.process.ended:
		require.Fail(t, "the program ended by itself", "%s\n%s", w.process.out.String(), w.process.errors.String())
	default:
		_ = w.process.cmd.Process.Kill()
		<-w.process.ended
	}
}

func killOnTwoWays(t *testing.T, left, right *side, compatibility string) {
	random := dice(t)
	left.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, side varchar(5), v varchar(200))", "CREATE TABLE visit (side varchar(5), n int)")
	there, back := newWay(t, left, right, "full-load-and-cdc", compatibility), newWay(t, right, left, "cdc", compatibility)
	there.run(t)
	left.tellLoops(t)
	right.tellLoops(t)
	back.run(t)
	stop := writeBothSides(t, random, left, right)
	for range kills(t, twoWayKills) {
		<-time.After(time.Duration(random.Int64N(int64(1200 * time.Millisecond))))
		hit := [][]*way{{there}, {back}, {there, back}}[random.IntN(3)]
		for _, w := range hit {
			w.kill(t)
		}
		for _, w := range hit {
			w.run(t)
		}
	}
	<-time.After(500 * time.Millisecond)
	stop()
	for round := range 2 { // what had come back would stand before the second mark
		left.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'none', 'end')", -1-2*round))
		right.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'none', 'end')", -2-2*round))
		there.await(t, -1-2*round)
		back.await(t, -2-2*round)
	}
	for _, w := range []*way{there, back} {
		require.NoError(t, w.process.cmd.Process.Signal(syscall.SIGTERM))
		require.Zero(t, w.process.code(t, runs), "%s\n%s", w.process.out.String(), w.process.errors.String())
		p := command(t, w.from.end, w.to.end, "release", w.flags...)
		require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	}
	requireTwoWays(t, left, right)
}

// await waits until a row has arrived.
func (w *way) await(t *testing.T, id int) {
	t.Helper()
	deadline := time.After(runs)
	for w.to.number(fmt.Sprintf("SELECT count(*) FROM item WHERE id = %d", id)) != 1 {
		select {
		case <-w.process.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", w.process.out.String(), w.process.errors.String())
		case <-deadline:
			require.Fail(t, "a row does not arrive", "%d\n%s", id, w.process.errors.String())
		case <-time.After(poll):
		}
	}
}

// requireTwoWays compares both sides with what the writers have made.
func requireTwoWays(t *testing.T, left, right *side) {
	t.Helper()
	items, visits := []string{"-1|none|end", "-2|none|end", "-3|none|end", "-4|none|end"}, []string{}
	transactions := 0
	for _, s := range []*side{left, right} {
		for _, w := range s.writers {
			transactions += w.transactions
			for id, v := range w.rows {
				items = append(items, fmt.Sprintf("%d|%s|%s", id, s.name, v))
			}
			for n := range w.visits {
				visits = append(visits, fmt.Sprintf("%s|%d", s.name, w.from+n))
			}
		}
	}
	slices.Sort(items)
	slices.Sort(visits)
	for _, s := range []*side{left, right} {
		require.Empty(t, s.texts(t, "SELECT concat(op, ' ', id) FROM looped"), "changes that have come back to the %s", s.name)
		requireSameRows(t, "item of the "+s.name, items, s.texts(t, "SELECT concat(id, '|', side, '|', v) FROM item"))
		requireSameRows(t, "visit of the "+s.name, visits, s.texts(t, "SELECT concat(side, '|', n) FROM visit"))
	}
	t.Logf("%d transactions, %d rows, %d visits", transactions, len(items), len(visits))
	require.Positive(t, transactions)
}

// tellLoops writes down each change of a row of the side's own that none of its writers makes.
func (s *side) tellLoops(t *testing.T) {
	s.exec(t, "CREATE TABLE looped (op varchar(10), id int)")
	if s.kind == pg {
		s.exec(t, fmt.Sprintf(`CREATE FUNCTION tell_loops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF coalesce(NEW.side, OLD.side) = '%s' AND coalesce(current_setting('test.writer', true), '') <> 'yes' THEN
				INSERT INTO public.looped VALUES (TG_OP, coalesce(NEW.id, OLD.id)); END IF; RETURN NULL; END $$`, s.name),
			"CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION tell_loops()", "ALTER TABLE item ENABLE ALWAYS TRIGGER tell")
		return
	}
	for op, row := range map[string]string{"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"} {
		s.exec(t, fmt.Sprintf("CREATE TRIGGER tell_%[1]s AFTER %[1]s ON item FOR EACH ROW INSERT INTO looped SELECT '%[1]s', %[2]s.id FROM dual WHERE %[2]s.side = '%[3]s' AND @writer IS NULL", op, row, s.name))
	}
}

// writeBothSides has writers on both sides until it is stopped.
func writeBothSides(t *testing.T, random *rand.Rand, sides ...*side) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	for i, s := range sides {
		for n := range 2 {
			w := &partner{side: s, rand: rand.New(rand.NewPCG(random.Uint64(), 0)), rows: map[int]string{}, from: (2*i + n + 1) * 100_000_000}
			w.next = w.from
			s.writers = append(s.writers, w)
			working.Go(func() {
				for ctx.Err() == nil {
					if err := w.write(); err != nil {
						t.Error(err)
						return
					}
					<-time.After(time.Duration(w.rand.IntN(20)) * time.Millisecond)
				}
			})
		}
	}
	stop = sync.OnceFunc(func() { cancel(); working.Wait() })
	t.Cleanup(stop)
	return stop
}

// partner writes on one side, and knows what its rows are.
type partner struct {
	side         *side
	rand         *rand.Rand
	from, next   int
	rows         map[int]string
	visits       int
	transactions int
}

// write is one transaction. One that the server gives up is forgotten.
func (w *partner) write() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := w.side.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	rows, visits := maps.Clone(w.rows), w.visits
	statements := []string{w.side.pick("SET test.writer = 'yes'", "SET @writer = 'yes'", ""), "BEGIN"}
	for range 1 + w.rand.IntN(4) {
		statements = append(statements, w.step(rows, &visits)...)
	}
	for _, sql := range statements {
		if _, err := conn.ExecContext(ctx, sql); err != nil { // a deadlock with what is applied
			_, err := conn.ExecContext(ctx, "ROLLBACK")
			return err
		}
	}
	if w.rand.IntN(10) == 0 {
		_, err := conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("nobody knows whether a transaction has committed: %w", err)
	}
	w.rows, w.visits = rows, visits
	w.transactions++
	return nil
}

// step is a part of a transaction: its statements, and what they make of the rows.
func (w *partner) step(rows map[int]string, visits *int) []string {
	w.next++
	id, v := w.next, fmt.Sprintf("%d %s", w.next, strings.Repeat("ä", w.rand.IntN(90)))
	mine := fmt.Sprintf("id BETWEEN %d AND %d", w.from, w.from+99_999_999)
	insert := fmt.Sprintf("INSERT INTO item VALUES (%d, '%s', '%s')", id, w.side.name, v)
	for old := range rows { // any of them
		switch w.rand.IntN(12) {
		case 0, 1, 2:
			rows[old] = v
			return []string{fmt.Sprintf("UPDATE item SET v = '%s' WHERE id = %d", v, old)}
		case 3:
			rows[id] = rows[old]
			delete(rows, old)
			return []string{fmt.Sprintf("UPDATE item SET id = %d WHERE id = %d", id, old)}
		case 4:
			delete(rows, old)
			return []string{fmt.Sprintf("DELETE FROM item WHERE id = %d", old)}
		case 5:
			return []string{"SAVEPOINT s", insert, fmt.Sprintf("DELETE FROM item WHERE id = %d", old), "ROLLBACK TO SAVEPOINT s"}
		case 6:
			*visits++
			return []string{fmt.Sprintf("INSERT INTO visit VALUES ('%s', %d)", w.side.name, w.from+*visits-1)}
		}
		break
	}
	switch w.rand.IntN(90) {
	case 0, 1:
		return []string{w.many(rows)}
	case 2:
		for id := range rows {
			rows[id] = v
		}
		return []string{fmt.Sprintf("UPDATE item SET v = '%s' WHERE %s", v, mine)}
	case 3:
		clear(rows)
		return []string{"DELETE FROM item WHERE " + mine}
	}
	rows[id] = v
	return []string{insert}
}

// many inserts many rows in one statement.
func (w *partner) many(rows map[int]string) string {
	values := make([]string, 1000)
	for i := range values {
		w.next++
		rows[w.next] = fmt.Sprint("many ", w.next)
		values[i] = fmt.Sprintf("(%d, '%s', '%s')", w.next, w.side.name, rows[w.next])
	}
	return "INSERT INTO item VALUES " + strings.Join(values, ", ")
}
