package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Streamer is a Source whose committed changes can be followed.
//
// A position is a text of the connector's own that names a place between two transactions in the source's change
// stream (an LSN, file:offset with a GTID set, a change number). Positions of one source are ordered.
type Streamer interface {
	Source
	// Obstacles says what keeps the source from being followed, or will: settings, privileges, keys. Those that are
	// Fatal keep the stream from working at all.
	Obstacles(ctx context.Context, r StreamRequest) ([]Obstacle, error)
	// Capture makes the source keep its changes for the run (slot and publication, triggers) and opens a snapshot whose
	// Position is exactly the place in the stream that corresponds to it: a transaction is in the snapshot or after the
	// position, never both, never neither. Called again for the same run, it keeps what there is and opens a later
	// snapshot of the same stream.
	Capture(ctx context.Context, r StreamRequest, readers int) (Snapshot, error)
	// Start finds the position a stream should begin at when there is no snapshot, and makes the source keep its changes
	// from there on, as Capture does.
	Start(ctx context.Context, r StreamRequest, from StartPoint) (position string, err error)
	// Stream follows the changes after a position, those of r.Tables as r.Followed says.
	Stream(ctx context.Context, r StreamRequest, position string) (Stream, error)
	// Layout is how a stream delivers a column that is not asked for as Native; the same as Snapshot.Layout.
	Layout(c *catalog.Column) change.Layout
	// End is the position of the last transaction that has committed.
	End(ctx context.Context) (position string, err error)
	// Compare orders two positions: negative when a is before b. Positions that cannot be read are an error.
	Compare(a, b string) (int, error)
	// Release removes what Capture and Start have made for the run. It is not an error when nothing is there.
	Release(ctx context.Context, r StreamRequest) error
}

// Keeper is a Streamer whose source keeps something for each run (a slot, triggers), and can tell.
type Keeper interface {
	// Keeps reports whether the source keeps anything that Release would remove for the run.
	Keeps(ctx context.Context, run string) (bool, error)
}

// Leaver is a Streamer that may leave something at the source which Release does not remove, because the user has named it.
type Leaver interface {
	// Leaves says what that is, and how to remove it. position is how far the run had come.
	Leaves(ctx context.Context, r StreamRequest, position string) ([]string, error)
}

// PlainStreamer is a Streamer that may be set up so that its streams deliver no column as Native.
type PlainStreamer interface {
	StreamsPlain() bool
}

// StartPoint says where a stream begins: at most one of the fields is set, none means now.
type StartPoint struct {
	// Native is a position as the user of the engine writes it (DMS: CdcStartPosition): an LSN, an existing slot's name,
	// binlog.000024:373, a GTID set, or "checkpoint:" and what an earlier run has left.
	Native string
	// At is a time: the stream begins with the first transaction that committed then or later (DMS: CdcStartTime).
	At time.Time
}

// StreamRequest says which changes of a source are followed, for whom.
type StreamRequest struct {
	// Run names the migration; what Capture makes at the source carries it.
	Run string
	// Aside says that this stream runs beside the run's own: what endpoint settings name for that one (a slot) is not for it.
	Aside bool
	// Silence is how long a source that is asked may say nothing before it counts as lost; 0 leaves that to the connector.
	Silence time.Duration
	// Loopback names a table of the source: transactions that change it have come from elsewhere and are left out whole.
	Loopback catalog.Name
	// Tables are followed from the first change on. Their numbers are their places here.
	Tables []Followed
	// Wanted says whether a table that comes into being later is to be reported (as Created); nil means none is.
	Wanted func(catalog.Name) bool
	// Selected bounds the names for which Wanted may be true, for sources that must choose before they ask; nil means any name.
	Selected []Selected
	// Pool lends the groups.
	Pool *change.GroupPool
	// Places asks that groups name their transactions (change.Group.Places).
	Places bool
	// Until ends the stream before the first transaction that has committed after it, by the source's clock; zero never.
	Until time.Time
	// Reject takes a change of the table of that number that could not be read as its columns say; it is left out. An
	// error from it ends the stream with that error, and so does the change itself when Reject is nil.
	Reject func(table int, r change.Reject) error
}

// Selected says that tables are selected, or Excluded whatever else selects them, by patterns as selection rules have them: % is any run
// of characters, _ any one, [ab] and [a-d] one of a set.
type Selected struct {
	Schema, Table string
	Excluded      bool
}

// Followed is a table whose changes are followed, with the columns its rows have in change.Changes.
type Followed struct {
	Number  int
	Table   *catalog.Table
	Columns []ReadColumn
	// Since is a position up to which the table's rows are in the target already, because it was loaded from a later
	// snapshot than others: changes of transactions up to it are left out. Empty leaves out none.
	Since string
	// Whole asks that rows of change.Changes.Old tell all that the source has logged of them, and not only what identifies a
	// row; an update then has one whenever there is one in the log. Asked about obstacles, what keeps the log from telling it is one.
	Whole bool
	// Ahead says that Table may be as it came to be only behind the place where the stream begins.
	Ahead bool
}

// Subject is what an Obstacle is about, so that a check of that alone can be told from the others.
type Subject string

// The subjects.
const (
	LogLevel     Subject = "log level"     // wal_level, log_bin
	LogFormat    Subject = "log format"    // binlog_format
	LogImage     Subject = "log image"     // binlog_row_image
	LogRetention Subject = "log retention" // max_slot_wal_keep_size, expire_logs_days
	ServerID     Subject = "server id"
	Replica      Subject = "replica"
	Replication  Subject = "replication" // the right to replicate
	Slots        Subject = "slots"
	Senders      Subject = "senders"
	SenderPause  Subject = "sender timeout"
	DDLEvents    Subject = "ddl events"    // the right to see changes of structure
	Identity     Subject = "identity"      // what identifies a table's rows
	Extension    Subject = "extension"     // that the plugin needs
	FullIdentity Subject = "full identity" // which the plugin does not take
	Storage      Subject = "engine"        // a table's storage engine
	Cascade      Subject = "cascade"       // rows that foreign keys change
)

// Obstacle is something about the source that keeps changes from being captured, or captured whole.
type Obstacle struct {
	Fatal bool
	Table catalog.Name // zero when the whole source is concerned
	About Subject      // zero for what concerns one engine alone
	What  string       // "wal_level is replica; logical replication needs logical"
	// Remedy is the statement or setting that mends it: "ALTER SYSTEM SET wal_level = logical, then restart the server".
	Remedy string
}

// Stream delivers changes in the order of their commits. It is used by one goroutine, but for Acknowledge and Status.
type Stream interface {
	// Next waits for what comes next. While nothing happens it returns an event with Quiet set at least every second, and
	// while the source is busy with what is not followed an event with the position alone about as often.
	// After an error nothing but Close may follow.
	Next(ctx context.Context) (Event, error)
	// Follow sets how a table's rows are delivered from the next event on: a new table, or one whose structure has changed.
	Follow(f Followed) error
	// Drop ends the following of a table.
	Drop(number int)
	// Acknowledge says that everything up to the position is durable in the target, so that the source may forget it.
	Acknowledge(position string)
	Status() StreamStatus
	Close() error
}

// Event is what happened next in the source. Its parts are to be carried out in the order of the fields.
type Event struct {
	// Changes may be nil. Its receiver puts it back into the pool.
	Changes *change.Group
	// Structure is a change of structure, which comes right after Changes and may be inside an open transaction. Before
	// the next call of Next the receiver calls Follow or Drop for the tables concerned.
	Structure *Structure
	// Position is the place in the stream up to which everything has been delivered, whole transactions alone; empty
	// while a transaction is open.
	Position string
	// Quiet says that there was nothing more to read when the event was made.
	Quiet bool
	// Ended says that StreamRequest.Until was reached: a transaction was met that is not delivered any more. It is the
	// last event.
	Ended bool
}

// StructureKind is what happened to a table.
type StructureKind uint8

// The kinds.
const (
	Created StructureKind = iota
	Altered               // columns, or the table's name
	Dropped
	Truncated
	Unreadable // the table's changes can no longer be read; Why says the reason
)

var structureNames = [...]string{"CREATE TABLE", "ALTER TABLE", "DROP TABLE", "TRUNCATE TABLE", "unreadable changes"}

// String names the kind.
func (k StructureKind) String() string { return structureNames[k] }

// Structure is a change of a table's structure, or of all its rows at once.
type Structure struct {
	Kind StructureKind
	// Number is the followed table's; -1 for Created.
	Number int
	// Entered says of Created that the table need not have been made here: it may have been there before under another name, or
	// outside of what is read, so that rows of it may have gone by.
	Entered bool
	// Before says of Created that the table was there before under another name, with rows that are no changes, or, with Why, that it may
	// have been.
	Before bool
	// Table is the table afterwards, for Created and Altered.
	Table *catalog.Table
	// Parents are the tables whose partition Table is, the nearest first.
	Parents []*catalog.Table
	// Renamed tells columns that got another name, old to new, as far as the source says.
	Renamed map[string]string
	// Anew says of Altered that the table is emptied and all its rows are delivered once more, next.
	Anew bool `json:",omitempty"`
	// Lenient says of Altered that values which did not fit what they became were changed rather than refused.
	Lenient bool `json:",omitempty"`
	// Padded says of Altered that the blanks behind a fixed-width text were part of it.
	Padded bool `json:",omitempty"`
	// Partitions says of Altered that the table's partitions alone have changed.
	Partitions *Partitioning `json:",omitempty"`
	// Echo says that the task of the opposite direction has made the change: it has come from the target, which has it.
	Echo bool `json:",omitempty"`
	// Unfollowed is what the statement changes beyond what is followed.
	Unfollowed string
	// SQL is the source's statement as far as it is known.
	SQL string
	Why string
	At  time.Time
}

// StreamStatus tells how far behind the stream is.
type StreamStatus struct {
	// Read is the commit time of the last transaction delivered, by the source's clock; zero before the first.
	Read time.Time
	// Quiet says that nothing more was at hand when the source was last asked.
	Quiet bool
	// Retained is what the source keeps for the stream, in bytes; -1 when unknown.
	Retained int64
	// Warning is what a person should know of the source's state: a slot that fills its disk, a log about to be purged.
	Warning string
}
