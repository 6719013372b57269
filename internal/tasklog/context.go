package tasklog

import (
	"context"
	"log/slog"
	"slices"
)

type contextKey struct{}

// With notes what is being worked on: lines logged under the context carry it when EnableLogContext asks for that. A key
// noted again takes the place of the one before.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	all := slices.Clone(noted(ctx))
	for _, a := range attrs {
		same := func(b slog.Attr) bool { return b.Key == a.Key }
		if at := slices.IndexFunc(all, same); at >= 0 {
			all[at] = a
			continue
		}
		all = append(all, a)
	}
	return context.WithValue(ctx, contextKey{}, all)
}

func noted(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(contextKey{}).([]slog.Attr)
	return attrs
}
