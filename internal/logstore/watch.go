package logstore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
)

// A Watch is told of events as they are kept, whatever their times, and holds some of them until they are taken: all,
// unless there are more than it may hold.
type Watch struct {
	// Wants chooses among groups and streams; Match among messages, nil takes all.
	Wants func(group, stream string) bool
	Match func(message []byte) bool
	// MostEvents and MostBytes bound what is held between two Takes. Of more events those that stay are drawn by lot.
	MostEvents int
	MostBytes  int

	store *Store
	mu    struct {
		sync.Mutex
		seen    int // since they were taken
		bytes   int
		missing bool
		held    []WatchedEvent
	}
}

// A WatchedEvent is an event with where it was kept.
type WatchedEvent struct {
	Group, Stream string
	At, Ingested  int64 // milliseconds
	Message       string

	number int // in the order of being kept
}

// Watch begins to watch. End ends it.
func (s *Store) Watch(w *Watch) {
	s.watching.Lock()
	defer s.watching.Unlock()
	w.store = s
	s.watching.all = append(slices.Clone(s.watching.all), w)
}

// End ends the watch. It may be called twice.
func (w *Watch) End() {
	s := w.store
	s.watching.Lock()
	defer s.watching.Unlock()
	s.watching.all = slices.DeleteFunc(slices.Clone(s.watching.all), func(x *Watch) bool { return x == w })
}

// Take takes what is held, in the order in which it was kept; sampled says that there was more.
func (w *Watch) Take() (events []WatchedEvent, sampled bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	events, sampled = w.mu.held, w.mu.missing
	w.mu.held, w.mu.seen, w.mu.bytes, w.mu.missing = nil, 0, 0, false
	slices.SortFunc(events, func(a, b WatchedEvent) int { return cmp.Compare(a.number, b.number) })
	return events, sampled
}

// tell tells those who watch of what was kept.
func (s *Store) tell(group, stream string, lines []Line, now int64) {
	s.watching.RLock()
	all := s.watching.all
	s.watching.RUnlock()
	for _, w := range all {
		if !w.Wants(group, stream) {
			continue
		}
		for i := range lines {
			if w.Match == nil || w.Match([]byte(lines[i].Message)) {
				w.hold(WatchedEvent{Group: group, Stream: stream, At: lines[i].At, Ingested: now, Message: lines[i].Message})
			}
		}
	}
}

// hold keeps an event, perhaps in the place of another one: each that was seen has the same chance to stay.
func (w *Watch) hold(e WatchedEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.number = w.mu.seen
	w.mu.seen++
	place := len(w.mu.held)
	if place >= w.MostEvents {
		w.mu.missing = true
		if place = rand.IntN(w.mu.seen); place >= w.MostEvents { //nolint:gosec // a sample, no secret
			return
		}
		w.mu.bytes -= len(w.mu.held[place].Message)
		w.mu.held = slices.Delete(w.mu.held, place, place+1)
	}
	if len(w.mu.held) > 0 && w.mu.bytes+len(e.Message) > w.MostBytes {
		w.mu.missing = true
		return
	}
	w.mu.bytes += len(e.Message)
	w.mu.held = append(w.mu.held, e)
}
