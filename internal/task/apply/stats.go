package apply

import (
	"sync/atomic"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// TableStats counts the changes of one table, as DMS's table statistics do. It is safe to read at any time.
type TableStats struct {
	Source, Target catalog.Name

	captured, applied         [3]Counter // by change.Op
	ddls, appliedDDLs, failed Counter
	suspended                 atomic.Pointer[string]
}

// TableCounts is a moment of TableStats.
type TableCounts struct {
	Source, Target                                              catalog.Name
	Inserts, Updates, Deletes, DDLs                             int64
	AppliedInserts, AppliedUpdates, AppliedDeletes, AppliedDDLs int64
	// Failed are the changes that the error policy has taken out.
	Failed int64
	// Suspended says why the table is no longer applied.
	Suspended string
	// Kept are the counts of what is durable. The rest comes again when the following has ended and goes on.
	Kept Kept
}

// Kept are counts of changes of one table.
type Kept struct {
	Inserts, Updates, Deletes, DDLs                             int64
	AppliedInserts, AppliedUpdates, AppliedDeletes, AppliedDDLs int64
}

// Counts returns the counts of now.
func (s *TableStats) Counts() TableCounts {
	c := TableCounts{
		Source: s.Source, Target: s.Target,
		Inserts: s.captured[change.Insert].Load(), Updates: s.captured[change.Update].Load(), Deletes: s.captured[change.Delete].Load(),
		AppliedInserts: s.applied[change.Insert].Load(), AppliedUpdates: s.applied[change.Update].Load(), AppliedDeletes: s.applied[change.Delete].Load(),
		DDLs: s.ddls.Load(), AppliedDDLs: s.appliedDDLs.Load(), Failed: s.failed.Load(),
	}
	c.Kept = Kept{
		Inserts: s.captured[change.Insert].Kept(), Updates: s.captured[change.Update].Kept(), Deletes: s.captured[change.Delete].Kept(),
		AppliedInserts: s.applied[change.Insert].Kept(), AppliedUpdates: s.applied[change.Update].Kept(), AppliedDeletes: s.applied[change.Delete].Kept(),
		DDLs: s.ddls.Kept(), AppliedDDLs: s.appliedDDLs.Kept(),
	}
	if why := s.suspended.Load(); why != nil {
		c.Suspended = *why
	}
	return c
}

// Suspend notes why the table is no longer applied; an empty text that it is again.
func (s *TableStats) Suspend(why string) {
	if s != nil {
		s.suspended.Store(&why)
	}
}

// opCounts are changes of one table by operation.
type opCounts [3]int64

func countOps(c *change.Changes) (n opCounts) {
	for _, op := range c.Ops {
		n[op]++
	}
	return n
}

func (s *TableStats) capture(n opCounts) {
	for op := range n {
		s.captured[op].Add(n[op])
	}
}

// Lost says that everything that is not durable comes again.
func (s *TableStats) Lost() {
	for op := range s.captured {
		s.captured[op].Lost()
		s.applied[op].Lost()
	}
	for _, c := range []*Counter{&s.ddls, &s.appliedDDLs, &s.failed} {
		c.Lost()
	}
}

func (s *TableStats) apply(n opCounts) {
	for op := range n {
		s.applied[op].Add(n[op])
	}
}
