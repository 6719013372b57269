package apply

import (
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Work is a group on its way into the target. It reuses its memory: see Reset.
type Work struct {
	Group *change.Group
	// Tables[i] is the table of Group.Tables[i]; nil when its changes are to be left out.
	Tables []*Table
	// Rejects are changes that the transformation could not take.
	Rejects []Rejected

	fold  *fold
	sets  sets
	came  []opCounts // as the source made them
	tally []opCounts // without those that are rejected
	// inOrder says that the changes must be made one by one, because a set cannot say what they do.
	inOrder bool
	// AsTheyCame says that the target takes the changes themselves, so that nobody asks what they come to.
	AsTheyCame bool
}

// Rejected is a change that was taken out, or changed, before it reached the target.
type Rejected struct {
	Table  *Table
	Verb   string // what the change was
	Reject change.Reject
}

// Reject notes what the transformation says of a change of Group.Tables[i].
func (w *Work) Reject(i int, op change.Op, r change.Reject) {
	w.Rejects = append(w.Rejects, Rejected{w.Tables[i], op.String(), r})
	if !r.Kept {
		w.tally[i][op]--
	}
}

// NewWork makes an empty work.
func NewWork() *Work { return &Work{fold: newFold()} }

// Reset takes up a group. tables finds the table of a number; nil leaves its changes out.
func (w *Work) Reset(g *change.Group, table func(number int) *Table) {
	w.Group, w.inOrder = g, false
	w.Tables, w.Rejects, w.tally = w.Tables[:0], w.Rejects[:0], w.tally[:0]
	w.came = w.came[:0]
	w.sets.reset()
	for _, c := range g.Tables {
		t := table(c.Table)
		if t != nil && t.Suspended() != "" {
			t = nil
		}
		n := countOps(c)
		w.Tables = append(w.Tables, t)
		w.came, w.tally = append(w.came, n), append(w.tally, n)
		if t != nil {
			t.Stats.capture(n)
		}
	}
}

// Done takes the group, which is applied, from the work, and lets go of what a huge value has blown up.
func (w *Work) Done() *change.Group {
	g := w.Group
	w.Group = nil
	w.sets.reset()
	w.sets.letGo(g.MaxBytes())
	return g
}

// Fold works out what the group comes to. It is called once the rows are those of the target.
func (w *Work) Fold() {
	if w.AsTheyCame {
		return
	}
	for i, c := range w.Group.Tables {
		if w.Tables[i] == nil || c.Len() == 0 {
			continue
		}
		if err := w.sets.effect(w.fold, w.Tables[i], c); err != nil {
			w.inOrder = true
			return
		}
	}
}

// Changes is the number of changes that are to be made.
func (w *Work) Changes() int {
	n := 0
	for i, c := range w.Group.Tables {
		if w.Tables[i] != nil {
			n += c.Len()
		}
	}
	return n
}
