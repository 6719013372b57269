package edge

import "sync"

// maxKept bounds the buffers that are kept: an answer of megabytes is too rare for its memory to wait for the next one.
const maxKept = 1 << 20

// buffers are those that answers are written in, used again and again. A page of 100 records is a hundred kilobytes: to make each
// in memory of its own costs more than to write it.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return kept
	}
	return new(make([]byte, 0, 1024))
}

func (b *buffers) put(used *[]byte) {
	if cap(*used) <= maxKept {
		*used = (*used)[:0]
		b.pool.Put(used)
	}
}
