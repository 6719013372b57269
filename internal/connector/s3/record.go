package s3

import (
	"bytes"
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
	grown  bool // since the last commit
	isOpen bool // the writer is one of Parquet, which takes memory of its own
}

// mostBuffered is how much may be recorded before writers let go of their memory.
const mostBuffered = 32 << 20

// linesAtOnce is how many lines are gathered for one file.
const linesAtOnce = 2048

// cursor tells in which transaction a change of the group is.
type cursor struct {
	g    *change.Group
	at   int
	when time.Time
}

// start stands before the first change.
func start(g *change.Group) cursor { return cursor{g: g, at: -1} }

// moveTo goes to the change of a place in the group, and reports whether that is another transaction's. Places are asked for in
// their order.
func (c *cursor) moveTo(seq int32) bool {
	at := max(c.at, 0)
	for at < len(c.g.Ends) && seq >= c.g.Ends[at] {
		at++
	}
	if at == c.at {
		return false
	}
	c.at, c.when = at, c.g.CommitTime(at)
	return true
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

func (s *session) recordTable(g *change.Group, i int, t *connector.Recorded, reject rejecter) error {
	c := g.Tables[i]
	if why := s.target.settings.clash(s.layoutOf(t)); why != "" {
		return refuseAll(c, i, why, reject)
	}
	at := start(g)
	var last *pane
	var day, buf []byte
	for index := range c.Len() {
		op, ok := s.letter(c.Ops[index])
		if !ok {
			continue
		}
		if at.moveTo(c.Seq[index]) {
			buf = s.target.settings.partition.appendFolder(buf[:0], at.when)
			if last == nil || !bytes.Equal(buf, day) {
				var err error
				if last, err = s.paneOf(t, folder(t.Table.Name)+string(buf)); err != nil {
					return err
				}
				day, buf = buf, day
			}
		}
		if err := s.line(last, lineOf(c, index, op, at.when), t, i, index, reject); err != nil {
			return err
		}
	}
	return nil
}

// refuseAll rejects the changes of a table that no file can hold.
func refuseAll(c *change.Changes, i int, why string, reject rejecter) error {
	for index := range c.Len() {
		if err := reject(i, index, change.Reject{Fault: change.TableFault, Reason: why}); err != nil {
			return err
		}
	}
	return nil
}

// place is where a change of the group is: Tables[table-1], index. The zero place is that of one that was left out.
type place struct{ table, index int32 }

// inOrder lists the changes of a group as they came.
func (s *session) inOrder(g *change.Group) []place {
	s.order = slices.Grow(s.order[:0], g.Len())[:g.Len()]
	clear(s.order)
	for i, c := range g.Tables {
		for index, seq := range c.Seq {
			s.order[seq] = place{int32(i) + 1, int32(index)}
		}
	}
	return s.order
}

// recordTransactions writes the changes of all tables as they came.
func (s *session) recordTransactions(g *change.Group, tables []*connector.Recorded, reject rejecter) error {
	at := start(g)
	writers := make([]rowfile.Writer, len(g.Tables))
	var p *pane
	last := -1
	for seq, place := range s.inOrder(g) {
		i, index := int(place.table)-1, int(place.index)
		if i < 0 || tables[i] == nil {
			continue
		}
		c := g.Tables[i]
		op, ok := s.letter(c.Ops[index])
		if !ok {
			continue
		}
		if i != last {
			var err error
			if p, err = s.transactionPane(tables[i], &writers[i]); err != nil {
				return err
			}
			last = i
		}
		at.moveTo(int32(seq))
		if err := s.line(p, lineOf(c, index, op, at.when), tables[i], i, index, reject); err != nil {
			return err
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

// rejecter is told of a change that is left out, see connector.Recorder.
type rejecter = func(i, index int, r change.Reject) error

func (s *session) line(p *pane, l rowfile.Line, t *connector.Recorded, i, index int, reject rejecter) error {
	if s.filled != p {
		if err := s.writeLines(); err != nil {
			return err
		}
		s.filled = p
	}
	s.lines = append(s.lines, l)
	last := len(s.lines) - 1
	if column, why := p.writer.Check(&s.lines[last]); why != "" { // looked at in its place: a line of its own would be an allocation
		s.lines = s.lines[:last]
		return reject(i, index, change.Reject{Fault: change.DataFault, Column: t.Columns[column].Column.Name, Reason: why})
	}
	p.spool.count(1)
	if len(s.lines) >= linesAtOnce {
		return s.writeLines()
	}
	return nil
}

// writeLines writes what was gathered: before lines of another file are, and before the group goes back.
func (s *session) writeLines() error {
	if len(s.lines) == 0 {
		return nil
	}
	p := s.filled
	err := p.writer.Write(s.lines)
	clear(s.lines)
	s.lines = s.lines[:0]
	if !p.grown {
		p.grown = true
		s.grown = append(s.grown, p)
	}
	if _, kept := p.writer.(*rowfile.Kept); kept && err == nil && p.spool.size >= worthOpening && s.opened < mostOpen {
		err = s.openFile(p)
	}
	return err
}

// paneOf finds the file for a table's changes in a folder, or begins one: the first, one for other columns than before, or one behind that of
// another folder, as commits need not be in the order of their times.
func (s *session) paneOf(t *connector.Recorded, in string) (*pane, error) {
	if p := s.byKey[in]; p != nil && s.last[p.table] == p && sameColumns(p.layout.Columns, t.Columns) {
		return p, nil
	}
	p := &pane{table: t.Table.Name, folder: in, layout: s.layoutOf(t)}
	return p, s.begin(p, s.target.settings.format)
}

func (s *session) layoutOf(t *connector.Recorded) rowfile.Layout {
	set := s.target.settings
	return rowfile.Layout{Columns: t.Columns, Op: set.hasOp(), Stamp: set.stamp}
}

func (s *session) begin(p *pane, f rowfile.Format) (err error) {
	p.spool = s.spools.begin()
	if parquet, ok := f.(rowfile.Parquet); ok {
		p.writer = parquet.Keep(p.spool, p.layout, &s.scratch)
	} else if p.writer, err = f.New(p.spool, p.layout); err != nil {
		return err
	}
	s.byKey[p.folder], s.last[p.table] = p, p
	s.panes = append(s.panes, p)
	return nil
}

// worthOpening is how much of its lines a Parquet file has kept when its encoder, which then encodes as they come, takes little beside
// them; mostOpen bounds how many tables' have one. All others' files are made one after the other when they are flushed.
const (
	worthOpening = 256 << 10
	mostOpen     = 64
)

// openFile makes a Parquet file of the lines that were kept for it.
func (s *session) openFile(p *pane) error {
	next := s.spools.begin()
	w, err := p.writer.(*rowfile.Kept).File(p.spool.reader(), next)
	if err != nil {
		next.close()
		return err
	}
	next.count(p.spool.rows)
	p.spool.close()
	p.spool, p.writer, p.isOpen = next, w, true
	s.opened++
	return nil
}

// end ends the file, and lets go of what wrote it.
func (s *session) end(p *pane) error {
	if _, kept := p.writer.(*rowfile.Kept); kept {
		if err := s.openFile(p); err != nil {
			return err
		}
	}
	err := p.writer.Close()
	s.shut(p)
	return err
}

// letGo forgets a file.
func (s *session) letGo(p *pane) {
	p.spool.close()
	s.shut(p)
}

func (s *session) shut(p *pane) {
	p.writer = nil
	if p.isOpen {
		p.isOpen = false
		s.opened--
	}
}

func sameColumns(a, b []connector.LoadColumn) bool {
	return slices.EqualFunc(a, b, func(x, y connector.LoadColumn) bool {
		return x.Layout == y.Layout && (x.Column == y.Column || x.Column.Name == y.Column.Name && x.Column.NativeType == y.Column.NativeType)
	})
}

// transactionPane is the one file of transactions, set to write lines of a table behind those that are there. The table's writer is
// made when it has none.
func (s *session) transactionPane(t *connector.Recorded, writer *rowfile.Writer) (*pane, error) {
	set := s.target.settings
	p := s.byKey[set.cdcFolder]
	if p == nil {
		p = &pane{folder: set.cdcFolder, layout: set.transactionLayout(t)}
		err := s.begin(p, set.format)
		*writer = p.writer
		return p, err
	}
	if err := s.writeLines(); err != nil {
		return nil, err
	}
	if err := p.writer.Flush(); err != nil {
		return nil, err
	}
	if *writer == nil {
		var err error
		if *writer, err = set.format.New(p.spool, set.transactionLayout(t)); err != nil {
			return nil, err
		}
	}
	p.writer = *writer
	return p, nil
}

func (s *settings) transactionLayout(t *connector.Recorded) rowfile.Layout {
	return rowfile.Layout{Columns: t.Columns, Op: s.hasOp(), Stamp: s.stamp, Lead: []string{t.Table.Name.Name, t.Table.Name.Schema}}
}

// discard drops what is held back of a table.
func (s *session) discard(table catalog.Name) {
	delete(s.last, table)
	s.panes = slices.DeleteFunc(s.panes, func(p *pane) bool {
		if p.table != table {
			return false
		}
		s.letGo(p)
		if s.byKey[p.folder] == p {
			delete(s.byKey, p.folder)
		}
		return true
	})
}
