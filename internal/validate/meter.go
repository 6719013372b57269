package validate

import (
	"sync/atomic"
	"time"
)

// Meter counts what validation has done, for the metrics of a task. The zero value is ready, a nil one counts nothing.
type Meter struct {
	attempted, succeeded atomic.Int64
	queries              [kindsOfQuery]struct{ n, nanos atomic.Int64 }
}

// Query is a kind of question to an end: of many rows at once, or of single rows by their keys.
type Query int

// The kinds of questions.
const (
	BulkSource Query = iota
	BulkTarget
	ItemSource
	ItemTarget
	kindsOfQuery
)

// Metered is what a Meter has counted: the source's rows that were compared, those of them that are the same on the target, and how often
// and how long an end was asked.
type Metered struct {
	Attempted, Succeeded int64
	Queries              [kindsOfQuery]struct {
		N    int64
		Took time.Duration
	}
}

// Read tells what was counted up to now.
func (m *Meter) Read() (out Metered) {
	if m == nil {
		return out
	}
	out.Attempted, out.Succeeded = m.attempted.Load(), m.succeeded.Load()
	for i := range m.queries {
		out.Queries[i].N, out.Queries[i].Took = m.queries[i].n.Load(), time.Duration(m.queries[i].nanos.Load())
	}
	return out
}

func (m *Meter) rows(attempted, succeeded int64) {
	if m != nil {
		m.attempted.Add(max(attempted, 0))
		m.succeeded.Add(max(succeeded, 0))
	}
}

// asked counts a question that was begun then; source says which end was asked.
func (m *Meter) asked(bulk, source bool, began time.Time) {
	if m == nil {
		return
	}
	q := BulkSource
	if !bulk {
		q = ItemSource
	}
	if !source {
		q++
	}
	m.queries[q].n.Add(1)
	m.queries[q].nanos.Add(int64(time.Since(began)))
}
