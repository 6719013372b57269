package apply

import (
	"hash/maphash"
	"slices"

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
	// others are rows of New that have the key besides, until the source's statement or transaction ends: see Table.Twice.
	others []int32
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
		e := f.find(f.oldRow(before), true)
		f.leave(e, f.meant(e, before))
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
	which := f.meant(e, before)
	from := e.at(which)
	f.leave(e, which)
	f.put(e, after, from)
	return true
}

// move folds a change of key: the row leaves its old key and comes in under the new one.
func (f *fold) move(before, after int32) bool {
	old := f.find(f.oldRow(before), true)
	which := f.meant(old, before)
	from := old.at(which)
	if !whole(f.newRow(after)) && (from == change.None || !f.wholeChain(from)) {
		return false
	}
	f.leave(old, which)
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
	if f.table.Twice && e.is && e.row != change.None {
		e.others = append(e.others, e.row)
	}
	f.prev[row] = prev
	e.row, e.is = row, true
}

// The rows of an entry that a change may be about: the newest, the one that was there before the group, or (from 0 on) one of others.
const (
	newest  = -1
	stander = -2
)

// meant tells which row of an entry a change is about that was as Old says. Nearly always there is one.
func (f *fold) meant(e *entry, before int32) int {
	if !f.table.Twice || before == change.None || !e.is || e.row == change.None || f.looks(before, e.row) {
		return newest
	}
	for i, row := range e.others {
		if f.looks(before, row) {
			return i
		}
	}
	return stander
}

// looks reports whether a row is as Old says, as far as both are known.
func (f *fold) looks(before, row int32) bool {
	for c := range f.changes.New.Columns {
		v, holder := &f.changes.Old.Columns[c], f.holder(c, row)
		if holder == change.None || v.IsAbsent(int(before)) {
			continue
		}
		if !sameValue(v, int(before), &f.changes.New.Columns[c], int(holder)) {
			return false
		}
	}
	return true
}

// at is a row of an entry.
func (e *entry) at(which int) int32 {
	switch which {
	case newest:
		return e.row
	case stander:
		return change.None
	default:
		return e.others[which]
	}
}

// leave takes a row out of an entry.
func (f *fold) leave(e *entry, which int) {
	switch n := len(e.others); {
	case which == stander:
		e.was = true
	case which >= 0:
		e.others = slices.Delete(e.others, which, which+1)
	case n > 0:
		e.row, e.others = e.others[n-1], e.others[:n-1]
	default:
		e.row, e.is = change.None, false
	}
}

// anew reports whether a row that was there is taken out and put in again: where nobody can say whether it had been selected before, or
// whether another one has its unique values until its own turn comes.
func (f *fold) anew(e *entry) bool { return (f.table.Partial || f.table.Swaps) && f.holdsWhole(e) }

// holder is the row of New that holds the newest value of a column, None when no row in the group has it.
func (f *fold) holder(column int, row int32) int32 {
	v := &f.changes.New.Columns[column]
	for row != change.None && v.IsAbsent(int(row)) {
		row = f.prev[row]
	}
	return row
}
