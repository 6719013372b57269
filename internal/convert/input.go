package convert

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// Input is what a conversion depends on.
type Input struct {
	Source  *catalog.Catalog
	Plan    *mapping.Plan
	To      Target
	Options Options
}

// Target says what to convert for.
type Target struct {
	Family catalog.Family
	Engine string // mysql and mariadb differ in collations and sequences
	// Names bounds identifiers; every connector.Dialect does. Nil means no bound.
	Names NameLimits
}

// NameLimits is the part of a dialect that bounds identifiers.
type NameLimits interface {
	MaxName() int
	NameLength(name string) int
}

// Options says how much to carry over.
type Options struct {
	// SecondaryObjects asks for everything; without it only tables with their primary keys are made, and the unique
	// index of a define-primary-key rule.
	SecondaryObjects bool
	// DMS asks for the types and the tables that DMS makes, which have neither defaults nor identities nor comments.
	DMS bool
}

// Result is what is to be made on the target, in the target's spelling.
type Result struct {
	Schemas   []*catalog.Schema // names and attributes alone, sorted by name
	Tables    []*Table          // in the order of the plan
	Views     []*catalog.View   // in an order in which they can be created
	Sequences []*catalog.Sequence
	Objects   []catalog.Object
	Report    []Note
}

// Table is a table of the plan on the target.
type Table struct {
	Plan   *mapping.TablePlan
	Target *catalog.Table
	// Columns[i] is the target's column for Plan.Columns[i]. A generated one computes itself and is not loaded.
	Columns []*catalog.Column
	// Folded marks a partition whose rows go into the Target of another entry, which is made once, there.
	Folded bool
}

// Outcome says what became of something.
type Outcome string

// The outcomes. What went along as it was is not reported.
const (
	Changed    Outcome = "changed"
	NotCarried Outcome = "not carried"
)

// Note reports what became of one thing.
type Note struct {
	Kind    string       // column, index, view …, as people call it
	Name    catalog.Name // of the thing at the source, or of the table it is part of
	Part    string       // the name within the table, if it is part of one
	Outcome Outcome
	Text    string // a full sentence: what happened, why, and what can be done
	// Reason and ByHand are why something is not carried over, where many may have the same reason, and what to do about it.
	Reason, ByHand string
}
