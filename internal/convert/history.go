package convert

// historian is a dialect whose server can be given the earlier rows of tables.
type historian interface{ KeepsHistories() bool }

// carriesHistory reports whether a table's earlier rows go along: nothing is made of the rows or chosen among them that was not made of them
// or chosen when they were current.
func (c *converter) carriesHistory(t *planned) bool {
	h, ok := c.in.To.Names.(historian)
	if !ok || !h.KeepsHistories() || !c.like || len(t.Plan.Source.History) == 0 || !t.Plan.Untouched() || len(t.Plan.Where) > 0 || c.in.Options.DMS {
		return false
	}
	for _, b := range t.Plan.Source.History {
		if t.Plan.Source.Column(b.Name) == nil {
			continue // a column that the server has not been told of
		}
		if name, there := t.Plan.TargetColumn(b.Name); !there || name != b.Name {
			return false
		}
	}
	return true
}
