package span

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
)

// toldEvery is how often the log says that spans cannot be sent.
const toldEvery = 5 * time.Minute

// told is an exporter whose failures go to our log, and not too often.
type told struct {
	trace.SpanExporter
	log *slog.Logger

	mu   sync.Mutex
	last time.Time
	lost int
}

// ExportSpans implements trace.SpanExporter.
func (e *told) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		return nil
	}
	e.lost += len(spans)
	if time.Since(e.last) >= toldEvery {
		e.log.Warn("spans could not be sent to the collector", "lost", e.lost, "error", err)
		e.last, e.lost = time.Now(), 0
	}
	return nil
}
