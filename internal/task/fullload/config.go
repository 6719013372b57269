package fullload

import (
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Config is one full load.
type Config struct {
	// Run names the load in the target's journal.
	Run string
	// Task is the name written to awsdms_apply_exceptions.
	Task     string
	Snapshot connector.Snapshot
	Target   connector.Target
	Tables   []*Table
	// Workers is how many segments and index builds run at once (task setting MaxFullLoadSubTasks).
	Workers int
	// Extra is how many more workers take small tables whose rows pass as a stream: each of their steps waits for a server's answer longer than
	// the server is at work, and they hold no rows.
	Extra int
	// PerTable is how many of them may work for one table (task setting ParallelLoadThreads); 0 means all.
	PerTable int
	// BatchRows bounds the rows of one batch (task setting CommitRate); 0 means change.MaxBatchRows.
	BatchRows int
	Policy    Policy
	Retry     Retry
	// RowsPerSecond and BytesPerSecond hold the readers back; 0 means no limit.
	RowsPerSecond, BytesPerSecond int64
	// Largest is the largest value that a batch may bring.
	Largest connector.Largest
	Stats   *Stats
	Log     *slog.Logger
}

// Table is one table of the load.
type Table struct {
	// Source and Columns say what is read; Where restricts it.
	Source  *catalog.Table
	Columns []*catalog.Column
	Where   []catalog.Predicate
	// Target is the table as it is, or will be, on the target; TargetColumns in the order batches bring them.
	Target        *catalog.Table
	TargetColumns []*catalog.Column
	// Native says of each of Columns whether it may travel as the family's own bytes.
	Native []bool
	// NewTransform makes the row transformation for one worker; nil when rows go as they are read.
	NewTransform func(read []change.Layout) (Transform, error)
	// Segments are those still to be loaded. Empty means that all rows are in the target already.
	Segments []connector.Segment
	// Note is kept with the marks in the journal.
	Note string
	// Create, Keys and Indexes are run by the load: Create before the first row, the others after the last.
	Create, Keys, Indexes []catalog.Statement
	// Resumed says that an earlier run may have run some of the statements.
	Resumed bool
	// EarlierRows is how many rows an earlier run has loaded, which are not loaded again.
	EarlierRows int64
	// Fresh says that the table held no rows when the run began.
	Fresh     bool
	LoadOrder int
}

// Transform turns batches of the source's columns into batches of the target's.
type Transform interface {
	Layouts() []change.Layout
	Apply(b *change.Batch, reject func(change.Reject) error) error
}

// Retry says how environment errors (a lost target connection, a lock timeout) are retried: task settings
// RecoverableErrorCount, …Interval, …Throttling, …ThrottlingMax and …StopRetryAfterThrottlingMax.
type Retry struct {
	Count         int // -1: as often as the throttling allows
	Interval      time.Duration
	Throttling    bool
	ThrottlingMax time.Duration
	StopAtMax     bool
}
