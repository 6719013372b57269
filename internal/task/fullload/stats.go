package fullload

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// State is where a table stands, in the words of DMS's table statistics.
type State uint8

// The states.
const (
	BeforeLoad State = iota
	FullLoad
	Building // rows are in, keys and indexes are being made; DMS has no word for it and its clients are shown FullLoad
	Completed
	Failed
)

var stateNames = [...]string{"Before load", "Full load", "Building indexes", "Table completed", "Table error"}

// String returns DMS's name of the state.
func (s State) String() string { return stateNames[s] }

// Stats counts a load while it runs. It is safe to read at any time.
type Stats struct {
	mu struct {
		sync.RWMutex
		tables []*TableStats
	}
}

// TableStats counts one table.
type TableStats struct {
	Source, Target catalog.Name
	// TotalRows and TotalBytes are the source's estimates; -1 means unknown.
	TotalRows, TotalBytes int64
	// EarlierRows is how many rows an earlier run has loaded, which are not loaded again.
	EarlierRows int64

	rows, bytes, rejected, changed atomic.Int64
	segments, segmentsDone         atomic.Int64
	state                          atomic.Uint32
	started, ended                 atomic.Int64 // Unix nanoseconds
	err                            atomic.Pointer[error]
}

// TableCounts is a moment of TableStats.
type TableCounts struct {
	Source, Target         catalog.Name
	State                  State
	Rows, Bytes            int64
	Rejected, Changed      int64 // rows left out; rows that went with a changed value
	TotalRows, TotalBytes  int64
	EarlierRows            int64 // of an earlier run, not among Rows
	Segments, SegmentsDone int64
	Started, Ended         time.Time // zero while not yet
	Err                    error
}

// Tables returns the counts of every table, in the order of the load.
func (s *Stats) Tables() []TableCounts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]TableCounts, len(s.mu.tables))
	for i, t := range s.mu.tables {
		out[i] = t.counts()
	}
	return out
}

func (s *Stats) add(t *TableStats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.tables = append(s.mu.tables, t)
}

func (t *TableStats) counts() TableCounts {
	c := TableCounts{
		Source: t.Source, Target: t.Target, State: State(t.state.Load()),
		Rows: t.rows.Load(), Bytes: t.bytes.Load(), Rejected: t.rejected.Load(), Changed: t.changed.Load(),
		TotalRows: t.TotalRows, TotalBytes: t.TotalBytes, EarlierRows: t.EarlierRows,
		Segments: t.segments.Load(), SegmentsDone: t.segmentsDone.Load(),
		Started: fromNanos(t.started.Load()), Ended: fromNanos(t.ended.Load()),
	}
	if err := t.err.Load(); err != nil {
		c.Err = *err
	}
	return c
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

func (t *TableStats) enter(s State) {
	t.started.CompareAndSwap(0, time.Now().UnixNano())
	if s == Completed || s == Failed {
		t.ended.Store(time.Now().UnixNano())
	}
	t.state.Store(uint32(s))
}

func (t *TableStats) fail(err error) {
	t.err.Store(&err)
	t.enter(Failed)
}
