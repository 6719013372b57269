package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// changesAlone follows changes without a load, into tables that are there.
func changesAlone(source, target *end) task.Config {
	c := changesConfig(source, target)
	c.Type = task.Changes
	return c
}

// follow runs a task until it ends, or until done holds.
func follow(t *testing.T, c task.Config, done func() bool) *task.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			if done != nil && done() {
				cancel()
			}
			<-time.After(10 * time.Millisecond)
		}
	}()
	report, err := run(ctx, c)
	cancel()
	<-stopped
	require.NoError(t, err)
	return report
}

func TestWhereChangesBeginAndEnd(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'before')")
		begin := changesAlone(source, target)
		begin.Stop.CaughtUp = true
		t.Cleanup(func() { release(t, begin) })
		report := follow(t, begin, nil)
		require.Equal(t, cdc.CaughtUp, report.Reason)
		there := target.table(t, source, "item")
		require.Empty(t, target.text(t, there, "id"), "changes alone make the table and load nothing")

		source.exec(t, "INSERT INTO item VALUES (2, 'first')")
		middle := time.Now().Add(1100 * time.Millisecond).Truncate(time.Second)
		<-time.After(time.Until(middle.Add(1500 * time.Millisecond))) // binary logs count seconds
		source.exec(t, "INSERT INTO item VALUES (3, 'second')")
		until := changesAlone(source, target)
		until.Stop.CommitTime = middle
		require.Equal(t, cdc.AtCommitTime, follow(t, until, nil).Reason)
		if source.engine == "sqlite" { // which does not tell transactions apart that are read together
			require.NotContains(t, target.text(t, there, "id"), "3")
		} else {
			require.Equal(t, []string{"2"}, target.text(t, there, "id"), "what committed later is not applied")
		}

		until.Stop = cdc.StopPoint{ServerTime: time.Now().Add(500 * time.Millisecond)}
		require.Equal(t, cdc.AtServerTime, follow(t, until, nil).Reason)
		require.Equal(t, []string{"2", "3"}, target.text(t, there, "id"))
	})
}

func TestAsking(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))")
		load(t, source, target)
		source.exec(t, "INSERT INTO item VALUES (1, 'one')")
		c := changesConfig(source, target)
		report := follow(t, c, func() bool { return c.ChangeStats.Counts().Applied > 0 })
		require.Equal(t, cdc.Asked, report.Reason, "a task that is asked to stop has not failed")
		require.Equal(t, []string{"1"}, target.text(t, target.table(t, source, "item"), "id"))
		require.Equal(t, cdc.Stopped, report.Changes.State)
	})
}

// A transaction many times the size of a group arrives whole: nobody sees a part of it, and a task that is stopped in its
// midst does it again.
func TestOneLargeTransaction(t *testing.T) {
	const rows = 30_000
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(100))")
		small := func(c *task.Config) {
			c.Settings.TargetMetadata.BatchApplyEnabled = true
			c.Settings.ChangeProcessingTuning.BatchSplitSize = 500
		}
		load(t, source, target, small)
		values := make([]string, 0, rows)
		for i := range rows {
			values = append(values, fmt.Sprintf("(%d, 'row number %d')", i, i))
		}
		insert := "INSERT INTO item VALUES " + strings.Join(values, ",")
		if source.engine == "sqlite" {
			source.exec(t, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < "+fmt.Sprint(rows-1)+") INSERT INTO item SELECT i, 'row number ' || i FROM n")
		} else {
			source.exec(t, insert)
		}
		there := target.table(t, source, "item")
		c := changesConfig(source, target)
		small(&c)
		follow(t, c, func() bool { return c.ChangeStats.Counts().Applied > rows/3 })
		require.Contains(t, [][]string{{"0"}, {fmt.Sprint(rows)}}, target.column(t, "SELECT count(*) FROM "+there), "all or nothing")
		catchUp(t, source, target, small)
		require.Equal(t, []string{fmt.Sprint(rows)}, target.column(t, "SELECT count(*) FROM "+there))
	})
}

func TestCutoverSetsWhatRowsDoNotTell(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, engine)
			source.exec(t, map[string][]string{
				"postgres": {"CREATE TABLE item (id serial PRIMARY KEY, name text)", "CREATE TABLE heard (name text)", "ALTER TABLE heard REPLICA IDENTITY FULL",
					"CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO heard VALUES (NEW.name); RETURN NEW; END$$",
					"CREATE TRIGGER hears AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION hear()"},
				"mariadb": {"CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40))", "CREATE TABLE heard (name varchar(40))",
					"CREATE TRIGGER hears AFTER INSERT ON item FOR EACH ROW INSERT INTO heard VALUES (NEW.name)"},
				"sqlite": {"CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)", "CREATE TABLE heard (name TEXT)",
					"CREATE TRIGGER hears AFTER INSERT ON item BEGIN INSERT INTO heard VALUES (NEW.name); END"},
			}[source.engine]...)
			source.exec(t, "INSERT INTO item (name) VALUES ('one')")
			load(t, source, target)
			source.exec(t, "INSERT INTO item (name) VALUES ('two')", "INSERT INTO item (name) VALUES ('three')", "DELETE FROM item WHERE name = 'three'")
			c := changesConfig(source, target)
			c.Cutover = true
			report := follow(t, c, nil)
			require.NotNil(t, report.Cutover)
			require.True(t, report.Cutover.Equal(), "%+v", report.Cutover)
			require.True(t, report.Complete(), "%+v", report.Failed)
			require.Equal(t, []string{"one", "three", "two"}, target.text(t, "heard", "name"), "a trigger hears of nothing that is applied")
			target.exec(t, "INSERT INTO item (name) VALUES ('four')")
			require.Equal(t, []string{"4"}, target.column(t, "SELECT id FROM item WHERE name = 'four'"), "numbering goes on where the source's was")
			require.Contains(t, target.text(t, "heard", "name"), "four", "and hears afterwards")
		})
	}
}

// What is written while a cutover compares is in the target before it says that the target may take over: the source's table is
// locked as soon as the quiet source has been followed for the last time, until the cutover waits for it.
func TestCutoverLooksOnceMore(t *testing.T) {
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'one')")
	load(t, source, target)
	source.exec(t, "UPDATE item SET name = 'early'")
	c := changesConfig(source, target)
	c.Cutover = true
	lock, err := source.db.Begin()
	require.NoError(t, err)
	defer func() { _ = lock.Rollback() }()
	locked, written := false, false
	report := follow(t, c, func() bool {
		switch {
		case !locked && c.ChangeStats.Counts().Applied > 0:
			_, err := lock.Exec(lockWhenFollowedTwice)
			locked = assert.NoError(t, err)
		case locked && !written && awaited(t, source):
			_, err := lock.Exec("UPDATE item SET name = 'late'")
			assert.NoError(t, err)
			written = assert.NoError(t, lock.Commit())
		}
		return t.Failed()
	})
	require.True(t, written, "the cutover was at work while the table was written to")
	require.NotNil(t, report.Cutover)
	require.True(t, report.Complete())
	require.Equal(t, []string{"late"}, target.text(t, "item", "name"))
}

// lockWhenFollowedTwice waits within the server, for there is little time between the last look and the counts.
const lockWhenFollowedTwice = `DO $$
DECLARE wanted boolean;
BEGIN
	FOREACH wanted IN ARRAY '{false,true,false}'::boolean[] LOOP
		WHILE (SELECT active FROM pg_replication_slots WHERE database = current_database()) <> wanted LOOP
			PERFORM pg_sleep(0.001);
		END LOOP;
	END LOOP;
	LOCK TABLE item;
END $$`

// awaited reports whether somebody waits for a lock in the source's database.
func awaited(t *testing.T, source *end) bool {
	var n int
	err := source.db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&n)
	assert.NoError(t, err)
	return n > 0
}

// Start points that contradict the source are refused by name.
func TestStartPointsThatAreNone(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			source, target := newEnd(t, engine), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			c := changesAlone(source, target)
			c.Start = connector.StartPoint{Native: "no such place"}
			_, err := run(context.Background(), c)
			require.ErrorContains(t, err, "no such place")
			release(t, c)
		})
	}
}
