package mysql

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

type insertLoader struct{ loadBase }

func newInsertLoader(b loadBase) *insertLoader { return &insertLoader{b} }

func (l *insertLoader) Write(ctx context.Context, b *change.Batch) error {
	return invalid(errPending, "")
}
func (l *insertLoader) Commit(ctx context.Context, c connector.Counts) error {
	return invalid(errPending, "")
}
