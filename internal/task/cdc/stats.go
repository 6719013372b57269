package cdc

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// Stats counts what is followed. It is safe to read at any time.
type Stats struct {
	mu struct {
		sync.RWMutex
		tables   []*apply.TableStats
		position string
		reached  string
		warning  string
		trouble  string // why an end is gone, while it is
	}
	state   atomic.Int32
	flow    apply.Flow
	backlog backlog
	// newest is up to when the source is read: the commit time of the last change by the source's clock, or the moment at which there
	// was nothing more. lastApply is the commit time of the last change applied. Unix nanoseconds; 0: none.
	newest, lastApply atomic.Int64
	quiet             atomic.Bool
	retained          atomic.Int64
}

// State is what the following is doing.
type State int32

// The states.
const (
	NotFollowing State = iota
	Connecting
	Following
	Waiting // an end is gone; it is tried again
	Stopped
)

var stateNames = [...]string{"not following", "connecting", "following", "waiting", "stopped"}

// String names the state.
func (s State) String() string { return stateNames[s] }

// Counts is a moment of Stats.
type Counts struct {
	State State
	// Read and Applied count changes; Waiting are those read and not yet applied.
	Read, Applied, Waiting int64
	Transactions           int64
	// Bytes are those of the changes applied, as they are in memory.
	Bytes int64
	// SourceLatency is CDCLatencySource: how long ago the last change read was committed, 0 when there is nothing to read.
	// TargetLatency is CDCLatencyTarget: how long ago the oldest change was that is not committed on the target, or that it keeps
	// back; never less than SourceLatency, as what is not read is not committed either.
	// While an end is gone nothing can be read: then they count from when it was last known that nothing waited.
	SourceLatency, TargetLatency time.Duration
	// Position is that of the last checkpoint. Reached may lie behind it: what is between does not concern the tables followed.
	Position, Reached string
	// LastApplied is when, by the source's clock, the last transaction applied was committed.
	LastApplied time.Time
	// Retained is what the source keeps for the stream, in bytes; -1 when unknown.
	Retained int64
	Warning  string
	Tables   []apply.TableCounts
}

// Counts returns the counts of now.
func (s *Stats) Counts() Counts {
	now := time.Now()
	c := Counts{
		State: State(s.state.Load()), Read: s.flow.Read.Load(), Applied: s.flow.Applied.Load(), Transactions: s.flow.Transactions.Load(), Bytes: s.flow.Bytes.Load(),
		Retained: s.retained.Load(),
	}
	c.Waiting = max(c.Read-c.Applied, 0)
	if n := s.newest.Load(); n != 0 && !s.quiet.Load() {
		c.SourceLatency = max(now.Sub(time.Unix(0, n)), 0)
	}
	c.TargetLatency = c.SourceLatency
	if n := s.backlog.oldest(); n != 0 {
		c.TargetLatency = max(now.Sub(time.Unix(0, n)), c.TargetLatency)
	}
	if n := s.lastApply.Load(); n != 0 {
		c.LastApplied = time.Unix(0, n)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	c.Position, c.Reached, c.Warning = s.mu.position, s.mu.reached, s.mu.warning
	if s.mu.trouble != "" {
		c.Warning = s.mu.trouble
	}
	for _, t := range s.mu.tables {
		c.Tables = append(c.Tables, t.Counts())
	}
	return c
}

// table returns the counters of a table, the same ones whenever it comes back.
func (s *Stats) table(source, target catalog.Name) *apply.TableStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.mu.tables {
		if t.Source == source {
			if t.Target == (catalog.Name{}) {
				t.Target = target // one that had not come so far
			}
			return t
		}
	}
	t := &apply.TableStats{Source: source, Target: target}
	s.mu.tables = append(s.mu.tables, t)
	return t
}

// lost says that what is not durable comes again, and is not to be counted a second time.
func (s *Stats) lost(t *apply.Tally) {
	t.Lost()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range s.mu.tables {
		t.Lost()
	}
}

func (s *Stats) enter(state State) { s.state.Store(int32(state)) }

// away says that the ends are not, or not any more, at hand.
func (s *Stats) away() {
	s.quiet.Store(false)
	s.newest.CompareAndSwap(0, time.Now().UnixNano())
	s.backlog.lose(s.newest.Load())
}

func (s *Stats) checkpoint(position string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.position, s.mu.reached = position, position
}

// reach notes the place up to which everything that concerns the tables followed is in the target; empty is no news.
func (s *Stats) reach(position string) {
	if position == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.reached = position
}

// Reached is that of Counts.
func (s *Stats) Reached() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.mu.reached
}

func (s *Stats) status(of connector.StreamStatus) {
	s.retained.Store(of.Retained)
	if of.Quiet {
		s.newest.Store(time.Now().UnixNano())
	} else if read := nanos(of.Read); read > s.newest.Load() { // of what is not followed
		s.newest.Store(read)
	}
	s.quiet.Store(of.Quiet)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.warning = of.Warning
}

// trouble says why an end is gone; empty says that none is any more.
func (s *Stats) trouble(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.trouble = why
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
