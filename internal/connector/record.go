package connector

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Recorder is an ApplySession whose target keeps the changes themselves, one behind the other, and no rows that they could be
// carried out on: files, streams. It is given every change as the source made it. Write, Savepoint and RollbackTo are
// not used for changes then.
type Recorder interface {
	ApplySession
	// Record takes the changes of a group inside the open transaction. tables[i] describes g.Tables[i]; its changes are
	// left out when that is nil. reject is told of a change that the target cannot keep, by its place in g.Tables[i]; the
	// change is then left out, and an error from it ends the call. Nothing of the group is kept.
	Record(ctx context.Context, g *change.Group, tables []*Recorded, reject func(i, index int, r change.Reject) error) error
}

// Recorded is a table of a Recorder.
type Recorded struct {
	Table   *catalog.Table // the target's
	Columns []LoadColumn
}

// Holder is an ApplySession that keeps commits back, to write many of them together: they count as durable once Release or
// Sync says so. What a lost session has kept back comes again from the source.
type Holder interface {
	ApplySession
	// Release writes what is due, and returns the position up to which commits are durable; empty when none of the session
	// is. Sync writes all, due or not.
	Release(ctx context.Context) (durable string, err error)
	// Durable is what Release has returned or would return if nothing were due. Commits become durable all at once, never
	// some of those that are kept back.
	Durable() string
}

// Settler is an ApplySession whose commits reach the disk by themselves a while later, and that can tell when they have.
type Settler interface {
	ApplySession
	// Settled returns a position whose last commit is known to be durable, and with it every commit before; empty when none is known
	// to be. It does not wait for the disk, unless commits have been on their way for long: asked again and again, it comes to
	// the last commit that was made before an earlier call.
	Settled(ctx context.Context) (position string, err error)
}
