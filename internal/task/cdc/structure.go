package cdc

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// restructure makes the target follow a change of structure. The reader waits meanwhile, so the tables and the stream
// are this goroutine's. position is behind the change, empty in the midst of a transaction.
func (p *pipe) restructure(ctx context.Context, s *connector.Structure, position string) error {
	t := p.tables[s.Number]
	switch {
	case s.Kind == connector.Truncated && t != nil:
		return p.truncate(ctx, t, s)
	case s.Kind == connector.Unreadable && t != nil:
		return p.giveUp(ctx, t, fmt.Errorf("its changes can no longer be read: %s", s.Why))
	case s.Kind == connector.Created:
		return p.join(ctx, s, position)
	case t != nil && p.passOver(s, t.Source.Name):
		p.tally.PassedOver(t.Stats)
		return nil
	case t != nil:
		return p.reshape(ctx, t, s, position)
	}
	return nil
}

func (p *pipe) truncate(ctx context.Context, t *Table, s *connector.Structure) error {
	p.anew(t.Number)
	delivered := s.Why != "" // the rows are delivered once more: that is no change of the source
	switch {
	case t.Suspended() != "" || s.Echo:
		return nil
	case p.DDL.FailOnTruncate && !delivered:
		if err := p.keepWhole(ctx); err != nil {
			return err
		}
		return fmt.Errorf("%w (ApplyErrorFailOnTruncationDdl): table %s was truncated in the source", fullload.ErrStopped, t.Source.Name)
	case !p.DDL.Truncated && !delivered:
		p.tally.DDL(t.Stats, false)
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
	p.tally.DDL(t.Stats, true)
	p.ApplyLog.Info("table truncated", "table", t.Source.Name.String(), "statement", s.SQL)
	return nil
}

// keepWhole commits what is whole before the task stops here. What stands before in the same transaction comes again.
func (p *pipe) keepWhole(ctx context.Context) error {
	if p.torn {
		return nil
	}
	if err := p.rest(ctx); err != nil {
		return err
	}
	return p.acknowledge(ctx)
}

// reshape follows a table that was altered, renamed or dropped.
func (p *pipe) reshape(ctx context.Context, t *Table, s *connector.Structure, position string) error {
	r, err := p.Structures.Reshape(ctx, t, s, t.Number)
	if err == nil && !s.Echo {
		err = p.exec(ctx, &begun{Structure: s, Source: t.Source.Name, Target: t.Target, Position: position}, r.Statements)
	}
	if err != nil {
		if !refused(err) {
			return fmt.Errorf("follow %s of %s: %w", s.Kind, t.Source.Name, err)
		}
		p.tally.DDL(t.Stats, false)
		if r.Doubt != nil {
			err = fmt.Errorf("%w (%w)", r.Doubt, err)
		}
		return p.giveUp(ctx, t, fmt.Errorf("follow %s: %w", s.Kind, err))
	}
	p.tally.DDL(t.Stats, len(r.Statements) > 0)
	p.ApplyLog.Info("structure changed", "table", t.Source.Name.String(), "change", s.Kind.String(), "statement", s.SQL)
	if s.Unfollowed != "" {
		p.ApplyLog.Warn("not followed", "what", s.Unfollowed, "table", t.Source.Name.String(), "statement", s.SQL)
	}
	why := t.Suspended()
	if err := p.forget(ctx, t); err != nil {
		return err
	}
	if why != "" {
		if err := p.forgive(ctx, t.Source.Name); err != nil {
			return err
		}
		t.Stats.Suspend("")
	}
	if r.Table == nil {
		p.drop(t.Number)
		return nil
	}
	if err := p.noteLate(ctx, t.Source, r.Table.Source); err != nil {
		return err
	}
	if why == "" {
		if err := p.follow(ctx, r.Table); err != nil || r.Doubt == nil {
			return err
		}
		return p.giveUp(ctx, r.Table, fmt.Errorf("follow %s: %w", s.Kind, r.Doubt))
	}
	r.Table.Suspend(why)
	if err := p.follow(ctx, r.Table); err != nil {
		return err
	}
	return p.remember(ctx, r.Table.Source.Name, why) // it may have another name
}

// noteLate remembers which indexes and constraints are new: they are made at the cutover. What the target is not given is named then.
func (p *pipe) noteLate(ctx context.Context, before, now *catalog.Table) error {
	parts := GoneFrom(now, before)
	for _, part := range GoneFrom(before, now) {
		parts = append(parts, GonePart(part))
	}
	for _, column := range DefaultsOf(before, now) {
		parts = append(parts, DefaultPart(column))
	}
	for _, part := range parts {
		if err := p.note(ctx, LateNote(now.Name, part), "yes"); err != nil {
			return err
		}
	}
	return nil
}

// join takes up a table that was created, unless it is followed already: before a crash, whose checkpoint stands before it. One
// that the target has refused before joins only when it is made anew: else rows of it have gone by.
func (p *pipe) join(ctx context.Context, s *connector.Structure, position string) error {
	name := s.Table.Name
	for _, t := range p.tables {
		if t.Source.Name == name {
			return nil
		}
	}
	if p.outside[name] && s.Entered {
		return nil
	}
	r, err := p.Structures.Reshape(ctx, nil, s, p.next)
	switch {
	case err == nil && s.Before && r.Table != nil:
		err = entered(s)
	case err == nil && !s.Echo:
		err = p.exec(ctx, &begun{Structure: s, Position: position}, r.Statements)
	}
	switch {
	case err != nil && !refused(err):
		return fmt.Errorf("make the new table %s: %w", name, err)
	case err != nil:
		return p.keepOut(ctx, s.Table, r.Table, err)
	case r.Table == nil:
		return nil
	}
	if p.outside[name] {
		delete(p.outside, name)
		r.Table.Resume()
		if err := p.forgive(ctx, name); err != nil {
			return err
		}
	}
	p.next++
	p.tally.DDL(r.Table.Stats, true)
	p.ApplyLog.Info("a new table joins", "table", name.String())
	if err := p.note(ctx, LateNote(name, ""), "yes"); err != nil {
		return err
	}
	return p.follow(ctx, r.Table)
}

// entered says why a table cannot join that was there before.
func entered(s *connector.Structure) error {
	if s.Why != "" {
		return errors.New(s.Why)
	}
	return errors.New("it was there before it was selected, and its rows of then are no changes: reload the table")
}

// keepOut is told of a new table that the target does not take: it counts as suspended, although it was never followed. as is the
// table as it was to be, nil when it had not come to that.
func (p *pipe) keepOut(ctx context.Context, t *catalog.Table, as *Table, why error) error {
	why = fmt.Errorf("follow %s: %w", connector.Created, why)
	if p.TableError == fullload.StopTask {
		return fmt.Errorf("%w (TableErrorPolicy STOP_TASK): table %s: %w", fullload.ErrStopped, t.Name, why)
	}
	p.ApplyLog.Error("a new table does not join and counts as suspended", "table", t.Name.String(), "error", why)
	target := catalog.Name{}
	if as != nil {
		target = as.Target.Name
	}
	stats := p.Stats.table(t.Name, target)
	p.tally.DDL(stats, false)
	stats.Suspend(why.Error())
	p.outside[t.Name] = true
	if err := p.note(ctx, TableNote(t.Name), outsideNote(t, target)); err != nil {
		return err
	}
	if err := p.note(ctx, SuspendedNote(t.Name), why.Error()); err != nil {
		return err
	}
	return p.suspended(ctx, t.Name, why.Error())
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

// refused asks whether a change that the target does not take can be made after all.
func (p *pipe) refused(ctx context.Context, t *apply.Table, why error) error {
	now := p.tables[t.Number]
	if p.Refused == nil || now == nil || now.Table != t {
		return why
	}
	return p.Refused(ctx, now, why)
}

// follow has the stream deliver a table, and remembers its form with the run.
func (p *pipe) follow(ctx context.Context, t *Table) error {
	p.session.Forget()
	p.tables[t.Number], p.reshaped = t, true
	p.touched(t.Number, nil)
	if p.stream != nil { // else it is asked for when the stream is opened
		if err := p.stream.Follow(p.followed(t)); err != nil {
			return fmt.Errorf("follow table %s: %w", t.Source.Name, err)
		}
	}
	return p.note(ctx, TableNote(t.Source.Name), t.note())
}

// drop has the stream deliver a table no more.
func (p *pipe) drop(number int) {
	if p.stream != nil {
		p.stream.Drop(number)
	}
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
	p.drop(t.Number)
	if err := p.note(ctx, SuspendedNote(t.Source.Name), why); err != nil {
		return err
	}
	return p.suspended(ctx, t.Source.Name, why)
}

// remember writes down that a table is suspended, forgive that it is no more.
func (p *pipe) remember(ctx context.Context, name catalog.Name, why string) error {
	if err := p.note(ctx, SuspendedNote(name), why); err != nil {
		return err
	}
	return p.Ledger.WriteSuspended(ctx, p.session, name, why)
}

func (p *pipe) forgive(ctx context.Context, name catalog.Name) error {
	if err := p.note(ctx, SuspendedNote(name), ""); err != nil {
		return err
	}
	return p.Ledger.RemoveSuspended(ctx, p.session, name)
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

// exec runs DDL at this point of the stream.
func (p *pipe) exec(ctx context.Context, b *begun, ss []catalog.Statement) error {
	switch {
	case len(ss) == 0:
		return nil
	case p.session.Features().TransactionalDDL:
		return p.execInside(ctx, ss)
	default:
		return p.alone(ctx, b, ss)
	}
}
