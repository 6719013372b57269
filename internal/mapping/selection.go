package mapping

import (
	"math"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// Selection is a rule that chooses tables and views.
type Selection struct {
	Header
	Locator
	Action        string // include, exclude, explicit
	Tables, Views bool   // what table-type asks for
	// LoadOrder is 0 when the rule has none.
	LoadOrder int
	Filters   []catalog.Predicate
}

// The actions of selection rules.
const (
	include  = "include"
	exclude  = "exclude"
	explicit = "explicit"
)

// matches reports whether the rule is about the table or view. Where the grammar wants exact names, _ is itself.
func (s *Selection) matches(n catalog.Name, view bool) bool {
	if view && !s.Views || !view && !s.Tables {
		return false
	}
	if s.exactly() {
		return s.exactTable() == n
	}
	return s.matchesTable(n)
}

// exactly reports whether the grammar wants exact names of the rule.
func (s *Selection) exactly() bool { return s.Action == explicit || len(s.Filters) > 0 }

// Patterns are those of the names that the rule is about.
func (s *Selection) Patterns() (schema, table string) {
	if s.exactly() {
		n := s.exactTable()
		return Literal(n.Schema), Literal(n.Name)
	}
	return s.Schema.text, s.Table.text
}

// Excludes reports whether what the rule is about is not selected, whatever other rules say.
func (s *Selection) Excludes() bool { return s.Action == exclude }

// WantsSchema reports whether rules may select anything of a schema.
func (r *Rules) WantsSchema(name string) bool {
	return slices.ContainsFunc(r.Selections, func(s *Selection) bool {
		if s.exactly() {
			return s.exactTable().Schema == name
		}
		return !s.Excludes() && s.Schema.Match(name)
	})
}

// one reports whether the rule is about one name.
func (s *Selection) one() bool { return s.exactly() || s.Schema.plain && s.Table.plain }

func (p *parser) selection(r *document.Reader, h Header) {
	s := &Selection{Header: h}
	s.Action = word(r, "rule-action", include, exclude, explicit)
	var locator *document.Reader
	if s.Locator, locator = locate(r, []string{"schema-name", "table-name"}); locator != nil {
		s.Tables, s.Views = tableType(locator)
		locator.Done()
	}
	if s.Action == explicit {
		requireExact(r, s.Locator, "an explicit rule needs the exact schema and table name")
	}
	if n := r.Take("load-order"); n != nil {
		order, _ := r.Whole("load-order", 1, math.MaxInt32)
		s.LoadOrder = int(order)
		if s.Action == exclude {
			r.Failf(n, "has no meaning with exclude; leave it out")
		}
	}
	s.Filters = filters(r)
	if len(s.Filters) > 0 {
		if s.Action == exclude || s.Action == explicit {
			r.Failf(r.Take("filters"), "filters are honoured with include alone, not with %s", s.Action)
		}
		requireExact(r, s.Locator, "a rule with filters needs the exact schema and table name")
	}
	p.rules.Selections = append(p.rules.Selections, s)
}

func tableType(r *document.Reader) (tables, views bool) {
	if r.Take("table-type") == nil {
		return true, false
	}
	switch word(r, "table-type", "table", "view", "all") {
	case "view":
		return false, true
	case "all":
		return true, true
	}
	return true, false
}
