package s3

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestClosedTargetsLeaveNoConnections, neither those that were opened nor those whose store has refused them.
func TestClosedTargetsLeaveNoConnections(t *testing.T) {
	var mu sync.Mutex
	open, seen := map[net.Conn]bool{}, 0
	status := http.StatusOK
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`<?xml version="1.0"?><ListBucketResult></ListBucketResult>`))
	}))
	server.Config.ConnState = func(c net.Conn, s http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch s {
		case http.StateNew:
			open[c] = true
			seen++
		case http.StateClosed, http.StateHijacked:
			delete(open, c)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := connector.Config{URL: "s3://key:secret@bucket/folder?" + url.Values{"endpoint": {server.URL}, "attempts": {"1"}}.Encode()}
	for range 3 {
		at, err := openTarget(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, at.(*target).Probe(t.Context()))
		require.NoError(t, at.Close())
	}
	status = http.StatusForbidden
	_, err := openTarget(t.Context(), c)
	require.Equal(t, connector.Denied, connector.ClassOf(err))
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return seen == 4 && len(open) == 0
	}, time.Minute, 10*time.Millisecond)
}

// TestSettingsOfObjects: what CannedAclForObjects, EncryptionMode and ExpectedBucketOwner say is asked of the store.
func TestSettingsOfObjects(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]http.Header{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Method
		if r.URL.Query().Has("uploads") {
			kind += " uploads"
		}
		mu.Lock()
		seen[kind] = r.Header.Clone()
		mu.Unlock()
		_, _ = w.Write([]byte(`<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`))
	}))
	t.Cleanup(server.Close)
	at, err := openTarget(t.Context(), connector.Config{
		URL: "s3://key:secret@bucket/folder?" + url.Values{"endpoint": {server.URL}, "attempts": {"1"}}.Encode(), Settings: map[string]string{
			"CannedAclForObjects": "bucket-owner-full-control", "EncryptionMode": "sse-kms", "ServerSideEncryptionKmsKeyId": "k", "ExpectedBucketOwner": "111122223333", "BucketFolder": "below",
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = at.Close() })
	require.Equal(t, "s3://bucket/folder/below", at.(*target).store.Location())
	_ = at.(*target).Rehearse(t.Context()) // what answers is no store
	h := seen["POST uploads"]
	require.Equal(t, []string{"bucket-owner-full-control", "aws:kms", "k", "111122223333"}, []string{
		h.Get("x-amz-acl"), h.Get("x-amz-server-side-encryption"), h.Get("x-amz-server-side-encryption-aws-kms-key-id"), h.Get("x-amz-expected-bucket-owner"),
	})
	require.Equal(t, "111122223333", seen["GET"].Get("x-amz-expected-bucket-owner"))
}

// TestTheProbeIsTakenAway: the test of a connection writes an object and deletes it, also when it may not look at it; what it may not do is told.
func TestTheProbeIsTakenAway(t *testing.T) {
	for denied, says := range map[string]string{"": "", http.MethodHead: "look up object _awsdms_control/probe-", http.MethodPut: "write object _awsdms_control/probe-", "delete": "delete"} {
		t.Run("without "+denied, func(t *testing.T) {
			t.Parallel()
			b := servertest.S3(t)
			to, err := url.Parse(b.Endpoint)
			require.NoError(t, err)
			proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
			var written, deleted atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				isDelete := r.URL.Query().Has("delete") || r.Method == http.MethodDelete && !r.URL.Query().Has("uploadId")
				switch {
				case r.Method == http.MethodPut:
					written.Add(1)
				case isDelete:
					deleted.Add(1)
				}
				if denied != "" && (r.Method == denied || denied == "delete" && isDelete) {
					w.WriteHeader(http.StatusForbidden)
					_, _ = w.Write([]byte(`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`))
					return
				}
				proxy.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			at, err := openTarget(t.Context(), connector.Config{URL: b.URL("dms") + "&" + url.Values{"endpoint": {server.URL}, "attempts": {"1"}}.Encode()})
			require.NoError(t, err)
			t.Cleanup(func() { _ = at.Close() })
			err = at.(*target).Rehearse(t.Context())
			require.Positive(t, written.Load(), "nothing was written")
			if denied == "" {
				require.NoError(t, err)
			} else {
				require.Equal(t, connector.Denied, connector.ClassOf(err), err)
				require.ErrorContains(t, err, says)
			}
			if denied == http.MethodPut {
				return
			}
			require.Positive(t, deleted.Load(), "nothing was taken away")
			left, err := filepath.Glob(filepath.Join(b.Dir, "dms/_awsdms_control/probe-*"))
			require.NoError(t, err)
			require.Equal(t, denied == "delete", len(left) > 0, left)
		})
	}
}
