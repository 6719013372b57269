package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestMemoryLimitLeavesRoomForThePlan: a plan of thousands of tables is not collected in vain all the time, one of a few takes nothing.
func TestMemoryLimitLeavesRoomForThePlan(t *testing.T) {
	c := task.Config{Type: task.FullLoad, Settings: settings.MigrateDefaults()}
	c.Settings.FullLoadSettings.MaxFullLoadSubTasks = 2
	require.EqualValues(t, 88<<20, memoryLimit(c, 5<<20))
	const planned = 50 << 20
	require.Greater(t, memoryLimit(c, planned), int64(88<<20+2*(planned-smallPlan)))
	c.Type = task.FullLoadAndCDC
	require.EqualValues(t, changesMemory<<20, memoryLimit(c, 5<<20))
}
