package validate

import (
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Counts is how a table's comparison stands.
type Counts struct {
	Source, Target catalog.Name
	State          State
	// Expected is an estimate of the rows to compare, -1 when unknown; Compared of the source's, how many have been.
	Expected, Compared int64
	// Pending rows are to be looked at again, Failed ones differ, Suspended ones cannot be compared (DMS:
	// ValidationPendingRecords, ValidationFailedRecords, ValidationSuspendedRecords).
	Pending, Failed, Suspended int64
	Reason                     string
	Updated                    time.Time
	Resync                     Resync
}

// Resync is how rows of a table that differed were copied again.
type Resync struct {
	State                        ResyncState // empty: it is not asked for
	Attempted, Succeeded, Failed int64       // rows
	At                           time.Time   // its end
}

// ResyncState is how far that is.
type ResyncState string

// The states of a resync.
const (
	ResyncWaits ResyncState = "Pending"
	ResyncRuns  ResyncState = "In progress"
	ResyncDone  ResyncState = "Done"
	ResyncNoKey ResyncState = "No primary key"
)

// Stats are the counts of all tables. The zero value is ready; it may be read at any time.
type Stats struct {
	mu     sync.Mutex
	order  []catalog.Name
	tables map[catalog.Name]*Counts
	meter  Meter
}

// Meter counts the work of the comparisons.
func (s *Stats) Meter() *Meter {
	if s == nil {
		return nil
	}
	return &s.meter
}

// Tables returns the counts, in the order in which the tables were first seen.
func (s *Stats) Tables() []Counts {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Counts, 0, len(s.order))
	for _, n := range s.order {
		out = append(out, *s.tables[n])
	}
	return out
}

// Update changes the counts of a table, which is known by its source's name.
func (s *Stats) Update(source catalog.Name, f func(*Counts)) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tables[source]
	if c == nil {
		c = &Counts{Source: source, State: Pending, Expected: -1}
		if s.tables == nil {
			s.tables = map[catalog.Name]*Counts{}
		}
		s.tables[source] = c
		s.order = append(s.order, source)
	}
	f(c)
	c.Updated = time.Now()
}
