package s3

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
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
