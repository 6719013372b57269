package connector

import "sync/atomic"

// Held counts the changes that an end keeps back: a source until their transaction has committed, a target until their file is due.
// Those on disk lie in a file of this machine. It is safe to read at any time; a nil one counts nothing.
type Held struct{ Memory, Disk atomic.Int64 }

// Add counts changes that are kept, or, if the numbers are negative, that are kept no more.
func (h *Held) Add(memory, disk int64) {
	if h == nil {
		return
	}
	h.Memory.Add(memory)
	h.Disk.Add(disk)
}

// Counts are those of now; of a nil one there are none.
func (h *Held) Counts() (memory, disk int64) {
	if h == nil {
		return 0, 0
	}
	return h.Memory.Load(), h.Disk.Load()
}
