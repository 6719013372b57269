package edge

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/whimbreldb/whimbrel/internal/span"
)

// trace begins the span of the request, below the one that the caller's own tracing names.
func (x *exchange) trace(ctx context.Context) context.Context {
	ctx, x.span = x.edge.config.Tracer.Begin(ctx, "request", x.r.Header.Get("Traceparent"), trace.SpanKindServer)
	return ctx
}

// step does one step of the request in a span of its own.
func (x *exchange) step(ctx context.Context, name string, do func(context.Context) error) error {
	ctx, s := span.Start(ctx, name)
	err := do(ctx)
	span.End(s, err)
	return err
}

// describe says what the request was and how it was answered, once both are known. Of its input it says nothing.
func (x *exchange) describe(code string) {
	if !x.span.IsRecording() {
		return
	}
	x.span.SetAttributes(attribute.String("rpc.system", "aws-api"), attribute.String("aws.request_id", x.id), attribute.String("client.address", x.source.IP.String()))
	if x.call != nil && x.call.Operation != nil {
		x.span.SetName(x.operationName())
		x.span.SetAttributes(attribute.String("rpc.service", x.service.Model.Name), attribute.String("rpc.method", x.call.Operation.Name))
	}
	if code != "" {
		x.span.SetAttributes(attribute.String("error.type", code))
		x.span.SetStatus(codes.Error, "")
	}
}
