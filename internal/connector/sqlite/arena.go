package sqlite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// arena holds the values of one batch in SQLite's own memory, where they can be bound without a copy for each: first a
// scratch space for every column, then the Data of the vectors one after another.
type arena struct {
	tls  *libc.TLS
	p    uintptr
	size int
	room int // of the scratch spaces
}

// scratchSize holds the longest text that is made of a number or a time.
const scratchSize = 64

// reserve sets the scratch spaces up.
func (a *arena) reserve(n int) error {
	a.room = n
	return a.grow(n)
}

// grow makes room for n bytes and forgets what was there. Scratch spaces move: the columns must fetch them again.
func (a *arena) grow(n int) error {
	if n <= a.size {
		return nil
	}
	a.free()
	if a.p = libc.Xmalloc(a.tls, libc.Tsize_t(n)); a.p == 0 {
		return errors.New("no memory left for a batch of rows")
	}
	a.size = n
	return nil
}

func (a *arena) free() {
	if a.p != 0 {
		libc.Xfree(a.tls, a.p)
		a.p, a.size = 0, 0
	}
}

// scratch is the space of column i.
func (a *arena) scratch(i int) []byte {
	return view(a.p+uintptr(i*scratchSize), scratchSize)[:0]
}

// stage copies the values of a batch into the arena and tells the columns where theirs are. A batch of huge values is
// left in place: Go's collector does not move what is on the heap, and the caller keeps the batch alive.
func (a *arena) stage(b *change.Batch, columns []column) error {
	total := 0
	for i := range columns {
		total += len(b.Columns[i].Data)
	}
	inPlace := total > stageLimit
	if inPlace {
		total = 0
	}
	if err := a.grow(a.room + total + 1); err != nil { // one more byte, so that an empty value at the end has an address
		return err
	}
	at := a.p + uintptr(a.room)
	for i := range columns {
		data := b.Columns[i].Data
		columns[i].scratch = a.scratch(i)
		columns[i].base = at
		switch {
		case len(data) == 0:
		case inPlace:
			columns[i].base = uintptr(unsafe.Pointer(unsafe.SliceData(data)))
		default:
			copy(view(at, len(data)), data)
			at += uintptr(len(data))
		}
	}
	return nil
}
