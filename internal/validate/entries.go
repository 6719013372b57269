package validate

import (
	"encoding/binary"
	"errors"
	"sync"
)

// entry is what is known of the rows of one key, or of the rows that are alike in a bag.
type entry struct {
	source, target       int32
	sourceSum, targetSum [2]uint64
	// units are the numbers of the units that hold the rows, as far as there are two of them.
	units [2]int32
}

func (e *entry) settled() bool { return e.source == e.target && e.sourceSum == e.targetSum }

// entries are the rows that have not found their like.
type entries struct {
	mu   sync.Mutex
	open map[[16]byte]*entry
}

var errTooMany = errors.New("too many rows have no like on the other side")

// unit is the rows of a part, matched before what is left goes to the others.
type unit struct {
	number int32
	rows   map[[16]byte]*entry
}

func (u *unit) take(r *row, source bool) {
	e := u.rows[r.id]
	if e == nil {
		e = &entry{units: [2]int32{u.number, u.number}}
		u.rows[r.id] = e
	}
	a, b := binary.LittleEndian.Uint64(r.sum[:8]), binary.LittleEndian.Uint64(r.sum[8:])
	if source {
		e.source++
		e.sourceSum[0] += a
		e.sourceSum[1] += b
	} else {
		e.target++
		e.targetSum[0] += a
		e.targetSum[1] += b
	}
	if e.settled() {
		delete(u.rows, r.id)
	}
}

// settle moves what is left of a unit to the open rows, where rows of other units may be its like.
func (es *entries) settle(u *unit) error {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.open == nil {
		es.open = map[[16]byte]*entry{}
	}
	for id, e := range u.rows {
		o := es.open[id]
		if o == nil {
			es.open[id] = e
			continue
		}
		o.source += e.source
		o.target += e.target
		for i := range 2 {
			o.sourceSum[i] += e.sourceSum[i]
			o.targetSum[i] += e.targetSum[i]
		}
		o.units[1] = e.units[0]
		if o.settled() {
			delete(es.open, id)
		}
	}
	if len(es.open) > openRows {
		return errTooMany
	}
	return nil
}
