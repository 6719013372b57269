package task_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// named is a migration as the service runs it: its name comes from outside.
func named(source, target *end) task.Config {
	c := config(source, target)
	c.RunName, c.RefuseRows = "0123456789abcdef0123456789abcdef", false
	c.Settings.FullLoadSettings.TargetTablePrepMode = "DROP_AND_CREATE"
	c.Stats, c.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	return c
}

func renamed(t *testing.T, to string) *mapping.Rules {
	t.Helper()
	rules, err := mapping.Parse([]byte(`{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"a"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"column","object-locator":{"schema-name":"%","table-name":"a","column-name":"v"},"rule-action":"rename","value":"` + to + `"}]}`))
	require.NoError(t, err)
	return rules
}

func TestNamedRunLoadsNothingTwice(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			source, target := newEnd(t, "sqlite"), newEnd(t, engine)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'one'), (2, 'two')")
			c := named(source, target)
			_, err := run(t.Context(), c)
			require.NoError(t, err)
			target.exec(t, "DELETE FROM a WHERE id = 2", "INSERT INTO a VALUES (7, 'its own')")

			again := named(source, target)
			report, err := run(t.Context(), again)
			require.NoError(t, err)
			require.True(t, report.Resumed)
			require.EqualValues(t, 0, report.Tables[0].Rows)
			require.EqualValues(t, 2, report.Tables[0].EarlierRows)
			require.Equal(t, []string{"1", "7"}, target.column(t, "SELECT id FROM a ORDER BY id"), "a complete load was done again")

			changed := named(source, target)
			changed.Mappings = renamed(t, "w")
			report, err = run(t.Context(), changed)
			require.NoError(t, err)
			require.EqualValues(t, 2, report.Tables[0].Rows)
			require.Equal(t, []string{"one", "two"}, target.column(t, "SELECT w FROM a ORDER BY id"), "the table kept its old shape")

			forget(t, changed)
			target.exec(t, "DELETE FROM a")
			anew := named(source, target)
			anew.Mappings = changed.Mappings
			report, err = run(t.Context(), anew)
			require.NoError(t, err)
			require.False(t, report.Resumed)
			require.EqualValues(t, 2, report.Tables[0].Rows)
		})
	}
}

func forget(t *testing.T, c task.Config) {
	t.Helper()
	m, err := task.Open(t.Context(), c)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	require.NoError(t, m.Forget(t.Context()))
	require.NoError(t, m.Forget(t.Context()), "forgetting twice")
}

func TestNamedRunRefusesToFollowWithAnotherMapping(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v text)", "INSERT INTO a VALUES (1, 'one')")
	following := func(rules *mapping.Rules) task.Config {
		c := named(source, target)
		c.Type, c.Mappings = task.FullLoadAndCDC, rules
		c.Stop.CaughtUp = true
		return c
	}
	_, err := run(t.Context(), following(renamed(t, "w")))
	require.NoError(t, err)
	source.exec(t, "INSERT INTO a VALUES (2, 'two')")
	_, err = run(t.Context(), following(renamed(t, "x")))
	require.ErrorContains(t, err, "reload-target")
	require.Equal(t, connector.Invalid, connector.ClassOf(err))

	_, err = run(t.Context(), following(renamed(t, "w")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, target.column(t, "SELECT w FROM a ORDER BY id"))

	forget(t, following(renamed(t, "x")))
	require.Empty(t, source.column(t, "SELECT slot_name FROM pg_replication_slots"), "the slot stays")
	_, err = run(t.Context(), following(renamed(t, "x")))
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, target.column(t, "SELECT x FROM a ORDER BY id"))
}

// faulty is a source with a fault in it.
type faulty struct{ connector.Source }

func (f faulty) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	s, err := f.Source.Snapshot(ctx, readers)
	return faultySnapshot{s}, err
}

type faultySnapshot struct{ connector.Snapshot }

func (faultySnapshot) Read(context.Context, connector.ReadRequest) error { panic("the reader is mad") }

func TestPanicFailsTheRunAlone(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'one')")
	c := named(source, target)
	for i, e := range c.Engines {
		broken := *e
		broken.OpenSource = func(ctx context.Context, c connector.Config) (connector.Source, error) {
			s, err := e.OpenSource(ctx, c)
			return faulty{s}, err
		}
		c.Engines[i] = &broken
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("it hangs"))
	defer cancel()
	_, err := run(ctx, c)
	require.ErrorContains(t, err, "the reader is mad")
	require.NotNil(t, rescue.In(err))

	_, err = run(t.Context(), named(source, target))
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, target.column(t, "SELECT v FROM a"))
}
