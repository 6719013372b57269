package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// carefulRun is how many changes are tried together before they are made one by one.
const carefulRun = 256

// step is one change of a group.
type step struct {
	table   *Table
	changes *change.Changes
	index   int
}

// carefully makes the changes of a work in the order of the source.
func (a *Applier) carefully(ctx context.Context, w *Work) error {
	steps := inOrder(w)
	for len(steps) > 0 {
		n := min(carefulRun, len(steps))
		if err := a.tryRun(ctx, steps[:n]); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// inOrder lists the changes of a group as they were made.
func inOrder(w *Work) []step {
	all := make([]step, w.Group.Len())
	for i, c := range w.Group.Tables {
		if w.Tables[i] == nil {
			continue
		}
		for j, at := range c.Seq {
			all[at] = step{w.Tables[i], c, j}
		}
	}
	steps := all[:0]
	for _, s := range all {
		if s.table != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

// tryRun makes a run of changes together, and one by one when that fails.
func (a *Applier) tryRun(ctx context.Context, steps []step) error {
	a.singles.reset()
	identified := true
	for _, s := range steps {
		if s.table.Suspended() == "" && a.singles.single(s.table, s.changes, s.index) != nil {
			identified = false
			break
		}
	}
	if identified {
		done, err := a.attempt(ctx)
		if done || err != nil {
			return err
		}
	}
	for _, s := range steps {
		if err := a.one(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// attempt writes the sets gathered in singles behind a savepoint. done is false when they were undone.
func (a *Applier) attempt(ctx context.Context) (done bool, err error) {
	if len(a.singles.list) == 0 {
		return true, nil
	}
	if err := a.Session.Savepoint(ctx); err != nil {
		return false, fmt.Errorf("set a savepoint on the target: %w", err)
	}
	affected, err := a.Session.Write(ctx, a.singles.list)
	switch {
	case err == nil && a.asExpected(a.singles.list, a.singles.origin, affected) && !a.partialMiss(affected):
		return true, nil
	case err != nil && connector.ClassOf(err) != connector.Data:
		return false, fmt.Errorf("apply changes: %w", err)
	}
	if err := a.Session.RollbackTo(ctx); err != nil {
		return false, fmt.Errorf("go back to the savepoint on the target: %w", err)
	}
	return false, nil
}

// partialMiss reports whether an update of a filtered table found no row: it may have to come in.
func (a *Applier) partialMiss(affected []int64) bool {
	for i, s := range a.singles.list {
		if s.Op == change.Update && a.singles.origin[i].Partial && affected[i] == 0 {
			return true
		}
	}
	return false
}

// one makes a single change and has the policy decide when it cannot be made.
func (a *Applier) one(ctx context.Context, s step) error {
	t := s.table
	if t.Suspended() != "" {
		return nil
	}
	a.singles.reset()
	if err := a.singles.single(t, s.changes, s.index); err != nil {
		return a.leaveOut(ctx, s, conflict{a.Policy.Data, "DataErrorPolicy", err})
	}
	if len(a.singles.list) == 0 {
		return nil
	}
	if err := a.Session.Savepoint(ctx); err != nil {
		return fmt.Errorf("set a savepoint on the target: %w", err)
	}
	affected, err := a.Session.Write(ctx, a.singles.list)
	switch {
	case err == nil && affected[len(affected)-1] > 0: // the one before makes room
		return nil
	case err == nil:
		return a.missing(ctx, s)
	case connector.ClassOf(err) != connector.Data:
		return fmt.Errorf("apply a change of %s: %w", t.Source.Name, err)
	}
	if back := a.Session.RollbackTo(ctx); back != nil {
		return fmt.Errorf("go back to the savepoint on the target: %w", back)
	}
	if a.Refused != nil {
		err = a.Refused(ctx, t, err)
	}
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Busy, connector.Full:
		return fmt.Errorf("apply a change of %s: %w", t.Source.Name, err)
	}
	if err == nil {
		return a.one(ctx, s)
	}
	return a.refused(ctx, s, err)
}

// missing is told of an update or delete that has found no row.
func (a *Applier) missing(ctx context.Context, s step) error {
	op, t := s.changes.Ops[s.index], s.table
	row := s.changes.After[s.index]
	if op == change.Update && (a.Policy.InsertOnUpdate || t.Partial) && whole(place{&s.changes.New, row}) {
		return a.put(ctx, s, row)
	}
	if a.mayMiss(op, t) {
		return nil
	}
	c := conflict{a.Policy.Update, "ApplyErrorUpdatePolicy", errors.New("no row to be updated was found (0 rows affected)")}
	if op == change.Delete {
		c = conflict{a.Policy.Delete, "ApplyErrorDeletePolicy", errors.New("no row to be deleted was found (0 rows affected)")}
	}
	return a.leaveOut(ctx, s, c)
}

// refused is told of a change that the target has refused.
func (a *Applier) refused(ctx context.Context, s step, reason error) error {
	if s.changes.Ops[s.index] != change.Insert {
		return a.leaveOut(ctx, s, conflict{a.Policy.Data, "DataErrorPolicy", reason})
	}
	if a.Policy.ReplaceOnInsert {
		return a.put(ctx, s, s.changes.After[s.index])
	}
	return a.leaveOut(ctx, s, conflict{a.Policy.Insert, "ApplyErrorInsertPolicy", reason})
}

// put brings a row in whatever stands under its key (INSERT_RECORD, UPDATE_RECORD).
func (a *Applier) put(ctx context.Context, s step, row int32) error {
	t := s.table
	a.singles.reset()
	if len(t.Key) > 0 {
		set := connector.RowSet{Op: change.Delete, Table: t.Target}
		if err := a.singles.identify(&set, t, place{&s.changes.New, row}); err != nil {
			return a.leaveOut(ctx, s, conflict{a.Policy.Data, "DataErrorPolicy", err})
		}
		a.singles.add(t, set)
	}
	a.singles.add(t, a.singles.insertion(t, &s.changes.New, row))
	if err := a.Session.Savepoint(ctx); err != nil {
		return fmt.Errorf("set a savepoint on the target: %w", err)
	}
	_, err := a.Session.Write(ctx, a.singles.list)
	switch {
	case err == nil:
		return nil
	case connector.ClassOf(err) != connector.Data:
		return fmt.Errorf("apply a change of %s: %w", t.Source.Name, err)
	}
	if back := a.Session.RollbackTo(ctx); back != nil {
		return fmt.Errorf("go back to the savepoint on the target: %w", back)
	}
	return a.leaveOut(ctx, s, conflict{a.Policy.Data, "DataErrorPolicy", err})
}

// leaveOut does with a change what the policy says.
func (a *Applier) leaveOut(ctx context.Context, s step, c conflict) error {
	t := s.table
	a.Tally.fail(t.Stats)
	a.uncount(s)
	return a.park(ctx, t, describe(s), c)
}

// uncount takes a change out of those that count as applied.
func (a *Applier) uncount(s step) {
	n := minusOne(s.changes.Ops[s.index])
	a.pending = append(a.pending, counted{s.table.Stats, n})
	a.Tally.add(s.table.Stats, opCounts{}, n)
}

// park writes a change down unless it is to be ignored, and does what the policy says.
func (a *Applier) park(ctx context.Context, t *Table, statement string, c conflict) error {
	if c.action != fullload.IgnoreRecord {
		row := connector.Parked{Task: a.Task, Table: t.Target.Name, Time: time.Now().UTC(), Statement: statement, Reason: c.reason.Error()}
		if err := a.Session.Park(ctx, []connector.Parked{row}); err != nil {
			return fmt.Errorf("write awsdms_apply_exceptions: %w", err)
		}
	}
	return a.settle(ctx, t, a.Policy.decide(c, t.Stats.failed.Load()))
}

// settle suspends a table when the policy has given it up; any other error stops the task.
func (a *Applier) settle(ctx context.Context, t *Table, err error) error {
	if err == nil || !errors.Is(err, errSuspend) {
		return err
	}
	a.Log.Error("table suspended", "table", t.Source.Name.String(), "error", err)
	t.Suspend(err.Error())
	if err := a.Session.Note(ctx, SuspendedPrefix+t.Source.Name.String(), err.Error()); err != nil {
		return fmt.Errorf("remember that the table is suspended: %w", err)
	}
	return a.Suspended(ctx, t, t.Suspended())
}

// SuspendedPrefix and the source table's name make the key under which a run remembers that a table is suspended.
const SuspendedPrefix = "suspended "

func minusOne(op change.Op) (n opCounts) {
	n[op] = -1
	return n
}

// describe says what a change was to do to which row.
func describe(s step) string {
	c, t := s.changes, s.table
	p := place{&c.Old, c.Before[s.index]}
	if p.row == change.None {
		p = place{&c.New, c.After[s.index]}
	}
	columns := t.Key
	if len(columns) == 0 {
		columns = known(p)
	}
	names := make([]string, len(columns))
	for i, k := range columns {
		names[i] = t.Columns[k].Column.Name
	}
	return fmt.Sprintf("%s %s (row with key %s)", c.Ops[s.index], t.Target.Name, change.KeyText(p.batch, int(p.row), names, columns))
}

// parkRejects writes down what the transformation could not take.
func (a *Applier) parkRejects(ctx context.Context, w *Work) error {
	for _, r := range w.Rejects {
		c := a.Policy.forFault(r.Reject)
		statement := fmt.Sprintf("%s %s (row with key %s)", r.Verb, r.Table.Target.Name, r.Reject.Key)
		if !r.Reject.Kept {
			a.Tally.fail(r.Table.Stats)
		}
		if err := a.park(ctx, r.Table, statement, c); err != nil {
			return err
		}
	}
	return nil
}
