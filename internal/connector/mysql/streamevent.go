package mysql

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// take takes in one event.
func (s *stream) take(ctx context.Context, event []byte) error {
	nested := s.payload.open()
	if !nested && len(event) > 4 && binlog.Type(event[4]) == binlog.FormatDescription {
		var err error
		if s.checksum, err = binlog.EndsWithChecksum(event); err != nil {
			return err
		}
	}
	h, body, err := binlog.Parse(event, s.checksum && !nested)
	if err != nil {
		return fmt.Errorf("read the binary log after %s: %w", s.at, err)
	}
	if !nested {
		s.advance(h)
	}
	if err := s.dispatch(ctx, h, body); err != nil {
		return fmt.Errorf("read the binary log before %s: %w", s.at, err)
	}
	return nil
}

// advance moves the place in the file. Events tell 32 bits of it, so that a carry has to be seen.
func (s *stream) advance(h binlog.Header) {
	if h.Next == 0 || h.Flags&binlog.Artificial != 0 || h.Type == binlog.Heartbeat {
		return
	}
	next := s.at.offset&^0xffffffff | uint64(h.Next)
	if next < s.at.offset {
		next += 1 << 32
	}
	s.at.offset = next
}

func (s *stream) dispatch(ctx context.Context, h binlog.Header, body []byte) error {
	switch h.Type {
	case binlog.TableMapped:
		return s.mapTable(body)
	case binlog.Xid:
		return s.commit(ctx, h)
	case binlog.MariadbGtid:
		return s.beginMaria(h, body)
	case binlog.Gtid, binlog.GtidTagged, binlog.AnonymousGtid:
		return s.beginMy(h, body)
	case binlog.Query, binlog.QueryCompressed:
		q, err := binlog.ParseQuery(body, h.Type == binlog.QueryCompressed)
		if err != nil {
			return err
		}
		return s.statement(ctx, h, q)
	case binlog.Rotate:
		return s.rotate(body)
	case binlog.Heartbeat:
		s.heartbeat(h, body)
		return nil
	case binlog.PreviousGtids:
		s.beginFile(h)
		return nil
	case binlog.TransactionPayload:
		return s.payload.begin(body)
	case binlog.XaPrepare:
		return s.prepared(ctx, h, body)
	}
	if kind, _, _ := binlog.RowsOf(h.Type); kind != binlog.NoRows {
		return s.openRows(h, body)
	}
	return s.refuse(h)
}

// refuse fails for events that cannot be left out.
func (s *stream) refuse(h binlog.Header) error {
	switch h.Type {
	case binlog.Incident:
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("the source has noted that events are missing from its log"),
			Remedy: "Load anew"}
	case binlog.StartEncryption:
		return nil // the server decrypts what it sends
	}
	return nil
}

func (s *stream) rotate(body []byte) error {
	file, offset, err := binlog.ParseRotate(body)
	if err != nil {
		return err
	}
	if file != s.at.file {
		if err := s.abandon(file); err != nil {
			return err
		}
	}
	s.at.file, s.at.offset = file, offset
	if !s.tx.open {
		s.ended()
	}
	// Numbers of tables begin anew when the server does.
	clear(s.maps)
	return nil
}

// beginFile moves the position past the head of a file. Where nothing has been logged since the server began, there is nothing else that would,
// and a stream from the server's own end (SHOW BINARY LOG STATUS) would never come to it.
func (s *stream) beginFile(h binlog.Header) {
	if !s.tx.open && h.Next != 0 && h.Flags&binlog.Artificial == 0 {
		s.ended()
	}
}

// heartbeat moves the position past what the server has left out for us.
func (s *stream) heartbeat(h binlog.Header, body []byte) {
	if s.tx.open || binlog.HeartbeatFile(body) != s.at.file || s.at.offset >= 1<<32 || uint64(h.Next) <= s.at.offset {
		return
	}
	s.at.offset = uint64(h.Next)
	s.ended()
}

func (s *stream) beginMaria(h binlog.Header, body []byte) error {
	g, err := binlog.ParseMariaGTID(body)
	if err != nil {
		return err
	}
	s.begin(h)
	s.tx.maria = mariaGTID{domain: g.Domain, server: h.Server, sequence: g.Sequence}
	s.tx.hasGTID, s.tx.alone, s.tx.skip = true, g.Alone, g.Pending || g.Undone
	if s.beyond(time.Unix(int64(h.Time), 0)) {
		return nil
	}
	if g.Prepared {
		s.hold()
	}
	return nil
}

// before is where the event that was read last begins.
func (s *stream) before(h binlog.Header) position {
	return position{file: s.at.file, offset: s.at.offset - min(s.at.offset, uint64(h.Size))}
}

func (s *stream) beginMy(h binlog.Header, body []byte) error {
	parse := binlog.ParseMyGTID
	if h.Type == binlog.GtidTagged {
		parse = binlog.ParseTaggedGTID
	}
	g, err := parse(body)
	if err != nil {
		return err
	}
	s.begin(h)
	s.tx.my, s.tx.hasGTID = g, h.Type != binlog.AnonymousGtid
	if g.Commit > 0 {
		s.tx.stamp = time.UnixMicro(int64(g.Commit))
	}
	// Whether a transaction or a statement follows is seen at the query.
	s.tx.open = false
	return nil
}

func (s *stream) begin(h binlog.Header) {
	from := 0
	if s.group != nil {
		from = s.group.Len()
	}
	place := s.before(h)
	s.tx = transaction{open: true, from: from, place: place, echo: s.source.torn.begins(place)}
}

// commit ends a transaction.
func (s *stream) commit(ctx context.Context, h binlog.Header) error {
	at := s.tx.stamp
	if at.IsZero() {
		at = time.Unix(int64(h.Time), 0)
	}
	if s.beyond(at) {
		return nil
	}
	s.count()
	s.ended()
	if s.tx.handed || s.group != nil && s.group.Len() > s.tx.from {
		// A transaction of which a part has been delivered needs an end, whether or not more of it has come.
		if err := s.borrow(ctx); err != nil {
			return err
		}
		if s.request.Places {
			s.group.Place = s.tx.place.String()
		}
		s.group.Commit(at)
	}
	s.tx = transaction{}
	s.mu.Lock()
	s.mu.status.Read = at
	s.mu.Unlock()
	return nil
}

// beyond ends the stream before a transaction that has committed after StreamRequest.Until.
func (s *stream) beyond(at time.Time) bool {
	if s.request.Until.IsZero() || !at.After(s.request.Until) {
		return false
	}
	s.over = true
	if s.group != nil && !s.tx.handed {
		s.group.Truncate(s.tx.from)
	}
	return true
}

// count adds the transaction to the set of those that have been read.
func (s *stream) count() {
	if !s.tx.hasGTID {
		return
	}
	switch set := s.done.gtids.(type) {
	case *mariaSet:
		set.add(s.tx.maria)
	case *mySet:
		set.add(s.tx.my)
	}
}

// mapped is a table map, and how the rows that follow it are decoded.
type mapped struct {
	body     []byte
	resolved bool
	plan     *tablePlan // nil when the table is not followed
	loop     bool       // marks what has come from elsewhere
}

// mapTable takes in which table the next rows belong to.
func (s *stream) mapTable(body []byte) error {
	id, ok := binlog.TableID(body)
	if !ok {
		return binlog.ErrMalformed
	}
	if m := s.maps[id]; m != nil && bytes.Equal(m.body, body) {
		return nil
	}
	if len(s.maps) > mapsKept {
		clear(s.maps)
	}
	s.maps[id] = &mapped{body: bytes.Clone(body)}
	return nil
}

// mapsKept bounds how many table maps are remembered: a server counts the numbers up for as long as it runs.
const mapsKept = 10_000

// resolve finds out how the rows of a map are decoded.
func (s *stream) resolve(m *mapped) error {
	m.resolved, m.plan = true, nil
	schema, name, _, err := binlog.TableName(m.body)
	if err != nil {
		return err
	}
	n := s.fold(catalog.Name{Schema: string(schema), Name: string(name)})
	m.loop = s.request.Loopback != (catalog.Name{}) && n == s.fold(s.request.Loopback)
	t := s.tables[n]
	if t == nil || t.lost {
		return nil
	}
	parsed, err := binlog.ParseTableMap(m.body)
	if err != nil {
		return err
	}
	if m.plan, err = newTablePlan(t, parsed, &s.charsets); err != nil {
		m.plan = nil
		if s.options.relearn && s.relearn(t, parsed) {
			return nil
		}
		s.unreadable(t, err)
	}
	return nil
}

// relearn reports the table as the server knows it now, if that is how the log has it. The rows at hand wait until the
// receiver follows it so.
func (s *stream) relearn(t *followedTable, m *binlog.TableMap) bool {
	ctx, cancel := context.WithTimeout(context.Background(), tableTime)
	defer cancel()
	now, err := s.describe(ctx, t.Table.Name)
	if err != nil || now == nil || sameColumns(now, t.Table) {
		return false
	}
	try := *t
	try.Table = now
	if _, err := newTablePlan(&try, m, &s.charsets); err != nil {
		return false
	}
	s.tables[s.fold(now.Name)] = &try
	s.unresolve()
	s.report(connector.Structure{Kind: connector.Altered, Number: t.Number, Table: now, At: time.Now()})
	return true
}

// unreadable gives a table up.
func (s *stream) unreadable(t *followedTable, why error) {
	t.lost, s.rows = true, nil
	s.unresolve()
	s.structures = append(s.structures, &connector.Structure{
		Kind: connector.Unreadable, Number: t.Number, Table: t.Table, At: time.Now(), Why: why.Error(),
	})
}

// unresolve has every map looked at anew, because the tables that are followed have changed.
func (s *stream) unresolve() {
	for _, m := range s.maps {
		m.resolved = false
	}
}

// dummyTable is the number in a rows event that only ends a statement.
const dummyTable = 0xffffff

// openRows begins the rows of an event.
func (s *stream) openRows(h binlog.Header, body []byte) error {
	id, ok := binlog.TableID(body)
	if !ok {
		return binlog.ErrMalformed
	}
	m := s.maps[id]
	switch {
	case id == dummyTable:
		return nil
	case m == nil:
		return fmt.Errorf("%w: rows of table %d, which no event has named", binlog.ErrMalformed, id)
	case !m.resolved:
		if err := s.resolve(m); err != nil {
			return err
		}
	}
	if m.loop {
		s.leaveOut()
	}
	if s.tx.held || s.tx.echo || m.plan == nil && m.resolved || m.plan != nil && m.plan.table.has(&s.tx, s.at) {
		return nil
	}
	e, err := binlog.ParseRows(h.Type, body)
	if err != nil {
		return err
	}
	if m.plan != nil && e.Columns != len(m.plan.columns) {
		return binlog.ErrMalformed
	}
	if m.plan != nil && s.source.host.mariadb {
		if column := m.plan.unlogged(&e); column != "" {
			s.unreadable(m.plan.table, fmt.Errorf("the target does not compute column %s, which is virtual in the source, and MariaDB does not log it; "+
				"SET GLOBAL binlog_row_image = FULL there, have its sessions reconnect, and load the table anew", column))
			return nil
		}
	}
	if m.plan != nil {
		if err := m.plan.prepareDefaults(&e); err != nil {
			s.unreadable(m.plan.table, err)
			return nil
		}
	}
	if !s.tx.open {
		s.begin(h) // logs of old have rows without a BEGIN
	}
	s.rows = &rowReader{mapped: m, event: e}
	return nil
}

// leaveOut leaves out the transaction at hand.
func (s *stream) leaveOut() {
	s.tx.echo = true
	if s.group != nil && !s.tx.handed {
		s.group.Truncate(s.tx.from)
	}
}
