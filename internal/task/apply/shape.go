package apply

import (
	"github.com/whimbreldb/whimbrel/internal/change"
)

// shapes sorts the entries of a fold by which columns of their newest state are known. Nearly always all are.
type shapes struct {
	fold *fold
	// masks are the known columns of each shape; nil when every row knows every column.
	masks  []string
	member []int32
}

// shapes looks at some of the entries, whose rows are not None.
func (f *fold) shapes(of func(*entry) bool) shapes {
	s := shapes{fold: f}
	if !anyAbsent(&f.changes.New) {
		return s
	}
	s.member = make([]int32, len(f.entries))
	known := map[string]int32{}
	mask := make([]byte, len(f.table.Columns))
	for i := range f.entries {
		e := &f.entries[i]
		if !of(e) {
			continue
		}
		for c := range mask {
			mask[c] = 0
			if f.holder(c, e.row) != change.None {
				mask[c] = 1
			}
		}
		n, ok := known[string(mask)]
		if !ok {
			n = int32(len(s.masks))
			s.masks = append(s.masks, string(mask))
			known[string(mask)] = n
		}
		s.member[i] = n
	}
	return s
}

func anyAbsent(b *change.Batch) bool {
	for i := range b.Columns {
		if b.Columns[i].HasAbsent() {
			return true
		}
	}
	return false
}

func (s shapes) count() int {
	if s.member == nil {
		return 1
	}
	return len(s.masks)
}

// of is the shape of an entry.
func (s shapes) of(entry int) int {
	if s.member == nil {
		return 0
	}
	return int(s.member[entry])
}

// columns are the known columns of a shape.
func (s shapes) columns(shape int) []int {
	if s.member == nil {
		return s.fold.table.every
	}
	var out []int
	for c, known := range []byte(s.masks[shape]) {
		if known == 1 {
			out = append(out, c)
		}
	}
	return out
}
