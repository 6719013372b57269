package mapping

import (
	"cmp"
	"fmt"
	"slices"
)

// Rules is a table-mapping document that has been read and checked. Every list is in the order of rule-ids.
type Rules struct {
	Selections      []*Selection
	Transformations []*Transformation
	TableSettings   []*TableSettings
	// Deferred rules are right in form and belong to targets or features that Plan refuses for now.
	Deferred []Deferred

	document []byte // as it was given, for MarshalJSON
}

// Header is what all rules have.
type Header struct {
	Type string // selection, transformation …
	ID   int64
	Name string
}

// String names the rule in messages: selection rule 2 "no-tmp".
func (h Header) String() string { return fmt.Sprintf("%s rule %d %q", h.Type, h.ID, h.Name) }

// Deferred is a rule for something that is not there yet.
type Deferred struct {
	Header
	Belongs string // what it belongs to, for the message
}

// MarshalJSON returns the document.
func (r *Rules) MarshalJSON() ([]byte, error) { return r.document, nil }

// sort puts every list in the order in which rules win: the smallest rule-id first.
func (r *Rules) sort() {
	slices.SortFunc(r.Selections, func(a, b *Selection) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Transformations, func(a, b *Transformation) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.TableSettings, func(a, b *TableSettings) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Deferred, func(a, b Deferred) int { return cmp.Compare(a.ID, b.ID) })
}
