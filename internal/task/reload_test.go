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
	eachPair(t, func(t *testing.T, source, target *end) {
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
