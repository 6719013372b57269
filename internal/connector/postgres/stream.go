package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	quietAfter = time.Second
	// lateness is from how far behind a transaction counts as late: then more are sure to come, and the group waits for them.
	lateness  = 20 * time.Millisecond
	farBehind = 500 * time.Millisecond
	// lullAfter is how long a late stream may be silent until what it has is delivered all the same.
	lullAfter = 10 * time.Millisecond
)

// stream follows a slot.
type stream struct {
	src    *source
	r      connector.StreamRequest
	log    *slog.Logger
	w      *wire
	pump   *pump
	side   *side
	binary bool
	slot   string
	other  string // the slot's name where positions must carry it
	pubs   pubs
	// missed are new tables that could not be published in the transaction that made them.
	missed map[catalog.Name]bool
	// reparted are tables that have become partitions.
	reparted map[catalog.Name]bool

	names     map[catalog.Name]*followed
	numbers   map[int]*followed
	ids       map[uint32]*followed // by what the server knows the tables by
	relations map[uint32]*streamed
	told      map[uint32][]toldColumn // by the audit, of tables by their identifiers
	old, new  tuple
	large     []byte      // a message that no buffer holds
	lines     *textStream // where the plugin is test_decoding
	sets      *pglogicalStream
	// inProgress says that the server sends large transactions before they have committed.
	inProgress bool
	progress   *progress

	group    *change.Group
	at       time.Time // commit time of the transaction at hand
	final    lsn       // where its commit stands
	xid      uint32    // its number, 0 once it is sure that everybody sees it
	open     bool      // inside a transaction
	touched  bool      // which has changes of followed tables
	echoed   bool      // which is marked as having come from elsewhere
	from     int       // number of changes of the group before it
	late     bool
	skew     time.Duration // how far our clock is ahead of the source's, at most
	skewed   time.Time
	position lsn // everything before it has been taken in
	whole    lsn // of the last transaction that has ended in the group
	moved    bool
	events   []connector.Event
	ended    bool // at StreamRequest.Until
	timer    *time.Timer
	opened   time.Time
	heard    time.Time // when bytes have come last
	asked    time.Time // when the server was asked to say something; zero while it need not
	failed   error

	keeper keeper
}

var _ connector.Stream = (*stream)(nil)

// Stream implements connector.Streamer.
func (s *source) Stream(ctx context.Context, r connector.StreamRequest, position string) (connector.Stream, error) {
	st, err := s.newStream(r, position)
	if err != nil {
		return nil, err
	}
	if err := st.start(ctx); err != nil {
		_ = st.Close()
		return nil, err
	}
	return st, nil
}

func (s *source) newStream(r connector.StreamRequest, position string) (*stream, error) {
	at, other, err := parsePosition(position)
	if err != nil {
		return nil, err
	}
	st := &stream{
		src: s, r: r, log: s.log, slot: s.slotName(r), other: other, position: at, side: newSide(s),
		names: map[catalog.Name]*followed{}, numbers: map[int]*followed{}, ids: map[uint32]*followed{}, relations: map[uint32]*streamed{}, told: map[uint32][]toldColumn{}, missed: map[catalog.Name]bool{}, reparted: map[catalog.Name]bool{},
		timer: time.NewTimer(quietAfter), opened: time.Now(), heard: time.Now(), skew: math.MaxInt64,
	}
	st.inProgress, st.progress = s.readsInProgress(at), newProgress(st)
	if other != "" {
		st.slot = other
	}
	switch s.settings.plugin {
	case testDecoding:
		st.lines = newTextStream(st)
	case pglogical:
		st.sets = newPglogicalStream(st)
	}
	for _, f := range r.Tables {
		if err := st.adopt(f); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// start opens the replication connection.
func (s *stream) start(ctx context.Context) error {
	err := s.side.do(ctx, func(w *wire) error {
		there, err := readSlot(ctx, w, s.slot)
		if err != nil {
			return err
		}
		if there == nil {
			return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("there is no replication slot %q: the changes since %s are not kept", s.slot, s.position), Remedy: "load anew"}
		}
		if err := there.check(s.slot, s.src.settings.plugin); err != nil {
			return err
		}
		if s.pubs, err = s.src.publicationFor(ctx, w, s.r, s.position); err != nil {
			return err
		}
		if err := s.src.renewDDL(ctx, w, s.pubs.whole, s.slot); err != nil {
			return err
		}
		if s.sets != nil {
			return s.sets.prepare(ctx, w)
		}
		return s.warnOfPart(ctx, w)
	})
	if err != nil {
		return err
	}
	if s.binary, err = s.chooseFormat(ctx); err != nil {
		return err
	}
	settings := map[string]string{"search_path": ""}
	for _, kv := range commonSettings {
		switch kv[0] {
		case "DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output":
			settings[kv[0]] = kv[1]
		}
	}
	if s.w, err = s.connect(ctx, settings); err != nil {
		return err
	}
	s.w.in.enlarge(copyBuffer)
	s.pump = newPump(s.w.Conn)
	s.w.in.r = s.pump
	s.keeper.start(s, s.position)
	return s.lookForLogged(ctx)
}

// connect begins to read the slot. A reader that has gone without a word holds it until the server notices.
func (s *stream) connect(ctx context.Context, settings map[string]string) (*wire, error) {
	for deadline := time.Now().Add(claimPatience); ; {
		w, err := dialReplication(ctx, s.src.cfg, settings)
		if err != nil {
			return nil, err
		}
		stop := w.watch(ctx)
		err = w.startCopy(s.startSQL(), 'W')
		stop()
		if err == nil {
			return w, nil
		}
		w.close()
		if pg := serverErrorIn(err); pg == nil || pg.Code != "55006" || time.Now().After(deadline) || ctx.Err() != nil {
			return nil, classify(ctx, "read replication slot "+s.slot, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(claimPause):
		}
	}
}

// startSQL asks for version 2 of the protocol, with large transactions while they are in progress unless the source is set not to.
func (s *stream) startSQL() string {
	if s.lines != nil {
		return fmt.Sprintf(`START_REPLICATION SLOT %s LOGICAL %s ("include-xids" 'on', "include-timestamp" 'on', "skip-empty-xacts" 'off')`, quote(s.slot), s.position)
	}
	if s.sets != nil {
		return fmt.Sprintf("START_REPLICATION SLOT %s LOGICAL %s %s", quote(s.slot), s.position, s.sets.options())
	}
	names := quote(s.pubs.whole)
	if s.pubs.part != "" {
		names += "," + quote(s.pubs.part)
	}
	return fmt.Sprintf("START_REPLICATION SLOT %s LOGICAL %s (proto_version '2', publication_names %s, binary '%t', streaming '%t')",
		quote(s.slot), s.position, "'"+strings.ReplaceAll(names, "'", "''")+"'", s.binary, s.inProgress)
}

var errStreamOver = errors.New("the stream is over")

// Next implements connector.Stream.
func (s *stream) Next(ctx context.Context) (connector.Event, error) {
	if s.failed == nil {
		s.failed = s.keeper.fault.Err()
	}
	if s.failed != nil {
		return connector.Event{}, s.failed
	}
	if s.failed = s.partDue(); s.failed != nil {
		return connector.Event{}, s.failed
	}
	s.pump.ctx = ctx
	started := time.Now()
	for n := 1; ; n++ {
		if len(s.events) > 0 {
			e := s.events[0]
			s.events = append(s.events[:0], s.events[1:]...)
			return e, nil
		}
		if s.ended {
			return connector.Event{}, errStreamOver
		}
		more, err := s.await(ctx)
		if err == nil && more {
			err = s.step(ctx)
		}
		if err != nil {
			s.failed = classify(ctx, "read the changes of "+s.src.Identity(), err)
			return connector.Event{}, s.failed
		}
		if !more && len(s.events) == 0 {
			return s.quiet(), nil
		}
		if len(s.events) == 0 && s.between() && s.since(started, n) > quietAfter {
			s.deliver(false)
		}
	}
}

// since is how long it is since a moment, by the clock of the last wait: the clock itself is looked at for every 256th message
// alone.
func (s *stream) since(moment time.Time, messages int) time.Duration {
	if messages&255 == 0 {
		return time.Since(moment)
	}
	return s.heard.Sub(moment)
}

// between reports whether no transaction is being read.
func (s *stream) between() bool {
	return !s.open && s.progress.replay == nil && (s.lines == nil || !s.lines.open && !s.lines.giving)
}

// await reports whether there is something to read. When there is nothing it delivers the group, at once or, when the
// stream is behind, after a lull; it waits for a second at most.
func (s *stream) await(ctx context.Context) (bool, error) {
	if s.progress.replay != nil || s.lines != nil && s.lines.giving || len(s.w.in.buffered()) > 0 || s.pump.atHand() {
		s.asked = time.Time{}
		return true, nil
	}
	wait := quietAfter
	if s.group != nil && !s.open {
		if !s.late {
			s.deliver(true)
			return false, nil
		}
		wait = lullAfter
	}
	s.timer.Reset(wait)
	more, err := s.pump.await(ctx, s.timer.C)
	if err == nil {
		err = s.listen(more)
	}
	if !more && err == nil && s.group != nil && !s.open {
		s.deliver(true)
	}
	return more, err
}

// defaultSilence is how long a server may be silent. Unasked it says something every half of its wal_sender_timeout, if at
// all.
const defaultSilence = time.Minute

// listen asks a server that has long been silent to say something, and gives it up when it does not. A peer that is gone
// without a word is not noticed otherwise.
func (s *stream) listen(heard bool) error {
	now, patience := time.Now(), s.r.Silence
	if patience <= 0 {
		patience = defaultSilence
	}
	switch {
	case heard:
		s.heard, s.asked = now, time.Time{}
	case s.asked.IsZero() && now.Sub(s.heard) > patience/2:
		s.asked = now
		if err := s.keeper.ask(); err != nil {
			return err
		}
	case !s.asked.IsZero() && now.Sub(s.asked) > patience/2:
		return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the server was asked and has said nothing for %s", now.Sub(s.asked).Round(time.Second))}
	}
	return nil
}

// quiet is the event for when nothing happens.
func (s *stream) quiet() connector.Event {
	e := connector.Event{Quiet: true}
	s.keeper.quiet(true)
	if !s.open {
		e.Position = s.text()
	}
	s.moved = false
	return e
}

func (s *stream) text() string { return positionText(s.position, s.other) }

// deliver makes an event of the group.
func (s *stream) deliver(quiet bool) {
	e := connector.Event{Changes: s.take(), Quiet: quiet}
	if !s.open {
		e.Position = s.text()
	}
	s.keeper.quiet(quiet)
	s.events = append(s.events, e)
}

// take ends the group.
func (s *stream) take() *change.Group {
	g := s.group
	s.group, s.from = nil, 0
	switch {
	case g == nil:
	case g.Empty():
		s.r.Pool.Put(g)
		return nil
	case len(g.Ends) > 0:
		g.Position = positionText(s.whole, s.other)
	}
	if g != nil && g.Open {
		g.Next = s.at
		if s.r.Places {
			g.Place = s.final.String()
		}
	}
	return g
}

// announce makes an event of a change of structure, with the changes before it.
func (s *stream) announce(st *connector.Structure) {
	if st.At.IsZero() {
		st.At = s.at
	}
	s.touched = true
	st.Echo = s.echoed && st.Kind != connector.Unreadable
	s.events = append(s.events, connector.Event{Changes: s.take(), Structure: st})
}

// step reads one frame.
func (s *stream) step(ctx context.Context) error {
	if s.lines != nil && s.lines.giving {
		return s.lines.give(ctx)
	}
	if s.progress.replay != nil {
		return s.progress.replay.give(ctx)
	}
	kind, size, err := s.w.in.next()
	if err != nil {
		return err
	}
	body, err := s.body(size)
	if err != nil {
		return err
	}
	switch kind {
	case 'd':
		return s.data(ctx, body)
	case 'E':
		return s.misread(serverError(body))
	case 'c':
		return fmt.Errorf("%w: the server ended the stream", errMalformed)
	}
	return nil
}

// body reads a frame's body, however large. What a huge one took serves those right behind it, and is then let go.
func (s *stream) body(size int) ([]byte, error) {
	if size <= len(s.w.in.buf) {
		if cap(s.large) > 4*largeFrame {
			s.large = nil
		}
		return s.w.in.take(size)
	}
	s.large = s.large[:0]
	for step := largeFrame; size > 0; step *= 8 { // it grows as the bytes come in, not as the server says
		n, at := min(size, step), len(s.large)
		s.large = append(s.large, make([]byte, n)...)
		if err := s.w.in.readInto(s.large[at:]); err != nil {
			return nil, err
		}
		size -= n
	}
	return s.large, nil
}

// Follow implements connector.Stream.
func (s *stream) Follow(f connector.Followed) error {
	old := s.numbers[f.Number]
	if old != nil {
		delete(s.names, old.f.Table.Name)
		delete(s.ids, old.f.Table.Number)
	}
	if err := s.adopt(f); err != nil {
		return err
	}
	for id, rel := range s.relations {
		unseen := rel.ignored && f.Table.PartitionBy != "" // it may be a partition
		if unseen || rel.f != nil && rel.f.f.Number == f.Number || rel.name == f.Table.Name || rel.root == f.Table.Name {
			rel.f, rel.plan = nil, nil
			rel.settled, rel.ignored = false, false
			s.relations[id] = rel
		}
	}
	if s.missed[f.Table.Name] {
		delete(s.missed, f.Table.Name)
		s.events = append(s.events, connector.Event{Structure: &connector.Structure{
			Kind: connector.Unreadable, Number: f.Number, Table: f.Table, At: s.at,
			Why: "it was not published before its first rows came, which may be missed: reload the table",
		}})
	}
	if !s.pubs.own() || s.lines != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	return s.side.do(ctx, func(w *wire) error {
		if s.sets != nil {
			return s.sets.follow(ctx, w, f.Table, f.Number)
		}
		if s.pubs.part == "" {
			return s.src.addTables(ctx, w, s.pubs.whole, []catalog.Name{f.Table.Name})
		}
		return s.src.publishSome(ctx, w, s.pubs.whole, []catalog.Name{f.Table.Name})
	})
}

// adopt takes a table into the books.
func (s *stream) adopt(f connector.Followed) error {
	t := newFollowed(f)
	if f.Since != "" {
		var err error
		if t.since, _, err = parsePosition(f.Since); err != nil {
			return err
		}
	}
	s.names[f.Table.Name], s.numbers[f.Number] = t, t
	if f.Table.Number != 0 {
		s.ids[f.Table.Number] = t
	}
	return nil
}

// Drop implements connector.Stream.
func (s *stream) Drop(number int) {
	t := s.numbers[number]
	if t == nil {
		return
	}
	delete(s.numbers, number)
	delete(s.names, t.f.Table.Name)
	delete(s.ids, t.f.Table.Number)
	for _, rel := range s.relations {
		if rel.f == t {
			rel.f, rel.plan, rel.ignored = nil, nil, true
			if s.reparted[rel.name] { // its rows may be its root's from here on
				rel.settled, rel.ignored = false, false
			}
		}
	}
}

// Acknowledge implements connector.Stream.
func (s *stream) Acknowledge(position string) {
	if at, _, err := parsePosition(position); err == nil {
		s.keeper.acknowledge(at)
	}
}

// Status implements connector.Stream.
func (s *stream) Status() connector.StreamStatus { return s.keeper.status() }

// Close implements connector.Stream.
func (s *stream) Close() error {
	s.keeper.stop()
	if s.w != nil {
		if !s.w.gone {
			s.w.gone = true
			s.w.broken.Store(true)
			_ = s.w.Close()
		}
	}
	if s.pump != nil {
		s.pump.stop()
		s.pump = nil
	}
	for _, e := range s.events {
		if e.Changes != nil {
			s.r.Pool.Put(e.Changes)
		}
	}
	s.events = nil
	if s.group != nil {
		s.r.Pool.Put(s.group)
		s.group = nil
	}
	if s.lines != nil {
		s.lines.kept.reset()
	}
	s.progress.close()
	s.side.close()
	if s.failed == nil {
		s.failed = &connector.Error{Class: connector.Lost, Err: errStreamOver}
	}
	return nil
}

// side is the connection for look-ups beside the stream, opened when it is needed. The keeper uses it too.
type side struct {
	src *source
	mu  struct {
		sync.Mutex
		w      *wire
		looks  *pgx.Conn // see describe
		closed bool
	}
}

func newSide(s *source) *side { return &side{src: s} }

func (s *side) do(ctx context.Context, f func(*wire) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return errStreamOver
	}
	if s.mu.w == nil || s.mu.w.broken.Load() {
		w, err := s.src.sideWire(ctx)
		if err != nil {
			return err
		}
		if err := w.exec(ctx, "SET search_path = ''"); err != nil {
			w.close()
			return err
		}
		s.mu.w = w
	}
	return f(s.mu.w)
}

func (s *side) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.closed = true
	if s.mu.w != nil {
		s.mu.w.close()
		s.mu.w = nil
	}
	if s.mu.looks != nil {
		_ = s.mu.looks.Close(context.Background())
		s.mu.looks = nil
	}
}
