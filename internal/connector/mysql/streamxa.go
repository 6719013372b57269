package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// An XA transaction is logged when it is prepared, as a group of its own, and another group says later whether it was
// committed or rolled back. Its rows are left alone when the first is read; when the second commits it they are read
// from the log once more, on a connection of their own, and delivered as the rows of the second. So nothing has to be
// kept: the log is the store, and a stream that begins between the two, after a restart or behind a snapshot, looks for
// the first in the log.

// maxPrepared bounds how many places of prepared transactions are remembered; those beyond are looked for.
const maxPrepared = 100_000

// hold begins a transaction that is prepared at its end, whose rows wait for its decision.
func (s *stream) hold() {
	s.tx.open, s.tx.held = true, true
	s.tx.alone = false
}

// prepared ends the group of a prepared transaction.
func (s *stream) prepared(ctx context.Context, h binlog.Header, body []byte) error {
	p, err := binlog.ParseXaPrepare(body)
	if err != nil {
		return err
	}
	if p.OnePhase { // commits right away
		if !s.tx.held {
			return s.commit(ctx, h)
		}
		return s.openReplay(ctx, h, p.ID, s.tx.place)
	}
	if !s.tx.held {
		return fmt.Errorf("%w: XA transaction %s is prepared, and its beginning was not read", binlog.ErrMalformed, p.ID)
	}
	if s.undecided == nil || len(s.undecided) >= maxPrepared {
		s.undecided = map[string]position{}
	}
	s.undecided[p.ID] = s.tx.place
	s.count()
	s.ended()
	s.tx = transaction{}
	return nil
}

// decide takes in whether a prepared transaction has committed.
func (s *stream) decide(ctx context.Context, h binlog.Header, sql string, committed bool) error {
	id, err := binlog.XaID(sql)
	if err != nil {
		return err
	}
	place, known := s.undecided[id]
	delete(s.undecided, id)
	if !committed {
		s.count()
		s.ended()
		s.tx = transaction{}
		return nil
	}
	if !known {
		if place, err = s.source.findPrepared(ctx, s.request, id, s.at); err != nil {
			return err
		}
	}
	return s.openReplay(ctx, h, id, place)
}

// replay reads the rows of a prepared transaction once more.
type replay struct {
	link     *link
	id       string
	decision binlog.Header
	inner    payload
	checksum bool
	maps     map[uint64]*mapped // of the stream; a server that was started anew counts its tables anew
}

// openReplay goes on with the rows of the transaction whose group begins at a place.
func (s *stream) openReplay(ctx context.Context, decision binlog.Header, id string, place position) error {
	if place.offset > 1<<32-1 {
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("XA transaction %s was prepared beyond 4 GB of %s, which a dump cannot name", id, place.file),
			Remedy: "Load anew, and SET GLOBAL max_binlog_size = 1073741824 at the source"}
	}
	d := wire.Dump{Server: replicaNumber(s.request.Run + " xa"), File: place.file, Offset: place.offset}
	l, err := s.source.dump(ctx, d, place)
	if err != nil {
		return fmt.Errorf("read XA transaction %s: %w", id, err)
	}
	s.replay = &replay{link: l, id: id, decision: decision, checksum: true, maps: s.maps}
	s.maps = map[uint64]*mapped{}
	s.tx.open, s.tx.held, s.tx.alone = true, false, false
	s.tx.from = 0
	if s.group != nil {
		s.tx.from = s.group.Len()
	}
	return nil
}

// takeReplay takes in one event of the transaction that is read once more.
func (s *stream) takeReplay(ctx context.Context) error {
	r := s.replay
	stop := context.AfterFunc(ctx, r.link.conn.Break)
	defer stop()
	h, body, err := r.next()
	if err != nil {
		return fmt.Errorf("read XA transaction %s: %w", r.id, s.explain(err))
	}
	kind, _, _ := binlog.RowsOf(h.Type)
	switch {
	case h.Type == binlog.TableMapped:
		return s.mapTable(body)
	case kind != binlog.NoRows:
		return s.openRows(h, body)
	case h.Type == binlog.Query, h.Type == binlog.QueryCompressed:
		q, err := binlog.ParseQuery(body, h.Type == binlog.QueryCompressed)
		if err != nil {
			return err
		}
		switch firstTwo(q.SQL)[0] {
		case "SAVEPOINT":
			s.mark(string(q.SQL))
		case "ROLLBACK":
			return s.rollbackTo(ctx, h, string(q.SQL))
		case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH", "CALL":
			s.logged(q)
		}
	case h.Type == binlog.XaPrepare:
		p, err := binlog.ParseXaPrepare(body)
		if err != nil {
			return err
		}
		if p.ID != r.id {
			return fmt.Errorf("%w: XA transaction %s stands where %s was prepared", binlog.ErrMalformed, p.ID, r.id)
		}
		s.closeReplay()
		return s.commit(ctx, r.decision)
	case h.Type == binlog.Xid:
		return fmt.Errorf("%w: XA transaction %s ends without being prepared", binlog.ErrMalformed, r.id)
	}
	return nil
}

func (s *stream) closeReplay() {
	if s.replay == nil {
		return
	}
	s.replay.link.close()
	s.replay.inner.close()
	s.maps, s.replay = s.replay.maps, nil
	s.unresolve() // tables may be followed otherwise by now
}

// next is the next event, those of a compressed transaction one by one.
func (r *replay) next() (binlog.Header, []byte, error) {
	if r.inner.open() {
		event, err := r.inner.next()
		if err == nil {
			return binlog.Parse(event, false)
		}
		if !errors.Is(err, io.EOF) {
			return binlog.Header{}, nil, err
		}
	}
	event, err := r.link.conn.Event(deadAfter)
	if err != nil {
		return binlog.Header{}, nil, err
	}
	if len(event) > 4 && binlog.Type(event[4]) == binlog.FormatDescription {
		if r.checksum, err = binlog.EndsWithChecksum(event); err != nil {
			return binlog.Header{}, nil, err
		}
	}
	h, body, err := binlog.Parse(event, r.checksum)
	if err == nil && h.Type == binlog.TransactionPayload {
		err = r.inner.begin(body)
	}
	return h, body, err
}

// findPrepared looks for where a transaction that was committed before a place was prepared, from there backwards.
func (s *source) findPrepared(ctx context.Context, r connector.StreamRequest, id string, before position) (position, error) {
	files, err := s.logs(ctx)
	if err != nil {
		return position{}, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		_, number, _ := fileNumber(files[i].name)
		if _, last, ok := fileNumber(before.file); ok && number > last {
			continue
		}
		found, err := s.preparedIn(ctx, r, id, files[i].name, before)
		if err != nil {
			return position{}, fmt.Errorf("look for XA transaction %s in %s: %w", id, files[i].name, err)
		}
		if found.file != "" {
			return found, nil
		}
	}
	return position{}, &connector.Error{Class: connector.Missing,
		Err:    fmt.Errorf("XA transaction %s was committed, and the source no longer has the part of its binary log in which it was prepared", id),
		Remedy: "Load anew, and have the source keep its log for longer than transactions stay prepared"}
}

// preparedIn looks into one file for the group of a transaction that was prepared and not decided again before a place.
func (s *source) preparedIn(ctx context.Context, r connector.StreamRequest, id, file string, before position) (position, error) {
	var found, group position
	var inner payload
	defer inner.close()
	var bad error
	look := func(h binlog.Header, body []byte) {
		switch h.Type {
		case binlog.XaPrepare:
			if p, err := binlog.ParseXaPrepare(body); err == nil && p.ID == id && !p.OnePhase {
				found = group
			}
		case binlog.Query, binlog.QueryCompressed:
			q, err := binlog.ParseQuery(body, h.Type == binlog.QueryCompressed)
			words := firstTwo(q.SQL)
			if err != nil || words[0] != "XA" || words[1] != "COMMIT" && words[1] != "ROLLBACK" {
				return
			}
			if decided, err := binlog.XaID(string(q.SQL)); err == nil && decided == id {
				found = position{}
			}
		}
	}
	err := s.scan(ctx, r, position{file: file, offset: firstEvent}, func(h binlog.Header, body []byte, here position) bool {
		if file == before.file && here.offset >= before.offset {
			return false
		}
		switch h.Type {
		case binlog.MariadbGtid, binlog.Gtid, binlog.GtidTagged, binlog.AnonymousGtid:
			group = position{file: file, offset: here.offset - uint64(h.Size)}
		case binlog.TransactionPayload:
			bad = inner.each(body, look)
		default:
			look(h, body)
		}
		return bad == nil
	})
	return found, errors.Join(err, bad)
}
