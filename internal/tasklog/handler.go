package tasklog

import (
	"context"
	"log/slog"
)

// Options say what a task logs.
type Options struct {
	// Off keeps no log at all.
	Off bool
	// Context adds what With has noted.
	Context bool
	// Levels gives components their level; one that is not listed has that of COMMON, and COMMON slog's Info.
	Levels map[Component]slog.Level
}

// handler passes on the lines whose component is loud enough.
type handler struct {
	plain   slog.Handler // where lines go, without the component
	next    slog.Handler // the same with it
	options Options
	level   slog.Level
}

// New returns a handler that writes to next, which should let every level through.
func New(next slog.Handler, o Options) slog.Handler {
	if o.Off {
		return slog.DiscardHandler
	}
	h := &handler{plain: next, options: o}
	return h.of(Common)
}

// of is the handler of another component. The last component named is the one a line belongs to.
func (h *handler) of(c Component) *handler {
	level, listed := h.options.Levels[c]
	if !listed {
		level = h.options.Levels[Common] // absent: 0, which is Info
	}
	next := h.plain.WithAttrs([]slog.Attr{slog.String(componentKey, string(c))})
	return &handler{plain: h.plain, next: next, options: h.options, level: level}
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.next.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if attrs := noted(ctx); h.options.Context && len(attrs) > 0 {
		r = r.Clone() // others may hold the same record
		r.AddAttrs(slog.Attr{Key: "context", Value: slog.GroupValue(attrs...)})
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out, rest := h, make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if a.Key == componentKey {
			out = out.of(Component(a.Value.String()))
			continue
		}
		rest = append(rest, a)
	}
	if len(rest) == 0 {
		return out
	}
	copied := *out
	copied.plain, copied.next = out.plain.WithAttrs(rest), out.next.WithAttrs(rest)
	return &copied
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	copied := *h
	copied.plain, copied.next = h.plain.WithGroup(name), h.next.WithGroup(name)
	return &copied
}
