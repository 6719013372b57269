package task

import "github.com/whimbreldb/whimbrel/internal/catalog"

// inOrder puts tables after those that they need: parents of partitions and of inheritance, and tables whose row type
// a column has.
func inOrder(tables []*Segmented) []*Segmented {
	byName := map[catalog.Name]*Segmented{}
	for _, s := range tables {
		byName[s.Target.Name] = s
	}
	out := make([]*Segmented, 0, len(tables))
	placed := map[*Segmented]bool{}
	var place func(s *Segmented)
	place = func(s *Segmented) {
		if placed[s] {
			return
		}
		placed[s] = true // before its needs, so that a circle ends
		for _, n := range needs(s.Target) {
			if needed := byName[n]; needed != nil {
				place(needed)
			}
		}
		out = append(out, s)
	}
	for _, s := range tables {
		place(s)
	}
	return out
}

func needs(t *catalog.Table) []catalog.Name {
	all := append(append([]catalog.Name{}, t.Needs...), t.Inherits...)
	if t.PartitionOf != nil {
		all = append(all, *t.PartitionOf)
	}
	return all
}

// markNeeded marks the tables that others cannot be made before.
func markNeeded(tables []*TablePlan) {
	needed := map[catalog.Name]bool{}
	for _, t := range tables {
		for _, n := range needs(t.Target) {
			needed[n] = true
		}
	}
	for _, t := range tables {
		t.Needed = needed[t.Target.Name]
	}
}
