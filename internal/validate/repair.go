package validate

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// repair holds the rows of a table that make its target what the source is.
type repair struct {
	pair    *pair
	source  change.Batch // rows as the source has them
	target  change.Batch // rows as the target has them
	removed []int        // rows of target that go
	added   []int        // rows of source that come
	bytes   int
	// doubled says that the target has a key twice: its rows go one by one.
	doubled bool
}

func newRepair(p *pair) *repair {
	r := &repair{pair: p}
	r.source.Reset(p.source.layouts)
	r.target.Reset(p.target.layouts)
	return r
}

// take keeps a row and returns its number; -1 when rows are not kept, or are too many.
func (f *repair) take(source bool, r *row) int {
	if f == nil || f.bytes > keptBytes {
		return -1
	}
	b := &f.target
	if source {
		b = &f.source
	}
	before := b.Size()
	for i := range b.Columns {
		b.Columns[i].AppendFrom(&r.batch.Columns[i], r.at)
	}
	b.EndRow()
	f.bytes += b.Size() - before
	return b.Rows() - 1
}

// settle decides what is done with the rows of a key: what the target has too much goes, what it lacks comes.
func (f *repair) settle(b *both) {
	if f == nil {
		return
	}
	for _, k := range append(b.source[:len(b.source):len(b.source)], b.target...) {
		if k.row < 0 {
			return // not all of them are at hand: another round
		}
	}
	f.doubled = f.doubled || len(b.target) > 1
	for _, k := range b.target {
		f.removed = append(f.removed, k.row)
	}
	for _, k := range b.source {
		f.added = append(f.added, k.row)
	}
}

// Repaired is what a repair did to a table.
type Repaired struct{ Removed, Written int64 }

// Repair makes the rows of the target that were found to differ what the source's are, in one transaction. The snapshots must have been
// closed: a SQLite file that is read cannot be written.
func (r *Result) Repair(ctx context.Context, session connector.ApplySession) (done Repaired, err error) {
	f := r.repair
	if f == nil || len(f.removed)+len(f.added) == 0 {
		return done, nil
	}
	if err := session.Begin(ctx); err != nil {
		return done, fmt.Errorf("begin: %w", err)
	}
	if err = f.write(ctx, session, &done); err == nil {
		err = session.Commit(ctx, connector.Checkpoint{})
	}
	if err != nil {
		if connector.ClassOf(err) != connector.Lost {
			_ = session.Rollback(context.WithoutCancel(ctx))
		}
		return Repaired{}, fmt.Errorf("repair table %s: %w", r.Target, err)
	}
	return done, session.Sync(ctx)
}

// repairRows is how many rows go into one set.
const repairRows = 1000

func (f *repair) write(ctx context.Context, session connector.ApplySession, done *Repaired) error {
	key := f.pair.keys
	size := repairRows
	if len(key) == 0 {
		key, size = f.pair.all(), 1 // of equal rows just one goes for each that is to go
	}
	if f.doubled {
		size = 1
	}
	for at := 0; at < len(f.removed); at += size {
		set := connector.RowSet{Op: change.Delete, Table: f.pair.Table.Target, Unique: false}
		set.Old, set.OldColumns = f.rows(&f.target, f.removed[at:min(at+size, len(f.removed))], key, f.pair.target)
		for i := range key {
			set.Key = append(set.Key, i)
		}
		if err := apply(ctx, session, set, &done.Removed); err != nil {
			return err
		}
	}
	for at := 0; at < len(f.added); at += repairRows {
		set := connector.RowSet{Op: change.Insert, Table: f.pair.Table.Target}
		set.Rows, set.Columns = f.rows(&f.source, f.added[at:min(at+repairRows, len(f.added))], f.pair.all(), f.pair.source)
		if err := apply(ctx, session, set, &done.Written); err != nil {
			return err
		}
	}
	return nil
}

// rows copies rows into a batch of some of the columns.
func (f *repair) rows(from *change.Batch, which, columns []int, s *side) (*change.Batch, []connector.LoadColumn) {
	var layouts []change.Layout
	var out []connector.LoadColumn
	for _, c := range columns {
		layouts = append(layouts, s.layouts[c])
		out = append(out, connector.LoadColumn{Column: f.pair.columns[c].target, Layout: s.layouts[c]})
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
