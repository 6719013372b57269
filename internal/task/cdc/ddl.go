package cdc

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// ddlNote is the key under which a run remembers the changes of structure that it has begun on the target since its
// checkpoint, where DDL commits by itself. After a crash the last of them is finished before anything else is done, and
// those that come again, because the checkpoint stands before them, are left out.
const ddlNote = "ddl"

// begun is a change of structure that was begun on the target.
type begun struct {
	Structure *connector.Structure
	// Source is what the table was called in the source, zero when the change makes it. Target is the target's table before.
	Source catalog.Name
	Target *catalog.Table
	// Position is behind the change; empty when that is in the midst of a transaction.
	Position string
	// Step is the statement that is under way, SQL its text, and Found what the tables looked like before it.
	Step  int
	SQL   string
	Found string
	// Done says that all statements have been carried out.
	Done bool

	// earlier says that it was begun before the ends were opened, so that it may come again, and came that it has.
	earlier, came bool
}

// is reports whether a change that the stream tells of is this one.
func (b *begun) is(s *connector.Structure, source catalog.Name) bool {
	was := b.Structure
	if was.Kind != s.Kind || was.Table == nil || s.Table == nil || was.Table.Name != s.Table.Name ||
		source != b.Source && source != was.Table.Name && source != (catalog.Name{}) {
		return false
	}
	return slices.EqualFunc(was.Table.Columns, s.Table.Columns, func(x, y *catalog.Column) bool { return x.Name == y.Name && x.NativeType == y.NativeType }) &&
		reflect.DeepEqual(was.Partitions, s.Partitions) && (len(was.Renamed) == 0 && len(s.Renamed) == 0 || reflect.DeepEqual(was.Renamed, s.Renamed))
}

// readBegun reads the note of what was begun.
func readBegun(notes map[string]string) (all []*begun, err error) {
	text := notes[ddlNote]
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("the target's awsdms_task_notes holds a note under %q that this version cannot read: %w", ddlNote, err)
	}
	for _, b := range all {
		b.earlier = true
	}
	return all, nil
}

// Unfinished returns the table whose structure a crash has left between two forms on the target: its name in the source, and how
// it was on the target before. The following finishes the change; a nil table says that there is none.
func Unfinished(notes map[string]string) (catalog.Name, *catalog.Table, error) {
	all, err := readBegun(notes)
	if err != nil || len(all) == 0 || all[len(all)-1].Done {
		return catalog.Name{}, nil, err
	}
	last := all[len(all)-1]
	return last.Source, last.Target, nil
}

// alone runs DDL that commits by itself. What is open is committed before; when that cuts a transaction of the source in two,
// a note says how much of it there is. Each statement is written down before it is run.
func (p *pipe) alone(ctx context.Context, b *begun, ss []catalog.Statement) error {
	resumed := p.finishing != nil
	if resumed {
		b = p.finishing
	}
	if resumed && (b.Step >= len(ss) || ss[b.Step].SQL != b.SQL) {
		return p.concluded(ctx, b, fmt.Errorf("a crash has interrupted %q on the target, and now other statements would follow the change", b.SQL))
	}
	for ; b.Step < len(ss); b.Step++ {
		run := p.statement
		if resumed {
			run = p.statementAgain
		}
		resumed = false
		if err := run(ctx, b, ss); err != nil {
			if !refused(err) {
				return err
			}
			return p.concluded(ctx, b, err)
		}
	}
	return p.concluded(ctx, b, nil)
}

// statement writes down what is to be done and does it.
func (p *pipe) statement(ctx context.Context, b *begun, ss []catalog.Statement) (err error) {
	s := ss[b.Step]
	b.SQL = s.SQL
	if b.Found, err = p.looks(ctx, b, ss); err != nil {
		return err
	}
	if err := p.announce(ctx, b); err != nil {
		return err
	}
	err = p.session.Exec(ctx, []catalog.Statement{s})
	if b.Structure.Kind == connector.Created && connector.ClassOf(err) == connector.Present {
		p.ApplyLog.Warn("the new table, or a part of it, is there already", "statement", s.SQL, "error", err)
		return nil
	}
	return err
}

// announce commits the note of the statement that comes next; with the first of a change, also what is open.
func (p *pipe) announce(ctx context.Context, b *begun) error {
	if b.Step > 0 {
		if err := p.noteBegun(ctx); err != nil {
			return err
		}
		return p.keep(ctx)
	}
	if !p.torn {
		p.begun = nil // what was begun before is behind the checkpoint
	}
	p.begun = append(p.begun, b)
	if err := p.noteBegun(ctx); err != nil {
		return err
	}
	if !p.torn {
		return p.commit(ctx)
	}
	if err := p.tear(ctx); err != nil {
		return err
	}
	return p.keep(ctx)
}

// keep commits without a position.
func (p *pipe) keep(ctx context.Context) error {
	if err := p.try(ctx); err != nil {
		return err
	}
	if err := p.applier.Commit(ctx, ""); err != nil {
		return err
	}
	_, held := p.session.(connector.Holder) // without a position nobody can tell whether it is
	p.Stats.backlog.commit(held)
	p.kept()
	return nil
}

func (p *pipe) noteBegun(ctx context.Context) error {
	text := ""
	if len(p.begun) > 0 {
		encoded, err := json.Marshal(p.begun)
		if err != nil {
			return fmt.Errorf("write down a change of structure: %w", err)
		}
		text = string(encoded)
	}
	return p.note(ctx, ddlNote, text)
}

// statementAgain does what a crash has interrupted, unless it shows that it was carried out.
func (p *pipe) statementAgain(ctx context.Context, b *begun, ss []catalog.Statement) error {
	s := ss[b.Step]
	now, err := p.looks(ctx, b, ss)
	if err != nil {
		return err
	}
	done := now != b.Found
	if !done && s.Makes.Kind != catalog.NoRef {
		if done, err = p.Target.Exists(ctx, s.Makes); err != nil {
			return fmt.Errorf("look for what an interrupted change of structure makes: %w", err)
		}
	}
	p.ApplyLog.Info("a change of structure was interrupted and is finished now", "statement", s.SQL, "was done", done)
	if done {
		return nil
	}
	err = p.session.Exec(ctx, []catalog.Statement{s})
	if err == nil || !refused(err) {
		return err
	}
	// The server may still have been at work on the statement of the process that was killed.
	if now, lookErr := p.looks(ctx, b, ss); lookErr == nil && now != b.Found {
		return nil
	}
	return err
}

// concluded writes down that nothing is under way any more.
func (p *pipe) concluded(ctx context.Context, b *begun, why error) error {
	b.Done = true
	if why != nil { // the table is given up: if the change comes again it is no news
		p.begun = slices.DeleteFunc(p.begun, func(x *begun) bool { return x == b })
	}
	if err := p.noteBegun(ctx); err != nil {
		return err
	}
	return why
}

// complete finishes what a crash has left unfinished. The stream is not open yet, and is asked for the tables as they are
// afterwards, from behind the change on where that is between two transactions.
func (p *pipe) complete(ctx context.Context) error {
	if len(p.begun) == 0 || p.begun[len(p.begun)-1].Done {
		return nil
	}
	b := p.begun[len(p.begun)-1]
	p.finishing = b
	err := p.restructureAnew(ctx, b)
	p.finishing = nil
	if err != nil {
		return fmt.Errorf("finish an interrupted change of structure: %w", err)
	}
	if !b.Done { // nothing is to be done any more, as the settings are now
		if err := p.concluded(ctx, b, nil); err != nil {
			return err
		}
	}
	if b.Position == "" {
		if err := p.noteTorn(ctx); err != nil { // the table may have another name
			return err
		}
		return p.keep(ctx)
	}
	p.reached = b.Position
	return p.commit(ctx)
}

func (p *pipe) restructureAnew(ctx context.Context, b *begun) error {
	if b.Structure.Kind == connector.Created {
		return p.join(ctx, b.Structure, b.Position)
	}
	for _, t := range p.tables {
		if t.Source.Name == b.Source {
			b.Structure.Number = t.Number
			return p.reshape(ctx, t, b.Structure, b.Position)
		}
	}
	return nil
}

// passOver reports whether a change that the stream tells of was carried out before a crash, once for each such change: the
// checkpoint stands before it, and the target, and what is known of the table, behind it. The stream goes on as it is.
func (p *pipe) passOver(s *connector.Structure, source catalog.Name) bool {
	i := slices.IndexFunc(p.begun, func(b *begun) bool { return b.earlier && !b.came && b.is(s, source) })
	if i < 0 {
		return false
	}
	for _, b := range p.begun[:i+1] { // they come in their order, those that are no news to the stream not at all
		b.came = true
	}
	return true
}
