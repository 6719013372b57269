package span

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Config says where traces go. What it does not say OpenTelemetry's own variables do (OTEL_…): headers, certificates, sampling,
// sizes of batches, attributes of the resource.
type Config struct {
	// Service is service.name, unless OTEL_SERVICE_NAME says another.
	Service string
	// Attributes are further ones of the resource.
	Attributes []attribute.KeyValue
	// Endpoint is the collector's URL, instead of OTEL_EXPORTER_OTLP_ENDPOINT.
	Endpoint string
	Log      *slog.Logger
}

// OpenTelemetry's variables that are looked at here; the others are looked at by its library.
const (
	prefix           = "OTEL_"
	endpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesVariable   = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

// A Tracer sends traces to a collector.
type Tracer struct {
	provider *trace.TracerProvider
	log      *slog.Logger
}

// lastWait is how long the last spans may take to be sent.
const lastWait = 3 * time.Second

// Open makes a tracer; nil where nothing says where to send to, or that nothing is to be sent. It connects to nothing yet: a
// collector that is away takes spans, and nothing else.
func Open(ctx context.Context, c Config) (*Tracer, error) {
	endpoint, err := c.endpoint()
	if endpoint == "" || err != nil {
		return nil, err
	}
	exporter, err := c.exporter(ctx)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx, resource.WithAttributes(append(c.Attributes, attribute.String("service.name", c.Service))...), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describe this program to OpenTelemetry: %w", err)
	}
	t := &Tracer{log: c.Log, provider: trace.NewTracerProvider(trace.WithBatcher(&told{SpanExporter: exporter, log: c.Log}), trace.WithResource(about))}
	return t, nil
}

// Check says what of the configuration, and of OpenTelemetry's variables, cannot be.
func (c Config) Check() error {
	if endpoint, err := c.endpoint(); endpoint == "" || err != nil {
		return err
	}
	return checkVariables()
}

// endpoint is where to send to; empty for nowhere.
func (c Config) endpoint() (string, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return "", nil
	}
	name, endpoint := "--otlp-endpoint", c.Endpoint
	for _, variable := range []string{tracesVariable, endpointVariable} {
		if endpoint == "" {
			name, endpoint = variable, os.Getenv(variable)
		}
	}
	if endpoint == "" {
		return "", nil
	}
	u, err := url.Parse(endpoint)
	switch { // which may hold a password: it is not told
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", fmt.Errorf("%s: want the URL of an OpenTelemetry collector, such as http://localhost:4318", name)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "", fmt.Errorf("%s: the URL holds a user, a query or a fragment, which do not get to the collector: leave them out, and put keys into %s", name, headersVariable)
	}
	if e := os.Getenv("OTEL_TRACES_EXPORTER"); e != "" && e != "otlp" {
		return "", fmt.Errorf("OTEL_TRACES_EXPORTER is %q: traces go by otlp, or with none nowhere", e)
	}
	if p := protocol(); p != overHTTP && p != overGRPC {
		return "", fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: want %s or %s", p, overHTTP, overGRPC)
	}
	return endpoint, checkHeaders()
}

// The protocols of OTLP.
const (
	overHTTP = "http/protobuf"
	overGRPC = "grpc"
)

func protocol() string {
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := os.Getenv(variable); p != "" {
			return p
		}
	}
	return overHTTP
}

func (c Config) exporter(ctx context.Context) (exporter trace.SpanExporter, err error) {
	if protocol() == overGRPC {
		var options []otlptracegrpc.Option
		if c.Endpoint != "" {
			options = append(options, otlptracegrpc.WithEndpointURL(c.Endpoint))
		}
		exporter, err = otlptracegrpc.New(ctx, options...)
	} else {
		var options []otlptracehttp.Option
		if c.Endpoint != "" {
			options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(c.Endpoint, "/")+"/v1/traces"))
		}
		exporter, err = otlptracehttp.New(ctx, options...)
	}
	if err != nil {
		return nil, fmt.Errorf("make an exporter of traces: %w", err)
	}
	return exporter, nil
}

// Close sends what is left and ends the tracer. It may be nil.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastWait)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last spans were not sent", "error", err)
	}
}

// Variables are what another process of ours needs to open a tracer like this one; nil where there is none. They may hold
// secrets, such as the headers of requests.
func (c Config) Variables() map[string]string {
	if endpoint, err := c.endpoint(); endpoint == "" || err != nil {
		return nil
	}
	all := map[string]string{}
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, prefix) {
			all[name] = value
		}
	}
	if c.Endpoint != "" {
		delete(all, tracesVariable)
		all[endpointVariable] = c.Endpoint
	}
	return all
}

// Adopt takes variables of another process into the environment of this one.
func Adopt(variables map[string]string) error {
	for name, value := range variables {
		if !strings.HasPrefix(name, prefix) {
			return fmt.Errorf("the variable %s is none of OpenTelemetry's", name)
		}
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("take over the variable %s: %w", name, err)
		}
	}
	return nil
}
