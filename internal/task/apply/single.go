package apply

import (
	"errors"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// errUnidentified is the reason of a change that cannot be carried out because the source does not say which row it concerns.
var errUnidentified = errors.New("the source does not say which row the change concerns: its table has neither a primary key nor a replica identity")

// single makes the set of one change, as the source made it.
func (s *sets) single(t *Table, c *change.Changes, i int) error {
	after, before := c.After[i], c.Before[i]
	switch c.Ops[i] {
	case change.Insert:
		s.clear(t, place{&c.New, after})
		s.add(t, s.insertion(t, &c.New, after))
		return nil
	case change.Delete:
		if after != change.None {
			return s.singleUpdate(t, c, after, before)
		}
		set := connector.RowSet{Op: change.Delete, Table: t.Target}
		if err := s.identify(&set, t, place{&c.Old, before}); err != nil {
			return err
		}
		s.add(t, set)
		return nil
	default:
		return s.singleUpdate(t, c, after, before)
	}
}

// clear makes room for a row where rows stay that are deleted.
func (s *sets) clear(t *Table, row place) {
	if !t.Keeps || !knows(row, t.Key) {
		return
	}
	set := connector.RowSet{Op: change.Delete, Table: t.Target, OldColumns: t.pick(t.Key), Key: seq(len(t.Key)), Unique: true}
	set.Old = s.batch(set.OldColumns)
	copyRow(set.Old, row.batch, int(row.row), t.Key)
	s.add(t, set)
}

// insertion is the set of one new row, with the columns that it tells.
func (s *sets) insertion(t *Table, rows *change.Batch, row int32) connector.RowSet {
	columns := t.every
	if p := (place{rows, row}); !whole(p) {
		columns = known(p)
	}
	picked := t.pick(columns)
	set := connector.RowSet{Op: change.Insert, Table: t.Target, Columns: picked, Key: t.keyIn(columns), Unique: len(t.Key) > 0, Rows: s.batch(picked)}
	copyRow(set.Rows, rows, int(row), columns)
	return set
}

func (s *sets) singleUpdate(t *Table, c *change.Changes, after, before int32) error {
	row := place{&c.New, after}
	columns := known(row)
	set := connector.RowSet{Op: change.Update, Table: t.Target, Columns: t.pick(columns)}
	if before != change.None {
		old := place{&c.Old, before}
		if knows(old, t.Key) && knows(row, t.Key) && !sameKey(old, row, t.Key) {
			s.clear(t, row)
		}
		if err := s.identify(&set, t, old); err != nil {
			return err
		}
	} else {
		if len(t.Key) == 0 || !knows(row, t.Key) {
			return errUnidentified
		}
		if set.Key, set.Unique = t.keyIn(columns), true; len(columns) == len(t.Key) {
			return nil // nothing to set
		}
	}
	set.Rows = s.batch(set.Columns)
	copyRow(set.Rows, &c.New, int(after), columns)
	s.add(t, set)
	return nil
}

// identify says by Old which row a set concerns: by the key when there is one, else by all that is known.
func (s *sets) identify(set *connector.RowSet, t *Table, old place) error {
	columns := t.Key
	set.Unique = len(columns) > 0 && knows(old, columns) && !(t.Twice && whole(old))
	if !set.Unique {
		columns = known(old)
	}
	if len(columns) == 0 {
		return errUnidentified
	}
	set.OldColumns, set.Key = t.pick(columns), seq(len(columns))
	set.Old = s.batch(set.OldColumns)
	copyRow(set.Old, old.batch, int(old.row), columns)
	return nil
}

// known are the columns of a row that are not absent.
func known(p place) []int {
	var out []int
	for c := range p.batch.Columns {
		if !p.batch.Columns[c].IsAbsent(int(p.row)) {
			out = append(out, c)
		}
	}
	return out
}
