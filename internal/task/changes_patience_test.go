package task_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// waits gathers how long each retry of a task has waited, from its log.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) Enabled(context.Context, slog.Level) bool { return true }
func (w *waits) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w *waits) WithGroup(string) slog.Handler            { return w }
func (w *waits) Handle(_ context.Context, r slog.Record) error {
	if !strings.Contains(r.Message, "trying again") {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "after" {
			w.mu.Lock()
			w.all = append(w.all, a.Value.Duration())
			w.mu.Unlock()
		}
		return true
	})
	return nil
}

// A target that does not come back is tried as often, and as patiently, as the RecoverableError settings say.
func TestRecoverableErrorsWhileFollowing(t *testing.T) {
	for name, c := range map[string]struct {
		throttling bool
		stop       bool
		want       []time.Duration
	}{
		"always the same":   {false, false, []time.Duration{time.Second, time.Second, time.Second}},
		"longer and longer": {true, false, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}},
		"until the longest": {true, true, []time.Duration{time.Second, 2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, "sqlite")
			d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15)
			target := postgresEnd(t, d)
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			load(t, source, target)
			c2 := changesConfig(source, target)
			b := &c2.Settings.ErrorBehavior
			b.RecoverableErrorCount, b.RecoverableErrorInterval = 3, 1
			b.RecoverableErrorThrottling, b.RecoverableErrorThrottlingMax = c.throttling, 3
			b.RecoverableErrorStopRetryAfterThrottlingMax = c.stop
			var told waits
			c2.Log = slog.New(&told)
			r := start(t, c2)
			r.await(t, "the changes", func() bool { return c2.ChangeStats.Counts().State.String() == "following" })
			d.Server.Kill()
			source.exec(t, "INSERT INTO item VALUES (1)")
			select {
			case <-r.ended:
			case <-time.After(time.Minute):
				require.Fail(t, "it goes on trying")
			}
			require.ErrorContains(t, r.err, "was lost")
			told.mu.Lock()
			require.Equal(t, c.want, slices.DeleteFunc(told.all, func(d time.Duration) bool { return d == 0 }))
			told.mu.Unlock()
			require.NoError(t, d.Server.Start())
			catchUp(t, source, target)
			require.Equal(t, []string{"1"}, target.text(t, "item", "id"))
		})
	}
}

// BatchApplyTimeoutMin holds commits apart, MinTransactionSize and CommitTimeout hold them back until enough has come or long
// enough has passed; without them nothing is held back.
func TestCommitsAreHeldBackWhereAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		document    string
		least, most int
	}{
		"by default":           {`{}`, 8, 1000},
		"BatchApplyTimeoutMin": {`{"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchApplyTimeoutMin":2,"BatchApplyTimeoutMax":30}}`, 1, 4},
		"BatchApplyTimeoutMax": {`{"TargetMetadata":{"BatchApplyEnabled":true},"ChangeProcessingTuning":{"BatchApplyTimeoutMin":1,"BatchApplyTimeoutMax":1}}`, 2, 1000},
		"CommitTimeout":        {`{"ChangeProcessingTuning":{"MinTransactionSize":100000,"CommitTimeout":2}}`, 1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			settled := settingsDocument(t, c.document)
			load(t, source, target, settled)
			c2 := changesConfig(source, target)
			settled(&c2)
			r := start(t, c2)
			r.await(t, "the changes", func() bool { return c2.ChangeStats.Counts().State.String() == "following" })
			const changes = 40
			seen, counts := map[string]bool{}, map[string]bool{}
			for i := range changes {
				source.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d)", i))
				<-time.After(100 * time.Millisecond)
				seen[c2.ChangeStats.Counts().Position] = true
				counts[target.column(t, "SELECT count(*) FROM item")[0]] = true
			}
			require.GreaterOrEqual(t, len(counts), c.least, "visible states of the target")
			require.LessOrEqual(t, len(counts), c.most+1, "visible states of the target")
			r.await(t, "the last", func() bool { return target.column(t, "SELECT count(*) FROM item")[0] == fmt.Sprint(changes) })
			r.stop()
			require.NoError(t, r.err)
		})
	}
}

// Clocks jump: what a source says of the time of its transactions is shown and no more.
func TestClockOfTheSourceJumps(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
	load(t, source, target)
	conn, err := source.db.Conn(context.Background())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	c := changesConfig(source, target)
	r := start(t, c)
	for i, at := range []string{"DEFAULT", "1", "2147483646", "86400", "DEFAULT", "1900000000", "DEFAULT"} {
		for _, s := range []string{"SET timestamp = " + at, fmt.Sprintf("INSERT INTO item VALUES (%d, 'at %s')", i, at), fmt.Sprintf("UPDATE item SET name = concat(name, ' %d')", i)} {
			_, err := conn.ExecContext(context.Background(), s)
			require.NoError(t, err)
		}
		r.await(t, "what was written at "+at, func() bool { return len(target.text(t, target.table(t, source, "item"), "id")) == i+1 })
		n := c.ChangeStats.Counts()
		require.GreaterOrEqual(t, n.SourceLatency, time.Duration(0))
		require.GreaterOrEqual(t, n.TargetLatency, time.Duration(0))
	}
	r.await(t, "the end", func() bool { return c.ChangeStats.Counts().Waiting == 0 })
	r.stop()
	require.NoError(t, r.err)
	catchUp(t, source, target)
	requireSame(t, source, target, "item")
}

// TestClockOfAFileJumps: of SQLite the log tells the time, as the application's machine has it.
func TestClockOfAFileJumps(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "sqlite"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
	load(t, source, target)
	c := changesConfig(source, target)
	r := start(t, c)
	for i, at := range []string{"2026-01-01", "1970-01-01", "2038-01-19", "1969-12-31", "9999-12-31", "2026-01-02"} {
		source.exec(t, fmt.Sprintf("BEGIN IMMEDIATE; INSERT INTO item VALUES (%d, 'at %s'); UPDATE item SET name = name || ' %d'; UPDATE awsdms_changes SET at = julianday('%s'); COMMIT", i, at, i, at))
		r.await(t, "what was written at "+at, func() bool { return len(target.text(t, "item", "id")) == i+1 })
		n := c.ChangeStats.Counts()
		require.GreaterOrEqual(t, n.SourceLatency, time.Duration(0))
		require.GreaterOrEqual(t, n.TargetLatency, time.Duration(0))
	}
	r.stop()
	require.NoError(t, r.err)
	catchUp(t, source, target)
	requireSame(t, source, target, "item")
}

// Values of 50 MB arrive in changes as they are, and stay when others change.
func TestHugeValuesInChanges(t *testing.T) {
	const size = 50 << 20
	maria := func(t *testing.T) *end {
		return mariadbEnd(t, servertest.PrivateMariaDB(t, "max_allowed_packet=256M", "innodb_log_file_size=1G"))
	}
	for name, pair := range map[string][2]func(*testing.T) *end{
		"postgres to postgres": {func(t *testing.T) *end { return newEnd(t, "postgresql-15") }, func(t *testing.T) *end { return newEnd(t, "postgresql-18") }},
		"mariadb to mariadb":   {maria, maria},
		"sqlite to postgres":   {func(t *testing.T) *end { return newEnd(t, "sqlite") }, func(t *testing.T) *end { return newEnd(t, "postgresql-15") }},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := pair[0](t), pair[1](t)
			text := map[string]string{"postgres": "text", "mariadb": "longtext", "sqlite": "TEXT"}[source.engine]
			value := func(word string) string {
				if source.engine == "sqlite" {
					return fmt.Sprintf("replace(hex(zeroblob(%d)), '00', '%s')", size/len(word), word)
				}
				return fmt.Sprintf("repeat('%s', %d)", word, size/len(word))
			}
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int, v "+text+")")
			load(t, source, target)
			source.exec(t, "INSERT INTO item VALUES (1, 1, "+value("huge")+")", "INSERT INTO item VALUES (2, 1, 'small')",
				"UPDATE item SET n = 2 WHERE id = 1", "UPDATE item SET v = "+value("☂ rain")+" WHERE id = 2", "UPDATE item SET n = 3")
			report := catchUp(t, source, target)
			require.True(t, report.Complete(), "%+v", report.Changes.Tables)
			sums := func(e *end, table string) []string {
				length, middle := "length(v)", "substr(v, 20000000, 40)"
				if e.engine == "mariadb" {
					length = "char_length(v)"
				}
				var out []string
				for _, expression := range []string{"n", length, middle} {
					out = append(out, e.column(t, fmt.Sprintf("SELECT %s FROM %s ORDER BY id", expression, table))...)
				}
				return out
			}
			require.Equal(t, sums(source, "item"), sums(target, target.table(t, source, "item")))
		})
	}
}

func settingsDocument(t *testing.T, text string) edit {
	return func(c *task.Config) {
		stop, workers := c.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied, c.Settings.FullLoadSettings.MaxFullLoadSubTasks
		s, err := parseSettings(text)
		require.NoError(t, err)
		s.FullLoadSettings.StopTaskCachedChangesNotApplied, s.FullLoadSettings.MaxFullLoadSubTasks = stop, workers
		c.Settings = s
	}
}

func parseSettings(text string) (*settings.Settings, error) {
	return settings.ParseOver(settings.MigrateDefaults(), []byte(text))
}
