package mapping

import "errors"

// Options are what a plan depends on beside the rules and the source.
type Options struct {
	// TargetSchema takes every schema that no rule renames (TargetMetadata.TargetSchema).
	TargetSchema string
	// FoldPartitions plans partitioned tables as one plain table, as unlike engines need it; otherwise partitions
	// come along with their root, under their own names.
	FoldPartitions bool
	// RenameExpression evaluates the expression of a rename rule. The names ($AR_M_SOURCE_SCHEMA …) come without
	// the dollar sign.
	RenameExpression func(expression string, names map[string]string) (string, error)
}

var errNoExpressions = errors.New("rename expressions cannot be evaluated here; use a value")

// evaluate runs a rename expression.
func (o *Options) evaluate(expression string, names map[string]string) (string, error) {
	if o.RenameExpression == nil {
		return "", errNoExpressions
	}
	return o.RenameExpression(expression, names)
}
