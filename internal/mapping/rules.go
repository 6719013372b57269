package mapping

import (
	"cmp"
	"slices"
)

// Rules is a table-mapping document that has been read and checked. Every list is in the order of rule-ids.
type Rules struct {
	Selections      []*Selection
	Transformations []*Transformation
	TableSettings   []*TableSettings
	Overrides       []*Override
	// Deferred rules are right in form and belong to targets or features that Plan refuses for now.
	Deferred []Deferred

	document []byte // as it was given, for MarshalJSON
}

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
	slices.SortStableFunc(r.Overrides, func(a, b *Override) int { return cmp.Compare(a.ID, b.ID) }) // they may have none
	slices.SortFunc(r.Deferred, func(a, b Deferred) int { return cmp.Compare(a.ID, b.ID) })
}
