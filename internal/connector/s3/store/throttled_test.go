package store

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const slowDown = `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`

// throttled answers SlowDown to the first request of each kind: each part of an upload is one, and each method otherwise. The
// request has reached the store all the same when reaches holds.
type throttled struct {
	http.RoundTripper
	reaches bool
	mu      sync.Mutex
	seen    map[string]bool
}

// RoundTrip implements http.RoundTripper.
func (h *throttled) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := r.Method
	for _, name := range []string{"uploads", "uploadId", "partNumber", "delete", "list-type"} {
		if q := r.URL.Query(); q.Has(name) {
			kind += " " + name
			if name == "partNumber" {
				kind += q.Get(name)
			}
		}
	}
	h.mu.Lock()
	first := !h.seen[kind]
	h.seen[kind] = true
	h.mu.Unlock()
	if !first {
		return h.RoundTripper.RoundTrip(r)
	}
	if h.reaches {
		answer, err := h.RoundTripper.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = answer.Body.Close()
	}
	return refusal(r), nil
}

func refusal(r *http.Request) *http.Response {
	return &http.Response{
		StatusCode: http.StatusServiceUnavailable, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(slowDown)), ContentLength: int64(len(slowDown)),
	}
}

// TestAStoreThatAsksToSlowDown is asked again for everything, each part of an object too: what is written is whole, and in its order,
// also where the store had done what it refused.
func TestAStoreThatAsksToSlowDown(t *testing.T) {
	for name, reaches := range map[string]bool{"refused": false, "done and refused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openBucket(servertest.S3(t), usualPace)
			h := &throttled{RoundTripper: b.http.Transport, reaches: reaches, seen: map[string]bool{}}
			b.http.Transport = h
			text := make([]byte, 2*partSize+1000)
			for i := range text {
				text[i] = byte(i / 4096 % 251)
			}
			staged := b.Stage(t.Context(), "s/t/LOAD00000001.csv", Options{ContentType: "text/csv"})
			_, err := staged.Write(text)
			require.NoError(t, err)
			ticket, err := staged.Seal(t.Context())
			require.NoError(t, err)
			require.NoError(t, b.Publish(t.Context(), ticket))
			there, err := b.Open(t.Context(), ticket.Key)
			require.NoError(t, err)
			got, err := io.ReadAll(there)
			require.NoError(t, err)
			require.True(t, bytes.Equal(text, got), "%d bytes were written and %d read", len(text), len(got))
			require.NoError(t, b.Put(t.Context(), "control/state.json", []byte("{}")))
			require.NoError(t, b.Sweep(t.Context(), "s/t/", nil, func(string) bool { return false }))
			require.NoError(t, b.Delete(t.Context(), []string{ticket.Key}))
			for _, kind := range []string{"POST uploads", "PUT uploadId partNumber1", "PUT uploadId partNumber2", "PUT uploadId partNumber3", "POST uploadId", "GET", "PUT", "GET uploads", "POST delete"} {
				require.Contains(t, h.seen, kind)
			}
		})
	}
}

// refusing answers SlowDown to all writes while it is told to.
type refusing struct {
	http.RoundTripper
	now     atomic.Bool
	refused atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (h *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut && h.now.Load() {
		h.refused.Add(1)
		return refusal(r), nil
	}
	return h.RoundTripper.RoundTrip(r)
}

// TestAHolderWhoseStoreAsksToSlowDown commits nothing for as long as its claim may have become another's, and goes on when it could renew it,
// because nobody has taken it meanwhile.
func TestAHolderWhoseStoreAsksToSlowDown(t *testing.T) {
	t.Parallel()
	b := servertest.S3(t)
	p := pace{lease: 600 * time.Millisecond, renew: 20 * time.Millisecond, watch: 50 * time.Millisecond}
	mine := openBucket(b, p)
	h := &refusing{RoundTripper: mine.http.Transport}
	mine.http.Transport = h
	held := lock(t, mine, "claim")
	require.NotNil(t, held)
	require.False(t, held.Lost())
	h.now.Store(true)
	require.Eventually(t, held.Lost, 30*time.Second, 5*time.Millisecond)
	require.Greater(t, h.refused.Load(), int64(2), "the store was not asked again")
	h.now.Store(false)
	require.Eventually(t, func() bool { return !held.Lost() }, 30*time.Second, 5*time.Millisecond)
	held.Release()
	_, there, err := openBucket(b, p).Head(t.Context(), "claim")
	require.NoError(t, err)
	require.False(t, there, "the claim was not given back")
}
