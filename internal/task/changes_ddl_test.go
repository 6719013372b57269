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
			deaths := 0
			for n := 0; ; n++ {
				require.Less(t, n, 100, "it does not get on")
				was := deaths
				if interrupted(t, source, target, dying(n%2 == 1, &deaths)) {
					require.Greater(t, deaths, was)
					continue
				}
				break
			}
			require.GreaterOrEqual(t, deaths, 10, "statements were interrupted")
			report := catchUp(t, source, target)
			for _, c := range report.Changes.Tables {
				require.Zero(t, c.Failed, c.Source)
				require.Empty(t, c.Suspended, c.Source)
			}
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
