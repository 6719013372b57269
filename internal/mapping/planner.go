package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// planner makes one plan. It goes on after an error, so that all of them can be reported.
type planner struct {
	rules   *Rules
	options Options
	source  *catalog.Catalog
	plan    *Plan
	errs    []error
	// matched and effective hold the rule-ids of rules that are about something, and of those that decided something.
	matched, effective map[int64]bool
	compared           map[*Override]bool // that are about something
	schemas            map[string]string  // source to target
	// named holds the selection rules that are about one name, by that name, and patterned the others: documents
	// with a rule for each of thousands of tables must not cost the square of that.
	named     map[catalog.Name][]*Selection
	patterned []*Selection
}

// Plan applies the rules to a source. The error joins everything that stands in the way.
func (r *Rules) Plan(source *catalog.Catalog, o Options) (*Plan, error) {
	p := &planner{
		rules: r, options: o, source: source, plan: &Plan{Empty: map[string]string{}},
		matched: map[int64]bool{}, effective: map[int64]bool{}, compared: map[*Override]bool{}, schemas: map[string]string{},
	}
	p.refuse()
	p.index()
	for _, s := range p.choose() {
		p.table(s)
	}
	p.wholeSchemas()
	p.plan.Schemas = p.schemas
	p.collisions()
	p.order()
	p.report()
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return p.plan, nil
}

// failf adds an error about a rule.
func (p *planner) failf(h Header, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: %w", h, fmt.Errorf(format, args...)))
}

// refuse reports rules that are right in form and that Whimbrel cannot follow yet.
func (p *planner) refuse() {
	for _, d := range p.rules.Deferred {
		p.failf(d.Header, "%s: not there yet, leave the rule out", d.Belongs)
	}
	for _, t := range p.rules.Transformations {
		switch {
		case t.Target == TableTablespaceTarget || t.Target == IndexTablespaceTarget:
			p.failf(t.Header, "rule-target %s belongs to migrations from Oracle to Oracle, which are not there yet; leave the rule out", t.Target)
		case t.TypeName != "":
			p.failf(t.Header, "data type %s belongs to document and wide-column targets, which are not there yet; choose another type", t.TypeName)
		}
	}
	for _, s := range p.rules.TableSettings {
		for _, key := range s.Elsewhere {
			p.failf(s.Header, "parallel-load: %s belongs to engines that are not there yet; leave it out", key)
		}
	}
}

// index sorts the selection rules into those about one name and the others.
func (p *planner) index() {
	p.named = map[catalog.Name][]*Selection{}
	for _, s := range p.rules.Selections {
		if s.one() {
			p.named[s.exactTable()] = append(p.named[s.exactTable()], s)
			continue
		}
		p.patterned = append(p.patterned, s)
	}
}

// table plans one table or view.
func (p *planner) table(s *choice) {
	tp := &TablePlan{Source: s.table, View: s.view, LoadOrder: s.loadOrder, Whole: s.table.PartitionBy != "" && p.options.folds(s.table.Name)}
	p.filters(tp, s.filters)
	tp.Target = catalog.Name{Schema: p.targetSchema(s.table.Name.Schema), Name: p.targetTable(s.table.Name)}
	rules := p.columnRules(s.top)
	p.columns(tp, rules)
	p.added(tp, rules)
	p.beforeImages(tp, rules)
	p.overrides(tp)
	p.sameNames(tp)
	p.key(tp, s.top)
	p.loadSettings(tp, s.top)
	p.plan.Tables = append(p.plan.Tables, tp)
}

// winner returns the transformation that decides: the one with the smallest rule-id. All that match are marked.
func (p *planner) winner(rules []*Transformation, f facet, matches func(*Transformation) bool) *Transformation {
	var first *Transformation
	for _, t := range rules {
		if t.facet() != f || !matches(t) {
			continue
		}
		p.matched[t.ID] = true
		if first == nil {
			first = t
			p.effective[t.ID] = true
		}
	}
	return first
}

// collisions reports two sources that would go into one target table.
func (p *planner) collisions() {
	taken := map[catalog.Name]catalog.Name{}
	for _, t := range p.plan.Tables {
		if other, ok := taken[t.Target]; ok {
			p.errs = append(p.errs, fmt.Errorf("tables %s and %s would both go into %s; rename or exclude one of them", other, t.Source.Name, t.Target))
			continue
		}
		taken[t.Target] = t.Source.Name
	}
}

func (p *planner) order() {
	slices.SortStableFunc(p.plan.Tables, func(a, b *TablePlan) int {
		return cmp.Or(
			cmp.Compare(b.LoadOrder, a.LoadOrder),
			cmp.Compare(a.Source.Name.Schema, b.Source.Name.Schema),
			cmp.Compare(a.Source.Name.Name, b.Source.Name.Name),
		)
	})
}

// report lists the rules that matched nothing or decided nothing.
func (p *planner) report() {
	note := func(h Header, l Locator) {
		switch {
		case !p.matched[h.ID]:
			p.plan.Unmatched = append(p.plan.Unmatched, fmt.Sprintf("%s (%s)", h, l))
		case !p.effective[h.ID]:
			p.plan.Overruled = append(p.plan.Overruled, fmt.Sprintf("%s (%s)", h, l))
		}
	}
	for _, s := range p.rules.Selections {
		p.effective[s.ID] = true
		note(s.Header, s.Locator)
	}
	for _, t := range p.rules.Transformations {
		note(t.Header, t.Locator)
	}
	for _, s := range p.rules.TableSettings {
		p.effective[s.ID] = true
		note(s.Header, s.Locator)
	}
	for _, o := range p.rules.Overrides {
		if !p.compared[o] {
			p.plan.Unmatched = append(p.plan.Unmatched, fmt.Sprintf("%s (%s)", o.Header, o.Locator))
		}
	}
}
