package host

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestTwentyTasksInAnInstance: they run side by side within the memory of a small class.
func TestTwentyTasksInAnInstance(t *testing.T) {
	source, target := postgres(t), mariadb(t)
	const tasks = 20
	mappings := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"a%d"},"rule-action":"include"}]}`
	for i := range tasks {
		servertest.Exec(t, source.db, fmt.Sprintf("CREATE TABLE a%d (id int PRIMARY KEY, v text)", i),
			fmt.Sprintf("INSERT INTO a%d SELECT i, repeat('x', 500) FROM generate_series(1, 2000) i", i))
	}
	h := newHost(t, Config{})
	spec := small("I1")
	spec.Memory = 512 << 20
	h.Want(spec)
	awaitUp(t, h, "I1")
	c := h.Client("I1")
	id := func(i int) string { return fmt.Sprintf("T%d", i) }
	for i := range tasks {
		kind := "full-load"
		if i%4 == 0 {
			kind = "full-load-and-cdc" // a server has slots for few
		}
		task := newTask(id(i), kind, source, target)
		task.Mappings = fmt.Sprintf(mappings, i)
		require.NoError(t, c.Start(t.Context(), task))
	}
	for i := range tasks {
		if i%4 == 0 {
			await(t, id(i)+" follows", func() bool {
				s, ok := taskState(t, h, "I1", id(i))
				if ok && s.Progress.Warning != "" {
					t.Log(id(i), s.Progress.Warning)
				}
				require.True(t, !ok || s.Running, s.Failure)
				return s.Progress.Following
			})
			servertest.Exec(t, source.db, fmt.Sprintf("INSERT INTO a%d VALUES (0, 'new')", i))
			continue
		}
		s := awaitEnd(t, h, "I1", id(i))
		require.Equal(t, "FULL_LOAD_ONLY_FINISHED", s.StopReason, s.Failure)
	}
	for i := range tasks {
		want := "2000"
		if i%4 == 0 {
			want = "2001"
		}
		await(t, id(i)+" is equal", func() bool {
			return target.column(t, fmt.Sprintf("SELECT count(*) FROM a%d", i))[0] == want
		})
	}
	usage, err := h.Usage(t.Context(), "I1")
	require.NoError(t, err)
	t.Logf("resident memory with 20 tasks: %d MiB", usage.Memory>>20)
	require.Less(t, usage.Memory, spec.Memory)
	for i := range tasks {
		require.NoError(t, c.Stop(t.Context(), id(i)))
		awaitEnd(t, h, "I1", id(i))
		task := newTask(id(i), "full-load-and-cdc", source, target)
		task.Mappings = fmt.Sprintf(mappings, i)
		if i%4 == 0 {
			require.NoError(t, c.Release(t.Context(), task))
		}
	}
}

// TestMemoryStaysWithinTheClass loads far more than the class's memory, in many rows and in huge ones, several tasks at once.
func TestMemoryStaysWithinTheClass(t *testing.T) {
	source, target := postgres(t), mariadb(t)
	servertest.Exec(t, source.db, "CREATE TABLE a1 (id int PRIMARY KEY, v text)", "INSERT INTO a1 SELECT i, repeat(md5(i::text), 64) FROM generate_series(1, 60000) i",
		"CREATE TABLE a2 (id int PRIMARY KEY, v bytea)", "INSERT INTO a2 SELECT i, convert_to(repeat(md5(i::text), 262144), 'UTF8') FROM generate_series(1, 24) i",
		"CREATE TABLE a3 (id int PRIMARY KEY, v text)", "INSERT INTO a3 SELECT i, repeat(md5(i::text), 64) FROM generate_series(1, 60000) i", "ANALYZE")
	mappings := `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"a%d"},"rule-action":"include"}]}`
	h := newHost(t, Config{})
	spec := instance.Spec{ID: "I1", Processors: 2, Memory: 384 << 20}
	h.Want(spec)
	awaitUp(t, h, "I1")
	for i := 1; i <= 3; i++ {
		task := newTask(fmt.Sprintf("T%d", i), "full-load", source, target)
		task.Mappings = fmt.Sprintf(mappings, i)
		require.NoError(t, h.Client("I1").Start(t.Context(), task))
	}
	var peak int64
	for i := 1; i <= 3; i++ {
		await(t, "the load ends", func() bool {
			usage, err := h.Usage(t.Context(), "I1")
			require.NoError(t, err)
			peak = max(peak, usage.Memory)
			s, ok := taskState(t, h, "I1", fmt.Sprintf("T%d", i))
			if ok && !s.Running {
				require.Equal(t, "FULL_LOAD_ONLY_FINISHED", s.StopReason, s.Failure)
			}
			return ok && !s.Running
		})
	}
	require.Equal(t, []string{"60000"}, target.column(t, "SELECT count(*) FROM a1"))
	require.Equal(t, []string{fmt.Sprint(24 * 262144 * 32)}, target.column(t, "SELECT sum(length(v)) FROM a2"))
	t.Logf("at most %d MiB of %d MiB", peak>>20, spec.Memory>>20)
	require.Less(t, peak, spec.Memory)
}

// TestAValueThatIsTooLargeForTheClass: the process knows what its class is called and can hold, and says so of a value that is larger, of both servers.
func TestAValueThatIsTooLargeForTheClass(t *testing.T) {
	for name, source := range map[string]*database{"PostgreSQL": postgres(t), "MariaDB": mariadb(t)} {
		t.Run(name, func(t *testing.T) {
			target := mariadb(t)
			servertest.Exec(t, source.db, "CREATE TABLE a1 (id int PRIMARY KEY, v "+map[string]string{"PostgreSQL": "text", "MariaDB": "longtext"}[name]+")")
			servertest.Exec(t, source.db, "INSERT INTO a1 VALUES (1, repeat(md5('a'), 1100000))") // 35.2 MB
			h := newHost(t, Config{})
			h.Want(instance.Spec{ID: "I1", Class: "dms.t3.tiny", Processors: 1, Memory: 128 << 20})
			awaitUp(t, h, "I1")
			task := newTask("T1", "full-load", source, target)
			task.Settings = `{"ErrorBehavior":{"TableErrorPolicy":"STOP_TASK"}}`
			if name == "MariaDB" {
				task.Mappings = strings.Replace(onlyA, `"schema-name":"%"`, fmt.Sprintf(`"schema-name":%q`, source.column(t, "SELECT database()")[0]), 1)
			}
			require.NoError(t, h.Client("I1").Start(t.Context(), task))
			s := awaitEnd(t, h, "I1", "T1")
			require.Equal(t, "FATAL_ERROR", s.StopReason)
			require.Contains(t, s.Failure, `a value of column "v" of table `)
			require.Contains(t, s.Failure, "a1 is 35200000 bytes, and a replication instance of class dms.t3.tiny, which has 128 MiB here, can hold values of 33554432 bytes at the most (give the instance a class with more memory")
		})
	}
}

// TestMemoryStaysWithinTheClassWhileFollowing: a transaction that is larger than the class's memory, with values of 16 MB in it, is open while another
// commits, and is applied one change after the other and in batches. The process is a real one; its resident memory is looked at all the while.
func TestMemoryStaysWithinTheClassWhileFollowing(t *testing.T) {
	const perRow, rows = 8192, 40_000
	for name, c := range map[string]struct{ from, number, series, text, settings string }{
		"PostgreSQL, one by one": {"postgres", "i", "generate_series(1, %d) i", "text", `{"ErrorBehavior":{"RecoverableErrorInterval":1}}`},
		"MariaDB, in batches":    {"mariadb", "seq", "seq_1_to_%d", "longtext", `{"ErrorBehavior":{"RecoverableErrorInterval":1},"TargetMetadata":{"BatchApplyEnabled":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := postgres(t), mariadb(t)
			schema, where := "public", ""
			if c.from == "mariadb" {
				schema = target.column(t, "SELECT database()")[0]
				source, target, where = target, source, fmt.Sprintf("%q.", schema)
			}
			servertest.Exec(t, source.db, "CREATE TABLE a1 (id int PRIMARY KEY, v "+c.text+")", "CREATE TABLE a2 (id int PRIMARY KEY, v "+c.text+")")
			h := newHost(t, Config{})
			spec := instance.Spec{ID: "I1", Processors: 2, Memory: 384 << 20}
			h.Want(spec)
			awaitUp(t, h, "I1")
			task := newTask("T1", "full-load-and-cdc", source, target)
			task.Settings = c.settings
			task.Mappings = strings.Replace(onlyA, `"schema-name":"%"`, fmt.Sprintf(`"schema-name":%q`, schema), 1)
			require.NoError(t, h.Client("I1").Start(t.Context(), task))
			await(t, "it follows", func() bool {
				s, ok := taskState(t, h, "I1", "T1")
				require.True(t, !ok || s.Running, s.Failure)
				return s.Progress.Following
			})
			tx, err := source.db.Begin()
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }() // without effect once it has committed
			for table, of := range map[string]struct{ times, rows int }{"a1": {perRow / 32, rows}, "a2": {1 << 19, 8}} {
				_, err := tx.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO %s SELECT %s, repeat(md5(cast(%[2]s AS char(20))), %d) FROM "+c.series, table, c.number, of.times, of.rows))
				require.NoError(t, err)
			}
			servertest.Exec(t, source.db, "INSERT INTO a1 VALUES (0, 'beside it')")
			peak := int64(0)
			holds := func(want ...string) func() bool {
				return func() bool {
					if usage, err := h.Usage(t.Context(), "I1"); err == nil { // a busy one may be late with its answer
						peak = max(peak, usage.Memory)
					}
					return slices.Equal(want, target.column(t, "SELECT count(*) FROM "+where+"a1 UNION ALL SELECT count(*) FROM "+where+"a2"))
				}
			}
			await(t, "the row beside it", holds("1", "0"))
			require.NoError(t, tx.Commit())
			require.Eventually(t, holds(fmt.Sprint(rows+1), "8"), 5*time.Minute, 50*time.Millisecond, "the large transaction")
			require.Equal(t, []string{fmt.Sprint(perRow*rows + len("beside it"))}, target.column(t, "SELECT sum(length(v)) FROM "+where+"a1"))
			t.Logf("at most %d MiB of %d MiB, a transaction of %d MB", peak>>20, spec.Memory>>20, (perRow*rows+(8<<24))/1_000_000)
			require.Positive(t, peak)
			require.Less(t, peak, spec.Memory)
			require.Zero(t, h.State("I1").Deaths, "it ran out of memory")
			require.NoError(t, h.Client("I1").Stop(t.Context(), "T1"))
			awaitEnd(t, h, "I1", "T1")
			require.NoError(t, h.Client("I1").Release(t.Context(), task))
		})
	}
}
