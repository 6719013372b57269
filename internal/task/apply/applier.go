package apply

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Config describes an Applier.
type Config struct {
	Session connector.ApplySession
	// Run names the migration in awsdms_txn_state, Task in awsdms_apply_exceptions, Server is this machine.
	Run, Task, Server string
	Policy            Policy
	// InOrder makes every change by itself in the order of the source, as Compatibility "dms" asks for.
	InOrder bool
	// Mark is called at the beginning of every transaction; nil for nothing.
	Mark func(ctx context.Context) error
	// Suspended is told of a table that a policy gives up, within the transaction.
	Suspended func(ctx context.Context, t *Table, why string) error
	// Refused is told of a change that the target does not take, with everything before it in place; nil is an answer that it may be made
	// once more. Another error takes the place of the target's.
	Refused func(ctx context.Context, t *Table, why error) error
	// Tally is told of what is written, so that what comes again is counted once; nil for nothing.
	Tally *Tally
	Log   *slog.Logger
}

// Applier carries out works in transactions of a session. It belongs to one goroutine.
type Applier struct {
	Config
	open    bool
	written int       // changes in the open transaction
	since   time.Time // when it was begun
	pending []counted
	singles sets
}

// counted are changes that count as applied once their transaction has committed.
type counted struct {
	stats *TableStats
	tally opCounts
}

// New makes an applier. Where the target's foreign keys stay active, changes are made in the order of the source: only
// that order is sure to keep them.
func New(c Config) *Applier {
	if c.Session.Features().Enforced != "" {
		c.InOrder = true
	}
	return &Applier{Config: c}
}

// Open reports whether a transaction is open, how many changes it holds and since when.
func (a *Applier) Open() (open bool, changes int, since time.Time) { return a.open, a.written, a.since }

// Begin opens a transaction unless one is open.
func (a *Applier) Begin(ctx context.Context) error {
	if a.open {
		return nil
	}
	if err := a.begin(ctx); err != nil {
		return err
	}
	a.open, a.written, a.since = true, 0, time.Now()
	return nil
}

func (a *Applier) begin(ctx context.Context) error {
	if err := a.Session.Begin(ctx); err != nil {
		return fmt.Errorf("begin a transaction on the target: %w", err)
	}
	if a.Mark == nil {
		return nil
	}
	return a.Mark(ctx)
}

// Write carries a work out in the open transaction, or in a new one.
func (a *Applier) Write(ctx context.Context, w *Work) error {
	if w.Changes() == 0 && len(w.Rejects) == 0 {
		a.Tally.write(w)
		return nil
	}
	if err := a.Begin(ctx); err != nil {
		return err
	}
	if err := a.parkRejects(ctx, w); err != nil {
		return err
	}
	if err := a.write(ctx, w); err != nil {
		return err
	}
	a.written += w.Changes()
	a.Tally.write(w)
	for i, t := range w.Tables {
		if t != nil {
			a.pending = append(a.pending, counted{t.Stats, w.tally[i]})
		}
	}
	return nil
}

func (a *Applier) write(ctx context.Context, w *Work) error {
	if r, ok := a.Session.(connector.Recorder); ok {
		return a.record(ctx, r, w)
	}
	if a.InOrder || w.inOrder {
		return a.carefully(ctx, w)
	}
	list, origin := a.live(w)
	if len(list) == 0 {
		return nil
	}
	// Something is in the transaction already, a work before or a parked row: only this work may be undone.
	part := a.written > 0 || len(w.Rejects) > 0
	if part {
		if err := a.Session.Savepoint(ctx); err != nil {
			return fmt.Errorf("set a savepoint on the target: %w", err)
		}
	}
	affected, err := a.Session.Write(ctx, list)
	switch {
	case err == nil && a.asExpected(list, origin, affected):
		return nil
	case err != nil && connector.ClassOf(err) != connector.Data:
		return fmt.Errorf("apply changes: %w", err)
	}
	a.Log.Debug("applying changes one by one", "changes", w.Changes(), "error", err)
	if err := a.undo(ctx, part); err != nil {
		return err
	}
	return a.carefully(ctx, w)
}

// live leaves out the sets of tables that were suspended after the work was folded.
func (a *Applier) live(w *Work) ([]connector.RowSet, []*Table) {
	suspended := func(t *Table) bool { return t.Suspended() != "" }
	if !slices.ContainsFunc(w.sets.origin, suspended) {
		return w.sets.list, w.sets.origin
	}
	var list []connector.RowSet
	var origin []*Table
	for i, t := range w.sets.origin {
		if !suspended(t) {
			list, origin = append(list, w.sets.list[i]), append(origin, t)
		}
	}
	return list, origin
}

func (a *Applier) undo(ctx context.Context, part bool) error {
	if part {
		if err := a.Session.RollbackTo(ctx); err != nil {
			return fmt.Errorf("go back to the savepoint on the target: %w", err)
		}
		return nil
	}
	if err := a.Session.Rollback(ctx); err != nil {
		return fmt.Errorf("roll back on the target: %w", err)
	}
	return a.begin(ctx)
}

// asExpected reports whether every set has found the rows it was to change.
func (a *Applier) asExpected(list []connector.RowSet, origin []*Table, affected []int64) bool {
	for i := range list {
		if affected[i] == int64(list[i].Len()) || list[i].Op == change.Delete && origin[i].Keeps || a.mayMiss(list[i].Op, origin[i]) {
			continue
		}
		return false
	}
	return true
}

// mayMiss reports whether it is nobody's concern that a row is not there.
func (a *Applier) mayMiss(op change.Op, t *Table) bool {
	return op != change.Insert && t.Partial || op == change.Delete && a.Policy.Delete == fullload.IgnoreRecord
}

// Commit ends the transaction. An empty position leaves the checkpoint as it is.
func (a *Applier) Commit(ctx context.Context, position string) error {
	if err := a.Begin(ctx); err != nil {
		return err
	}
	c := connector.Checkpoint{Run: a.Run, Server: a.Server, Position: position, At: time.Now().UTC()}
	a.Tally.committing(position) // also when its answer is lost
	if err := a.Session.Commit(ctx, c); err != nil {
		return fmt.Errorf("commit on the target: %w", err)
	}
	a.open, a.written = false, 0
	for _, p := range a.pending {
		p.stats.apply(p.tally)
	}
	a.pending = a.pending[:0]
	a.Tally.committed()
	return nil
}
