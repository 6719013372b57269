package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestMigrateTraces follows a migration through its stages, below the trace of who has called it.
func TestMigrateTraces(t *testing.T) {
	const parent, step = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	var mu sync.Mutex
	spans := map[string]*tracepb.Span{}
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var in collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(body, &in) != nil {
			http.Error(w, "no OTLP", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, of := range in.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				for _, s := range scope.Spans {
					spans[s.Name] = s
				}
			}
		}
	}))
	t.Cleanup(at.Close)
	sent := func() map[string]*tracepb.Span { // since it was asked last
		mu.Lock()
		defer mu.Unlock()
		all := spans
		spans = map[string]*tracepb.Span{}
		return all
	}
	program := build(t)
	source := "sqlite:" + sqliteFile(t, shop...)
	t.Setenv(parentVariable, "00-"+parent+"-"+step+"-01")

	r := call(t, program, "migrate", source, "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--otlp-endpoint", at.URL)
	require.Equal(t, exitOK, r.code, r.all)
	told := sent()
	task := told["task"]
	require.NotNil(t, task, r.all)
	require.Equal(t, parent, hex.EncodeToString(task.TraceId))
	require.Equal(t, step, hex.EncodeToString(task.ParentSpanId))
	require.NotEqual(t, tracepb.Status_STATUS_CODE_ERROR, task.Status.GetCode())
	for _, stage := range []string{"open", "inspect", "full load"} {
		require.Contains(t, told, stage)
		require.Equal(t, task.SpanId, told[stage].ParentSpanId, stage)
	}
	require.Equal(t, told["full load"].SpanId, told["load table"].ParentSpanId)

	r = call(t, program, "migrate", "sqlite:"+filepath.Join(t.TempDir(), "none.db"), "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--otlp-endpoint", at.URL)
	require.Equal(t, exitFailed, r.code, r.all)
	told = sent()
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, told["task"].Status.GetCode())
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, told["open"].Status.GetCode())

	at.Close() // a collector that is away costs spans, and nothing else
	r = call(t, program, "migrate", source, "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--otlp-endpoint", at.URL)
	require.Equal(t, exitOK, r.code, r.all)

	r = call(t, program, "migrate", source, "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--otlp-endpoint", "collector:4318")
	require.Equal(t, exitUsage, r.code, r.all)
	require.Contains(t, r.all, "such as http://localhost:4318")
	require.Equal(t, 1, strings.Count(r.all, "--otlp-endpoint"), r.all)
}
