package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Target is a database to write to.
type Target interface {
	// Identity names the database the same way in every run, without secrets.
	Identity() string
	// DefaultSchema is the schema the URL leads to: PostgreSQL's "public", MySQL's database, SQLite's "main". Empty
	// when the URL names none.
	DefaultSchema() string
	// Describe looks up tables; those that do not exist are missing from the result.
	Describe(ctx context.Context, names []catalog.Name) (map[catalog.Name]*Existing, error)
	// Exec runs statements one after another, each in a transaction of its own where the engine has DDL transactions.
	Exec(ctx context.Context, ss []catalog.Statement) error
	// Exists reports whether what a Ref points at exists. A zero Ref never does.
	Exists(ctx context.Context, r catalog.Ref) (bool, error)
	// Load begins the load of one segment.
	Load(ctx context.Context, r LoadRequest) (Loader, error)
	// Journal is the target's record of what a run has loaded.
	Journal() Journal
	// Park writes rejected rows to awsdms_apply_exceptions, making the table if need be.
	Park(ctx context.Context, rows []Parked) error
	Close() error
}

// ParkedReader is a Target that reads back what was parked.
type ParkedReader interface {
	// Parked answers what awsdms_apply_exceptions holds of a task, the oldest first; nothing where there is no such table.
	Parked(ctx context.Context, q ParkedQuery) ([]Parked, error)
}

// ParkedQuery is which of the parked rows are asked for.
type ParkedQuery struct {
	Task        string
	Table       catalog.Name // the target's; of all tables if it is empty
	Skip, Limit int
}

// Exclusive is a Target that keeps a second process with the same run out.
type Exclusive interface {
	// Claim holds the run until release is called or the process ends, whatever way it ends. While another process
	// holds it the error is of class Busy. On return no commit of an earlier holder is under way any more.
	Claim(ctx context.Context, run string) (release func(), err error)
}

// Flusher is a Target whose loads commit without waiting for the disk.
type Flusher interface {
	// Flush makes everything durable that has been committed.
	Flush(ctx context.Context) error
}

// Untransacted is a Target some of whose tables take no part in transactions. Such a table is loaded as one segment, which
// Load begins by emptying it: it must not hold rows of others.
type Untransacted interface {
	// Transactional reports whether rows of the table come and go with their transaction.
	Transactional(t *catalog.Table) bool
}

// Together is a Target in which many tables that are made at once take less time each than one after the other.
type Together interface {
	// MakeTogether runs statements that make tables and indexes of theirs: all of them, or with an error none.
	MakeTogether(ctx context.Context, ss []catalog.Statement) error
}

// Prober is a Source or Target that can be asked whether it is still there.
type Prober interface {
	// Probe asks over a new connection.
	Probe(ctx context.Context) error
}

// Rehearser is a Target that can try out whether it may be written to, beyond what opening it has shown.
type Rehearser interface {
	// Rehearse writes something of no meaning and takes it away.
	Rehearse(ctx context.Context) error
}

// Existing is a table that is already there.
type Existing struct {
	Table   *catalog.Table // with columns, keys and types as the target spells them
	HasRows bool
}

// LoadRequest describes one load: the rows of one segment going into one table in one transaction.
type LoadRequest struct {
	Table   *catalog.Table
	Columns []LoadColumn
	// Before and After belong to the load: on an engine with DDL transactions they share the transaction of the
	// rows, elsewhere they run before the first and after the commit.
	Before, After []catalog.Statement
	// Mark is written to the journal in the transaction of the rows.
	Mark Mark
	// Fresh says that the table held no rows when the run began, so that a rollback may empty it.
	Fresh bool
	// Alone says that no other segment of the table is loaded at the same time.
	Alone bool
	// Careful asks the loader to find and reject the rows that the server refuses, at the price of speed. Without
	// it one refused row fails the load with class Data.
	Careful bool
	// Raw says that the rows will come through RawLoader.WriteRaw.
	Raw bool
	// Reject takes a row that the column's type, or in Careful mode the server, refuses. An error from it ends the load.
	Reject func(change.Reject) error
}

// LoadColumn is a column of the target table as the batches bring it.
type LoadColumn struct {
	Column *catalog.Column // the target's: its name and native type
	Layout change.Layout
}

// Loader writes the rows of one load. After an error from any method only Abort may follow; Abort after Commit does nothing.
type Loader interface {
	// Write takes the rows of a batch and returns it to the caller: nothing of it is kept.
	Write(ctx context.Context, b *change.Batch) error
	// Commit makes rows and mark durable together. The counts go into the mark.
	Commit(ctx context.Context, c Counts) error
	// Abort gives up the load; no row of it stays.
	Abort()
}

// TurnLoader is a Loader whose target has one load open at a time.
type TurnLoader interface {
	Loader
	// Begin waits for the load's turn, which lasts to its end. Without it the first Write does.
	Begin(ctx context.Context) error
}

// RawLoader is a Loader that takes the family's own bulk stream from RawSnapshot.ReadRaw.
type RawLoader interface {
	Loader
	WriteRaw(ctx context.Context, piece []byte) error
}

// Counts is what a load has moved.
type Counts struct {
	Rows     int64 // written
	Bytes    int64
	Rejected int64
}

// Mark identifies a segment in the journal.
type Mark struct {
	Run     string // names the migration: same source, target, mappings and settings
	Table   catalog.Name
	Segment Segment
	Witness string // of the snapshot the segments were cut under
}

// Loaded is a segment as the journal knows it.
type Loaded struct {
	Mark
	Done bool
	Counts
	At time.Time
}

// Journal is kept in the target (table awsdms_load_progress), so that it is as true as the rows.
type Journal interface {
	// Read returns what is known of a run; nothing when the run is new.
	Read(ctx context.Context, run string) ([]Loaded, error)
	// Plan records the segments of a table before the first of them is loaded, replacing an earlier plan and its marks.
	Plan(ctx context.Context, marks []Mark) error
	// Forget removes a table from the run.
	Forget(ctx context.Context, run string, table catalog.Name) error
	// Close removes the run, and the journal's table when no run is left.
	Close(ctx context.Context, run string) error
}

// Parked is a rejected row on its way to awsdms_apply_exceptions (columns and sizes: DMS guide, control tables).
type Parked struct {
	Task      string
	Table     catalog.Name
	Time      time.Time
	Statement string
	Reason    string
}
