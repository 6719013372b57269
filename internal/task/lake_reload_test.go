package task_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestLakeReloads asks a running task for one reload after the other, while it flushes changes all the time: each is carried out, and
// a later run goes on where this one has ended.
func TestLakeReloads(t *testing.T) {
	source, dir := newEnd(t, "sqlite"), t.TempDir()
	target := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
	source.exec(t, "PRAGMA journal_mode=WAL")
	tables := []string{"item", "other", "third"}
	for _, name := range tables {
		source.fill(t, name, 3000)
	}
	set := lakeWith("CdcMaxBatchInterval", "0")
	load(t, source, target, set)
	c := changesConfig(source, target)
	set(&c)
	c.RowsPerSecond = 5000
	r := start(t, c)
	source.exec(t, "INSERT INTO third VALUES (900001, 'a')")
	r.await(t, "changes", func() bool { return r.config.ChangeStats.Counts().Applied >= 1 })
	for _, name := range tables {
		require.NoError(t, r.task.Reload(t.Context(), []catalog.Name{source.named(name)}))
		source.exec(t, "INSERT INTO third SELECT max(id) + 1, 'b' FROM third")
	}
	beside, err := task.Open(t.Context(), c)
	require.NoError(t, err)
	require.ErrorContains(t, beside.Reload(t.Context(), []catalog.Name{source.named("item")}), "another process runs the migration")
	require.NoError(t, beside.Close())
	for _, name := range tables {
		r.await(t, name+" reloaded", func() bool { s := r.state(name); return s.Reloaded && s.State == fullload.Completed })
	}
	r.stop()
	require.NoError(t, r.err)
	source.exec(t, "INSERT INTO other VALUES (900009, 'c')")
	catchUp(t, source, target, set)
	for _, name := range tables {
		ids := map[string]int{}
		for _, text := range filesBelow(t, filepath.Join(dir, "main", name)) {
			for line := range strings.Lines(text) {
				id, _, _ := strings.Cut(strings.TrimPrefix(line, "I,"), ",")
				ids[id]++
			}
		}
		want := source.column(t, "SELECT id FROM "+name)
		require.Len(t, ids, len(want), name)
		for _, id := range want {
			require.Equal(t, 1, ids[id], "row %s of table %s", id, name)
		}
	}
}

// TestLakeIsWrittenByOneProcess: while a task writes into a bucket, neither the same task nor a reload by another process gets there, and
// once it has ended the next one does at once.
func TestLakeIsWrittenByOneProcess(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x')")
	set := lakeWith("CdcMaxBatchInterval", "0")
	load(t, source, l.end, set)
	c := changesConfig(source, l.end)
	set(&c)
	r := start(t, c)
	source.exec(t, "INSERT INTO a VALUES (2, 'y')")
	r.await(t, "changes", func() bool { return r.config.ChangeStats.Counts().Applied >= 1 })
	other := changesConfig(source, l.end)
	set(&other)
	_, err := run(t.Context(), other)
	require.Equal(t, connector.Busy, connector.ClassOf(err), err)
	require.ErrorContains(t, err, "the same migration is running already")
	beside, err := task.Open(t.Context(), other)
	require.NoError(t, err)
	require.ErrorContains(t, beside.Reload(t.Context(), []catalog.Name{source.named("a")}), "another process runs the migration")
	require.NoError(t, beside.Close())
	r.stop()
	require.NoError(t, r.err)
	source.exec(t, "INSERT INTO a VALUES (3, 'z')")
	catchUp(t, source, l.end, set)
	require.ElementsMatch(t, []string{"1,x", "I,2,y", "I,3,z"}, l.lines(t, "main/a"))
	require.NotContains(t, keysOf(l.files(t, "_awsdms_control")), "claim-", "a claim is left")
}
