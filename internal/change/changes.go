package change

// Op is what a change does to a row.
type Op uint8

// The operations.
const (
	Insert Op = iota
	Update
	Delete
)

var opNames = [...]string{"INSERT", "UPDATE", "DELETE"}

// String returns the SQL verb.
func (o Op) String() string { return opNames[o] }

// None says in Changes.After and Changes.Before that a change has no such row.
const None = -1

// Changes are the changes of one table, in the order in which they were made, their rows held by column.
type Changes struct {
	// Table is the number under which the table is followed.
	Table int
	Ops   []Op
	// Seq[i] is the place of change i among all changes of its Group, counted from 0: it orders tables among each other.
	Seq []int32
	// After[i] is the row of New that holds change i's row as it is now; None for a delete, unless the row stays, marked. Values that an update left
	// as they were and the source did not send are absent.
	After []int32
	// Before[i] is the row of Old that says which row is changed, as far as the source tells: its key, or all of it;
	// what it does not tell is absent. None for an insert, and for an update that left the key as it was.
	Before []int32
	// New and Old have the same columns in the same layouts.
	New, Old Batch
}

// Len is the number of changes.
func (c *Changes) Len() int { return len(c.Ops) }

// Reset empties the changes and gives both batches one column per layout, keeping all buffers.
func (c *Changes) Reset(table int, layouts []Layout) {
	c.Table = table
	c.Ops, c.Seq, c.After, c.Before = c.Ops[:0], c.Seq[:0], c.After[:0], c.Before[:0]
	c.New.Reset(layouts)
	c.Old.Reset(layouts)
}

// Size is the number of bytes the changes take in memory.
func (c *Changes) Size() int { return c.New.Size() + c.Old.Size() + 13*len(c.Ops) }

// held is the number of bytes that the buffers of the changes hold on to, however much of them is in use.
func (c *Changes) held() int { return c.New.Held() + c.Old.Held() }

// add appends a change whose rows, as far as it has any, are the last ones of New and Old.
func (c *Changes) add(op Op, seq int, after, before bool) {
	c.Ops = append(c.Ops, op)
	c.Seq = append(c.Seq, int32(seq))
	c.After = append(c.After, lastRow(&c.New, after))
	c.Before = append(c.Before, lastRow(&c.Old, before))
}

// truncate takes back the changes from the n-th of the group on.
func (c *Changes) truncate(n int32) {
	kept := len(c.Seq)
	for kept > 0 && c.Seq[kept-1] >= n {
		kept--
	}
	newRows, oldRows := int32(0), int32(0)
	for i := range kept {
		newRows, oldRows = max(newRows, c.After[i]+1), max(oldRows, c.Before[i]+1)
	}
	c.Ops, c.Seq, c.After, c.Before = c.Ops[:kept], c.Seq[:kept], c.After[:kept], c.Before[:kept]
	c.New.truncate(int(newRows))
	c.Old.truncate(int(oldRows))
}

func lastRow(b *Batch, has bool) int32 {
	if !has {
		return None
	}
	return int32(b.Rows() - 1)
}

// Keep keeps the changes for which f holds; f is asked for each once, in order. Their rows stay where they are.
func (c *Changes) Keep(f func(i int) bool) {
	n := 0
	for i := range c.Ops {
		if !f(i) {
			continue
		}
		c.Ops[n], c.Seq[n], c.After[n], c.Before[n] = c.Ops[i], c.Seq[i], c.After[i], c.Before[i]
		n++
	}
	c.Ops, c.Seq, c.After, c.Before = c.Ops[:n], c.Seq[:n], c.After[:n], c.Before[:n]
}
