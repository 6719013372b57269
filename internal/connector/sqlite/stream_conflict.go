package sqlite

import (
	"encoding/binary"
	"math"
	"slices"
)

// conflicts are the rows that were in the way of others when these were inserted or updated, and that REPLACE may have
// deleted without a trigger to log it. The log says which they were before each such statement, whatever it was: INSERT
// OR REPLACE, OR IGNORE, ON CONFLICT DO UPDATE. Whether they are gone shows when the other row comes to be, with just the
// values that were in conflict: then they must be. When they were deleted or changed by a logged statement in between, they
// are no longer of interest. They are forgotten at the end of the transaction.
type conflicts struct {
	byRow map[string]*conflict   // by table and identity
	byNew map[string][]*conflict // by table and the values of the row to come
	buf   []byte
}

type conflict struct {
	seq      int64
	row, new string
	unique   int
	own      string // its values of the unique key
}

// maxConflicts bounds the memory. The row to come follows its conflicts at once, but for what triggers do.
const maxConflicts = 1 << 14

func (cs *conflicts) any() bool { return len(cs.byRow) > 0 }

func (cs *conflicts) reset() {
	if cs.any() {
		clear(cs.byRow)
		clear(cs.byNew)
	}
}

// forget forgets what was logged up to a place: what is behind it may be in the way of the same row to come.
func (cs *conflicts) forget(upTo int64) {
	for row, c := range cs.byRow {
		if c.seq <= upTo {
			cs.drop(row)
		}
	}
}

// add notes a row of the log that is a conflict: the whole row in the way, the number of the unique key, and the values in
// it of the row to come.
func (cs *conflicts) add(s *stmt, p *rowPlan, seq int64) {
	if cs.byRow == nil {
		cs.byRow, cs.byNew = map[string]*conflict{}, map[string][]*conflict{}
	}
	if len(cs.byRow) >= maxConflicts {
		cs.forget(seq - int64(len(p.version.Uniques)))
	}
	n := len(p.version.Table.Columns)
	c := &conflict{seq: seq, unique: int(s.int(logHead + n))}
	places := p.version.Uniques[c.unique]
	c.row = cs.rowKey(s, p, logHead)
	c.own = string(cs.values(s, p, c.unique, places, logHead))
	given := make([]int, len(places))
	for i := range given {
		given[i] = n + 1 + i
	}
	c.new = string(cs.values(s, p, c.unique, given, logHead))
	cs.drop(c.row)
	cs.byRow[c.row] = c
	cs.byNew[c.new] = append(cs.byNew[c.new], c)
}

// drop forgets a row.
func (cs *conflicts) drop(row string) {
	c := cs.byRow[row]
	if c == nil {
		return
	}
	delete(cs.byRow, row)
	left := slices.DeleteFunc(cs.byNew[c.new], func(o *conflict) bool { return o == c })
	if len(left) == 0 {
		delete(cs.byNew, c.new)
	} else {
		cs.byNew[c.new] = left
	}
}

// settle takes a change of the log and returns the places in the log of the rows that it proves to have been replaced.
func (cs *conflicts) settle(s *stmt, p *rowPlan, op logOp) (replaced []int64) {
	n := len(p.version.Table.Columns)
	self := ""
	switch op {
	case opDelete, opDeleteAll:
		cs.drop(cs.rowKey(s, p, logHead))
		return nil
	case opUpdate:
		self = cs.rowKey(s, p, logHead)
		cs.updated(s, p, self)
	case opMove:
		cs.drop(string(cs.identity(s, p, keyPlaces(n, len(p.identity)))))
	case opMoveWhole:
		cs.drop(cs.rowKey(s, p, logHead+n))
	}
	for j, places := range p.version.Uniques {
		for _, c := range slices.Clone(cs.byNew[string(cs.values(s, p, j, places, logHead))]) {
			if c.row != self {
				replaced = append(replaced, c.seq)
				cs.drop(c.row)
			}
		}
	}
	slices.Sort(replaced)
	return replaced
}

// updated forgets a row in the way that has been updated, unless it still is in the way.
func (cs *conflicts) updated(s *stmt, p *rowPlan, row string) {
	if c := cs.byRow[row]; c != nil && string(cs.values(s, p, c.unique, p.version.Uniques[c.unique], logHead)) != c.own {
		cs.drop(row)
	}
}

func keyPlaces(n, length int) []int {
	places := make([]int, length)
	for i := range places {
		places[i] = n + i
	}
	return places
}

// rowKey names a row whose columns begin at one of the statement.
func (cs *conflicts) rowKey(s *stmt, p *rowPlan, from int) string {
	places := make([]int, len(p.identity))
	for i, k := range p.identity {
		places[i] = from - logHead + k
	}
	return string(cs.identity(s, p, places))
}

func (cs *conflicts) identity(s *stmt, p *rowPlan, places []int) []byte {
	return cs.values(s, p, -1, places, logHead)
}

// values writes the table, the number of a key and the values at the places.
func (cs *conflicts) values(s *stmt, p *rowPlan, key int, places []int, from int) []byte {
	b := binary.BigEndian.AppendUint64(cs.buf[:0], uint64(p.version.lineage))
	b = binary.BigEndian.AppendUint32(b, uint32(key))
	for _, place := range places {
		b = appendNative(b, s, from+place)
	}
	cs.buf = b
	return b
}

// appendNative writes a value so that it cannot be taken for another one, nor two of them for one.
func appendNative(b []byte, s *stmt, i int) []byte {
	switch class := s.class(i); class {
	case classNull:
		return append(b, 0)
	case classInteger:
		return binary.BigEndian.AppendUint64(append(b, tagInteger), uint64(s.int(i)))
	case classReal:
		return binary.BigEndian.AppendUint64(append(b, tagReal), math.Float64bits(s.real(i)))
	default:
		tag, text := byte(tagBlob), s.blob(i)
		if class == classText {
			tag, text = tagText, s.textBytes(i)
		}
		b = binary.BigEndian.AppendUint64(append(b, tag), uint64(len(text)))
		return append(b, text...)
	}
}
