package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// parentVariable hands a trace over to a command (OpenTelemetry specification, "Environment Variables as Context Propagation Carriers").
const parentVariable = "TRACEPARENT"

// interruptedWait is how long the last spans may take to be sent after Ctrl-C, which is to end within two seconds with all else.
const interruptedWait = 500 * time.Millisecond

// traced has a migration told to an OpenTelemetry collector, where one is named.
func traced(cmd *cobra.Command, endpoint string, c task.Config, run func() error) error {
	to := span.Config{Service: "whimbrel", Endpoint: endpoint, Log: c.Log}
	if err := to.Check(); err != nil {
		return usageError{err}
	}
	tracer, err := span.Open(cmd.Context(), to)
	if err != nil {
		return err
	}
	ctx, s := tracer.Begin(cmd.Context(), "task", os.Getenv(parentVariable), trace.SpanKindInternal,
		attribute.String("whimbrel.task", cmd.Name()), attribute.String("whimbrel.migration_type", string(c.Type)))
	cmd.SetContext(ctx)
	err = run()
	span.End(s, err)
	last := context.WithoutCancel(ctx)
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		last, cancel = context.WithTimeout(last, interruptedWait)
		defer cancel()
	}
	tracer.Close(last)
	return err
}
