package worker

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// liveHandler passes on to a handler that may be replaced while loggers made of it are in use: the severities of a running
// task's log may be changed.
type liveHandler struct {
	out   slog.Handler // where the present one writes to
	root  *atomic.Pointer[slog.Handler]
	with  []func(slog.Handler) slog.Handler
	built atomic.Pointer[builtHandler]
}

type builtHandler struct {
	of *slog.Handler
	is slog.Handler
}

func newLiveHandler(out slog.Handler, now slog.Handler) *liveHandler {
	l := &liveHandler{out: out, root: &atomic.Pointer[slog.Handler]{}}
	l.replace(now)
	return l
}

func (l *liveHandler) replace(h slog.Handler) { l.root.Store(&h) }

// now is the present handler with all that loggers were given since.
func (l *liveHandler) now() slog.Handler {
	root := l.root.Load()
	if b := l.built.Load(); b != nil && b.of == root {
		return b.is
	}
	h := *root
	for _, with := range l.with {
		h = with(h)
	}
	l.built.Store(&builtHandler{root, h})
	return h
}

func (l *liveHandler) derive(with func(slog.Handler) slog.Handler) *liveHandler {
	return &liveHandler{root: l.root, with: append(l.with[:len(l.with):len(l.with)], with)}
}

// Enabled implements slog.Handler.
func (l *liveHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return l.now().Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (l *liveHandler) Handle(ctx context.Context, r slog.Record) error { return l.now().Handle(ctx, r) }

// WithAttrs implements slog.Handler.
func (l *liveHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return l.derive(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (l *liveHandler) WithGroup(name string) slog.Handler {
	return l.derive(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}
