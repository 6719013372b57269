package edge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// streamLimit is what a request and its answer may take here: less than the streams, and much for a busy machine.
const streamLimit = 2 * time.Second

// counting is an answer that goes on: it counts until it is to end.
type counting struct {
	until  int // 0: for ever
	last   error
	closed atomic.Int64
}

func (c *counting) Run(ctx context.Context, send service.Send) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; c.until == 0 || n < c.until; n++ {
		if err := send("counted", "EncryptResponse", &kmsapi.EncryptResponse{KeyId: new(fmt.Sprint(n))}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return kmsapi.Service.NewError("DependencyTimeoutException", "the server is stopping")
		case <-tick.C:
		}
	}
	return c.last
}

func (c *counting) Close() { c.closed.Add(1) }

// streaming is a house whose Encrypt goes on, and whose listener gives requests and answers no longer than a moment.
func streaming(t *testing.T, c *counting) (*house, *edge.Edge) {
	t.Helper()
	keys, err := service.New(&kmsapi.Service, service.Handle("Encrypt",
		func(_ context.Context, call *service.Call, _ *kmsapi.EncryptRequest) ([]service.Check, error) {
			return call.OnAny(), nil
		},
		func(_ context.Context, call *service.Call, _ *kmsapi.EncryptRequest) (*kmsapi.EncryptResponse, error) {
			call.Stream = c
			return &kmsapi.EncryptResponse{}, nil
		}))
	require.NoError(t, err)
	h := openWithin(t, streamLimit, func(config *edge.Config) { config.Services, config.Timeout = []*service.Service{keys}, streamLimit })
	return h, h.edge
}

// heard reads the messages of an answer until it ends.
func heard(t *testing.T, body io.Reader, each func(n int)) (all []eventstream.Message) {
	t.Helper()
	decoder := eventstream.NewDecoder()
	for {
		m, err := decoder.Decode(body, nil)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		m.Payload = append([]byte(nil), m.Payload...)
		all = append(all, m)
		if each != nil {
			each(len(all))
		}
	}
}

// TestAnAnswerThatGoesOn outlives the times of requests and answers, over HTTP/1.1 and HTTP/2, and ends with what went wrong.
func TestAnAnswerThatGoesOn(t *testing.T) {
	for name, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			c := &counting{until: 60, last: kmsapi.Service.NewError("LimitExceededException", "it is enough")}
			h, _ := streaming(t, c)
			if !two {
				h.http.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
				h.http.Transport.(*http.Transport).ForceAttemptHTTP2 = false
			}
			answer, err := h.http.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aGk="}`, nil))
			require.NoError(t, err)
			defer answer.Body.Close()
			require.Equal(t, http.StatusOK, answer.StatusCode)
			require.Equal(t, name, answer.Proto)
			require.Equal(t, "application/vnd.amazon.eventstream", answer.Header.Get("Content-Type"))
			all := heard(t, answer.Body, nil)
			require.Len(t, all, 1+60+1)
			require.Equal(t, "initial-response", all[0].Headers.Get(":event-type").String())
			require.Equal(t, "{}", string(all[0].Payload))
			for n, m := range all[1:61] {
				require.Equal(t, "event", m.Headers.Get(":message-type").String())
				require.Equal(t, "counted", m.Headers.Get(":event-type").String())
				require.JSONEq(t, fmt.Sprintf(`{"KeyId":"%d"}`, n), string(m.Payload))
			}
			last := all[61]
			require.Equal(t, "exception", last.Headers.Get(":message-type").String())
			require.Equal(t, "LimitExceededException", last.Headers.Get(":exception-type").String())
			require.Contains(t, string(last.Payload), "it is enough")
			require.EqualValues(t, 1, c.closed.Load())
			require.Equal(t, "Encrypt", h.trail.last().EventName)
		})
	}
}

// TestStreamsEndWithTheServer and with their callers, and let go of what they hold.
func TestStreamsEndWithTheServer(t *testing.T) {
	c := &counting{}
	h, e := streaming(t, c)
	answer, err := h.http.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aGk="}`, nil))
	require.NoError(t, err)
	all := heard(t, answer.Body, func(n int) {
		if n == 5 {
			e.EndStreams()
		}
	})
	require.NoError(t, answer.Body.Close())
	require.Equal(t, "DependencyTimeoutException", all[len(all)-1].Headers.Get(":exception-type").String())
	require.Eventually(t, func() bool { return c.closed.Load() == 1 }, time.Minute, time.Millisecond)

	c = &counting{}
	h, _ = streaming(t, c)
	ctx, gone := context.WithCancel(t.Context())
	answer, err = h.http.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aGk="}`, nil).WithContext(ctx))
	require.NoError(t, err)
	gone()
	_ = answer.Body.Close()
	require.Eventually(t, func() bool { return c.closed.Load() == 1 }, time.Minute, time.Millisecond)
}

// TestAStreamWithoutARecord is not begun: what cannot be written down is not done.
func TestAStreamWithoutARecord(t *testing.T) {
	c := &counting{}
	h, _ := streaming(t, c)
	h.trail.fail(errors.New("the disk is full"))
	status, _, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aGk="}`, nil))
	require.Equal(t, http.StatusInternalServerError, status)
	require.EqualValues(t, 1, c.closed.Load())
}
