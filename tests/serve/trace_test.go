package serve_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// toldSpan is a span with the service that it is of.
type toldSpan struct {
	*tracepb.Span
	service string
}

func (s *toldSpan) attribute(name string) string {
	for _, a := range s.Attributes {
		if a.Key == name {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// spans takes what is sent by OTLP.
type spans struct {
	mu  sync.Mutex
	all []*toldSpan
	raw bytes.Buffer
}

func (c *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in collector.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(body, &in) != nil {
		http.Error(w, "no OTLP", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, of := range in.ResourceSpans {
		service := ""
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.GetStringValue()
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				c.all = append(c.all, &toldSpan{s, service})
			}
		}
	}
}

// below are the spans below one, by their names; the last of a name counts.
func (c *spans) below(parent *toldSpan) map[string]*toldSpan {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[string]*toldSpan{}
	for _, s := range c.all {
		if bytes.Equal(s.ParentSpanId, parent.SpanId) && bytes.Equal(s.TraceId, parent.TraceId) {
			name := s.Name
			if of := s.attribute("db.collection.name"); of != "" {
				name += " " + of
			}
			found[name] = s
		}
	}
	return found
}

func (c *spans) named(name string) *toldSpan {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.all {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// awaited is the first span of a name, once it has been sent.
func (c *spans) awaited(t *testing.T, name string) *toldSpan {
	t.Helper()
	var s *toldSpan
	require.Eventually(t, func() bool { s = c.named(name); return s != nil }, 3*time.Minute, 100*time.Millisecond, name)
	return s
}

// TestTracesOfARequestAndOfATask follows the call that starts a task through the server, and the task through its stages in the
// process of its instance: one trace, with no secret in it. What the caller's own trace names goes on.
func TestTracesOfARequestAndOfATask(t *testing.T) {
	t.Parallel()
	c := &spans{}
	at := httptest.NewServer(c)
	defer at.Close()
	s := first(t, "--dms-roles", "--otlp-endpoint", at.URL)
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 500)
	api, m := watched(t, s, "traced", source, target)
	arrives(t, source, target, "") // all is loaded: what is traded from here on comes with the changes
	source.trade(t, 10001, 20)
	arrives(t, source, target, "")
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	task, call := c.awaited(t, "task"), c.awaited(t, "dms:StartReplicationTask") // each process sends its own in its own time
	require.Equal(t, "whimbrel-instance", task.service)
	require.Equal(t, "full-load-and-cdc", task.attribute("whimbrel.migration_type"))
	require.Equal(t, "NORMAL", task.attribute("whimbrel.stop_reason"))

	require.Equal(t, "whimbrel", call.service)
	require.Equal(t, tracepb.Span_SPAN_KIND_SERVER, call.Kind)
	require.NotEmpty(t, call.attribute("aws.request_id"))
	steps := c.below(call)
	for _, step := range []string{"authenticate", "authorize", "operation"} {
		require.Contains(t, steps, step)
	}
	require.Contains(t, c.below(steps["operation"]), "task", "the task belongs to the call that started it")

	stages := c.below(task)
	for _, stage := range []string{"open", "inspect", "full load", "follow"} {
		require.Contains(t, stages, stage)
	}
	load := c.below(stages["full load"])
	require.Contains(t, load, "load table customer")
	require.Contains(t, load, "load table orders")
	require.GreaterOrEqual(t, load["load table orders"].StartTimeUnixNano, stages["full load"].StartTimeUnixNano)
	cached := c.below(stages["follow"])["cached changes"]
	require.NotNil(t, cached)
	require.Less(t, cached.EndTimeUnixNano, stages["follow"].EndTimeUnixNano, "what had committed by then was applied before the end")

	_, err = s.aws(t, nil, "dms", "start-replication-task", "--replication-task-arn", m.task+"X", "--start-replication-task-type", "start-replication")
	require.Error(t, err)
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, s := range c.all {
			if s.Name == "dms:StartReplicationTask" && s.attribute("error.type") == "ResourceNotFoundFault" && s.Status.Code == tracepb.Status_STATUS_CODE_ERROR {
				return true
			}
		}
		return false
	}, 3*time.Minute, 100*time.Millisecond)

	const parent = "0af7651916cd43dd8448eb211c80319c"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, nil)
	require.NoError(t, err)
	r.Header.Set("Traceparent", "00-"+parent+"-b7ad6b7169203331-01")
	answer, err := s.http(t).Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Eventually(t, func() bool {
		s := c.named("request")
		return s != nil && hex.EncodeToString(s.TraceId) == parent
	}, 3*time.Minute, 100*time.Millisecond)

	_, key := s.credentials(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NotContains(t, c.raw.String(), key)
	require.NotContains(t, c.raw.String(), target.password)
	require.NotContains(t, c.raw.String(), "Zoë")
}
