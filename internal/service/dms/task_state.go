package dms

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// The statuses of a task, as DMS names them.
const (
	taskCreating   = "creating"
	taskReady      = "ready"
	taskStarting   = "starting"
	taskRunning    = "running"
	taskStopping   = "stopping"
	taskStopped    = "stopped"
	taskFailed     = "failed"
	taskModifying  = "modifying"
	taskMoving     = "moving"
	taskFailedMove = "failed-move"
	taskDeleting   = "deleting"
	taskTesting    = "testing" // it is being assessed
)

// successful is the status of a connection or of schemas that have been found.
const successful = "successful"

// The migration types.
const (
	fullLoad       = "full-load"
	onlyChanges    = "cdc"
	fullLoadAndCDC = "full-load-and-cdc"
)

// resting reports whether a task neither runs nor is about to change: it may be started, modified and moved.
func (t *Task) resting() bool {
	return slices.Contains([]string{taskReady, taskStopped, taskFailed, taskFailedMove}, t.Status)
}

// active reports whether a task runs, or is to.
func (t *Task) active() bool {
	return slices.Contains([]string{taskStarting, taskRunning, taskStopping}, t.Status)
}

// loads and follows say what the task's type makes it do.
func (t *Task) loads() bool   { return t.MigrationType != onlyChanges }
func (t *Task) follows() bool { return t.MigrationType != fullLoad }

func writeTask(tx store.Tx, t *Task) error { return store.Write(tx, tasks.keys()+t.ID, t) }
