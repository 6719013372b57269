package task_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// mortal is a target whose sessions die at their first DDL: before it is carried out, or right after it.
type mortal struct {
	mortalTarget
	after  bool
	deaths *int
}

type mortalTarget interface {
	connector.Applier
	connector.Dialected
	connector.Untransacted
	connector.Exclusive
}

type mortalSession struct {
	connector.ApplySession
	*mortal
}

var errKilled = errors.New("killed by the test")

func (m *mortal) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	s, err := m.mortalTarget.Apply(ctx, o)
	return &mortalSession{s, m}, err
}

func (s *mortalSession) Exec(ctx context.Context, ss []catalog.Statement) error {
	*s.deaths++
	if s.after {
		if err := s.ApplySession.Exec(ctx, ss); err != nil {
			return err
		}
	}
	return &connector.Error{Class: connector.Lost, Err: errKilled}
}

// dying has the target's sessions die; deaths counts.
func dying(after bool, deaths *int) edit {
	return func(c *task.Config) {
		engines := slices.Clone(all.Engines())
		for i, e := range engines {
			if e.Family != catalog.MySQL {
				continue
			}
			same := *e
			same.OpenTarget = func(ctx context.Context, cfg connector.Config) (connector.Target, error) {
				opened, err := e.OpenTarget(ctx, cfg)
				if err != nil {
					return nil, err
				}
				return &mortal{opened.(mortalTarget), after, deaths}, nil
			}
			engines[i] = &same
		}
		c.Engines = engines
		c.Settings.ErrorBehavior.RecoverableErrorCount = 0
	}
}

// TestInterruptedDDL: on a target whose DDL commits by itself every single statement is interrupted twice, before it and
// right after it, and each time another run goes on.
func TestInterruptedDDL(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, "mariadb")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, a int, b int)", "INSERT INTO item VALUES (1, 10, 100), (2, 20, 200)",
				"CREATE TABLE other (id int NOT NULL PRIMARY KEY, a int)", "INSERT INTO other VALUES (1, 1)")
			load(t, source, target)
			source.exec(t, "INSERT INTO item VALUES (3, 30, 300)", "ALTER TABLE item ADD COLUMN c int", "UPDATE item SET c = id WHERE id < 3",
				"INSERT INTO other VALUES (2, 2)", "ALTER TABLE item RENAME COLUMN a TO z", "UPDATE item SET z = z + 1 WHERE id > 1",
				"CREATE TABLE late (id int NOT NULL PRIMARY KEY, what varchar(20))", "CREATE INDEX late_what ON late (what)", "INSERT INTO late VALUES (1, 'late')",
				"ALTER TABLE late ADD COLUMN more int", "UPDATE late SET more = 7", "INSERT INTO item VALUES (6, 60, 600, 6)", "ALTER TABLE item RENAME TO thing", "INSERT INTO thing VALUES (4, 40, 400, 4)",
				"UPDATE other SET a = a + 1")
			if engine != "sqlite" {
				source.exec(t, "ALTER TABLE thing DROP COLUMN b", "INSERT INTO thing VALUES (5, 50, 5)")
			}
			source.exec(t, "DROP TABLE other")
			require.GreaterOrEqual(t, dieAgainAndAgain(t, source, target), 10, "statements were interrupted")
			columns := map[string][]string{"thing": {"id", "z", "b", "c"}, "late": {"id", "what", "more"}}
			if engine != "sqlite" {
				columns["thing"] = []string{"id", "z", "c"}
			}
			for table, of := range columns {
				for _, column := range of {
					values := func(e *end, table string) []string {
						return e.column(t, "SELECT "+column+" FROM "+table+" ORDER BY id")
					}
					require.Equal(t, values(source, table), values(target, target.table(t, source, table)), "%s.%s", table, column)
				}
			}
			require.Equal(t, []string{"0"}, target.column(t, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name IN ('item', 'other')"))
		})
	}
}

// interrupted catches up and reports whether the target died on the way.
func interrupted(t *testing.T, source, target *end, edits ...edit) bool {
	t.Helper()
	c := changesConfig(source, target)
	c.Stop.CaughtUp = true
	for _, e := range edits {
		e(&c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	report, err := run(ctx, c)
	if errors.Is(err, errKilled) {
		return true
	}
	require.NoError(t, err)
	require.Equal(t, cdc.CaughtUp, report.Reason)
	return false
}

// dieAgainAndAgain catches up, with the target dying twice at every statement, and returns how often that was.
func dieAgainAndAgain(t *testing.T, source, target *end) (deaths int) {
	t.Helper()
	for n := 0; interrupted(t, source, target, dying(n%2 == 1, &deaths)); n++ {
		require.Less(t, n, 100, "it does not get on")
	}
	report := catchUp(t, source, target)
	for _, c := range report.Changes.Tables {
		require.Zero(t, c.Failed, c.Source)
		require.Empty(t, c.Suspended, c.Source)
	}
	return deaths
}

// TestInterruptedDDLInTransaction: DDL in the midst of a transaction cuts it in two on a target whose DDL commits by itself.
// What is in the target already is not made again, not even in a table without a key.
func TestInterruptedDDLInTransaction(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, a int)", "INSERT INTO item VALUES (1, 10), (2, 20)",
		"CREATE TABLE visit (page varchar(20), n int)", "ALTER TABLE visit REPLICA IDENTITY FULL", "INSERT INTO visit VALUES ('/', 1), ('/', 1)",
		"CREATE TABLE gone (id int NOT NULL PRIMARY KEY)", "INSERT INTO gone VALUES (1), (2)")
	load(t, source, target)
	source.exec(t, "INSERT INTO visit VALUES ('/before', 1)", `BEGIN;
		INSERT INTO visit VALUES ('/', 2), ('/', 2), ('/a', 3); UPDATE item SET a = a + 1; INSERT INTO gone VALUES (3);
		ALTER TABLE item ADD COLUMN b int; UPDATE item SET b = 7 WHERE id = 1; INSERT INTO item VALUES (3, 30, 8);
		DELETE FROM visit WHERE page = '/a'; INSERT INTO visit VALUES ('/', 1); TRUNCATE gone; INSERT INTO gone VALUES (2), (7);
		ALTER TABLE visit ADD COLUMN how text; UPDATE visit SET how = 'none' WHERE n = 2; INSERT INTO gone VALUES (8);
		CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1), (2); DELETE FROM gone WHERE id = 7; COMMIT`,
		"INSERT INTO visit VALUES ('/after', 1, 'by foot')", "ALTER TABLE item DROP COLUMN a", "INSERT INTO item VALUES (4, 4)")
	require.GreaterOrEqual(t, dieAgainAndAgain(t, source, target), 6, "statements were interrupted")
	for table, columns := range map[string]string{
		"visit": "concat(page, ' ', n, ' ', coalesce(how, '-'))", "item": "concat(id, ' ', coalesce(b, -1))", "gone": "id", "late": "id",
	} {
		require.Equal(t, source.text(t, table, columns+" AS c"), target.text(t, target.table(t, source, table), columns+" AS c"), table)
	}
}
