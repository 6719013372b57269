package mapping

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// choice is a table or view that the selection rules choose.
type choice struct {
	table *catalog.Table
	view  *catalog.View
	// top is the name that rules about columns and loading look at: of a partition that comes along with its root,
	// the root's.
	top       catalog.Name
	loadOrder int
	filters   []*Selection // the rules whose filters apply
}

// verdict is what the selection rules say of one name.
type verdict struct {
	table    *catalog.Table
	included bool
	excluded *Selection // the rule that excludes it
	order    *Selection // the rule whose load order applies
	filter   *Selection // the rule whose filters apply
}

func (v *verdict) chosen() bool { return v.included && v.excluded == nil }

// choose applies the selection rules to all tables and views.
func (p *planner) choose() []*choice {
	verdicts := map[catalog.Name]*verdict{}
	for _, schema := range p.source.Schemas {
		for _, t := range schema.Tables {
			v := p.judge(t.Name, false)
			v.table = t
			verdicts[t.Name] = v
		}
	}
	var out []*choice
	for _, schema := range p.source.Schemas {
		for _, t := range schema.Tables {
			if c := p.chooseTable(t, verdicts); c != nil {
				out = append(out, c)
			}
		}
		for _, v := range schema.Views {
			if judged := p.judge(v.Name, true); judged.chosen() {
				table := &catalog.Table{Name: v.Name, Columns: v.Columns, Comment: v.Comment, Rows: v.Rows, Bytes: v.Bytes}
				out = append(out, &choice{table: table, view: v, top: v.Name, loadOrder: judged.loadOrder(), filters: judged.filters()})
			}
		}
	}
	return out
}

// judge applies the selection rules to one name: an exclude rule wins whatever its rule-id; of the others the one
// with the smallest rule-id gives the load order.
func (p *planner) judge(n catalog.Name, view bool) *verdict {
	v := &verdict{}
	if isOwn(n.Name) {
		return v
	}
	for _, rules := range [][]*Selection{p.named[n], p.patterned} {
		for _, s := range rules {
			if s.matches(n, view) {
				p.matched[s.ID] = true
				v.add(s)
			}
		}
	}
	return v
}

// add lets a rule have its say.
func (v *verdict) add(s *Selection) {
	if s.Action == exclude {
		v.excluded = s
		return
	}
	v.included = true
	if s.LoadOrder != 0 && (v.order == nil || s.ID < v.order.ID) {
		v.order = s
	}
	if len(s.Filters) > 0 {
		v.filter = s
	}
}

func (v *verdict) loadOrder() int {
	if v.order == nil {
		return 0
	}
	return v.order.LoadOrder
}

func (v *verdict) filters() []*Selection {
	if v.filter == nil {
		return nil
	}
	return []*Selection{v.filter}
}

// chooseTable decides about a table by its own verdict and, for a partition, by those of the tables it is a part of:
// excluding a table excludes its partitions, choosing it brings them along. A partition chosen without its root is a
// table of its own.
func (p *planner) chooseTable(t *catalog.Table, verdicts map[catalog.Name]*verdict) *choice {
	own := verdicts[t.Name]
	chain := []*verdict{own}
	for up := t.PartitionOf; up != nil && verdicts[*up] != nil && len(chain) <= len(verdicts); up = verdicts[*up].table.PartitionOf {
		chain = append(chain, verdicts[*up])
	}
	top := -1
	var barred *Selection
	for i, v := range chain {
		if v.excluded != nil {
			barred = v.excluded
		}
		if v.included {
			top = i
		}
	}
	switch {
	case top < 0:
		return nil
	case barred != nil:
		p.checkLeftOut(t, chain)
		return nil
	case top == 0:
		return &choice{table: alone(t), top: t.Name, loadOrder: own.loadOrder(), filters: own.filters()}
	case p.options.folds(chain[top].table.Name):
		return nil
	}
	root := chain[top]
	c := &choice{table: t, top: root.table.Name, loadOrder: root.loadOrder(), filters: root.filters()}
	if own.filter != nil && own.filter != root.filter {
		c.filters = append(c.filters, own.filter)
	}
	return c
}

// alone makes a partition a table of its own.
func alone(t *catalog.Table) *catalog.Table {
	if t.PartitionOf == nil {
		return t
	}
	plain := *t
	plain.PartitionOf, plain.Bound = nil, ""
	return &plain
}

// checkLeftOut reports a partition that is excluded while the table that is read in its place is not: its rows would
// come all the same.
func (p *planner) checkLeftOut(t *catalog.Table, chain []*verdict) {
	if chain[0].excluded == nil {
		return
	}
	for _, v := range chain[1:] {
		if v.chosen() && p.options.folds(v.table.Name) {
			p.errs = append(p.errs, fmt.Errorf("%s: excludes %s, a partition of %s, which is read as one table into this target; filter the rows of %s instead",
				chain[0].excluded.Header, t.Name, v.table.Name, v.table.Name))
			return
		}
	}
}

// wholeSchemas adds the schemas that rules select as a whole and that hold something other than tables, and apart from them those in
// which nothing is: a rule about such a one alone is about nothing.
func (p *planner) wholeSchemas() {
	for _, schema := range p.source.Schemas {
		rules := p.aboutWhole(schema.Name, include)
		if _, there := p.schemas[schema.Name]; there || len(rules) == 0 {
			continue
		}
		if len(schema.Tables)+len(schema.Views)+len(schema.Sequences)+len(schema.Objects) > 0 {
			excluding := p.aboutWhole(schema.Name, exclude)
			for _, id := range append(rules, excluding...) {
				p.matched[id] = true
			}
			if len(excluding) == 0 {
				p.targetSchema(schema.Name)
			}
			continue
		}
		if len(p.aboutWhole(schema.Name, exclude)) == 0 {
			p.emptySchema(schema.Name)
		}
	}
}

func (p *planner) emptySchema(schema string) {
	if p.plan.Empty == nil {
		p.plan.Empty = map[string]string{}
	}
	p.plan.Empty[schema] = p.schemaName(schema)
}

// aboutWhole lists the rules with that action that are about every table of the schema.
func (p *planner) aboutWhole(schema, action string) (ids []int64) {
	for _, s := range p.rules.Selections {
		if s.Action == action && s.Tables && s.Table.Everything() && s.Schema.Match(schema) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
