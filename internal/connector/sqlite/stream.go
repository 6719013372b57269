package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// stream delivers the change log from a position on.
//
// What one read transaction sees of the log is a run of whole transactions, so its last row is a boundary, and so are the
// marks, which have transactions of their own. Boundaries are found by a watcher while others work; what lies between
// two of them is delivered as one transaction. Rows below a boundary stay as they are, so that they need not be read in
// the transaction that has seen it: the log is read in short transactions that keep no writer waiting.
type stream struct {
	source   *source
	request  connector.StreamRequest
	reader   *conn
	watcher  *watcher
	pruner   *pruner
	versions *versions
	log      logReader
	copy     *copying // a table that is read once more, see reload

	read      int64 // the last row of the log that has been read
	run       int64 // the boundary that is being read up to
	committed int64 // the last boundary delivered
	open      bool  // changes after it have been delivered
	// until is a row of the log before which nothing may be committed: a table is being read once more as it is there.
	until     int64
	reloads   map[int64]bool // tables to be read once more, and whether they are to be emptied
	announced *version       // by the last event about a structure
	created   *version       // just reported
	conflicts conflicts
	rowBytes  float64 // the mean size of a change, of late
	cookie    int64   // of the schema, when the triggers were last looked at
	retry     time.Time

	closing sync.Once
	state   struct {
		sync.Mutex
		at       time.Time
		quiet    bool
		read     int64
		rowBytes float64 // of late
	}
}

var _ connector.Stream = (*stream)(nil)

// quietEvery is how often Next returns while nothing happens.
const quietEvery = time.Second

// Stream implements connector.Streamer.
func (s *source) Stream(ctx context.Context, r connector.StreamRequest, position string) (connector.Stream, error) {
	from, err := parsePosition(position)
	if err != nil {
		return nil, err
	}
	st := &stream{source: s, request: r, read: from, committed: from, reloads: map[int64]bool{}}
	st.state.read = from
	if err := st.refit(ctx, s.at.busyTimeout); err != nil {
		return nil, err
	}
	if st.reader, err = s.connect(); err != nil {
		return nil, err
	}
	err = st.reader.during(ctx, func() error { return st.prepare() })
	if err == nil {
		st.watcher, err = startWatcher(s)
	}
	if err != nil {
		_ = st.Close()
		return nil, classify("follow the changes of "+s.at.path, err)
	}
	st.pruner = newPruner(s, r.Run)
	return st, nil
}

// prepare checks that the log still holds what follows the position, and finds the tables.
func (st *stream) prepare() error {
	first, err := st.reader.number("SELECT min(seq) FROM awsdms_changes")
	if isNoTable(err) {
		return noLog(st.source.at)
	}
	if err != nil {
		return err
	}
	last, err := lastChange(st.reader)
	if err != nil {
		return err
	}
	if st.read < first-1 || st.read > last {
		return &connector.Error{Class: connector.Missing, Remedy: "start the migration anew",
			Err: fmt.Errorf("position %d is not in the change log, which holds %d to %d", st.read, first, last)}
	}
	st.versions = &versions{}
	if err := st.versions.load(st.reader); err != nil {
		return err
	}
	for _, f := range st.request.Tables {
		if err := st.versions.follow(f, nil); err != nil {
			return err
		}
	}
	st.log = logReader{conn: st.reader}
	return nil
}

// Next implements connector.Stream.
func (st *stream) Next(ctx context.Context) (connector.Event, error) {
	st.announced = nil
	e, err := st.next(ctx)
	if err != nil {
		return e, classify("follow the changes of "+st.source.at.path, err)
	}
	e.Quiet = e.Structure == nil && !e.Ended && st.copy == nil && st.created == nil && len(st.reloads) == 0 && !st.behind()
	if !st.open && e.Position == "" {
		e.Position = formatPosition(st.committed)
	}
	st.state.Lock()
	st.state.quiet, st.state.read, st.state.rowBytes = e.Quiet, st.read, st.rowBytes
	st.state.Unlock()
	return e, nil
}

func (st *stream) next(ctx context.Context) (connector.Event, error) {
	if v := st.created; v != nil {
		st.created = nil
		switch {
		case st.versions.followed[v.lineage] != nil:
			st.hold(v.lineage, false)
		case !st.open && st.until <= st.read: // nobody follows it
			st.committed = st.read
		}
	}
	timer := time.NewTimer(quietEvery)
	defer timer.Stop()
	for {
		if err := cmp.Or(st.watcher.failure(), st.pruner.fault.Err()); err != nil {
			return connector.Event{}, err
		}
		if err := st.refitChanged(ctx); err != nil {
			return connector.Event{}, err
		}
		if e, done, err := st.reload(ctx); done || err != nil {
			return e, err
		}
		if st.behind() {
			return st.deliver(ctx)
		}
		if st.open && len(st.reloads) == 0 && st.until <= st.read { // what kept the transaction open is no longer wanted
			return st.conclude(ctx)
		}
		select {
		case <-st.watcher.wake:
		case <-timer.C:
			return connector.Event{}, nil
		case <-ctx.Done():
			return connector.Event{}, context.Cause(ctx)
		}
	}
}

// conclude ends the transaction that is open, at the boundary that has been reached.
func (st *stream) conclude(ctx context.Context) (connector.Event, error) {
	g, err := st.group(ctx)
	if err != nil {
		return connector.Event{}, err
	}
	d := &delivery{stream: st, group: g}
	d.boundary(st.read)
	return d.finish(), nil
}

// behind reports whether the log goes on.
func (st *stream) behind() bool { return st.watcher.last() > st.read }

// refitChanged looks after the triggers when the schema has changed.
func (st *stream) refitChanged(ctx context.Context) error {
	if st.watcher.cookie() == st.cookie || time.Now().Before(st.retry) {
		return nil
	}
	err := st.refit(ctx, retryRefit)
	if connector.ClassOf(err) == connector.Busy { // somebody writes: later
		st.retry = time.Now().Add(retryRefit)
		return nil
	}
	return err
}

const retryRefit = 100 * time.Millisecond

func (st *stream) refit(ctx context.Context, patience time.Duration) error {
	s := &source{at: st.source.at, log: st.source.log}
	s.at.busyTimeout = min(s.at.busyTimeout, patience)
	return s.capturing(ctx, func(r *refitter) error {
		if err := r.refit(); err != nil {
			return err
		}
		if st.request.Wanted != nil {
			if err := r.adopt(st.request.Run, st.request.Wanted); err != nil {
				return err
			}
		}
		var err error
		st.cookie, err = r.conn.number("PRAGMA schema_version")
		return err
	})
}

// Follow implements connector.Stream.
func (st *stream) Follow(f connector.Followed) error {
	if st.announced == nil { // the table may look otherwise than the log has told so far
		err := st.reader.during(context.Background(), func() error { return st.versions.load(st.reader) })
		if err != nil {
			return classify("look at the tables of "+st.source.at.path, err)
		}
		st.log.stale = true
	}
	return st.versions.follow(f, st.announced)
}

// Drop implements connector.Stream.
func (st *stream) Drop(number int) { st.versions.drop(number) }

// Acknowledge implements connector.Stream.
func (st *stream) Acknowledge(position string) {
	if seq, err := parsePosition(position); err == nil {
		st.pruner.acknowledge(seq)
	}
}

// Status implements connector.Stream.
func (st *stream) Status() connector.StreamStatus {
	st.state.Lock()
	defer st.state.Unlock()
	rows := st.watcher.last() - st.pruner.done()
	return connector.StreamStatus{Read: st.state.at, Quiet: st.state.quiet && st.watcher.last() <= st.state.read,
		Retained: int64(float64(max(rows, 0)) * st.state.rowBytes), Warning: st.pruner.warning()}
}

// Close implements connector.Stream.
func (st *stream) Close() error {
	var all []string
	st.closing.Do(func() {
		if st.copy != nil {
			st.copy.close()
		}
		st.log.close()
		if st.pruner != nil {
			st.pruner.stop()
		}
		if st.watcher != nil {
			st.watcher.stop()
		}
		if st.reader != nil {
			if err := st.reader.close(); err != nil {
				all = append(all, err.Error())
			}
		}
	})
	if len(all) > 0 {
		return fmt.Errorf("close the stream: %s", strings.Join(all, "; "))
	}
	return nil
}

// group borrows a group that goes on with the transaction that is open.
func (st *stream) group(ctx context.Context) (*change.Group, error) { return st.request.Pool.Get(ctx) }
