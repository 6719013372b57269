package s3

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
)

// pane is a file of changes that is held back.
type pane struct {
	table  catalog.Name // zero for a file of transactions
	folder string
	layout rowfile.Layout
	writer rowfile.Writer
	spool  *spool
	lines  []rowfile.Line // to be written together
}

// mostBuffered is how much may be recorded before writers let go of their memory.
const mostBuffered = 32 << 20

// linesAtOnce is how many lines are gathered for one file.
const linesAtOnce = 2048

// cursor tells in which transaction a change of the group is.
type cursor struct {
	g  *change.Group
	at int
}

// time is when the change of a place in the group was committed. Places are asked for in their order.
func (c *cursor) time(seq int32) time.Time {
	for c.at < len(c.g.Ends) && seq >= c.g.Ends[c.at] {
		c.at++
	}
	return c.g.CommitTime(c.at)
}

// Record implements connector.Recorder.
func (s *session) Record(_ context.Context, g *change.Group, tables []*connector.Recorded, reject func(i, index int, r change.Reject) error) error {
	if s.broken != nil {
		return s.broken
	}
	s.recorded = s.recorded || g.Len() > 0
	var err error
	if s.target.settings.transactions {
		err = s.recordTransactions(g, tables, reject)
	} else {
		for i, c := range g.Tables {
			if tables[i] == nil || c.Len() == 0 {
				continue
			}
			if err = s.recordTable(g, i, tables[i], reject); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = s.writeLines()
	}
	if err != nil {
		return s.breaks(err)
	}
	for _, c := range g.Tables {
		s.buffered += int64(c.Size())
	}
	if s.buffered > mostBuffered {
		s.buffered = 0
		for _, p := range s.panes {
			if err := p.writer.Flush(); err != nil {
				return s.breaks(err)
			}
		}
	}
	return nil
}

// breaks ends the session: a file may hold half a line.
func (s *session) breaks(err error) error {
	s.broken = fmt.Errorf("record changes: %w", err)
	return s.broken
}

func (s *session) recordTable(g *change.Group, i int, t *connector.Recorded, reject func(i, index int, r change.Reject) error) error {
	c := g.Tables[i]
	at := cursor{g: g}
	var last *pane
	var day string
	for index := range c.Len() {
		op, ok := s.letter(c.Ops[index])
		if !ok {
			continue
		}
		when := at.time(c.Seq[index])
		if d := s.target.settings.partition.folder(when); last == nil || d != day {
			var err error
			if last, err = s.paneOf(t, folder(t.Table.Name)+d); err != nil {
				return err
			}
			day = d
		}
		if err := s.line(last, lineOf(c, index, op, when), t, i, index, reject); err != nil {
			return err
		}
	}
	return nil
}

// recordTransactions writes the changes of all tables as they came.
func (s *session) recordTransactions(g *change.Group, tables []*connector.Recorded, reject func(i, index int, r change.Reject) error) error {
	at := cursor{g: g}
	next := make([]int, len(g.Tables))
	for seq := range int32(g.Len()) {
		for i, c := range g.Tables {
			if next[i] >= c.Len() || c.Seq[next[i]] != seq {
				continue
			}
			index := next[i]
			next[i]++
			op, ok := s.letter(c.Ops[index])
			if !ok || tables[i] == nil {
				break
			}
			p, err := s.transactionPane(tables[i])
			if err != nil {
				return err
			}
			if err := s.line(p, lineOf(c, index, op, at.time(seq)), tables[i], i, index, reject); err != nil {
				return err
			}
			if err := p.write(); err != nil { // the next line may be another table's
				return err
			}
			break
		}
	}
	return nil
}

// letter is how an operation is written; false leaves it out.
func (s *session) letter(op change.Op) (byte, bool) {
	set := s.target.settings
	switch op {
	case change.Insert:
		return 'I', true
	case change.Update:
		return 'U', !set.insertsOnly
	default:
		return 'D', !set.insertsOnly && !set.insertsAndUpdates
	}
}

// hasOp reports whether files of changes begin with a column for the operation.
func (s *settings) hasOp() bool { return !s.insertsOnly || s.opOnLoad }

func lineOf(c *change.Changes, index int, op byte, at time.Time) rowfile.Line {
	l := rowfile.Line{Op: op, Stamp: at.UnixMicro(), Batch: &c.New, Row: c.After[index]}
	before := c.Before[index]
	switch {
	case l.Row == change.None:
		l.Batch, l.Row = &c.Old, before
	case before != change.None:
		l.Other, l.OtherRow = &c.Old, before
	}
	return l
}

func (s *session) line(p *pane, l rowfile.Line, t *connector.Recorded, i, index int, reject func(i, index int, r change.Reject) error) error {
	if column, why := p.writer.Check(&l); why != "" {
		return reject(i, index, change.Reject{Fault: change.DataFault, Column: t.Columns[column].Column.Name, Reason: why})
	}
	p.lines = append(p.lines, l)
	if len(p.lines) >= linesAtOnce {
		return p.write()
	}
	return nil
}

func (p *pane) write() error {
	err := p.writer.Write(p.lines)
	clear(p.lines)
	p.lines = p.lines[:0]
	return err
}

// writeLines writes what was gathered, before the group goes back.
func (s *session) writeLines() error {
	for _, p := range s.panes {
		if len(p.lines) > 0 {
			if err := p.write(); err != nil {
				return err
			}
		}
	}
	return nil
}

// paneOf finds the file for a table's changes in a folder, or begins one: the first, or one for other columns than before.
func (s *session) paneOf(t *connector.Recorded, in string) (*pane, error) {
	if p := s.byKey[in]; p != nil && sameColumns(p.layout.Columns, t.Columns) {
		return p, nil
	}
	set := s.target.settings
	p := &pane{table: t.Table.Name, folder: in, layout: rowfile.Layout{Columns: t.Columns, Op: set.hasOp(), Stamp: set.stamp}}
	return p, s.begin(p, set.format)
}

func (s *session) begin(p *pane, f rowfile.Format) (err error) {
	p.spool = &spool{used: &s.memory}
	if p.writer, err = f.New(p.spool, p.layout); err != nil {
		return err
	}
	s.byKey[p.folder] = p
	s.panes = append(s.panes, p)
	return nil
}

func sameColumns(a, b []connector.LoadColumn) bool {
	return slices.EqualFunc(a, b, func(x, y connector.LoadColumn) bool {
		return x.Layout == y.Layout && (x.Column == y.Column || x.Column.Name == y.Column.Name && x.Column.NativeType == y.Column.NativeType)
	})
}

// transactionPane is the one file of transactions, set to write lines of a table.
func (s *session) transactionPane(t *connector.Recorded) (*pane, error) {
	set := s.target.settings
	in, err := prefixOf("", set.cdcPath)
	if err != nil {
		return nil, err
	}
	layout := rowfile.Layout{Columns: t.Columns, Op: set.hasOp(), Stamp: set.stamp, Lead: []string{t.Table.Name.Name, t.Table.Name.Schema}}
	p := s.byKey[in]
	if p == nil {
		p = &pane{folder: in, layout: layout}
		return p, s.begin(p, set.format)
	}
	if slices.Equal(p.layout.Lead, layout.Lead) && sameColumns(p.layout.Columns, t.Columns) {
		return p, nil
	}
	// Another table: its lines go behind those that are there.
	if err := p.writer.Close(); err != nil {
		return nil, err
	}
	p.layout = layout
	p.writer, err = set.format.New(p.spool, layout)
	return p, err
}

// discard drops what is held back of a table.
func (s *session) discard(table catalog.Name) {
	s.panes = slices.DeleteFunc(s.panes, func(p *pane) bool {
		if p.table != table {
			return false
		}
		p.spool.close()
		if s.byKey[p.folder] == p {
			delete(s.byKey, p.folder)
		}
		return true
	})
}
