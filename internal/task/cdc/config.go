package cdc

import (
	"context"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Config describes the following of a source.
type Config struct {
	// Run names the migration in awsdms_txn_state, Task in awsdms_apply_exceptions, Server is this machine.
	Run, Task, Server string
	Source            connector.Streamer
	Target            connector.Applier
	Tables            []*Table
	// Wanted says whether a table that comes into being later joins; nil means none does.
	Wanted func(catalog.Name) bool
	// Selected bounds what Wanted may say; see connector.StreamRequest.
	Selected []connector.Selected
	// Position is where to begin when the target holds no checkpoint.
	Position string
	// Structures works out what a change of structure means for the target.
	Structures Structures
	DDL        DDLPolicy
	Policy     apply.Policy
	// TableError is TableErrorPolicy.
	TableError fullload.Action
	// TableErrorCount is how many suspended tables stop the task (TableErrorEscalationCount); 0 means no number does.
	TableErrorCount int
	Retry           fullload.Retry
	Tuning          Tuning
	Stop            StopPoint
	// InOrder makes every change by itself in the order of the source.
	InOrder bool
	Stats   *Stats
	// Watcher is told of changes before they are applied; nil is none.
	Watcher Watcher
	// Aside says that this is not the run's own stream but one beside it, for a table that is loaded anew.
	Aside bool
	// Refused is told of a change that the target does not take, as apply.Config says; nil leaves it so.
	Refused func(ctx context.Context, t *Table, why error) error
	// Silence is how long an end may be silent before it is asked, Probe asks the target over a new connection. A zero Silence
	// waits for ever.
	Silence time.Duration
	Probe   func(context.Context) error
	// Places asks the stream how the source names each transaction, for expressions.
	Places bool
	// Loopback is the source's table that marks what has come from the target; MarkTable the target's that marks what comes
	// from here, nil for no marks.
	Loopback  catalog.Name
	MarkTable *ControlTable
	// Largest is the largest value that a change may bring.
	Largest connector.Largest
	// Errands are done in between; nil for none. While Busy holds, StopPoint.CaughtUp waits.
	Errands *Errands
	Busy    func() bool
	// Ledger keeps control tables; nil keeps none.
	Ledger *Ledger
	// asks is how often it is asked what is durable while changes keep coming; 0 means syncEvery.
	asks time.Duration
	// Log is told of the stream, ApplyLog of what is applied.
	Log, ApplyLog *slog.Logger
}

// Watcher is told which rows change.
type Watcher interface {
	// Touched is told of changes of a table, whose rows are those of the target; nil says that any of its rows may have changed, or that
	// the table is new, or another than before. Nothing of the changes may be kept.
	Touched(t *Table, c *change.Changes)
	// Left is told of a table that is followed no more; without a reason it comes back.
	Left(t *Table, why string)
}

// Tuning holds changes back to make larger transactions of the target; zero values leave the choice to what is at hand:
// whatever has been committed goes on at once, and while the target is behind, groups grow.
type Tuning struct {
	// MinChanges keeps a target transaction open until it holds so many changes (MinTransactionSize), Wait is how long
	// at the most (CommitTimeout).
	MinChanges int
	Wait       time.Duration
	// Pause is the least time between two commits (BatchApplyTimeoutMin), and the most that changes wait for one: so BatchApplyTimeoutMax,
	// which is never less, needs nothing of its own.
	Pause time.Duration
	// MaxChanges and MaxBytes bound one group (BatchSplitSize, BatchApplyMemoryLimit, MemoryLimitTotal); 0 means no
	// bound but the groups' own.
	MaxChanges, MaxBytes int
	// Statements is how many prepared statements are kept (StatementCacheSize).
	Statements int
	// RecoveryTimeout is how long the stream may take to be found again at the checkpoint; 0 means for ever.
	RecoveryTimeout time.Duration
}

// DDLPolicy says what becomes of a table that is truncated in the source: HandleSourceTableTruncated,
// ApplyErrorFailOnTruncationDdl.
type DDLPolicy struct{ Truncated, FailOnTruncate bool }

// StopPoint ends the following by itself (CdcStopPosition).
type StopPoint struct {
	ServerTime time.Time // by this machine's clock
	CommitTime time.Time // by the source's clock: what committed later is not applied
	// CaughtUp ends it once everything that had committed when the stream was opened is applied.
	CaughtUp bool
}

// Structures works out what a change of structure means for the target.
type Structures interface {
	// Reshape returns the statements that make the target follow, and the table's new form; a nil Table means that it is
	// not followed any more. before is nil for a table that was created. An error gives the table up.
	Reshape(ctx context.Context, before *Table, s *connector.Structure, number int) (Reshaped, error)
}

// Reshaped is a table's new form.
type Reshaped struct {
	Statements []catalog.Statement
	Table      *Table
	// Doubt is why the rows that are there may no longer be the source's when the statements have been carried out: the table is given up then.
	Doubt error
}
