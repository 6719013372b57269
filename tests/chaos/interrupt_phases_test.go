package chaos_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestInterruptedInEveryPhase sends Ctrl-C while the program waits for something that does not come by itself, in each phase of a
// migration: it ends within two seconds all the same, and the same command goes on.
func TestInterruptedInEveryPhase(t *testing.T) {
	for name, phase := range map[string]func(t *testing.T){
		"the inspection waits for a lock of PostgreSQL": func(t *testing.T) {
			interruptedUnderLock(t, pg, "LOCK TABLE shut IN ACCESS EXCLUSIVE MODE", "COMMIT")
		},
		"the inspection waits for a lock of MariaDB": func(t *testing.T) {
			interruptedUnderLock(t, maria, "LOCK TABLES shut WRITE", "UNLOCK TABLES")
		},
		"a huge value passes slowly": interruptedAmongHugeValues,
		"PostgreSQL builds an index": interruptedWhileBuilding,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phase(t)
		})
	}
}

// hold keeps a session, and what it locks, until release is run in it.
func (e *end) hold(t *testing.T, lock string) *sql.Conn {
	t.Helper()
	c, err := e.db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = c.ExecContext(t.Context(), lock)
	require.NoError(t, err)
	return c
}

func release(t *testing.T, c *sql.Conn, how string) {
	t.Helper()
	_, err := c.ExecContext(context.Background(), how)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// awaitCount waits until a query tells more than nothing.
func (p *process) awaitCount(t *testing.T, e *end, query string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for e.number(query) <= 0 {
		select {
		case <-p.ended:
			require.Fail(t, "the program ended too early", "%s\n%s", p.out.String(), p.errors.String())
		case <-deadline:
			require.Fail(t, "it never came to this", "%s\n%s", query, p.errors.String())
		case <-time.After(poll):
		}
	}
}

// requireInterruptedNow is for when the program has surely been at work.
func requireInterruptedNow(t *testing.T, p *process) {
	t.Helper()
	requireInterrupted(t, p, os.Interrupt)
	require.Equal(t, exitInterrupted, p.cmd.ProcessState.ExitCode())
}

func interruptedUnderLock(t *testing.T, kind, lock, unlock string) {
	source, target := privateEnd(t, kind), newEnd(t, sqlite)
	source.exec(t, "CREATE TABLE shut (id int PRIMARY KEY)", "INSERT INTO shut VALUES (1), (2)")
	if kind == pg {
		lock = "BEGIN; " + lock
	}
	c := source.hold(t, lock)
	p := start(t, source, target)
	p.awaitCount(t, source, source.pick("SELECT count(*) FROM pg_locks WHERE NOT granted",
		"SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for %lock' OR state LIKE 'Waiting for backup%'", ""))
	requireInterruptedNow(t, p)
	release(t, c, unlock)
	complete(t, source, target)
	require.Equal(t, []string{"1", "2"}, target.texts(t, "SELECT id FROM shut"))
}

func interruptedAmongHugeValues(t *testing.T) {
	source, target := newEnd(t, pg), newEnd(t, pg)
	source.exec(t, "CREATE TABLE huge (id int PRIMARY KEY, v text)", "ALTER TABLE huge ALTER v SET STORAGE EXTERNAL", "INSERT INTO huge SELECT g, repeat(md5(g::text), 500000) FROM generate_series(1, 4) g")
	p := start(t, source, target, "--rate-limit", "1MB/s")
	p.awaitCount(t, target, "SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database() AND bytes_processed > 0")
	requireInterruptedNow(t, p)
	complete(t, source, target)
	sums := "SELECT id || md5(v) FROM huge"
	require.Equal(t, source.texts(t, sums), target.texts(t, sums))
}

func interruptedWhileBuilding(t *testing.T) {
	source, target := newEnd(t, pg), newEnd(t, pg)
	// Slow on a target alone, where rows have come by COPY and nobody has said otherwise.
	source.exec(t, "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('chaos.fast', true) IS DISTINCT FROM 'yes' THEN PERFORM pg_sleep(60); END IF; RETURN $1; END $$",
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET chaos.fast = yes', current_database()); END $$")
	source.db.SetMaxIdleConns(0)
	source.exec(t, "CREATE TABLE built (id int PRIMARY KEY)", "INSERT INTO built SELECT generate_series(1, 3)", "CREATE INDEX built_slow ON built (slow(id))")
	p := start(t, source, target)
	p.awaitCount(t, target, "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()")
	requireInterruptedNow(t, p)
	require.Zero(t, target.number("SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()"), "nothing goes on behind its back")
	target.exec(t, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET chaos.fast = yes', current_database()); END $$")
	complete(t, source, target)
	require.Equal(t, []string{"built_pkey", "built_slow"}, target.texts(t, "SELECT indexname FROM pg_indexes WHERE tablename = 'built'"))
	require.EqualValues(t, 3, target.number("SELECT count(*) FROM built"))
}
