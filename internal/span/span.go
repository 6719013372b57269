package span

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is what the spans are from, in OpenTelemetry's words.
const scope = "github.com/whimbreldb/whimbrel"

// Start begins a step of what the context is about.
func Start(ctx context.Context, name string) (context.Context, trace.Span) {
	above := trace.SpanFromContext(ctx)
	if !above.SpanContext().IsValid() {
		return ctx, above
	}
	return above.TracerProvider().Tracer(scope).Start(ctx, name)
}

// End ends a step. Of an error nothing is told but that there was one: its text may hold values of rows.
func End(s trace.Span, err error) {
	if err != nil {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

// Traced reports whether a context is about something that is told of.
func Traced(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// Record tells of a step that is over already.
func Record(ctx context.Context, name string, began, ended time.Time, err error, attributes ...attribute.KeyValue) {
	above := trace.SpanFromContext(ctx)
	if !above.IsRecording() {
		return
	}
	_, s := above.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithTimestamp(began), trace.WithAttributes(attributes...))
	if err != nil {
		s.SetStatus(codes.Error, "")
	}
	s.End(trace.WithTimestamp(ended))
}

// parentHeader is W3C's name of what hands a trace over.
const parentHeader = "traceparent"

// Parent is what another process needs to go on with the trace of a context, in W3C's form; empty where there is none.
func Parent(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).SpanContext().IsValid() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[parentHeader]
}

// Begin begins something of its own, below what another process has handed over if that is anything. A nil Tracer tells of nothing.
func (t *Tracer) Begin(ctx context.Context, name, parent string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	if t == nil {
		return ctx, trace.SpanFromContext(context.Background())
	}
	if parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{parentHeader: parent})
	}
	return t.provider.Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}
