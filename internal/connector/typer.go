package connector

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Typer is a Source with columns of which no declaration says what they hold: those with catalog.Column.Loose.
type Typer interface {
	// TypeByValues looks at the values of such columns and makes their types of what they are. It leaves alone what is settled.
	// A value that comes later and is of another kind is rejected when it is read.
	TypeByValues(ctx context.Context, tables []*catalog.Table) error
}
