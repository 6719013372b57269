package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Applier is a Target that takes changes.
type Applier interface {
	Target
	// Apply opens a session that applies changes. Triggers and foreign keys of the target stand aside in it; where the
	// user may not say so, Enforced of the session reports it.
	Apply(ctx context.Context, o ApplyOptions) (ApplySession, error)
	// Checkpoint reads what the last Commit of the run has written to awsdms_txn_state; ok is false when there is none.
	Checkpoint(ctx context.Context, run string) (c Checkpoint, ok bool, err error)
	// Notes reads what sessions of the run have noted.
	Notes(ctx context.Context, run string) (map[string]string, error)
	// Forget removes checkpoint and notes of the run.
	Forget(ctx context.Context, run string) error
}

// ApplyOptions describes an apply session.
type ApplyOptions struct {
	Run string
	// Statements is how many prepared statements the session may keep (StatementCacheSize); 0 is none beyond their use.
	Statements int
	// Alone has Apply return only when no other session of the run that was opened so can commit any more: one whose
	// connection was lost may still be at work on what it was sent.
	Alone bool
	// Marked has DDL that commits by itself say that replication has made it, so that a stream of the target with StreamRequest.Loopback
	// tells it as an echo. DDL within a transaction goes by what marks that.
	Marked bool
}

// Checkpoint is how far a run has come.
type Checkpoint struct {
	Run      string
	Server   string // the machine that wrote it
	Position string
	At       time.Time
}

// ApplySession applies changes, one transaction after another. It is used by one goroutine. After an error of class Lost
// only Close may follow; after any other error only Rollback, RollbackTo or Close.
type ApplySession interface {
	// Begin starts a transaction.
	Begin(ctx context.Context) error
	// Write carries out the changes, in order, and returns how many rows each has affected. A row that a set could not
	// take (a constraint, a value) fails the whole call with class Data, and leaves the transaction to be rolled back.
	// A row that was to be updated and is there, but already as it should be, counts as affected.
	Write(ctx context.Context, sets []RowSet) (affected []int64, err error)
	// Truncate empties a table inside the transaction.
	Truncate(ctx context.Context, table catalog.Name) error
	// Exec runs DDL. Where DDL commits by itself (TransactionalDDL of the session is false), it must be called outside
	// of a transaction.
	Exec(ctx context.Context, ss []catalog.Statement) error
	// Savepoint marks a place that RollbackTo returns to; there is one at a time.
	Savepoint(ctx context.Context) error
	RollbackTo(ctx context.Context) error
	// Park writes changes that were left out to awsdms_apply_exceptions, inside the transaction.
	Park(ctx context.Context, rows []Parked) error
	// Note keeps a text under a key with the run, inside the transaction; an empty text removes it.
	Note(ctx context.Context, key, text string) error
	// Commit ends the transaction, with the checkpoint in it when its position is not empty. The commit need not have
	// reached the disk: see Sync.
	Commit(ctx context.Context, c Checkpoint) error
	Rollback(ctx context.Context) error
	// Sync makes every commit durable.
	Sync(ctx context.Context) error
	// Features says what the session can do.
	Features() ApplyFeatures
	// Forget drops what the session knows of the structure of tables, because it has changed.
	Forget()
	Close() error
}

// ApplyFeatures tells what an apply session can do.
type ApplyFeatures struct {
	// TransactionalDDL says that Exec may run inside a transaction and is rolled back with it.
	TransactionalDDL bool
	// Enforced says that foreign keys or triggers of the target are active, and why they could not be set aside.
	Enforced string
}

// RowSet is a number of changes of one kind to one table. The rows of a set have different identities, so that they may be
// carried out in any order, or at once.
type RowSet struct {
	Op    change.Op
	Table *catalog.Table // the target's
	// Columns and Rows are the new rows: for an insert all columns, for an update those that are set and those that
	// Key names. They are unused for a delete.
	Columns []LoadColumn
	Rows    *change.Batch
	// Key names the columns that identify a row: positions in OldColumns when there are any, else in Columns. No other
	// column is compared.
	Key []int
	// OldColumns and Old identify the rows of a delete, and those of an update that changes its key. Row i of Old belongs
	// to row i of Rows.
	OldColumns []LoadColumn
	Old        *change.Batch
	// Unique says that Key is a unique key of columns that are not null. Otherwise columns are compared so that null
	// equals null, and of several equal rows just one is changed for each row of the set.
	Unique bool
}

// Len is the number of changes of the set.
func (s *RowSet) Len() int {
	if s.Op == change.Delete {
		return s.Old.Rows()
	}
	return s.Rows.Rows()
}
