package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

func TestAPanicFailsItsTaskAlone(t *testing.T) {
	for part, c := range map[string]struct{ source, target, kind, state string }{
		"reader": {"faulty", "sqlite", "full-load", tableError},
		"writer": {"sqlite", "writes", "full-load", tableError},
		"stream": {"follows", "sqlite", "full-load-and-cdc", ""},
	} {
		t.Run(part, func(t *testing.T) {
			b := newBench(t)
			source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
			target, db := b.database(t, "target.db", "SELECT 1")
			_, _ = b.database(t, "other.db", "SELECT 1")
			mad := newTask("MAD", c.source+":"+b.files+"/source.db", c.target+":"+b.files+"/other.db")
			mad.Type = c.kind
			require.NoError(t, b.Start(t.Context(), mad))
			require.NoError(t, b.Start(t.Context(), newTask("SANE", source, target)))

			s := b.end(t, "MAD", 1)
			require.Equal(t, "FATAL_ERROR", s.StopReason)
			require.Contains(t, s.Failure, "the "+part+" is mad")
			require.Contains(t, b.log(t, "MAD"), "harness_test.go", "the stack")
			if c.state != "" {
				tables, err := b.Tables(t.Context(), "MAD")
				require.NoError(t, err)
				require.Equal(t, c.state, tables[0].State)
			}
			require.Equal(t, loaded, b.end(t, "SANE", 1).StopReason)
			require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))
		})
	}
}

func TestAPanicInWhatWatchesATaskFailsItAlone(t *testing.T) {
	b := newBench(t)
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	target, db := b.database(t, "target.db", "SELECT 1")
	other, _ := b.database(t, "other.db", "SELECT 1")
	require.NoError(t, b.Start(t.Context(), newTask("MAD", "stuck:"+b.files+"/source.db", other)))
	j, err := b.job("MAD")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.mu.load == nil {
			return false
		}
		j.mu.tables = nil // so that counting panics, and ending the attempt too
		return true
	}, time.Minute, time.Millisecond)

	s := b.end(t, "MAD", 1)
	require.Equal(t, fatal, s.StopReason)
	require.Contains(t, s.Failure, "a fault in Whimbrel itself")

	require.NoError(t, b.Start(t.Context(), newTask("SANE", source, target)))
	require.Equal(t, loaded, b.end(t, "SANE", 1).StopReason)
	require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))
}

func TestADatabaseThatComesBackIsWaitedFor(t *testing.T) {
	b := newBench(t)
	_, _ = b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	target, db := b.database(t, "target.db", "SELECT 1")
	first := newTask("T1", "lost:"+b.files+"/source.db", target)
	require.NoError(t, b.Start(t.Context(), first))
	s := b.end(t, "T1", 1)
	require.Equal(t, recoverable, s.StopReason, "a task that has never reached its database fails at once")
	require.Contains(t, s.Failure, "nobody listens")

	first.Attempt, first.Mode = 2, instance.Resume
	require.NoError(t, b.Start(t.Context(), first))
	require.Equal(t, loaded, b.end(t, "T1", 2).StopReason)
	require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))
	require.Contains(t, b.log(t, "T1"), "[TASK_MANAGER    ]W:  task is tried again")
}

func TestAttemptsAreNumbered(t *testing.T) {
	b := newBench(t)
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	target, db := b.database(t, "target.db", "SELECT 1")
	first := newTask("T1", source, target)
	first.Attempt = 5
	require.NoError(t, b.Start(t.Context(), first))
	require.Equal(t, loaded, b.end(t, "T1", 5).StopReason)
	_, err := db.ExecContext(t.Context(), "DELETE FROM a")
	require.NoError(t, err)
	require.NoError(t, b.Start(t.Context(), first), "the same again changes nothing")
	require.Equal(t, "0", count(t, db, "SELECT count(*) FROM a"))
	first.Attempt = 4
	var refusal *instance.Refusal
	require.ErrorAs(t, b.Start(t.Context(), first), &refusal)
	first.Attempt, first.Mode = 6, instance.Reload
	require.NoError(t, b.Start(t.Context(), first))
	b.end(t, "T1", 6)
	require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))
}

func TestWhatIsWrongWithATaskIsTold(t *testing.T) {
	b := newBench(t)
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)")
	target, _ := b.database(t, "target.db", "SELECT 1")
	for name, c := range map[string]struct {
		change func(*instance.Task)
		says   string
	}{
		"settings": {func(t *instance.Task) { t.Settings = `{"Nonsense":1}` }, "Nonsense"},
		"mappings": {func(t *instance.Task) { t.Mappings = `{"rules":[{}]}` }, "table mappings"},
		"type":     {func(t *instance.Task) { t.Type = "half-load" }, "want full-load, cdc or full-load-and-cdc"},
		"stop":     {func(t *instance.Task) { t.StopPosition = "tomorrow" }, "want server_time"},
		"engine":   {func(t *instance.Task) { t.Source.URL = "oracle://x" }, "known scheme"},
		"outside":  {func(t *instance.Task) { t.Source.URL = "sqlite:/etc/x.db" }, "not in the directory"},
		"nothing": {func(t *instance.Task) {
			t.Mappings = `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"x","table-name":"y"},"rule-action":"include"}]}`
		}, "no tables were found"},
		"file":    {func(t *instance.Task) { t.Target.Files = map[string]string{"../x.pem": "x"} }, "ends in .pem"},
		"settled": {func(t *instance.Task) { t.Target.URL = t.Source.URL }, "same database"},
	} {
		id := "T" + name
		wrong := newTask(id, source, target)
		c.change(&wrong)
		require.NoError(t, b.Start(t.Context(), wrong), name)
		s := b.end(t, id, 1)
		require.Equal(t, fatal, s.StopReason, name)
		require.Contains(t, s.Failure, c.says, name)
	}
	var refusal *instance.Refusal
	require.ErrorAs(t, b.Start(t.Context(), newTask("../T", source, target)), &refusal)
	require.ErrorAs(t, b.Stop(t.Context(), "NONE"), &refusal)
}

func TestWhatATaskHasCountedOutlivesItsWorker(t *testing.T) {
	b := newBench(t)
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	target, _ := b.database(t, "target.db", "SELECT 1")
	require.NoError(t, b.Start(t.Context(), newTask("T1", source, target)))
	want := b.end(t, "T1", 1)
	tables, err := b.Tables(t.Context(), "T1")
	require.NoError(t, err)
	next, err := New(b.Config)
	require.NoError(t, err)
	defer func() { require.NoError(t, next.Close(t.Context())) }()
	states, _, err := next.Tasks(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, []instance.TaskState{want}, states)
	again, err := next.Tables(t.Context(), "T1")
	require.NoError(t, err)
	require.Equal(t, tables, again)
}

func TestMemoryIsShared(t *testing.T) {
	b := newBudget(512 << 20)
	var given int64
	var shares []int64
	for range 20 {
		s := settings.Defaults()
		share := b.take(need(task.FullLoadAndCDC, s))
		fit(s, share)
		require.GreaterOrEqual(t, s.FullLoadSettings.MaxFullLoadSubTasks, 1)
		require.LessOrEqual(t, int64(s.FullLoadSettings.MaxFullLoadSubTasks)*workerNeed, max(share, workerNeed))
		require.Positive(t, s.ChangeProcessingTuning.MemoryLimitTotal)
		require.LessOrEqual(t, int64(s.ChangeProcessingTuning.MemoryLimitTotal)<<20, share)
		given += share
		shares = append(shares, share)
	}
	require.LessOrEqual(t, given, int64(512<<20), "twenty tasks of a small class")
	require.EqualValues(t, 96<<20, shares[0], "the first gets all it can use")
	for _, s := range shares {
		b.give(s)
	}
	require.EqualValues(t, 96<<20, b.take(changesNeed))

	require.EqualValues(t, 100, boundedBy(100, func() (uint64, error) { return 200, nil }))
	require.EqualValues(t, 100, boundedBy(0, func() (uint64, error) { return 100, nil }))
	require.EqualValues(t, 50, boundedBy(100, func() (uint64, error) { return 0, nil }, func() (uint64, error) { return 50, nil }))
}

func TestLargeObjectsAreCutOnlyWhenAskedFor(t *testing.T) {
	for document, cut := range map[string]bool{
		"": false, `{}`: false, `{"TargetMetadata":{"LimitedSizeLobMode":true}}`: true, `{"WhimbrelSettings":{"Compatibility":"dms"}}`: true,
		`{"TargetMetadata":{"FullLobMode":true},"WhimbrelSettings":{"Compatibility":"dms"}}`: false,
	} {
		s, err := parseSettings(document)
		require.NoError(t, err, document)
		require.Equal(t, cut, s.TargetMetadata.LimitedSizeLobMode, document)
		require.Equal(t, settings.DropAndCreate, s.FullLoadSettings.TargetTablePrepMode)
	}
}

func TestACutoverEndsATaskThatIsResumed(t *testing.T) {
	b := newBench(t)
	source, in := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	target, db := b.database(t, "target.db", "SELECT 1")
	following := newTask("T1", source, target)
	following.Type = "full-load-and-cdc"
	require.NoError(t, b.Start(t.Context(), following))
	require.Eventually(t, func() bool {
		states, _, err := b.Tasks(t.Context(), 0)
		return err == nil && len(states) == 1 && states[0].Progress.Following
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, b.Stop(t.Context(), "T1"))
	require.Equal(t, asked, b.end(t, "T1", 1).StopReason)
	servertest.Exec(t, in, "INSERT INTO a VALUES (3)")

	following.Attempt, following.Mode, following.Cutover = 2, instance.Resume, true
	require.NoError(t, b.Start(t.Context(), following))
	s := b.end(t, "T1", 2)
	require.Empty(t, s.Failure)
	require.Equal(t, "STOPPED_AFTER_CACHED_EVENTS", s.StopReason)
	require.Equal(t, "3", count(t, db, "SELECT count(*) FROM a"))
	require.Contains(t, b.log(t, "T1"), "rows counted at the cutover table=main.a source=3 target=3")

	servertest.Exec(t, db, "DELETE FROM a WHERE id = 1")
	following.Attempt = 3
	require.NoError(t, b.Start(t.Context(), following))
	s = b.end(t, "T1", 3)
	require.Equal(t, fatal, s.StopReason, "rows are missing")
	require.Contains(t, s.Failure, "main.a (3 in the source, 2 in the target)")
}

func TestATableIsReloadedWhileOthersAreFollowed(t *testing.T) {
	b := newBench(t)
	source, in := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)", "CREATE TABLE b (id INTEGER PRIMARY KEY)")
	target, db := b.database(t, "target.db", "SELECT 1")
	following := newTask("T1", source, target)
	following.Type = "full-load-and-cdc"
	var refusal *instance.Refusal
	require.ErrorAs(t, b.Reload(t.Context(), "T1", nil, false), &refusal)
	require.NoError(t, b.Start(t.Context(), following))
	require.Eventually(t, func() bool {
		states, _, err := b.Tasks(t.Context(), 0)
		return err == nil && len(states) == 1 && states[0].Progress.Following
	}, time.Minute, 20*time.Millisecond)
	servertest.Exec(t, db, "DELETE FROM a")
	require.ErrorAs(t, b.Reload(t.Context(), "T1", []instance.TableName{{Schema: "main", Name: "none"}}, false), &refusal)
	require.NoError(t, b.Reload(t.Context(), "T1", []instance.TableName{{Schema: "main", Name: "a"}}, false))
	require.Eventually(t, func() bool {
		tables, err := b.Tables(t.Context(), "T1")
		return err == nil && len(tables) == 2 && tables[0].Name == "a" && tables[0].Reloaded && tables[0].State == completed
	}, time.Minute, 20*time.Millisecond)
	require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))
	servertest.Exec(t, in, "INSERT INTO a VALUES (3)", "INSERT INTO b VALUES (1)")
	require.Eventually(t, func() bool {
		return count(t, db, "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)") == "4"
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, b.Stop(t.Context(), "T1"))
	require.Equal(t, asked, b.end(t, "T1", 1).StopReason)
}
