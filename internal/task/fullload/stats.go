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
	Reloading // on its own, while the changes of other tables are followed
)

var stateNames = [...]string{"Before load", "Full load", "Building indexes", "Table completed", "Table error", "Table is being reloaded"}

// String returns DMS's name of the state.
func (s State) String() string { return stateNames[s] }

// Stats counts a load while it runs. It is safe to read at any time.
type Stats struct {
	mu struct {
		sync.RWMutex
		tables []*TableStats
		places map[catalog.Name]int // in tables, by the source's name
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
	reloaded, reloading            atomic.Bool
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
	// Reloaded says that the table was loaded anew while changes were followed (FullLoadReloaded).
	Reloaded bool
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

// add takes a table in, in the place of an earlier load of it.
func (s *Stats) add(t *TableStats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, known := s.mu.places[t.Source]; known {
		before := s.mu.tables[i]
		t.reloaded.Store(before.reloaded.Load())
		t.reloading.Store(before.reloading.Load())
		s.mu.tables[i] = t
		return
	}
	if s.mu.places == nil {
		s.mu.places = map[catalog.Name]int{}
	}
	s.mu.places[t.Source] = len(s.mu.tables)
	s.mu.tables = append(s.mu.tables, t)
}

// BeginReload shows a table as being reloaded, until EndReload.
func (s *Stats) BeginReload(source, target catalog.Name) {
	t := &TableStats{Source: source, Target: target, TotalRows: -1, TotalBytes: -1}
	s.add(t)
	t.reloaded.Store(true)
	t.reloading.Store(true)
}

// EndReload shows a table as it is after its reload: completed, or failed when there is an error.
func (s *Stats) EndReload(source catalog.Name, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, known := s.mu.places[source]
	if !known {
		return
	}
	t := s.mu.tables[i]
	if err != nil {
		t.fail(err)
	}
	t.reloading.Store(false)
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
	c.Reloaded = t.reloaded.Load()
	if t.reloading.Load() && c.State != Failed {
		c.State = Reloading
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
