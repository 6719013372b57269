package task_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// running is a migration that is under way.
type running struct {
	task   *task.Task
	config task.Config
	stop   func()
	report *task.Report
	err    error
	ended  chan struct{}
}

func start(t *testing.T, c task.Config) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	m, err := task.Open(ctx, c)
	require.NoError(t, err)
	plan, err := m.Plan(ctx)
	require.NoError(t, err)
	r := &running{task: m, config: c, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.report, r.err = m.Run(ctx, plan)
	}()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			<-r.ended
			_ = m.Close()
		})
	}
	t.Cleanup(r.stop)
	return r
}

// state is where a table stands.
func (r *running) state(table string) fullload.TableCounts {
	for _, c := range r.config.Stats.Tables() {
		if c.Source.Name == table {
			return c
		}
	}
	return fullload.TableCounts{}
}

func (r *running) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-r.ended:
			require.Fail(t, "the run ended", "%v", r.err)
		case <-deadline:
			require.Fail(t, "it does not come to this: "+what, "%+v\n%+v", r.config.Stats.Tables(), r.config.ChangeStats.Counts())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// writing writes to a table until stop is called, which returns how many transactions it was.
func writing(t *testing.T, e *end, table string) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	n := 0
	done.Go(func() {
		for ctx.Err() == nil {
			n++
			id := 1_000_000 + n
			for _, s := range []string{
				fmt.Sprintf("INSERT INTO %s VALUES (%d, 'new %d')", table, id, id),
				fmt.Sprintf("UPDATE %s SET name = 'changed %d' WHERE id = %d", table, n, n%2000),
				fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, id-3*(n%2)-1),
			} {
				if _, err := e.db.ExecContext(context.Background(), s); err != nil {
					continue // SQLite: somebody else writes
				}
			}
			<-time.After(2 * time.Millisecond)
		}
	})
	var once sync.Once
	stop = func() int {
		once.Do(func() { cancel(); done.Wait() })
		return n
	}
	t.Cleanup(func() { stop() })
	return stop
}

func (e *end) fill(t *testing.T, table string, rows int) {
	t.Helper()
	e.exec(t, "CREATE TABLE "+table+" (id int NOT NULL PRIMARY KEY, name varchar(40))")
	series := map[string]string{
		"postgres": fmt.Sprintf("SELECT i, concat('row ', i) FROM generate_series(0, %d) AS s(i)", rows-1),
		"mariadb":  fmt.Sprintf("SELECT seq, concat('row ', seq) FROM seq_0_to_%d", rows-1),
		"sqlite":   fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, 'row ' || i FROM n", rows-1),
	}[e.engine]
	e.exec(t, "INSERT INTO "+table+" "+series)
}

// requireSame compares all rows of such a table and shows a few that differ.
func requireSame(t *testing.T, source, target *end, table string) {
	t.Helper()
	there := map[string]int{}
	for _, row := range source.pairs(t, table) {
		there[row]++
	}
	var differ []string
	for _, row := range target.pairs(t, target.table(t, source, table)) {
		if there[row]--; there[row] < 0 {
			differ = append(differ, "target alone: "+row)
		}
	}
	for row, n := range there {
		if n > 0 {
			differ = append(differ, "source alone: "+row)
		}
	}
	require.Empty(t, differ[:min(len(differ), 10)], "%d rows of %s differ", len(differ), table)
}

// pairs are the rows of such a table.
func (e *end) pairs(t *testing.T, table string) []string {
	t.Helper()
	if e.engine == "sqlite" {
		return e.text(t, table, "id || '|' || name")
	}
	return e.text(t, table, "concat(id, '|', name)")
}

// named is the name of a table of the source.
func (e *end) named(table string) catalog.Name {
	return catalog.Name{Schema: schemaPattern(e), Name: table}
}

// A table is loaded anew while it and another one are written to: nothing is lost or doubled in either, whatever had
// become of it on the target.
func TestReload(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		if source.engine == "sqlite" { // else whoever reads keeps the writers waiting
			source.exec(t, "PRAGMA journal_mode=WAL")
		}
		source.fill(t, "item", 20_000)
		source.fill(t, "other", 2000)
		load(t, source, target)
		r := start(t, changesConfig(source, target))
		stops := []func() int{writing(t, source, "item"), writing(t, source, "other")}
		r.await(t, "changes", func() bool { return r.config.ChangeStats.Counts().Applied > 50 })
		target.exec(t, "UPDATE "+target.table(t, source, "item")+" SET name = 'damaged' WHERE id < 500")
		ctx := context.Background()
		require.ErrorIs(t, r.task.Reload(ctx, []catalog.Name{source.named("nosuch")}), task.ErrNoSuchTable)
		for range 2 {
			before := changesOf(t, &task.Report{Changes: r.config.ChangeStats.Counts()}, "other").AppliedInserts
			require.NoError(t, r.task.Reload(ctx, []catalog.Name{source.named("item")}))
			r.await(t, "the table is being reloaded", func() bool { return r.state("item").State == fullload.Reloading })
			r.await(t, "it has been", func() bool { return r.state("item").State == fullload.Completed })
			require.True(t, r.state("item").Reloaded)
			r.await(t, "the other table goes on", func() bool {
				return changesOf(t, &task.Report{Changes: r.config.ChangeStats.Counts()}, "other").AppliedInserts > before
			})
		}
		for _, stop := range stops {
			require.Positive(t, stop())
		}
		r.stop()
		require.NoError(t, r.err)
		catchUp(t, source, target)
		for _, table := range []string{"item", "other"} {
			requireSame(t, source, target, table)
		}
	})
}

// A suspended table is taken up again by a reload, which is asked for while nobody runs the migration, and its row of
// awsdms_suspended_tables goes.
func TestReloadOfSuspendedTable(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		name := fmt.Sprintf("reload %d", time.Now().UnixNano())
		strict := func(c *task.Config) {
			c.Settings.ErrorBehavior.ApplyErrorInsertPolicy = "SUSPEND_TABLE"
			c.Settings.ControlTablesSettings.SuspendedTablesTableEnabled = true
			c.Name = name
		}
		source.fill(t, "item", 10)
		load(t, source, target, strict)
		target.exec(t, "INSERT INTO "+target.table(t, source, "item")+" VALUES (100, 'in the way')")
		source.exec(t, "INSERT INTO item VALUES (100, 'hundred')", "INSERT INTO item VALUES (101, 'more')")
		require.NotEmpty(t, changesOf(t, catchUp(t, source, target, strict), "item").Suspended)

		c := changesConfig(source, target)
		strict(&c)
		m, err := task.Open(context.Background(), c)
		require.NoError(t, err)
		require.NoError(t, m.Reload(context.Background(), []catalog.Name{source.named("item"), source.named("item")}))
		require.NoError(t, m.Close())
		source.exec(t, "INSERT INTO item VALUES (102, 'most')")
		report := catchUp(t, source, target, strict)
		require.True(t, report.Complete(), "%+v %+v", report.Tables, report.Changes.Tables)
		require.Empty(t, changesOf(t, report, "item").Suspended)
		requireSame(t, source, target, "item")
		require.Empty(t, target.column(t, fmt.Sprintf("SELECT table_name FROM %s WHERE task_name = '%s'", controlTable(target, "awsdms_suspended_tables"), name)))

		source.exec(t, "UPDATE item SET name = 'goes on' WHERE id = 102")
		report = catchUp(t, source, target, strict)
		require.EqualValues(t, 1, changesOf(t, report, "item").AppliedUpdates)
		requireSame(t, source, target, "item")
	})
}

// A reload that is asked for during the load is done after it, and a table that others refer to is dropped and made anew with
// its keys and theirs.
func TestReloadDuringLoadDropping(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.fill(t, "item", 3000)
		source.exec(t, "CREATE TABLE part (id int NOT NULL PRIMARY KEY, item int, CONSTRAINT part_item FOREIGN KEY (item) REFERENCES item (id))",
			"INSERT INTO part VALUES (1, 1), (2, 2)", "CREATE INDEX item_name ON item (name)")
		c := changesConfig(source, target)
		c.Settings.FullLoadSettings.TargetTablePrepMode, c.RefuseRows = "DROP_AND_CREATE", false
		c.RowsPerSecond = 3000
		t.Cleanup(func() { release(t, c) })
		r := start(t, c)
		r.await(t, "the load", func() bool { return r.state("item").State == fullload.FullLoad })
		require.NoError(t, r.task.Reload(context.Background(), []catalog.Name{source.named("item")}))
		r.await(t, "the reload", func() bool { return r.state("item").State == fullload.Reloading })
		r.await(t, "its end", func() bool { return r.state("item").State == fullload.Completed })
		source.exec(t, "DELETE FROM part WHERE id = 1", "INSERT INTO item VALUES (9999, 'last')", "INSERT INTO part VALUES (3, 9999)")
		r.await(t, "changes", func() bool { return r.config.ChangeStats.Counts().Applied >= 3 })
		r.stop()
		require.NoError(t, r.err)
		require.Empty(t, r.report.Failed)
		requireSame(t, source, target, "item")
		_, err := target.db.ExecContext(context.Background(), "INSERT INTO "+target.table(t, source, "part")+" VALUES (9, 77777)")
		if target.engine != "sqlite" { // which checks foreign keys only when a connection says so
			require.Error(t, err, "the foreign key that leads to the table is there again")
		}
	})
}

// Rows of others are not emptied: with DO_NOTHING the table must be empty when a reload is asked for.
func TestReloadLeavesRowsOfOthers(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	source.fill(t, "item", 10)
	load(t, source, target)
	c := changesConfig(source, target)
	c.RefuseRows = false
	m, err := task.Open(context.Background(), c)
	require.NoError(t, err)
	defer func() { _ = m.Close() }()
	require.ErrorIs(t, m.Reload(context.Background(), []catalog.Name{source.named("item")}), task.ErrHoldsRows)

	c = config(source, target)
	loads, err := task.Open(context.Background(), c)
	require.NoError(t, err)
	defer func() { _ = loads.Close() }()
	require.ErrorContains(t, loads.Reload(context.Background(), []catalog.Name{source.named("item")}), "full load")
}
