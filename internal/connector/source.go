package connector

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Source is a database to read from.
type Source interface {
	// Inspect describes everything the user can see outside system schemas and Whimbrel's own objects.
	Inspect(ctx context.Context, o InspectOptions) (*catalog.Catalog, error)
	// Snapshot opens one consistent view of the database that any number of readers share.
	Snapshot(ctx context.Context, readers int) (Snapshot, error)
	// Identity names the database the same way in every run, without secrets: "postgres://host:5432/shop".
	Identity() string
	Close() error
}

// Locker is a Source that may have to lock what is read for an instant before several readers can be given one moment.
type Locker interface {
	// SnapshotOf is Snapshot for readers of these tables alone.
	SnapshotOf(ctx context.Context, readers int, tables []catalog.Name) (Snapshot, error)
}

// OpenSnapshot opens a snapshot from which these tables alone are read.
func OpenSnapshot(ctx context.Context, s Source, readers int, tables []catalog.Name) (Snapshot, error) {
	if l, ok := s.(Locker); ok {
		return l.SnapshotOf(ctx, readers, tables)
	}
	return s.Snapshot(ctx, readers)
}

// InspectOptions says how much to look up.
type InspectOptions struct {
	// Objects asks for what only a target of the same family can take: Catalog.Objects, Schema.Objects, DDL texts.
	Objects bool
	// Names asks for the names of those objects, for the report of what a target of another family is not given. What the user
	// may not read of them is no error then, and tables stay whole.
	Names bool
	// Wanted says of a schema whether anything in it is asked for; a source may leave out any other. nil asks for all. Of the
	// catalog it is given, nothing but what the server is need be there.
	Wanted func(server *catalog.Catalog, schema string) bool
}

// Counting is a Source whose sequences go on while nothing else of it changes.
type Counting interface {
	// Recount reads where sequences stand into the catalog that Inspect returned: its sequences, and the next numbers of
	// columns that number themselves. It reports whether any has moved.
	Recount(ctx context.Context, c *catalog.Catalog) (moved bool, err error)
}

// Snapshot is one committed moment of a source. It stays valid until Close or until the source goes away, which ends
// it for good: every method then fails with class Lost.
type Snapshot interface {
	// Position is the place in the change stream that corresponds exactly to the snapshot (LSN, file:position,
	// GTID set), empty when the source keeps no such stream.
	Position() string
	// Layout is how Read delivers a column that is not asked for as Native.
	Layout(c *catalog.Column) change.Layout
	// Split cuts a table into segments that together hold every row exactly once. Each should hold about
	// o.SegmentBytes. A table that cannot be cut is one segment.
	Split(ctx context.Context, t *catalog.Table, o SplitOptions) ([]Segment, error)
	// Read delivers the rows of a segment.
	Read(ctx context.Context, r ReadRequest) error
	// Witness returns a text from which a later snapshot's Unmoved can tell whether the segments of the table still
	// hold the rows they held.
	Witness(ctx context.Context, t *catalog.Table) (string, error)
	// Unmoved reports whether segments cut under the witness may be trusted: no row that was in one of them can now
	// be in another. When it cannot tell, the answer is false.
	Unmoved(ctx context.Context, t *catalog.Table, witness string) (bool, error)
	Close() error
}

// SplitOptions says how to cut a table.
type SplitOptions struct {
	SegmentBytes int64
	MaxSegments  int // 0 means no bound
	// Parallel is the table's parallel-load rule, if it has one; it then decides alone.
	Parallel *catalog.ParallelLoad
}

// Segment is a part of a table's rows.
type Segment struct {
	Number, Of int // Number counts from 1
	// Spec says which rows, in a text of the connector's own that a later process can read again; empty means all.
	Spec string
	// Rows and Bytes are estimates; -1 means unknown.
	Rows, Bytes int64
}

// ReadRequest asks for the rows of one segment.
type ReadRequest struct {
	Table   *catalog.Table
	Columns []ReadColumn
	Where   []catalog.Predicate
	Segment Segment
	// Part narrows the read; only a Digester is asked for one.
	Part *Part
	// Pool lends the batches. Every batch handed to Emit passes to its receiver; any other is put back.
	Pool *change.Pool
	// Emit takes a batch, in order, on the calling goroutine. An error from it ends the read with that error.
	Emit func(*change.Batch) error
	// Reject takes a row that could not be read as its columns say. An error from it ends the read with that error.
	Reject func(change.Reject) error
}

// ReadColumn is a column to read and the layout its vector must have: Native, or what Snapshot.Layout says.
type ReadColumn struct {
	Column *catalog.Column
	Layout change.Layout
	// Expression, when it is not empty, is read in the place of the column, as Text: SQL of the engine's own, with ${column-name} for the
	// column.
	Expression string
}

const columnHere = "${column-name}"

// In is the expression with the column's name, quoted, in its place.
func (c *ReadColumn) In(quoted string) string {
	return strings.ReplaceAll(c.Expression, columnHere, quoted)
}

// RawSnapshot is a Snapshot that can pass a segment on as the family's own bulk stream, undecoded.
type RawSnapshot interface {
	Snapshot
	// CanReadRaw reports whether the segment's rows can be streamed raw as the columns of the target table.
	CanReadRaw(r ReadRequest, target []LoadColumn) bool
	// ReadRaw streams the segment. Pool, Emit and Reject of the request are not used. emit receives consecutive
	// pieces of the stream, the number of rows that ended in each, and must not keep the piece.
	ReadRaw(ctx context.Context, r ReadRequest, emit func(piece []byte, rows int) error) error
}
