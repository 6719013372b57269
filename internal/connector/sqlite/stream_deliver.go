package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// delivery fills one group from the log.
type delivery struct {
	stream *stream
	group  *change.Group
	event  connector.Event
	at     float64 // of the last row, a Julian day
	stop   bool    // the event must go out
}

// deliver hands over what the log holds up to a boundary, as much as one group takes.
func (st *stream) deliver(ctx context.Context) (connector.Event, error) {
	g, err := st.group(ctx)
	if err != nil {
		return connector.Event{}, err
	}
	d := &delivery{stream: st, group: g}
	if err := st.reader.during(ctx, d.fill); err != nil {
		st.request.Pool.Put(g)
		return connector.Event{}, err
	}
	return d.finish(), nil
}

// finish completes the event. An empty group goes back.
func (d *delivery) finish() connector.Event {
	st, g := d.stream, d.group
	if g.Empty() {
		st.request.Pool.Put(g)
		return d.event
	}
	if g.Open {
		d.place()
	}
	if len(g.Ends) > 0 {
		d.position()
		st.state.Lock()
		st.state.at = g.Last
		st.state.Unlock()
	}
	d.event.Changes = g
	return d.event
}

func (d *delivery) fill() error {
	st := d.stream
	for !d.stop && !d.group.Full() {
		if st.read >= st.run {
			if ok, err := d.nextRun(); err != nil || !ok {
				return err
			}
		}
		more, err := st.log.each(st.read, st.run, d.row)
		if err != nil {
			return err
		}
		if !more {
			st.read = st.run
			d.boundary(st.run)
		}
	}
	return nil
}

// nextRun goes on to the next boundary, unless what lies before it is later than the stream's end.
func (d *delivery) nextRun() (bool, error) {
	st := d.stream
	end := st.watcher.after(st.read)
	if end == 0 {
		return false, nil
	}
	if until := st.request.Until; !until.IsZero() {
		at, err := st.log.time(end)
		if err != nil {
			return false, err
		}
		if at.After(until) {
			d.event.Ended = true
			return false, nil
		}
	}
	st.run = end
	return true, nil
}

// row takes one row of the log.
func (d *delivery) row(s *stmt) (on bool, err error) {
	st := d.stream
	seq, id, op := s.int(0), s.int(1), logOp(s.int(2))
	if op == opNothing {
		st.read = seq
		return true, nil
	}
	if st.versions.byID[id] == nil { // the structure has changed, and the log may have become wider
		if err := st.versions.load(st.reader); err != nil {
			return false, err
		}
		plan, err := st.versions.plan(id) // an error if it is still unknown
		if err != nil || plan == nil {
			return false, err
		}
		st.log.stale = true
		return false, nil
	}
	if op >= firstMark {
		return false, d.mark(s, seq, id, op)
	}
	d.at = s.real(3)
	p, err := st.versions.plan(id)
	if err != nil {
		return false, err
	}
	if err := d.change(s, p, op, seq); err != nil {
		return false, err
	}
	st.read = seq
	return !d.group.Full(), nil
}

// boundary ends the transaction at a boundary of the log.
func (d *delivery) boundary(seq int64) {
	st := d.stream
	st.conflicts.reset()
	if seq < st.until {
		return
	}
	st.until = 0
	if st.open {
		d.place()
		d.group.Commit(d.time())
	}
	st.open, st.committed = false, seq
}

func (d *delivery) time() time.Time {
	if d.at == 0 {
		return time.Now().UTC()
	}
	return timeOfJulian(d.at)
}

// place names the transaction by the boundary before it: where it ends is not known while it is open.
func (d *delivery) place() {
	if d.stream.request.Places {
		d.group.Place = formatPosition(d.stream.committed)
	}
}

// position writes where the group's last transaction ended, unless it is written.
func (d *delivery) position() {
	if d.group.Position == "" && len(d.group.Ends) > 0 {
		d.group.Position = formatPosition(d.stream.committed)
	}
}

// mark takes a row that says something of a table itself. It was written in a transaction of its own, so that the row
// before it is a boundary.
func (d *delivery) mark(s *stmt, seq, id int64, op logOp) error {
	st := d.stream
	d.boundary(seq - 1)
	d.position() // the group's is the one before the mark
	at := timeOfJulian(s.real(3))
	run := ""
	if op == opCreated {
		run = s.text(logHead)
	}
	st.read = seq
	v := st.versions.byID[id]
	to := st.versions.followed[v.lineage]
	switch {
	case op == opCreated:
		d.created(v, run, at)
		return nil // the position stays before the mark, lest the rows that are there be forgotten
	case to == nil, seq <= to.since: // it was loaded as it is by then
	case op == opStructure:
		d.stop, st.announced = true, v
		d.event.Structure = &connector.Structure{Kind: connector.Altered, Number: to.Number, Table: v.Table, Renamed: v.Renamed, Anew: v.Anew, At: at}
	case op == opDropped:
		d.stop = true
		if _, waits := st.reloads[v.lineage]; waits {
			st.loaded(v.lineage, seq)
		}
		d.event.Structure = &connector.Structure{Kind: connector.Dropped, Number: to.Number, At: at}
	case op == opReload:
		d.stop = true
		st.hold(v.lineage, true)
		return nil
	}
	d.boundary(seq)
	return nil
}

// created reports a table that has come into being, to the run that wants it. When the receiver follows it already, it has
// been told before, by a stream that ended before the rows were safe.
func (d *delivery) created(v *version, run string, at time.Time) {
	st := d.stream
	if run != st.request.Run {
		return
	}
	d.stop = true
	if st.versions.followed[v.lineage] != nil {
		st.hold(v.lineage, true)
		return
	}
	st.announced, st.created = v, v
	d.event.Structure = &connector.Structure{Kind: connector.Created, Number: -1, Table: v.Table, At: at}
}
