package store

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// watched notes the headers of requests on their way to the store.
type watched struct {
	http.RoundTripper
	mu   sync.Mutex
	seen map[string][]http.Header // by what the request does
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := r.Method
	switch q := r.URL.Query(); {
	case q.Has("uploads") && r.Method == http.MethodPost:
		kind = "begin"
	case q.Has("partNumber"):
		kind = "part"
	case q.Has("uploadId") && r.Method == http.MethodPost:
		kind = "end"
	}
	w.mu.Lock()
	w.seen[kind] = append(w.seen[kind], r.Header.Clone())
	w.mu.Unlock()
	return w.RoundTripper.RoundTrip(r)
}

// TestHeadersThatSettingsAskFor are sent with each request that they belong to: who owns the bucket with all, how an object is kept with
// those that make one.
func TestHeadersThatSettingsAskFor(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:123456789012:key/k"
	for name, c := range map[string]struct{ encryption, key string }{"SSE-S3": {"AES256", ""}, "SSE-KMS": {"aws:kms", key}} {
		t.Run(name, func(t *testing.T) {
			at := servertest.S3(t)
			b, owner := openBucket(at, usualPace), at.Key // the store takes the name of its first user for the owner of a bucket
			b.Owner, b.ACL, b.Encryption, b.KMSKey = owner, "bucket-owner-full-control", c.encryption, c.key
			w := &watched{RoundTripper: b.http.Transport, seen: map[string][]http.Header{}}
			b.http.Transport = w
			writeThrough(t, b)
			for _, kind := range []string{"begin", "part", "end", http.MethodPut, http.MethodHead, http.MethodGet, http.MethodPost} {
				require.NotEmpty(t, w.seen[kind], kind)
			}
			for kind, headers := range w.seen {
				for _, h := range headers {
					require.Equal(t, owner, h.Get("x-amz-expected-bucket-owner"), "%s %v", kind, h)
					if kind == "begin" || kind == http.MethodPut {
						require.Equal(t, c.encryption, h.Get("x-amz-server-side-encryption"), kind)
						require.Equal(t, c.key, h.Get("x-amz-server-side-encryption-aws-kms-key-id"), kind)
					}
					if kind == "begin" {
						require.Equal(t, "bucket-owner-full-control", h.Get("x-amz-acl"))
					}
				}
			}
		})
	}
}

// writeThrough asks for each thing that a store does.
func writeThrough(t *testing.T, b *bucket) {
	t.Helper()
	require.NoError(t, b.Check(t.Context()))
	staged := b.Stage(t.Context(), "s/t/LOAD00000001.csv", Options{ContentType: "text/csv"})
	_, err := staged.Write(make([]byte, 6<<20))
	require.NoError(t, err)
	ticket, err := staged.Seal(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.Publish(t.Context(), ticket))
	_, _, err = b.Head(t.Context(), ticket.Key)
	require.NoError(t, err)
	_, err = b.PutNew(t.Context(), "control/mark.json", []byte("{}"))
	require.NoError(t, err)
	held := lock(t, b, "control/claim")
	require.NotNil(t, held)
	held.Release()
	require.NoError(t, b.Sweep(t.Context(), "s/t/", nil, func(string) bool { return false }))
	require.NoError(t, b.List(t.Context(), "s/", func(Object) error { return nil }))
	require.NoError(t, b.Delete(t.Context(), []string{ticket.Key}))
}
