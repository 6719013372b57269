package change

import (
	"context"
	"slices"
	"time"
)

// Group is a run of a source's changes in the order of their commits. It holds whole transactions, except that the last
// one may go on in the next group.
//
// A stream fills it: Table lends the place for a table's changes, the caller appends the row to New, Old or both, ends
// it there with EndRow, and declares the change with Add. Commit ends a transaction.
type Group struct {
	// Tables are the changes by table, those with changes alone.
	Tables []*Changes
	// Ends[i] is the number of changes made when transaction i had ended.
	Ends []int32
	// Times[i] is when transaction i was committed, by the source's clock. Next is when the open one is, as far as the source
	// says so before its end; zero when it does not.
	Times []time.Time
	Next  time.Time
	// Places[i] is how the source names transaction i, where that was asked for; Place is how it names the open one.
	Places []string
	Place  string
	// Open says that changes after the last of Ends belong to a transaction that goes on in the next group.
	Open bool
	// Position is the source's position right after the last transaction that ended in the group; empty when none did.
	Position string
	// First and Last are the commit times, by the source's clock, of the first and last transaction in the group.
	First, Last time.Time

	count int
	bytes int
	byNum map[int]*Changes
	spare []*Changes

	maxChanges, maxBytes int
}

// Bounds of one group. It ends at the first end of a transaction that passes either one, and inside of a transaction at
// the double: so only a transaction that is large by itself is ever cut, and every other group can be committed.
const (
	MaxGroupChanges = 1 << 16
	MaxGroupBytes   = 16 << 20
)

// Reset empties the group, keeping its buffers up to the bound of a group.
func (g *Group) Reset() {
	kept := 0
	for _, c := range g.spare {
		kept += c.held()
	}
	for i, c := range g.Tables {
		if n := c.held(); kept+n <= g.maxBytes { // what a huge value has blown up is let go
			g.spare = append(g.spare, c)
			kept += n
		}
		g.Tables[i] = nil
	}
	g.Tables, g.Ends, g.Times, g.Next = g.Tables[:0], g.Ends[:0], g.Times[:0], time.Time{}
	g.Places, g.Place = g.Places[:0], ""
	g.Open, g.Position, g.First, g.Last = false, "", time.Time{}, time.Time{}
	g.count, g.bytes = 0, 0
	clear(g.byNum)
}

// Len is the number of changes.
func (g *Group) Len() int { return g.count }

// Bytes is what the changes take in memory.
func (g *Group) Bytes() int { return g.bytes }

// MaxBytes is the bound of a group between two transactions.
func (g *Group) MaxBytes() int { return g.maxBytes }

// Empty reports whether nothing has happened: no change and no end of a transaction.
func (g *Group) Empty() bool { return g.count == 0 && len(g.Ends) == 0 }

// Full reports whether the group has reached one of its bounds. A stream asks after each change and each commit.
func (g *Group) Full() bool {
	changes, bytes := g.maxChanges, g.maxBytes
	if g.Open {
		bytes *= 2
		if changes > 1 { // a bound of one change means it
			changes *= 2
		}
	}
	return g.count >= changes || g.bytes >= bytes
}

// Table lends the changes of a table, empty ones in the given layouts at the first call.
func (g *Group) Table(number int, layouts []Layout) *Changes {
	if c := g.byNum[number]; c != nil {
		return c
	}
	c := &Changes{}
	if n := len(g.spare); n > 0 {
		c, g.spare = g.spare[n-1], g.spare[:n-1]
	}
	c.Reset(number, layouts)
	if g.byNum == nil {
		g.byNum = map[int]*Changes{}
	}
	g.byNum[number] = c
	g.Tables = append(g.Tables, c)
	return c
}

// Add declares a change of c. after and before say whether it has a row, the last one, in c.New and c.Old. payload is
// what its values take, in bytes.
func (g *Group) Add(c *Changes, op Op, after, before bool, payload int) {
	c.add(op, g.count, after, before)
	g.count++
	g.bytes += payload + 16
	g.Open = true
}

// Truncate takes back the changes after the first n, none of which may belong to a transaction that has ended: the
// source has rolled them back.
func (g *Group) Truncate(n int) {
	for _, c := range g.Tables {
		c.truncate(int32(n))
	}
	g.count = min(g.count, n)
	g.Open = g.count > 0 && (len(g.Ends) == 0 || int(g.Ends[len(g.Ends)-1]) < g.count)
}

// Commit ends a transaction.
func (g *Group) Commit(at time.Time) {
	if len(g.Ends) == 0 {
		g.First = at
	}
	g.Last = at
	g.Ends = append(g.Ends, int32(g.count))
	g.Times = append(g.Times, at)
	g.Open = false
	if g.Place != "" {
		for len(g.Places) < len(g.Ends)-1 {
			g.Places = append(g.Places, "")
		}
		g.Places, g.Place = append(g.Places, g.Place), ""
	}
}

// TransactionOf is the number of the transaction that the change of a place in the group belongs to; the open one follows those that
// have ended.
func (g *Group) TransactionOf(seq int32) int {
	transaction, _ := slices.BinarySearch(g.Ends, seq+1)
	return transaction
}

// PlaceOf is how the source names the transaction of a number; empty where it was not asked.
func (g *Group) PlaceOf(transaction int) string {
	switch {
	case transaction < len(g.Places):
		return g.Places[transaction]
	case transaction == len(g.Ends):
		return g.Place
	default:
		return ""
	}
}

// Committed is when the change of a place in the group was.
func (g *Group) Committed(seq int32) time.Time {
	return g.CommitTime(g.TransactionOf(seq))
}

// CommitTime is when the transaction of a number was committed. For the open one, which follows them, it is the best guess when
// its source does not say: the last commit's, or now.
func (g *Group) CommitTime(transaction int) time.Time {
	switch {
	case transaction < len(g.Times):
		return g.Times[transaction]
	case !g.Next.IsZero():
		return g.Next
	case !g.Last.IsZero():
		return g.Last
	default:
		return time.Now()
	}
}

// GroupPool lends a fixed number of groups. Get waits until one is free, which is how a slow target holds back the
// stream.
type GroupPool struct{ free chan *Group }

// NewGroupPool makes a pool of n groups within the bounds of a group.
func NewGroupPool(n int) *GroupPool { return NewBoundedGroupPool(n, MaxGroupChanges, MaxGroupBytes) }

// NewBoundedGroupPool makes a pool of n groups with narrower bounds.
func NewBoundedGroupPool(n, maxChanges, maxBytes int) *GroupPool {
	p := &GroupPool{free: make(chan *Group, n)}
	for range n {
		p.free <- &Group{maxChanges: min(maxChanges, MaxGroupChanges), maxBytes: min(maxBytes, MaxGroupBytes)}
	}
	return p
}

// Get borrows an empty group.
func (p *GroupPool) Get(ctx context.Context) (*Group, error) {
	select {
	case g := <-p.free:
		return g, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Put gives a group back. It is emptied at once: a group that waits holds nothing large.
func (p *GroupPool) Put(g *Group) {
	g.Reset()
	p.free <- g
}
