package cdc

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// restructure makes the target follow a change of structure. The reader waits meanwhile, so the tables and the stream
// are this goroutine's.
func (p *pipe) restructure(ctx context.Context, s *connector.Structure) error {
	t := p.tables[s.Number]
	switch {
	case s.Kind == connector.Truncated && t != nil:
		return p.truncate(ctx, t, s)
	case s.Kind == connector.Unreadable && t != nil:
		return p.giveUp(ctx, t, fmt.Errorf("its changes can no longer be read: %s", s.Why))
	case s.Kind == connector.Created:
		return p.join(ctx, s)
	case t != nil:
		return p.reshape(ctx, t, s)
	}
	return nil
}

func (p *pipe) truncate(ctx context.Context, t *Table, s *connector.Structure) error {
	switch {
	case t.Suspended() != "":
		return nil
	case p.DDL.FailOnTruncate:
		return fmt.Errorf("%w (ApplyErrorFailOnTruncationDdl): table %s was truncated in the source", fullload.ErrStopped, t.Source.Name)
	case !p.DDL.Truncated:
		t.Stats.DDL(false)
		p.ApplyLog.Warn("a truncated table is left as it is (HandleSourceTableTruncated)", "table", t.Source.Name.String())
		return nil
	}
	if err := p.applier.Begin(ctx); err != nil {
		return err
	}
	if err := p.session.Truncate(ctx, t.Target.Name); err != nil {
		return fmt.Errorf("truncate %s: %w", t.Target.Name, err)
	}
	p.touched(t.Number, nil)
	t.Stats.DDL(true)
	p.ApplyLog.Info("table truncated", "table", t.Source.Name.String(), "statement", s.SQL)
	return nil
}

// reshape follows a table that was altered, renamed or dropped.
func (p *pipe) reshape(ctx context.Context, t *Table, s *connector.Structure) error {
	r, err := p.Structures.Reshape(ctx, t, s, t.Number)
	if err == nil {
		err = p.exec(ctx, r.Statements)
	}
	if err != nil {
		if !refused(err) {
			return fmt.Errorf("follow %s of %s: %w", s.Kind, t.Source.Name, err)
		}
		t.Stats.DDL(false)
		return p.giveUp(ctx, t, fmt.Errorf("follow %s: %w", s.Kind, err))
	}
	t.Stats.DDL(len(r.Statements) > 0)
	p.ApplyLog.Info("structure changed", "table", t.Source.Name.String(), "change", s.Kind.String(), "statement", s.SQL)
	if err := p.forget(ctx, t); err != nil {
		return err
	}
	if r.Table == nil {
		p.stream.Drop(t.Number)
		return nil
	}
	if why := t.Suspended(); why != "" {
		r.Table.Suspend(why)
	}
	return p.follow(ctx, r.Table)
}

// join takes up a table that was created.
func (p *pipe) join(ctx context.Context, s *connector.Structure) error {
	r, err := p.Structures.Reshape(ctx, nil, s, p.next)
	if err == nil {
		err = p.exec(ctx, r.Statements)
	}
	switch {
	case err != nil && !refused(err):
		return fmt.Errorf("make the new table %s: %w", s.Table.Name, err)
	case err != nil:
		p.ApplyLog.Error("a new table does not join", "table", s.Table.Name.String(), "error", err)
		return nil
	case r.Table == nil:
		return nil
	}
	p.next++
	r.Table.Stats.DDL(true)
	p.ApplyLog.Info("a new table joins", "table", s.Table.Name.String())
	return p.follow(ctx, r.Table)
}

// refused reports whether an error is the fault of the change, so that only its table need be given up.
func refused(err error) bool {
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Busy, connector.Full:
		return false
	default:
		return true
	}
}

// follow has the stream deliver a table, and remembers its form with the run.
func (p *pipe) follow(ctx context.Context, t *Table) error {
	p.session.Forget()
	p.tables[t.Number], p.reshaped = t, true
	p.touched(t.Number, nil)
	if err := p.stream.Follow(p.followed(t)); err != nil {
		return fmt.Errorf("follow table %s: %w", t.Source.Name, err)
	}
	return p.note(ctx, TableNote(t.Source.Name), t.note())
}

func (p *pipe) forget(ctx context.Context, t *Table) error {
	if p.Watcher != nil {
		p.Watcher.Left(t, "the table was dropped, or has another name")
	}
	delete(p.tables, t.Number)
	p.reshaped = true
	return p.note(ctx, TableNote(t.Source.Name), "")
}

func (p *pipe) note(ctx context.Context, key, text string) error {
	if err := p.applier.Begin(ctx); err != nil {
		return err
	}
	if err := p.session.Note(ctx, key, text); err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	return nil
}

// giveUp suspends a table, or stops the task when TableErrorPolicy says so.
func (p *pipe) giveUp(ctx context.Context, t *Table, why error) error {
	if p.TableError == fullload.StopTask {
		return fmt.Errorf("%w (TableErrorPolicy STOP_TASK): table %s: %w", fullload.ErrStopped, t.Source.Name, why)
	}
	p.ApplyLog.Error("table suspended", "table", t.Source.Name.String(), "error", why)
	return p.setAside(ctx, t, why.Error())
}

// setAside suspends a table and remembers it.
func (p *pipe) setAside(ctx context.Context, t *Table, why string) error {
	t.Suspend(why)
	if p.Watcher != nil {
		p.Watcher.Left(t, "the table is suspended: "+why)
	}
	p.stream.Drop(t.Number)
	if err := p.note(ctx, SuspendedNote(t.Source.Name), why); err != nil {
		return err
	}
	return p.suspended(ctx, t.Table, why)
}

// execInside runs DDL in the open transaction, which goes on when the DDL is refused.
func (p *pipe) execInside(ctx context.Context, ss []catalog.Statement) error {
	if err := p.applier.Begin(ctx); err != nil {
		return err
	}
	if err := p.session.Savepoint(ctx); err != nil {
		return fmt.Errorf("set a savepoint on the target: %w", err)
	}
	err := p.session.Exec(ctx, ss)
	if err == nil || !refused(err) {
		return err
	}
	if back := p.session.RollbackTo(ctx); back != nil {
		return fmt.Errorf("go back to the savepoint on the target: %w", back)
	}
	return err
}

// exec runs DDL at this point of the stream. Where DDL commits by itself, what is open is committed before; when that cuts a
// transaction of the source in two, a note says so, and after a crash in between its changes are made again in a way that
// does not double them.
func (p *pipe) exec(ctx context.Context, ss []catalog.Statement) error {
	if len(ss) == 0 {
		return nil
	}
	if p.session.Features().TransactionalDDL {
		return p.execInside(ctx, ss)
	}
	if open, _, _ := p.applier.Open(); open {
		position := p.reached
		if p.torn {
			position = ""
			if err := p.session.Note(ctx, tornNote, "true"); err != nil {
				return fmt.Errorf("remember that a transaction is cut in two: %w", err)
			}
			p.cut = true
		}
		if err := p.applier.Commit(ctx, position); err != nil {
			return err
		}
	}
	for _, s := range ss {
		err := p.session.Exec(ctx, []catalog.Statement{s})
		switch connector.ClassOf(err) {
		case connector.Present, connector.Missing:
			// Made already before a crash, whose checkpoint did not get that far.
			p.ApplyLog.Warn("a change of structure seems to have been made already", "statement", s.SQL, "error", err)
		default:
			if err != nil {
				return err
			}
		}
	}
	return nil
}
