package cdc

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// prepare makes a group ready to be applied.
func (p *pipe) prepare(ctx context.Context, g *change.Group, n *numbering) (*apply.Work, error) {
	var w *apply.Work
	select {
	case w = <-p.works:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	w.Reset(g, func(number int) *apply.Table {
		if t := p.tables[number]; t != nil {
			return t.Table
		}
		return nil
	})
	for i, t := range w.Tables {
		if t == nil {
			continue
		}
		if err := p.bounded(t.Number, g.Tables[i]); err != nil {
			return nil, err
		}
		if err := p.tables[t.Number].convert(w, i, n); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Source.Name, err)
		}
		p.touched(t.Number, g.Tables[i])
	}
	w.Rejects = append(w.Rejects, p.rejected...)
	for _, r := range w.Rejects {
		if !r.Reject.Kept {
			p.touched(r.Table.Number, nil)
		}
	}
	p.rejected = p.rejected[:0]
	w.Fold()
	p.Stats.flow.Read.Add(int64(g.Len()))
	p.Stats.backlog.add(nanos(g.First))
	if n := nanos(g.Last); n != 0 {
		p.Stats.newest.Store(n)
	}
	return w, nil
}

// bounded makes sure that there is memory for each value of a table's changes, before they are held more often than once.
func (p *pipe) bounded(number int, c *change.Changes) error {
	t := p.tables[number]
	for _, rows := range []*change.Batch{&c.New, &c.Old} {
		if err := p.Largest.Check(t.Source.Name, rows, func(i int) string { return t.Read[i].Column.Name }); err != nil {
			return err
		}
	}
	return nil
}

// touched tells the watcher of changes.
func (p *pipe) touched(number int, c *change.Changes) {
	if t := p.tables[number]; p.Watcher != nil && t != nil && (c == nil || c.Len() > 0) {
		p.Watcher.Touched(t, c)
	}
}

// unreadable takes a change that the stream could not read.
func (p *pipe) unreadable(number int, r change.Reject) error {
	if t := p.tables[number]; t != nil {
		p.rejected = append(p.rejected, apply.Rejected{Table: t.Table, Verb: "CHANGE", Reject: r})
	}
	return nil
}

// done gives a work and its group back.
func (p *pipe) done(w *apply.Work) {
	p.handed.done(w.Group.Bytes())
	p.pool.Put(w.Done())
	p.works <- w
}
