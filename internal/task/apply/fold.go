package apply

import (
	"hash/maphash"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// entry is what becomes of one row in a group.
type entry struct {
	hash uint64
	key  place
	// row is the newest row of New; what is absent in it may be found by following fold.prev.
	row int32
	was bool // the row was there before the group
	is  bool // and is afterwards
}

// fold gathers the net effect of changes to one table by key. It reuses its memory.
type fold struct {
	seed    maphash.Seed
	table   *Table
	changes *change.Changes
	entries []entry
	slots   []int32 // open addressing: number of an entry + 1
	// prev[r] is the row of New whose values stand where row r is absent.
	prev []int32
}

func newFold() *fold { return &fold{seed: maphash.MakeSeed()} }

// begin starts on the changes of a table, or goes on behind a change that could not be folded.
func (f *fold) begin(t *Table, c *change.Changes) {
	f.table, f.changes = t, c
	f.entries = f.entries[:0]
	size := 16
	for size < 2*c.Len() {
		size *= 2
	}
	if len(f.slots) < size || len(f.slots) > 8*size {
		f.slots = make([]int32, size)
	} else {
		clear(f.slots)
	}
	if c.New.Rows() > cap(f.prev) {
		f.prev = make([]int32, c.New.Rows())
	}
	f.prev = f.prev[:c.New.Rows()]
}

// find returns the entry of a key, made anew if need be, with what it was before: was and is are meant for a new one.
func (f *fold) find(key place, exists bool) *entry {
	h := keyHash(f.seed, key, f.table.Key)
	mask := uint64(len(f.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		n := f.slots[i]
		if n == 0 {
			f.entries = append(f.entries, entry{hash: h, key: key, row: change.None, was: exists, is: exists})
			f.slots[i] = int32(len(f.entries))
			return &f.entries[len(f.entries)-1]
		}
		if e := &f.entries[n-1]; e.hash == h && sameKey(e.key, key, f.table.Key) {
			return e
		}
	}
}

func (f *fold) newRow(row int32) place { return place{&f.changes.New, row} }
func (f *fold) oldRow(row int32) place { return place{&f.changes.Old, row} }

// add folds change i. It returns false when the change cannot be folded: an update that moves a row to another key
// without telling all its values, or a change that does not tell the whole key.
func (f *fold) add(i int) bool {
	c := f.changes
	after, before := c.After[i], c.Before[i]
	switch c.Ops[i] {
	case change.Insert:
		e := f.find(f.newRow(after), false)
		if e.was && !whole(f.newRow(after)) { // what it does not tell is not what the row before it had
			return false
		}
		f.put(e, after, change.None)
	case change.Delete:
		if after != change.None {
			return f.update(before, after)
		}
		if !knows(f.oldRow(before), f.table.Key) {
			return false
		}
		f.remove(f.find(f.oldRow(before), true))
	case change.Update:
		return f.update(before, after)
	}
	return true
}

func (f *fold) update(before, after int32) bool {
	key := f.table.Key
	switch {
	case !knows(f.newRow(after), key), before != change.None && !knows(f.oldRow(before), key):
		return false
	case before != change.None && !sameKey(f.oldRow(before), f.newRow(after), key):
		return f.move(before, after)
	}
	e := f.find(f.newRow(after), true)
	f.put(e, after, e.row)
	return true
}

// move folds a change of key: the row leaves its old key and comes in under the new one.
func (f *fold) move(before, after int32) bool {
	old := f.find(f.oldRow(before), true)
	from := old.row
	if !whole(f.newRow(after)) && (from == change.None || !f.wholeChain(from)) {
		return false
	}
	f.remove(old)
	f.put(f.find(f.newRow(after), false), after, from)
	return true
}

func (f *fold) wholeChain(row int32) bool {
	for c := range f.changes.New.Columns {
		if f.holder(c, row) == change.None {
			return false
		}
	}
	return true
}

func (f *fold) put(e *entry, row, prev int32) {
	f.prev[row] = prev
	e.row, e.is = row, true
}

func (f *fold) remove(e *entry) {
	e.row, e.is = change.None, false
}

// holder is the row of New that holds the newest value of a column, None when no row in the group has it.
func (f *fold) holder(column int, row int32) int32 {
	v := &f.changes.New.Columns[column]
	for row != change.None && v.IsAbsent(int(row)) {
		row = f.prev[row]
	}
	return row
}
