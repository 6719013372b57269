package mapping

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Plan says which tables move, where to, and how their rows change on the way.
type Plan struct {
	// Tables are in load order: higher LoadOrder first, then by source schema and name.
	Tables []*TablePlan
	// Schemas maps every selected source schema to its target schema.
	Schemas map[string]string
	// Empty is the same of selected schemas in which nothing is. They count for nothing in where tables go.
	Empty map[string]string
	// Unmatched describes each rule that matched nothing: `selection rule 2 "no-tmp" (app.tmp%)`.
	Unmatched []string
	// Overruled describes each transformation that matched something but changed nothing, because a rule with a
	// smaller rule-id had decided everywhere.
	Overruled []string
	// LeftBehind describes each column that Options.WithoutLOBs drops.
	LeftBehind []string
}

// TablePlan is what happens to one table or view.
type TablePlan struct {
	Source *catalog.Table
	// View is set when the source is a view; Source then describes its columns.
	View   *catalog.View
	Target catalog.Name
	// Columns are the target's columns, in order.
	Columns []ColumnPlan
	// Key is set by define-primary-key; with target column names.
	Key *KeyPlan
	// Where is pushed down to the source.
	Where     []catalog.Predicate
	LoadOrder int
	Parallel  *catalog.ParallelLoad
	LOB       *LOBPlan // nil: the task settings decide
	// Whole says of a partitioned table that the rows of its partitions are its own here.
	Whole bool
}

// Parted reports whether the table has no rows of its own, because its partitions are tables of their own.
func (p *TablePlan) Parted() bool { return p.Source.PartitionBy != "" && !p.Whole }

// TargetColumn returns the target's name of a source column, and false when the column is left behind.
func (p *TablePlan) TargetColumn(source string) (string, bool) {
	for _, c := range p.Columns {
		if c.Source != nil && c.Source.Name == source {
			return c.Name, true
		}
	}
	return "", false
}

// ColumnPlan is one target column.
type ColumnPlan struct {
	Name   string
	Source *catalog.Column // nil when the column was added
	// Type is set by change-data-type and add-column; nil leaves the source's type.
	Type *datatype.Type
	// Expression is add-column's, in SQLite's expression syntax with $COLUMN references; empty for none.
	Expression string
	Masks      []Mask
	// Compare is what validation compares in the place of the values; nil is the values.
	Compare *Override
}

// KeyPlan is a define-primary-key rule.
type KeyPlan struct {
	Name        string
	UniqueIndex bool // origin unique-index instead of primary-key
	Columns     []string
}

// LOBPlan is the lob-settings part of a table-settings rule.
type LOBPlan struct {
	Mode string // limited, unlimited
	// MaxBytes is bulk-max-size in bytes; in limited mode longer values are cut there.
	MaxBytes int
}

// Mask is a data-masking rule.
type Mask struct {
	Method MaskMethod
	Char   byte // of DigitsMask
	// Room is how many characters the column of a target that is there already takes; 0 is as many as the plan says. It is not part
	// of what was asked for.
	Room int `json:"-"`
}

// MaskMethod is one of DMS's masking actions.
type MaskMethod string

// The methods.
const (
	DigitsMask      MaskMethod = "data-masking-digits-mask"
	DigitsRandomize MaskMethod = "data-masking-digits-randomize"
	HashMask        MaskMethod = "data-masking-hash-mask"
)

// Untouched reports whether rows reach the target as they are read: same columns' values, only names may differ.
func (p *TablePlan) Untouched() bool {
	for _, c := range p.Columns {
		if !c.Untouched() {
			return false
		}
	}
	return true
}

// Untouched reports whether the column's values reach the target as they are read.
func (c *ColumnPlan) Untouched() bool {
	return c.Source != nil && c.Type == nil && c.Expression == "" && len(c.Masks) == 0
}
