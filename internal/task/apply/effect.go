package apply

import (
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// effect makes the sets that bring about what the changes of one table come to. It returns an error when a change does not
// say which row it concerns.
func (s *sets) effect(f *fold, t *Table, c *change.Changes) error {
	if len(t.Key) == 0 {
		return s.keyless(t, c)
	}
	f.begin(t, c)
	for i := range c.Len() {
		if f.add(i) {
			continue
		}
		s.flush(f)
		if err := s.single(t, c, i); err != nil {
			return err
		}
		f.begin(t, c)
	}
	s.flush(f)
	return nil
}

// flush makes the sets of what has been folded. Rows that are gone go first: others may come in under their unique values.
func (s *sets) flush(f *fold) {
	s.deletes(f)
	s.updates(f)
	s.inserts(f)
}

// keyless keeps the order of changes and gathers inserts alone.
func (s *sets) keyless(t *Table, c *change.Changes) error {
	var open *connector.RowSet
	end := func() {
		if open != nil {
			s.add(t, *open)
			open = nil
		}
	}
	for i := range c.Len() {
		if c.Ops[i] != change.Insert {
			end()
			if err := s.single(t, c, i); err != nil {
				return err
			}
			continue
		}
		if !whole(place{&c.New, c.After[i]}) {
			end()
			s.add(t, s.insertion(t, &c.New, c.After[i]))
			continue
		}
		if open == nil {
			open = &connector.RowSet{Op: change.Insert, Table: t.Target, Columns: t.Columns, Rows: s.batch(t.Columns)}
		}
		copyRow(open.Rows, &c.New, int(c.After[i]), t.every)
	}
	end()
	return nil
}
