package cdc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func insert(table string, key int64) step {
	return step{kind: "insert", table: table, key: key, value: key}
}

// ends are a source with a log and a target, neither of which fails.
func ends(log ...[]step) (*fakeSource, *fakeTarget) {
	roll := roller(1)
	return &fakeSource{log: log, roll: roll}, newFakeTarget(roll)
}

// TestRecoveryTimeout: with it the task gives up once the way back has not been found for so long, however many tries are left.
func TestRecoveryTimeout(t *testing.T) {
	source, target := ends([]step{insert("a", 1)})
	source.breaks = 1 // it is never there
	c := followConfig(source, target)
	c.Retry.Interval = time.Millisecond
	c.Tuning.RecoveryTimeout = 30 * time.Millisecond
	began := time.Now()
	_, err := Follow(context.Background(), c)
	require.ErrorContains(t, err, "RecoveryTimeout")
	require.ErrorContains(t, err, "the source is away")
	require.GreaterOrEqual(t, time.Since(began), c.Tuning.RecoveryTimeout)

	c.Tuning.RecoveryTimeout = 0 // for ever, as long as there are tries
	c.Retry.Count = 60
	_, err = Follow(context.Background(), c)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "RecoveryTimeout")
}

// TestRecoveryTimeoutCountsFromTheLastProgress: a source that comes back now and then is followed for any time.
func TestRecoveryTimeoutCountsFromTheLastProgress(t *testing.T) {
	var log [][]step
	for i := range int64(60) {
		log = append(log, []step{insert("a", i)})
	}
	source, target := ends(log...)
	source.breaks = 6
	c := followConfig(source, target)
	c.Retry.Interval = 5 * time.Millisecond
	c.Tuning.RecoveryTimeout = 30 * time.Second // less than this machine is slow
	_, err := Follow(context.Background(), c)
	require.NoError(t, err)
	require.Equal(t, source.at(60), target.committed.rows)
}

// TestSettingsReachTheSession: StatementCacheSize is handed on, and the session is the only one that commits.
func TestSettingsReachTheSession(t *testing.T) {
	source, target := ends([]step{insert("a", 1)})
	c := followConfig(source, target)
	c.Tuning.Statements = 7
	_, err := Follow(context.Background(), c)
	require.NoError(t, err)
	require.Equal(t, connector.ApplyOptions{Run: "run", Statements: 7, Alone: true}, target.asked)
}

// TestFailingTruncationKeepsWhatCameBefore: ApplyErrorFailOnTruncationDdl ends the task behind the transactions before the truncation,
// every time it goes on. What stands before it in the same transaction comes again.
func TestFailingTruncationKeepsWhatCameBefore(t *testing.T) {
	log := [][]step{{insert("a", 1)}, {insert("a", 2), insert("b", 1)}, {{kind: "truncate", table: "a"}}, {insert("a", 3)}}
	source, target := ends(log...)
	c := followConfig(source, target)
	c.DDL.FailOnTruncate = true
	for range 2 {
		_, err := Follow(context.Background(), c)
		require.ErrorIs(t, err, fullload.ErrStopped)
		require.ErrorContains(t, err, "ApplyErrorFailOnTruncationDdl")
		require.Equal(t, position(2), target.committed.position)
		require.Equal(t, source.at(2), target.committed.rows)
		require.Equal(t, target.committed, target.durable)
		require.Equal(t, 2, source.acknowledged)
	}
	source.log[2] = []step{insert("b", 9), {kind: "truncate", table: "a"}}
	for range 2 {
		_, err := Follow(context.Background(), c)
		require.ErrorIs(t, err, fullload.ErrStopped)
		require.Equal(t, source.at(2), target.committed.rows)
	}
	c.DDL.FailOnTruncate = false
	_, err := Follow(context.Background(), c)
	require.NoError(t, err)
	require.Equal(t, source.at(4), target.committed.rows)
}

// TestRefusedTable: a new table that the target refuses counts as suspended in every session, joins only when it is made anew, and
// nothing of the others is held up.
func TestRefusedTable(t *testing.T) {
	source, target := ends([]step{insert("a", 1)}, []step{{kind: "create", table: "c"}, insert("c", 1)}, []step{insert("b", 1)})
	target.refuses["c"] = true
	suspended := func(c Config) string {
		for _, n := range c.Stats.Counts().Tables {
			if n.Source == tableName("c") {
				require.Equal(t, tableName("c"), n.Target)
				return n.Suspended
			}
		}
		return ""
	}
	for range 2 {
		c := followConfig(source, target)
		_, err := Follow(context.Background(), c)
		require.NoError(t, err)
		require.Contains(t, suspended(c), "refuses")
		require.Equal(t, world{"a": {1: 1}, "b": {1: 1}}, target.committed.rows)
		require.Equal(t, suspended(c), target.committed.notes[SuspendedNote(tableName("c"))])
		noted, err := ReadNotes(target.committed.notes)
		require.NoError(t, err)
		require.True(t, noted[tableName("c")].Outside)
	}
	delete(target.refuses, "c")
	source.log = append(source.log, []step{insert("c", 2)})
	c := followConfig(source, target)
	_, err := Follow(context.Background(), c)
	require.NoError(t, err)
	require.NotEmpty(t, suspended(c), "rows of it have gone by")

	source.log = append(source.log, []step{{kind: "drop", table: "c"}, {kind: "create", table: "c"}, insert("c", 3)})
	c = followConfig(source, target)
	_, err = Follow(context.Background(), c)
	require.NoError(t, err)
	require.Empty(t, suspended(c))
	require.Equal(t, source.at(len(source.log)), target.committed.rows)
	require.NotContains(t, target.committed.notes, SuspendedNote(tableName("c")))
}

// TestRefusedTablesCount: TableErrorPolicy and TableErrorEscalationCount hold for tables that are new.
func TestRefusedTablesCount(t *testing.T) {
	log := [][]step{{insert("a", 1)}, {{kind: "create", table: "c"}}, {{kind: "create", table: "d"}}, {insert("a", 2)}}
	for _, test := range []struct {
		setting string
		edit    func(c *Config)
		reached int
	}{
		{"TableErrorPolicy", func(c *Config) { c.TableError = fullload.StopTask }, 1},
		{"TableErrorEscalationCount", func(c *Config) { c.TableErrorCount = 2 }, 2},
	} {
		source, target := ends(log...)
		target.refuses["c"], target.refuses["d"] = true, true
		c := followConfig(source, target)
		test.edit(&c)
		_, err := Follow(context.Background(), c)
		require.ErrorIs(t, err, fullload.ErrStopped)
		require.ErrorContains(t, err, test.setting)
		require.LessOrEqual(t, placeOf(target.committed.position), test.reached)
	}
}

// doAgain has an errand done, however often its own work is lost.
func doAgain(ctx context.Context, e *Errands, f func(context.Context, *Halt) error) error {
	for {
		if err := e.Do(ctx, f); connector.ClassOf(err) != connector.Lost {
			return err
		}
	}
}

// TestErrandsAreDoneOnce: what is done while the following stands still is done once, and durable when it is answered, whatever is lost
// meanwhile.
func TestErrandsAreDoneOnce(t *testing.T) {
	for seed := range uint64(60) {
		var log [][]step
		for i := range int64(40) {
			log = append(log, []step{insert("a", i), insert("b", i)})
		}
		roll := roller(seed)
		source, target := &fakeSource{log: log, roll: roll, breaks: 25}, newFakeTarget(roll)
		target.breaks = 25
		c := followConfig(source, target)
		c.Errands = NewErrands()
		c.Stop.CaughtUp = false
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		ended := make(chan error, 1)
		go func() {
			_, err := Follow(ctx, c)
			ended <- err
		}()
		for n := range 3 {
			key := string(rune('x' + n))
			require.NoError(t, doAgain(ctx, c.Errands, func(ctx context.Context, h *Halt) error { return h.Note(ctx, key, "done") }))
			target.mu.Lock()
			require.Equal(t, "done", target.durable.notes[key])
			require.True(t, moment(source.at(placeOf(target.durable.position)), target.durable.rows))
			target.mu.Unlock()
		}
		failed := errors.New("it cannot be done")
		require.ErrorIs(t, c.Errands.Do(ctx, func(context.Context, *Halt) error { return failed }), failed)
		cancel()
		require.NoError(t, <-ended)
	}
}

// TestTableThatIsAway: a table whose changes are somebody else's for a while comes back where those have come to.
func TestTableThatIsAway(t *testing.T) {
	for seed := range uint64(40) {
		roll := roller(seed)
		source, target := &fakeSource{roll: roll, breaks: 40}, newFakeTarget(roll)
		for i := range int64(30) {
			source.log = append(source.log, []step{insert("a", i), insert("b", i)})
		}
		target.breaks = 40
		c := followConfig(source, target)
		c.Errands, c.Stop.CaughtUp = NewErrands(), false
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		ended := make(chan error, 1)
		go func() {
			_, err := Follow(ctx, c)
			ended <- err
		}()
		require.NoError(t, doAgain(ctx, c.Errands, func(_ context.Context, h *Halt) error {
			h.Away(tableName("b"))
			require.False(t, h.Away(tableName("nosuch")))
			return nil
		}))
		require.NoError(t, doAgain(ctx, c.Errands, func(ctx context.Context, h *Halt) error {
			h.Away(tableName("b"))
			return h.Suspend(ctx, tableName("b"), "it cannot be loaded")
		}))
		target.mu.Lock()
		require.Equal(t, "it cannot be loaded", target.committed.notes[SuspendedNote(tableName("b"))])
		before := len(target.committed.rows["b"])
		target.mu.Unlock()
		require.NoError(t, doAgain(ctx, c.Errands, func(ctx context.Context, h *Halt) error { return h.Forget(ctx, tableName("b")) }))
		target.mu.Lock()
		require.NotContains(t, target.committed.notes, SuspendedNote(tableName("b")))
		require.Len(t, target.committed.rows["b"], before, "nothing of it is followed")
		target.mu.Unlock()
		require.NoError(t, doAgain(ctx, c.Errands, func(ctx context.Context, h *Halt) error {
			return h.Follow(ctx, fakeTable(0, "e", c.Stats), position(len(source.log)))
		}))
		target.mu.Lock()
		noted, err := ReadNotes(target.durable.notes)
		target.mu.Unlock()
		require.NoError(t, err)
		require.Equal(t, map[catalog.Name]Noted{tableName("e"): {Table: sourceTable("e"), Since: position(len(source.log))}}, noted)
		cancel()
		require.NoError(t, <-ended)
	}
}

// TestSuspensionIsWrittenDown: a table that is suspended in a transaction that is lost is judged anew, so that what is left out is always
// written down with the position behind it.
func TestSuspensionIsWrittenDown(t *testing.T) {
	for seed := range uint64(60) {
		roll := roller(seed)
		source, target := &fakeSource{roll: roll}, newFakeTarget(roll)
		for i := range int64(5) {
			source.log = append(source.log, []step{insert("a", i), insert("b", i)})
		}
		target.committed.rows["a"][2] = 99 // in the way
		target.durable = target.committed.clone()
		target.breaks = 8
		target.onCommit = func(c contents) {
			if placeOf(c.position) > 2 {
				require.Contains(t, c.notes, SuspendedNote(tableName("a")), "seed %d", seed)
			}
		}
		c := followConfig(source, target)
		c.Policy.Insert = fullload.SuspendTable
		_, err := Follow(context.Background(), c)
		require.NoError(t, err)
		require.Equal(t, world{"a": {0: 0, 1: 1, 2: 99}, "b": source.at(5)["b"]}, target.committed.rows)
	}
}

// mute is a target that cannot say where a run stands, in the words of the connectors.
type mute struct{ *fakeTarget }

func (mute) Checkpoint(context.Context, string) (connector.Checkpoint, bool, error) {
	return connector.Checkpoint{}, false, errors.New("read the checkpoint: permission denied")
}

// TestCheckpointIsReadOnceInWords: what was being done stands in the message once.
func TestCheckpointIsReadOnceInWords(t *testing.T) {
	source, target := ends()
	c := followConfig(source, target)
	c.Target = mute{target}
	_, err := Follow(context.Background(), c)
	require.ErrorContains(t, err, "ask the target where the run stands: read the checkpoint: permission denied")
	require.Equal(t, 1, strings.Count(err.Error(), "read the checkpoint"))
}
