package task_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestMappingThatSelectsNothing fails the task, or not, as FailOnNoTablesCaptured says.
func TestMappingThatSelectsNothing(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE item (id INTEGER PRIMARY KEY)")
	c := config(source, target)
	rules, err := mapping.FromPatterns([]string{"main.*"}, nil)
	require.NoError(t, err)
	c.Mappings = rules
	_, err = run(context.Background(), c)
	require.ErrorIs(t, err, task.ErrNoTables)
	require.ErrorContains(t, err, "main.*")
	require.ErrorContains(t, err, "the wildcards of names are %")

	c.Settings.ErrorBehavior.FailOnNoTablesCaptured = false
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	require.Empty(t, report.Tables)
}

// TestExclusionsTakeAway: what is left out is taken from what would move without them, which of a MySQL server is the database
// that the URL names, and not every other one of the server.
func TestExclusionsTakeAway(t *testing.T) {
	for _, engine := range []string{"mariadb", "postgresql-15", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			source, target := newEnd(t, engine), newEnd(t, "sqlite")
			other := newEnd(t, engine) // of MariaDB, another database of the same server
			other.exec(t, "CREATE TABLE beside (id INTEGER PRIMARY KEY)")
			source.exec(t, "CREATE TABLE kept (id INTEGER PRIMARY KEY)", "CREATE TABLE log_a (id INTEGER PRIMARY KEY)", "CREATE TABLE log_b (id INTEGER PRIMARY KEY)")
			c := config(source, target)
			c.Exclude = []string{"log[_]%"}
			report, err := run(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, report.Tables, 1)
			require.Equal(t, "kept", report.Tables[0].Source.Name)
		})
	}
}

// TestOtherDatabasesAreNoneOfItsBusiness: what a user may not see of other databases of a MySQL server keeps no other from moving.
func TestOtherDatabasesAreNoneOfItsBusiness(t *testing.T) {
	source, target, other := newEnd(t, "mariadb"), newEnd(t, "mariadb"), newEnd(t, "mariadb")
	other.exec(t, "CREATE VIEW hidden AS SELECT 1 AS one")
	source.exec(t, "CREATE TABLE kept (id INT PRIMARY KEY)")
	user := "mover_" + source.database()
	source.exec(t, "CREATE USER "+user+" IDENTIFIED BY 'p'", "GRANT SELECT, SHOW VIEW ON "+source.database()+".* TO "+user, "GRANT SELECT ON "+other.database()+".* TO "+user)
	defer source.exec(t, "DROP USER "+user)
	only, err := mapping.FromPatterns([]string{mapping.Literal(source.database()) + ".kept"}, nil)
	require.NoError(t, err)
	for _, rules := range []*mapping.Rules{nil, only} {
		c := config(source, target)
		c.Source.URL = strings.Replace(source.url, "whimbrel:secret", user+":p", 1)
		c.Mappings = rules
		m, err := task.Open(t.Context(), c)
		require.NoError(t, err)
		plan, err := m.Plan(t.Context())
		require.NoError(t, err)
		require.Len(t, plan.Tables, 1)
		require.NoError(t, m.Close())
	}
}
