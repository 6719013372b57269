package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// repair holds the rows of a table that make its target what the source is.
type repair struct {
	pair   *pair
	source change.Batch // rows as the source has them
	target change.Batch // rows as the target has them
	fixes  []fix
	kept   []fix // rows that stay, though they seem to be too much
	why    string
	// bytes is what the rows take that are kept; promised is that, with those to come of the keys that were begun.
	bytes, promised int
	begun           int // keys
	// doubled says that the target has a key twice: its rows go one by one.
	doubled bool
}

// fix is what is done for one key: rows of target go, rows of source come.
type fix struct {
	id             [16]byte
	removed, added []int
	// unread says that the target has a row of the key that could not be read: it is found by the source's.
	unread bool
}

func newRepair(p *pair) *repair {
	r := &repair{pair: p}
	r.source.Reset(p.source.layouts)
	r.target.Reset(p.target.layouts)
	return r
}

// take keeps a row of a key and returns its number; -1 when rows are not kept, or are too many. No key is begun when those that were may
// take all the room there is: half a key repairs nothing.
func (f *repair) take(source bool, r *row, b *both) int {
	if f == nil {
		return -1
	}
	begins := len(b.source)+len(b.target) == 0
	if b.left = b.left || begins && f.full() || f.overfull(b); b.left {
		return -1
	}
	into := &f.target
	if source {
		into = &f.source
	}
	before := into.Size()
	for i := range into.Columns {
		into.Columns[i].AppendFrom(&r.batch.Columns[i], r.at)
	}
	into.EndRow()
	size := into.Size() - before
	f.bytes += size
	if begins {
		f.begun++
		f.promised += size * b.expected()
	}
	return into.Rows() - 1
}

// full reports whether no further key is begun.
func (f *repair) full() bool { return f.promised > keptBytes }

// overfull reports whether no further row is kept: those that came after a key was begun were larger than its first. One pair of rows has to be
// held whatever its size.
func (f *repair) overfull(b *both) bool {
	return f.bytes > 2*keptBytes && (f.begun > 1 || b.expected() > 2)
}

// stuck reports whether there was no room for all rows of any key.
func (f *repair) stuck() bool {
	return f != nil && len(f.fixes) == 0 && (f.full() || f.bytes > 2*keptBytes)
}

// settle decides what is done with the rows of a key: what the target has too much goes, what it lacks comes.
func (f *repair) settle(id [16]byte, b *both) {
	if f == nil {
		return
	}
	x := fix{id: id}
	for _, k := range b.target {
		x.removed = append(x.removed, k.row)
	}
	for _, k := range b.source {
		x.added = append(x.added, k.row)
	}
	if slices.Contains(x.removed, -1) || slices.Contains(x.added, -1) {
		return // not all of them are at hand: another round
	}
	f.doubled = f.doubled || len(x.removed) > 1
	f.fixes = append(f.fixes, x)
}

// heed has rows that could not be read count: one of the target is overwritten, and no row of the target goes for one of the source, or
// for one that may be.
func (f *repair) heed(failures []Failure) {
	if f == nil {
		return
	}
	explained := map[[16]byte]*Failure{}
	for i := range failures {
		if x := &failures[i]; x.Why != "" && x.id != [16]byte{} {
			explained[x.id] = x
		}
	}
	unknown := f.pair.unknownKeys()
	f.fixes = slices.DeleteFunc(f.fixes, func(x fix) bool {
		e := explained[x.id]
		stays := unknown && len(x.added) == 0
		if stays && e == nil {
			f.kept, f.why = append(f.kept, x), mayBeUnread
		}
		return e != nil && !e.inTarget || stays
	})
	for i := range f.fixes {
		x := &f.fixes[i]
		e := explained[x.id]
		x.unread = e != nil && e.inTarget && len(x.added) == 1 && len(x.removed) == 0
	}
}

// Repaired is what a repair did to a table.
type Repaired struct {
	Removed, Written int64
	// Refused are rows that the target does not take, with its reason, by their key.
	Refused []Refusal
}

// Refusal is a row that could not be repaired.
type Refusal struct {
	Key    []string
	Reason string
}

// Why a row of the target stays.
const (
	mayBeUnread  = "it is not removed: it may be one of the rows of the source that cannot be read"
	mayBeRefused = "it is not removed: it may stand for one of the rows of the source that the target does not take"
)

// errStandsIn says that rows of a table without a key were removed, while the target has refused some that they may stand for.
var errStandsIn = errors.New("rows that are refused may have others in their place")

// Repair makes the rows of the target that were found to differ what the source's are, in one transaction. Rows that the target
// refuses are left as they are. The snapshots must have been closed: a SQLite file that is read cannot be written.
func (r *Result) Repair(ctx context.Context, session connector.ApplySession) (done Repaired, err error) {
	f := r.repair
	if f == nil {
		return done, nil
	}
	if len(f.fixes) > 0 {
		if done, err = f.inOneTransaction(ctx, session, r); err != nil {
			return Repaired{}, fmt.Errorf("repair table %s: %w", r.Target, err)
		}
	}
	done.refuse(r, f.kept, slices.Repeat([]string{f.why}, len(f.kept)))
	return done, nil
}

func (f *repair) inOneTransaction(ctx context.Context, session connector.ApplySession, r *Result) (done Repaired, err error) {
	done, err = f.transaction(ctx, session, f.atOnce)
	if connector.ClassOf(err) != connector.Data {
		return done, err
	}
	single := func(ctx context.Context, s connector.ApplySession, done *Repaired) error {
		if err := f.oneByOne(ctx, s, r, done); err != nil {
			return err
		}
		if len(f.pair.keys) == 0 && done.Removed > 0 && len(done.Refused) > 0 {
			return errStandsIn
		}
		return nil
	}
	if done, err = f.transaction(ctx, session, single); errors.Is(err, errStandsIn) {
		f.keepAll()
		done, err = f.transaction(ctx, session, single)
	}
	return done, err
}

// keepAll leaves all rows that the source seems to lack.
func (f *repair) keepAll() {
	f.fixes = slices.DeleteFunc(f.fixes, func(x fix) bool {
		if len(x.added) > 0 {
			return false
		}
		f.kept, f.why = append(f.kept, x), mayBeRefused
		return true
	})
}

type work func(ctx context.Context, session connector.ApplySession, done *Repaired) error

func (f *repair) transaction(ctx context.Context, session connector.ApplySession, w work) (done Repaired, err error) {
	if err := session.Begin(ctx); err != nil {
		return done, fmt.Errorf("begin: %w", err)
	}
	if err := w(ctx, session, &done); err != nil {
		if connector.ClassOf(err) != connector.Lost {
			_ = session.Rollback(context.WithoutCancel(ctx))
		}
		return Repaired{}, err
	}
	if err := session.Commit(ctx, connector.Checkpoint{}); err != nil {
		return Repaired{}, err
	}
	return done, session.Sync(ctx)
}

// repairRows is how many rows go into one set.
const repairRows = 1000

// atOnce removes and writes the rows of all keys in sets.
func (f *repair) atOnce(ctx context.Context, session connector.ApplySession, done *Repaired) error {
	return f.write(ctx, session, f.fixes, done)
}

// oneByOne repairs a key at a time and leaves those out that the target refuses, however often others have gone before: a value that is
// unique is free once the row that had it is mended.
func (f *repair) oneByOne(ctx context.Context, session connector.ApplySession, r *Result, done *Repaired) error {
	left := f.fixes
	for {
		refused, why, err := f.each(ctx, session, left, done)
		if err != nil {
			return err
		}
		if len(refused) == 0 {
			return nil
		}
		if len(refused) == len(left) {
			freed, err := f.together(ctx, session, refused, done)
			if err == nil && !freed {
				done.refuse(r, refused, why)
			}
			return err
		}
		left = refused
	}
}

// each repairs key after key and returns those that the target refuses, with its reasons.
func (f *repair) each(ctx context.Context, session connector.ApplySession, fixes []fix, done *Repaired) (refused []fix, why []string, err error) {
	for _, x := range fixes {
		reason, err := f.unless(ctx, session, done, func() error { return f.write(ctx, session, []fix{x}, done) })
		if err != nil {
			return nil, nil, err
		}
		if reason != "" {
			refused, why = append(refused, x), append(why, reason)
		}
	}
	return refused, why, nil
}

// together has rows that stand in each other's way (two whose unique values have changed places) all go before they come again, and
// reports whether that was done. Rows with columns that only the target has stay: what these hold would be lost.
func (f *repair) together(ctx context.Context, session connector.ApplySession, fixes []fix, done *Repaired) (bool, error) {
	if len(fixes) < 2 || !f.pair.writesAll() {
		return false, nil
	}
	reason, err := f.unless(ctx, session, done, func() error {
		var removed, added, unread []int
		for _, x := range fixes {
			if x.unread {
				unread = append(unread, x.added...)
				continue
			}
			removed, added = append(removed, x.removed...), append(added, x.added...)
		}
		if err := f.remove(ctx, session, removed, &Repaired{}); err != nil {
			return err
		}
		if err := f.overwrite(ctx, session, unread, done); err != nil {
			return err
		}
		return f.add(ctx, session, added, done)
	})
	return reason == "", err
}

// unless does work, and undoes it with the target's reason if that refuses it.
func (f *repair) unless(ctx context.Context, session connector.ApplySession, done *Repaired, work func() error) (reason string, err error) {
	if err := session.Savepoint(ctx); err != nil {
		return "", err
	}
	before := *done
	err = work()
	if connector.ClassOf(err) != connector.Data {
		return "", err
	}
	*done = before
	return err.Error(), session.RollbackTo(ctx)
}

// refuse notes rows that the target does not take.
func (d *Repaired) refuse(r *Result, fixes []fix, why []string) {
	for n, x := range fixes {
		if i := slices.IndexFunc(r.Failures, func(a Failure) bool { return a.id == x.id }); i >= 0 {
			d.Refused = append(d.Refused, Refusal{r.Failures[i].Key, why[n]})
		}
	}
}

// write makes of rows of the target rows of the source: where a key has one on either side, the columns that are compared are
// updated, so that others keep what they hold.
func (f *repair) write(ctx context.Context, session connector.ApplySession, fixes []fix, done *Repaired) error {
	var removed, added, before, after, unread []int
	for _, x := range fixes {
		if x.unread {
			unread = append(unread, x.added[0])
			continue
		}
		if len(f.pair.keys) > 0 && len(x.removed) == 1 && len(x.added) == 1 {
			before, after = append(before, x.removed[0]), append(after, x.added[0])
			continue
		}
		removed, added = append(removed, x.removed...), append(added, x.added...)
	}
	if err := f.remove(ctx, session, removed, done); err != nil {
		return err
	}
	for at := 0; at < len(before); at += repairRows {
		to := min(at+repairRows, len(before))
		set := connector.RowSet{Op: change.Update, Table: f.pair.Table.Target, Key: seq(len(f.pair.keys))}
		set.Old, set.OldColumns = f.rows(&f.target, before[at:to], f.pair.keys, f.pair.target)
		set.Rows, set.Columns = f.rows(&f.source, after[at:to], f.pair.values(), f.pair.source)
		if err := apply(ctx, session, set, &done.Written); err != nil {
			return err
		}
	}
	if err := f.overwrite(ctx, session, unread, done); err != nil {
		return err
	}
	return f.add(ctx, session, added, done)
}

// overwrite updates rows of the target that could not be read.
func (f *repair) overwrite(ctx context.Context, session connector.ApplySession, rows []int, done *Repaired) error {
	for part := range slices.Chunk(rows, repairRows) {
		set := connector.RowSet{Op: change.Update, Table: f.pair.Table.Target, Key: seq(len(f.pair.keys))}
		set.Old, set.OldColumns = f.rows(&f.source, part, f.pair.keys, f.pair.source)
		set.Rows, set.Columns = f.rows(&f.source, part, f.pair.values(), f.pair.source)
		if err := apply(ctx, session, set, &done.Written); err != nil {
			return err
		}
	}
	return nil
}

// add writes rows that the target lacks.
func (f *repair) add(ctx context.Context, session connector.ApplySession, added []int, done *Repaired) error {
	whole := f.pair.whole()
	var key []int // within them
	for _, k := range f.pair.keys {
		key = append(key, slices.Index(whole, k))
	}
	for part := range slices.Chunk(added, repairRows) {
		set := connector.RowSet{Op: change.Insert, Table: f.pair.Table.Target, Key: key, Unique: len(key) > 0}
		set.Rows, set.Columns = f.rows(&f.source, part, whole, f.pair.source)
		if err := apply(ctx, session, set, &done.Written); err != nil {
			return err
		}
	}
	return nil
}

func (f *repair) remove(ctx context.Context, session connector.ApplySession, rows []int, done *Repaired) error {
	key, size := f.pair.keys, repairRows
	if len(key) == 0 {
		key = f.pair.values()
	}
	if len(f.pair.keys) == 0 || f.doubled {
		size = 1 // of equal rows just one goes for each that is to go
	}
	for part := range slices.Chunk(rows, size) {
		set := connector.RowSet{Op: change.Delete, Table: f.pair.Table.Target, Key: seq(len(key))}
		set.Old, set.OldColumns = f.rows(&f.target, part, key, f.pair.target)
		if err := apply(ctx, session, set, &done.Removed); err != nil {
			return err
		}
	}
	return nil
}

// values are the places of the columns that are compared, as values: those compared by functions are kept beside.
func (p *pair) values() (out []int) {
	for i := range p.columns {
		if !p.columns[i].function {
			out = append(out, i)
		}
	}
	return append(out, p.raw...)
}

// whole are the places of all values of a row.
func (p *pair) whole() []int {
	out := p.values()
	for i := p.compared + len(p.raw); i < len(p.written); i++ {
		out = append(out, i)
	}
	return out
}

// writesAll reports whether a row that is written has all columns of the target that are not computed.
func (p *pair) writesAll() bool {
	for _, c := range p.Table.Target.Columns {
		written := slices.ContainsFunc(p.whole(), func(i int) bool { return p.written[i].Name == c.Name })
		if !written && c.Generated == "" {
			return false
		}
	}
	return true
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// rows copies rows into a batch of some of the columns.
func (f *repair) rows(from *change.Batch, which, columns []int, s *side) (*change.Batch, []connector.LoadColumn) {
	var layouts []change.Layout
	var out []connector.LoadColumn
	for _, c := range columns {
		layouts = append(layouts, s.layouts[c])
		out = append(out, connector.LoadColumn{Column: f.pair.written[c], Layout: s.layouts[c]})
	}
	b := &change.Batch{}
	b.Reset(layouts)
	for _, row := range which {
		for i, c := range columns {
			b.Columns[i].AppendFrom(&from.Columns[c], row)
		}
		b.EndRow()
	}
	return b, out
}

func apply(ctx context.Context, session connector.ApplySession, set connector.RowSet, count *int64) error {
	affected, err := session.Write(ctx, []connector.RowSet{set})
	for _, n := range affected {
		*count += n
	}
	return err
}
