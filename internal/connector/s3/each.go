package s3

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// together is how many requests are under way at once where many are to be made.
const together = 24

// each does something for all of a list, many at a time.
func each[T any](ctx context.Context, all []T, f func(ctx context.Context, i int, v T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i, v := range all {
		g.Go(rescue.Func(func() error { return f(ctx, i, v) }))
	}
	return g.Wait()
}
