package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// stream follows a binary log.
type stream struct {
	source  *source
	request connector.StreamRequest
	link    *link
	tables  map[catalog.Name]*followedTable
	maps    map[uint64]*mapped // by the server's number
	folds   bool               // names of tables are the same in either case
	options streamOptions
	charsets

	checksum bool
	at       position // of what has been read
	done     position // after the last transaction that ended
	text     string   // of done, made once for several events
	heard    time.Time

	group      *change.Group
	rows       *rowReader
	structures []*connector.Structure // read, to be delivered one by one
	tx         transaction
	payload    payload
	replay     *replay
	undecided  map[string]position // where XA transactions begin that are prepared

	over bool // StreamRequest.Until was reached

	mu struct {
		sync.Mutex
		status connector.StreamStatus
		at     position // what is done, for the watcher
		torn   string   // the last tear, for people
	}
	watch *watcher
}

var _ connector.Stream = (*stream)(nil)

// transaction is what is known of the transaction being read.
type transaction struct {
	open bool
	// alone says that one statement is the whole of it.
	alone bool
	skip  bool // its statement is only announced, or undone
	held  bool // it is prepared at its end, and its rows wait; see streamxa.go
	echo  bool // it is left out: it is marked as having come from elsewhere, or has no end
	// maria and my are its GTID, of the server's flavour; both may be unknown.
	maria   mariaGTID
	my      binlog.MyGTID
	hasGTID bool
	// from is the number of changes of the group when it began, handed says that a part of it has been delivered.
	from   int
	handed bool
	marks  map[string]int // its savepoints
	stamp  time.Time      // of its commit, where the GTID tells it
	place  position       // where its first event stands
}

const (
	quietAfter = time.Second
	// grace is how long a group that could be delivered waits for what is on its way already.
	grace = 100 * time.Microsecond
	// deadAfter is how long the server may say nothing, not even a heartbeat, of which the longest pause is a minute.
	deadAfter = 150 * time.Second
	heartbeat = 5 * time.Second
)

// Next waits for what comes next.
func (s *stream) Next(ctx context.Context) (connector.Event, error) {
	if err := context.Cause(ctx); err != nil {
		return connector.Event{}, &stopped{cause: err, err: err}
	}
	if err := s.watch.fault.Err(); err != nil {
		return connector.Event{}, err
	}
	stop := context.AfterFunc(ctx, s.link.conn.Break)
	defer stop()
	e, err := s.next(ctx)
	if err != nil {
		return connector.Event{}, s.explain(classify(ctx, err))
	}
	return e, nil
}

func (s *stream) next(ctx context.Context) (connector.Event, error) {
	started := time.Now()
	for n := 1; ; n++ {
		if len(s.structures) > 0 || s.over || s.group != nil && s.group.Full() {
			return s.deliver(false), nil
		}
		if s.rows != nil {
			if err := s.takeRows(ctx); err != nil {
				return connector.Event{}, err
			}
			continue
		}
		if s.replay != nil {
			if err := s.takeReplay(ctx); err != nil {
				return connector.Event{}, err
			}
			continue
		}
		if s.heard.Sub(started) > quietAfter || n&255 == 0 && time.Since(started) > quietAfter {
			return s.deliver(false), nil
		}
		event, err := s.read()
		if errors.Is(err, wire.ErrQuiet) {
			if s.deliverable() || time.Since(started) >= quietAfter {
				return s.deliver(true), nil
			}
			continue
		}
		if isTorn(err) {
			if err := s.mend(ctx, err); err != nil {
				return connector.Event{}, err
			}
			return s.deliver(false), nil // Next guards a connection that is closed now
		}
		if err != nil {
			return connector.Event{}, err
		}
		if err := s.take(ctx, event); err != nil {
			return connector.Event{}, err
		}
	}
}

// deliverable reports whether the group holds whole transactions alone.
func (s *stream) deliverable() bool { return s.group != nil && !s.tx.open && !s.group.Empty() }

// read returns the next event: from a compressed transaction when one is open, else from the server.
func (s *stream) read() ([]byte, error) {
	if s.payload.open() {
		event, err := s.payload.next()
		if !errors.Is(err, io.EOF) {
			return event, err
		}
	}
	wait := quietAfter
	if s.deliverable() {
		wait = grace
	}
	ready := s.link.conn.Ready()
	event, err := s.link.conn.Event(wait)
	if errors.Is(err, wire.ErrQuiet) {
		if dead := s.deadAfter(); time.Since(s.heard) > dead {
			return nil, &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the server has said nothing for %s", dead)}
		}
		return nil, err
	}
	if !ready { // else the clock is looked at for every event
		s.heard = time.Now()
	}
	return event, err
}

// deadAfter is how long the server may say nothing. It sends heartbeats, which may be late.
func (s *stream) deadAfter() time.Duration {
	if s.request.Silence <= 0 {
		return deadAfter
	}
	return max(s.request.Silence, 3*s.options.heartbeat)
}

// deliver hands over the group and, if one is due, a structure.
func (s *stream) deliver(quiet bool) connector.Event {
	e := connector.Event{Quiet: quiet, Ended: s.over && len(s.structures) < 2}
	if s.group != nil && !s.group.Empty() {
		e.Changes = s.group
		if len(e.Changes.Ends) > 0 && e.Changes.Position == "" {
			e.Changes.Position = s.position()
		}
		if e.Changes.Open && s.request.Places {
			e.Changes.Place = s.tx.place.String()
		}
		s.tx.handed = s.tx.handed || e.Changes.Open
		s.tx.from, s.tx.marks = 0, nil
		s.group = nil
	}
	if len(s.structures) > 0 {
		e.Structure, s.structures = s.structures[0], s.structures[1:]
	}
	if len(s.structures) == 0 && !(s.tx.open && s.tx.handed) {
		e.Position = s.position()
	}
	s.mu.Lock()
	s.mu.status.Quiet = quiet
	s.mu.at = position{file: s.done.file, offset: s.done.offset}
	s.mu.Unlock()
	return e
}

// position is the text of done.
func (s *stream) position() string {
	if s.text == "" {
		s.text = s.done.String()
	}
	return s.text
}

// ended notes that everything up to a place has been read whole.
func (s *stream) ended() {
	s.done.file, s.done.offset, s.text = s.at.file, s.at.offset, ""
}

// borrow makes sure that there is a group to fill.
func (s *stream) borrow(ctx context.Context) error {
	if s.group != nil {
		return nil
	}
	g, err := s.request.Pool.Get(ctx)
	if err != nil {
		return err
	}
	s.group = g
	return nil
}

// takeRows decodes rows until the event ends or the group is full.
func (s *stream) takeRows(ctx context.Context) error {
	if err := s.borrow(ctx); err != nil {
		return err
	}
	if s.rows.plan == nil { // its table was looked up anew, and nobody has followed it since
		if err := s.replan(); err != nil || s.rows == nil {
			return err
		}
	}
	for len(s.rows.event.Data) > 0 && !s.group.Full() {
		if err := s.rows.next(s.group); err != nil {
			if err := s.reject(err); err != nil {
				return err
			}
		}
	}
	if len(s.rows.event.Data) == 0 {
		s.rows = nil
	}
	return nil
}

// reject leaves out a change that could not be read as its columns say.
func (s *stream) reject(err error) error {
	var bad *valueError
	if !errors.As(err, &bad) || s.request.Reject == nil {
		return err
	}
	t := s.rows.plan.table
	c := s.group.Table(t.Number, t.layouts)
	c.New.CancelRow()
	c.Old.CancelRow()
	return s.request.Reject(t.Number, change.Reject{Fault: change.DataFault, Column: bad.column, Key: s.rows.describeKey(), Reason: bad.err.Error()})
}

// Follow sets how a table's rows are delivered from now on.
func (s *stream) Follow(f connector.Followed) error {
	if f.Table == nil {
		return invalid(errors.New("follow a table: it is not described"), "")
	}
	for _, c := range f.Columns {
		if _, err := decoderFor(c); err != nil {
			return err
		}
	}
	t, err := follow(f, s.source.host.mariadb)
	if err != nil {
		return err
	}
	s.forget(f.Number)
	s.tables[s.fold(f.Table.Name)] = t
	return s.replan()
}

// Drop ends the following of a table.
func (s *stream) Drop(number int) {
	s.forget(number)
	if s.rows != nil && s.rows.plan != nil && s.rows.plan.table.Number == number {
		s.rows = nil // rows without a plan are looked at again before they are read
	}
}

func (s *stream) forget(number int) {
	for name, t := range s.tables {
		if t.Number == number {
			delete(s.tables, name)
		}
	}
	s.unresolve()
}

// replan goes on with the rows that are being read under what is followed now.
func (s *stream) replan() error {
	if s.rows == nil {
		return nil
	}
	if err := s.resolve(s.rows.mapped); err != nil || s.rows == nil {
		return err
	}
	if s.rows.plan == nil {
		s.rows = nil
	}
	return nil
}

// fold gives names that mean one table the same spelling.
func (s *stream) fold(n catalog.Name) catalog.Name {
	if s.folds {
		return catalog.Name{Schema: strings.ToLower(n.Schema), Name: strings.ToLower(n.Name)}
	}
	return n
}

// Acknowledge has nothing to tell the server, which keeps its log for a time of its own; see Status.
func (s *stream) Acknowledge(string) {}

// Status tells how far behind the stream is.
func (s *stream) Status() connector.StreamStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.mu.status
	if st.Warning == "" {
		st.Warning = s.mu.torn
	}
	return st
}

// Close ends the connection.
func (s *stream) Close() error {
	if s.watch != nil {
		s.watch.stop()
	}
	s.link.close()
	s.closeReplay()
	s.payload.close()
	if s.group != nil {
		s.request.Pool.Put(s.group)
		s.group = nil
	}
	return nil
}
