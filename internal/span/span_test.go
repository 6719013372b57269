package span_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/whimbreldb/whimbrel/internal/span"
)

// received are the spans that a collector has taken, over HTTP or gRPC.
type received struct {
	collector.UnimplementedTraceServiceServer
	mu      sync.Mutex
	service string
	spans   map[string]*tracepb.Span
	key     string // of the last request over HTTP
}

func (r *received) Export(_ context.Context, in *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spans == nil {
		r.spans = map[string]*tracepb.Span{}
	}
	for _, of := range in.ResourceSpans {
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				r.service = a.Value.GetStringValue()
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				r.spans[s.Name] = s
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func (r *received) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var in collector.ExportTraceServiceRequest
	if err = errors.Join(err, proto.Unmarshal(body, &in)); err != nil || q.URL.Path != "/v1/traces" {
		http.Error(w, fmt.Sprint(q.URL.Path, err), http.StatusBadRequest)
		return
	}
	_, _ = r.Export(q.Context(), &in)
	r.mu.Lock()
	r.key = q.Header.Get("Api-Key")
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// tell makes some spans and sends them.
func tell(t *testing.T, c span.Config) {
	t.Helper()
	tracer, err := span.Open(t.Context(), c)
	require.NoError(t, err)
	require.NotNil(t, tracer)
	ctx, root := tracer.Begin(t.Context(), "root", "", trace.SpanKindServer, attribute.String("a", "b"))
	require.True(t, span.Traced(ctx))
	within, step := span.Start(ctx, "step")
	at := time.Unix(1700000000, 0)
	span.Record(within, "earlier", at, at.Add(time.Second), nil, attribute.Int64("rows", 7))
	span.End(step, errors.New("password=hunter2"))
	_, far := tracer.Begin(t.Context(), "elsewhere", span.Parent(ctx), trace.SpanKindInternal)
	far.End()
	root.End()
	tracer.Close(t.Context())
}

func (r *received) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(t, r.spans, 4)
	root, step, earlier, far := r.spans["root"], r.spans["step"], r.spans["earlier"], r.spans["elsewhere"]
	require.Equal(t, root.SpanId, step.ParentSpanId)
	require.Equal(t, step.SpanId, earlier.ParentSpanId)
	require.Equal(t, root.SpanId, far.ParentSpanId)
	require.Equal(t, root.TraceId, far.TraceId)
	require.EqualValues(t, time.Second, earlier.EndTimeUnixNano-earlier.StartTimeUnixNano)
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, step.Status.Code)
	require.NotContains(t, step.String(), "hunter2")
	require.Equal(t, "tested", r.service)
}

// TestSpansArrive at a collector over HTTP and over gRPC, where the flag or OpenTelemetry's variables say.
func TestSpansArrive(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	t.Run("http", func(t *testing.T) {
		r := &received{}
		s := httptest.NewServer(r)
		defer s.Close()
		tell(t, span.Config{Service: "tested", Endpoint: s.URL + "/", Log: quiet})
		r.check(t)
	})
	t.Run("variables", func(t *testing.T) {
		r := &received{}
		s := httptest.NewServer(r)
		defer s.Close()
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
		t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter3")
		t.Setenv("OTEL_SERVICE_NAME", "tested")
		tell(t, span.Config{Service: "another", Log: quiet})
		r.check(t)
		require.Equal(t, "hunter3", r.key)
		require.Equal(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:1", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=hunter3", "OTEL_SERVICE_NAME": "tested"},
			span.Config{Endpoint: "http://x:1"}.Variables())
	})
	t.Run("grpc", func(t *testing.T) {
		r := &received{}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		s := grpc.NewServer()
		collector.RegisterTraceServiceServer(s, r)
		go func() { _ = s.Serve(l) }()
		defer s.Stop()
		t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
		tell(t, span.Config{Service: "tested", Endpoint: "http://" + l.Addr().String(), Log: quiet})
		r.check(t)
	})
}

// TestOffCostsNothing: without a tracer there is no span and nothing is allocated.
func TestOffCostsNothing(t *testing.T) {
	tracer, err := span.Open(t.Context(), span.Config{Service: "tested"})
	require.NoError(t, err)
	require.Nil(t, tracer)
	require.Nil(t, span.Config{}.Variables())
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		ctx, root := tracer.Begin(ctx, "root", "", trace.SpanKindServer)
		ctx, step := span.Start(ctx, "step")
		if span.Traced(ctx) || span.Parent(ctx) != "" {
			t.Error("something is traced")
		}
		span.End(step, nil)
		span.End(root, nil)
	}))
	tracer.Close(ctx)
	for name, value := range map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			tracer, err := span.Open(t.Context(), span.Config{Endpoint: "http://localhost:4318"})
			require.NoError(t, err)
			require.Nil(t, tracer)
		})
	}
}

// TestWhereTracesCannotGo is said by the name of the flag or variable, without its value, which may hold a password.
func TestWhereTracesCannotGo(t *testing.T) {
	for _, bad := range []string{"localhost:4318", "ftp://hunter2@x", "http://", "%"} {
		err := span.Config{Endpoint: bad}.Check()
		require.ErrorContains(t, err, "--otlp-endpoint: want the URL")
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, bad := range []string{"https://ann:hunter2@x:4318", "https://x?key=hunter2", "http://x#f"} {
		err := span.Config{Endpoint: bad}.Check()
		require.ErrorContains(t, err, "--otlp-endpoint: the URL holds a user, a query or a fragment")
		require.NotContains(t, err.Error(), "hunter2")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")
	require.ErrorContains(t, span.Config{}.Check(), "OTEL_EXPORTER_OTLP_ENDPOINT: want the URL")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
	require.ErrorContains(t, span.Config{Endpoint: "http://x"}.Check(), `OTEL_EXPORTER_OTLP_PROTOCOL is "http/json"`)
	t.Setenv("OTEL_TRACES_EXPORTER", "zipkin")
	require.ErrorContains(t, span.Config{Endpoint: "http://x"}.Check(), `OTEL_TRACES_EXPORTER is "zipkin"`)
	require.ErrorContains(t, span.Adopt(map[string]string{"PATH": "x"}), "none of OpenTelemetry's")
}

// TestACollectorThatIsAway loses spans, and is told of once.
func TestACollectorThatIsAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	var log strings.Builder
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	tell(t, span.Config{Service: "tested", Endpoint: "http://" + l.Addr().String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.Equal(t, 1, strings.Count(log.String(), "spans could not be sent"), log.String())
}

// TestHeadersThatCannotBeRead are told of by their variable, and by nobody shown: the library would write them to the standard error.
func TestHeadersThatCannotBeRead(t *testing.T) {
	c := span.Config{Service: "tested", Endpoint: "http://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)}
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		for _, bad := range []string{"a=b,Bearer hunter2", "a=b,Authorization: Bearer hunter2=", "a=b,api-key=hunter2%2", "a=b,=hunter2"} {
			t.Run(variable+" "+bad, func(t *testing.T) {
				t.Setenv(variable, bad)
				require.EqualError(t, c.Check(), variable+": header 2 cannot be read: want NAME=VALUE with the value percent-encoded, and commas between headers")
				_, err := span.Open(t.Context(), c)
				require.Error(t, err)
				require.Nil(t, c.Variables())
			})
		}
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "api-key=hun%20ter2, other=b=c,")
			require.NoError(t, c.Check())
		})
	}
}

// TestVariablesThatCannotBeRead are told of, each by its name and with what it wants: the library would go on as if they were not set.
func TestVariablesThatCannotBeRead(t *testing.T) {
	c := span.Config{Service: "tested", Endpoint: "http://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)}
	none := filepath.Join(t.TempDir(), "none.pem")
	require.NoError(t, os.WriteFile(none, []byte("no certificate"), 0o600))
	for _, bad := range []struct{ variable, value, want string }{
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/nodir/ca.pem", "OTEL_EXPORTER_OTLP_CERTIFICATE: open /nodir/ca.pem: no such file"},
		{"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", none, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: there is no certificate in " + none},
		{"OTEL_EXPORTER_OTLP_CLIENT_KEY", none, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY go together"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", `OTEL_EXPORTER_OTLP_TIMEOUT is "10s": want a whole number, in milliseconds`},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zip", `OTEL_EXPORTER_OTLP_COMPRESSION is "zip": want one of gzip, none`},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "-1", `OTEL_BSP_MAX_QUEUE_SIZE is "-1": want a whole number`},
		{"OTEL_TRACES_SAMPLER", "half", `OTEL_TRACES_SAMPLER is "half": want one of always_on, always_off, traceidratio`},
		{"OTEL_TRACES_SAMPLER_ARG", "7", `OTEL_TRACES_SAMPLER_ARG is "7": want a number from 0 to 1`},
		{"OTEL_TRACES_SAMPLER_ARG", "NaN", `OTEL_TRACES_SAMPLER_ARG is "NaN": want a number from 0 to 1`},
		{"OTEL_RESOURCE_ATTRIBUTES", "a=b,c", `OTEL_RESOURCE_ATTRIBUTES: "c" is no NAME=VALUE`},
	} {
		t.Run(bad.variable+" "+bad.value, func(t *testing.T) {
			t.Setenv(bad.variable, bad.value)
			require.ErrorContains(t, c.Check(), bad.want)
			require.NoError(t, span.Config{}.Check(), "nothing is sent anywhere")
		})
	}
	for variable, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_TIMEOUT": "200", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
		"OTEL_TRACES_SAMPLER_ARG": "0.5", "OTEL_RESOURCE_ATTRIBUTES": "a=b,c=d%20e",
	} {
		t.Setenv(variable, value)
	}
	require.NoError(t, c.Check())
}
