package instance

import (
	"context"
	"errors"
)

// ErrDown is in the chain when the instance's process does not answer.
var ErrDown = errors.New("the replication instance does not answer")

// A Refusal is an answer of the instance that says what is wrong with what was asked: its text may be shown to the caller.
type Refusal struct{ Message string } //nolint:errname // it is named for what it is

func (r *Refusal) Error() string { return r.Message }

// Client speaks with an instance. What is wrong with a database or a request is a *Refusal, in the database's own words
// and without a password.
type Client interface {
	// Test opens the database and does nothing with it.
	Test(ctx context.Context, e Endpoint, asTarget bool) error
	// Schemas lists the schemas of a database (DescribeSchemas).
	Schemas(ctx context.Context, e Endpoint) ([]string, error)
	// Start begins an attempt of a task and returns once it is under way; how it goes on is in its state.
	Start(ctx context.Context, t Task) error
	// Stop asks a task to stop cleanly and returns at once.
	Stop(ctx context.Context, id string) error
	// Tasks are the states of all tasks that the process knows, when they differ from those of the revision, or after a
	// while. Revision 0 answers at once.
	Tasks(ctx context.Context, revision int64) ([]TaskState, int64, error)
	// Tables are the statistics of a task's tables, also of one that has ended.
	Tables(ctx context.Context, id string) ([]Table, error)
	// Reload has tables of a running task loaded anew (ReloadTables).
	Reload(ctx context.Context, id string, tables []TableName, validateOnly bool) error
	// Plan says what a task would do, and does nothing.
	Plan(ctx context.Context, t Task) (*Plan, error)
	// Exceptions are what a task has left out (awsdms_apply_exceptions), the oldest first.
	Exceptions(ctx context.Context, t Task, q Exceptions) ([]Exception, error)
	// ValidationFailures are what validation of a task has found to differ (awsdms_validation_failures), the oldest first.
	ValidationFailures(ctx context.Context, t Task, q Exceptions) ([]ValidationFailure, error)
	// Replay makes rows of a target's table what the source's are, for a task that does not run: those of the keys, or all
	// that differ.
	Replay(ctx context.Context, t Task, table TableName, keys []string) (*Replayed, error)
	// Assess begins a run of premigration assessments unless it is under way, and answers once there are more results than
	// seen, or it has ended, or after a while. A run that nobody asks about for a time ends by itself.
	Assess(ctx context.Context, a Assessment, seen int) (*AssessmentState, error)
	// EndAssessment ends a run that is under way, and forgets it.
	EndAssessment(ctx context.Context, id string) error
	// Release has a task that does not run give up what it keeps at the source and the target, and forgets it.
	Release(ctx context.Context, t Task) error
	// Log is where the log of a task lies, and its size.
	Log(ctx context.Context, id string) (path string, size int64, err error)
	// Forget drops a task's log and statistics. Adopt takes them over from the directory of another instance.
	Forget(ctx context.Context, id string) error
	Adopt(ctx context.Context, id, from string) error
}

// A LogClearer can delete what the log of a task holds, whether it runs or not.
type LogClearer interface {
	ClearLog(ctx context.Context, id string) error
}

// A LoggingClient can give a running task other logging settings (the section Logging of the task settings). A client that
// cannot leaves them to the next start.
type LoggingClient interface {
	SetLogging(ctx context.Context, id string, settings string) error
}
