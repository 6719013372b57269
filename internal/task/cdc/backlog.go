package cdc

import (
	"slices"
	"sync"
)

// backlog is what is read and not yet committed on the target: when the source has committed the oldest change of each group, by the
// source's clock, in Unix nanoseconds; 0 is a group without a time.
type backlog struct {
	mu sync.Mutex
	// read are the groups that are prepared and not yet written, in order. There are at most as many as go round.
	read []int64
	// written is the oldest of the open transaction on the target, 0 when none is in it.
	written int64
	// held is the oldest of the commits that the target keeps back (connector.Holder), 0 when it keeps none.
	held int64
	// left is from when on nobody knows what is still to come: the oldest change that was lost with a connection and comes again, or
	// the last moment at which nothing waited. 0: all is known.
	left int64
}

// add takes a group that has been read.
func (b *backlog) add(oldest int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read = append(b.read, oldest)
}

// wrote says that the first group of those read is in the target's transaction; not open says that it had nothing to write.
func (b *backlog) wrote(open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.read) == 0 {
		return
	}
	if open {
		b.written = earliest(b.written, b.read[0])
	}
	b.read = slices.Delete(b.read, 0, 1)
}

// commit says that what was written is committed; held says that the target keeps it back, so that nobody sees it yet. What was left came
// before it: the source sends everything in order.
func (b *backlog) commit(held bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.written != 0 {
		b.left = 0
	}
	b.held = earliest(b.held, b.written)
	if !held {
		b.held = 0
	}
	b.written = 0
}

// release says that the target keeps nothing back any more.
func (b *backlog) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = 0
}

// settle says that the source has been read beyond everything that was left.
func (b *backlog) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = 0
}

// lose says that the ends are gone, and with them what was not committed. Without anything of that kind, nobody knows of what the
// source has committed since the moment known.
func (b *backlog) lose(known int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := b.first(); left != 0 {
		known = left
	}
	b.read, b.written, b.held, b.left = nil, 0, 0, known
}

// oldest is when the source has committed the oldest change that is not committed on the target, 0 when there is none.
func (b *backlog) oldest() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.first()
}

func (b *backlog) first() int64 {
	return earliest(append([]int64{b.left, b.held, b.written}, b.read...)...)
}

// earliest is the least of times, but for those that are none.
func earliest(times ...int64) (first int64) {
	for _, t := range times {
		if t != 0 && (first == 0 || t < first) {
			first = t
		}
	}
	return first
}
