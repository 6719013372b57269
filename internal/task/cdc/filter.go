package cdc

import (
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// keepMatching applies the source filters of a table mapping to changes: in a full load the source does it. It leaves out the
// changes of rows that are not selected. An update that takes a row out of the selection becomes a delete.
func (t *Table) keepMatching(c *change.Changes) {
	c.Keep(func(i int) bool {
		row := c.After[i]
		if row == change.None {
			return true // a delete, of a row that may be there
		}
		if t.filter.Match(&c.New, int(row)) != connector.Fails {
			return true
		}
		if c.Ops[i] == change.Insert {
			return false
		}
		c.Ops[i] = change.Delete
		c.After[i] = change.None
		if c.Before[i] == change.None {
			c.Before[i] = t.keyAsOld(c, int(row))
		}
		return true
	})
}

// keyAsOld makes a row of Old from the key of a row of New.
func (t *Table) keyAsOld(c *change.Changes, row int) int32 {
	key := map[int]bool{}
	for _, k := range t.Key {
		for _, s := range t.sources[k] {
			key[s] = true
		}
	}
	for i := range c.Old.Columns {
		if key[i] {
			c.Old.Columns[i].AppendFrom(&c.New.Columns[i], row)
		} else {
			c.Old.Columns[i].AppendAbsent()
		}
	}
	c.Old.EndRow()
	return int32(c.Old.Rows() - 1)
}
