package task_test

import (
	"context"
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
	rules, err := mapping.FromPatterns([]string{"main.nothing"}, nil)
	require.NoError(t, err)
	c.Mappings = rules
	_, err = run(context.Background(), c)
	require.ErrorIs(t, err, task.ErrNoTables)

	c.Settings.ErrorBehavior.FailOnNoTablesCaptured = false
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	require.Empty(t, report.Tables)
}
