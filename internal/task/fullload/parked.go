package fullload

import (
	"hash/maphash"
	"maps"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// parkedRows remembers which rows of a segment are parked already, by a hash of their statement, so that the next
// attempt at the segment, which meets them again, does not park them twice. Rows without a key may look the same, so
// they are counted.
type parkedRows struct {
	seed maphash.Seed
	mu   struct { // reader and writer park on goroutines of their own
		sync.Mutex
		all  map[uint64]int
		left map[uint64]int // of those, not yet met in this attempt
	}
}

func newParkedRows() *parkedRows {
	p := &parkedRows{seed: maphash.MakeSeed()}
	p.mu.all = map[uint64]int{}
	return p
}

// again begins an attempt.
func (p *parkedRows) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.left = maps.Clone(p.mu.all)
}

// unparked leaves out the rows that an earlier attempt has parked. It reuses the slice.
func (p *parkedRows) unparked(rows []connector.Parked) []connector.Parked {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := rows[:0]
	for _, r := range rows {
		if h := maphash.String(p.seed, r.Statement); p.mu.left[h] > 0 {
			p.mu.left[h]--
			continue
		}
		fresh = append(fresh, r)
	}
	return fresh
}

func (p *parkedRows) add(rows []connector.Parked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range rows {
		p.mu.all[maphash.String(p.seed, r.Statement)]++
	}
}
