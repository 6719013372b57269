package connector

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Labeled is an end whose columns may be of types that list their values by label, and which are changed apart from the tables
// (PostgreSQL's CREATE TYPE … AS ENUM).
type Labeled interface {
	// Unlabeled reports whether an error of this end is that a value is none of its type's labels.
	Unlabeled(err error) bool
	// Labels finds such types of a table's columns, by column. A table that is not there has none.
	Labels(ctx context.Context, table catalog.Name) (map[string]Labels, error)
}

// Labels are the values of a type, in their order.
type Labels struct {
	Type   catalog.Name
	Labels []string
}

// Labeler is a Dialect that adds labels to types.
type Labeler interface {
	// AddLabel adds a label behind another; behind none, it becomes the first. It cannot be undone, and what it adds may be written only once
	// it has committed.
	AddLabel(l Labels, label, after string) catalog.Statement
}
