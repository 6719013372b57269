package mapping

import (
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Options are what a plan depends on beside the rules and the source.
type Options struct {
	// TargetSchema takes every schema that no rule renames (TargetMetadata.TargetSchema).
	TargetSchema string
	// FoldPartitions plans partitioned tables as one plain table, as unlike engines need it; otherwise partitions
	// come along with their root, under their own names.
	FoldPartitions bool
	// Whole names partitioned tables of the source that are planned as one table even though partitions come along with the others.
	Whole map[catalog.Name]bool
	// WithoutLOBs leaves columns with large objects behind (TargetMetadata.SupportLobs false), unless a
	// change-data-type rule makes something else of them. Plan.LeftBehind lists them.
	WithoutLOBs bool
	// Lowercase has the target fold all names to small letters, whatever the rules make of them.
	Lowercase bool
	// RenameExpression evaluates the expression of a rename rule. The names ($AR_M_SOURCE_SCHEMA …) come without
	// the dollar sign.
	RenameExpression func(expression string, names map[string]string) (string, error)
}

var errNoExpressions = errors.New("rename expressions cannot be evaluated here; use a value")

// folds reports whether the rows of a partitioned table's partitions are planned as its own.
func (o *Options) folds(root catalog.Name) bool { return o.FoldPartitions || o.Whole[root] }

// folded is a name as the target keeps it.
func (o *Options) folded(name string) string {
	if o.Lowercase {
		return strings.ToLower(name)
	}
	return name
}

// evaluate runs a rename expression.
func (o *Options) evaluate(expression string, names map[string]string) (string, error) {
	if o.RenameExpression == nil {
		return "", errNoExpressions
	}
	return o.RenameExpression(expression, names)
}
