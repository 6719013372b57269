package host

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestFullLoadByAChild(t *testing.T) {
	source, target := postgres(t), mariadb(t)
	servertest.Exec(t, source.db, "CREATE TABLE a (id int PRIMARY KEY, v text)", "INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 5000) i",
		"CREATE TABLE a2 (id int PRIMARY KEY)")
	h := newHost(t, Config{})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	c := h.Client("I1")
	require.NoError(t, c.Test(t.Context(), source.Endpoint, false))
	require.NoError(t, c.Test(t.Context(), target.Endpoint, true))
	schemas, err := c.Schemas(t.Context(), source.Endpoint)
	require.NoError(t, err)
	require.Contains(t, schemas, "public")

	task := newTask("T1", "full-load", source, target)
	require.NoError(t, c.Start(t.Context(), task))
	require.NoError(t, c.Start(t.Context(), task), "the same attempt again")
	s := awaitEnd(t, h, "I1", "T1")
	require.Empty(t, s.Failure)
	require.Equal(t, "FULL_LOAD_ONLY_FINISHED", s.StopReason)
	require.EqualValues(t, 5000, s.Progress.Rows)
	require.EqualValues(t, 100, s.Progress.Percent)
	require.EqualValues(t, 2, s.Progress.Loaded)
	require.NotNil(t, s.Progress.LoadFinished)
	require.Equal(t, []string{"5000"}, target.column(t, "SELECT count(*) FROM a"))

	tables, err := c.Tables(t.Context(), "T1")
	require.NoError(t, err)
	require.Len(t, tables, 2)
	for _, table := range tables {
		require.Equal(t, "Table completed", table.State)
		require.NotNil(t, table.LoadEnded)
	}
	path, size, err := c.Log(t.Context(), "T1")
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.EqualValues(t, len(text), size)
	require.Regexp(t, `(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d:\d{6} \[TASK_MANAGER    \]I:  task begins .*\(attempt\.go:\d+\)$`, string(text))

	usage, err := h.Usage(t.Context(), "I1")
	require.NoError(t, err)
	require.Positive(t, usage.CPU)
	require.Greater(t, usage.Memory, int64(1<<20))
	// What has ended is known to the next process.
	require.NoError(t, syscall.Kill(h.pid("I1"), syscall.SIGKILL))
	await(t, "the death is noticed", func() bool { return h.State("I1").Deaths == 1 })
	awaitUp(t, h, "I1")
	require.Contains(t, h.State("I1").Failure, "killed")
	again := awaitEnd(t, h, "I1", "T1")
	require.Equal(t, s, again)
	require.NoError(t, c.Start(t.Context(), task), "an attempt that has ended")
	require.False(t, awaitEnd(t, h, "I1", "T1").Running)

	// Going on with a complete load changes nothing.
	servertest.Exec(t, target.db, "DELETE FROM a WHERE id = 7")
	task.Attempt, task.Mode = 2, instance.Resume
	require.NoError(t, c.Start(t.Context(), task))
	await(t, "the second attempt", func() bool {
		s, ok := taskState(t, h, "I1", "T1")
		return ok && s.Attempt == 2 && !s.Running
	})
	require.Equal(t, []string{"4999"}, target.column(t, "SELECT count(*) FROM a"))
	task.Attempt, task.Mode = 3, instance.Reload
	require.NoError(t, c.Start(t.Context(), task))
	await(t, "the third attempt", func() bool {
		s, ok := taskState(t, h, "I1", "T1")
		return ok && s.Attempt == 3 && !s.Running
	})
	require.Equal(t, []string{"5000"}, target.column(t, "SELECT count(*) FROM a"))

	require.NoError(t, c.Release(t.Context(), task))
	_, known := taskState(t, h, "I1", "T1")
	require.False(t, known)
	require.NoFileExists(t, path)
}

func TestChangesOutliveProcesses(t *testing.T) {
	source, target := postgres(t), mariadb(t)
	servertest.Exec(t, source.db, "CREATE TABLE a (id int PRIMARY KEY, v text)", "INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 1000) i")
	h := newHost(t, Config{})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	c := h.Client("I1")
	task := newTask("T1", "full-load-and-cdc", source, target)
	require.NoError(t, c.Start(t.Context(), task))
	next := 1001
	write := func(n int) {
		for range n {
			servertest.Exec(t, source.db, "INSERT INTO a VALUES ("+strconv.Itoa(next)+", 'new')", "UPDATE a SET v = 'changed' WHERE id = "+strconv.Itoa(next-500))
			next++
		}
	}
	same := func() bool {
		const rows = "SELECT concat(id, ' ', v) FROM a ORDER BY id"
		a, err := servertest.Column(source.db, rows, "")
		require.NoError(t, err)
		b, err := servertest.Column(target.db, rows, "")
		if err != nil || len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	await(t, "changes are followed", func() bool {
		s, ok := taskState(t, h, "I1", "T1")
		return ok && s.Progress.Following
	})
	write(20)
	await(t, "rows are equal", same)
	await(t, "statistics are on disk", func() bool {
		tables, err := keep.Dir(h.dir("I1")).Tables("T1")
		return err == nil && len(tables) == 1 && tables[0].Rows == 1000
	})
	for kill := range 3 {
		write(10)
		require.NoError(t, syscall.Kill(h.pid("I1"), syscall.SIGKILL))
		write(10)
		await(t, "the death is noticed", func() bool { return h.State("I1").Deaths == int64(kill+1) })
		awaitUp(t, h, "I1")
		_, known := taskState(t, h, "I1", "T1")
		require.False(t, known, "an attempt that its process took along is not claimed to run or to have ended")
		tables, err := c.Tables(t.Context(), "T1")
		require.NoError(t, err)
		require.NotEmpty(t, tables, "the statistics are lost")
		task.Attempt++
		task.Mode = instance.Resume
		require.NoError(t, c.Start(t.Context(), task))
		write(10)
		await(t, "rows are equal after a kill", same)
	}
	// A clean restart: Boot counts.
	spec := small("I1")
	spec.Boot = 1
	h.Want(spec)
	await(t, "the instance is booted", func() bool { s := h.State("I1"); return s.Phase == instance.Up && s.Boot == 1 })
	require.EqualValues(t, 3, h.State("I1").Deaths, "a reboot is no death")
	tables, err := c.Tables(t.Context(), "T1")
	require.NoError(t, err)
	require.Equal(t, "Table completed", tables[0].State)
	require.EqualValues(t, 1000, tables[0].Rows)
	require.Positive(t, tables[0].AppliedInserts)
	before := tables[0].AppliedInserts
	task.Attempt++
	require.NoError(t, c.Start(t.Context(), task))
	write(10)
	await(t, "rows are equal after a reboot", same)
	await(t, "counters go on", func() bool {
		tables, err := c.Tables(t.Context(), "T1")
		return err == nil && tables[0].AppliedInserts >= before+10
	})
	require.NoError(t, c.Stop(t.Context(), "T1"))
	s := awaitEnd(t, h, "I1", "T1")
	require.Equal(t, "NORMAL", s.StopReason)
	require.NotEmpty(t, s.Progress.Position)
	require.NotEmpty(t, source.column(t, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
	require.NoError(t, c.Release(t.Context(), task))
	require.Empty(t, source.column(t, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
}
