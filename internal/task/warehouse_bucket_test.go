package task_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// between has the bucket of a warehouse reached through a handler that may hand requests on; COPY reads it as before.
func (w warehouse) between(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, on http.Handler)) {
	t.Helper()
	to, err := url.Parse(w.Bucket.Endpoint)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) { handle(to, r, proxy) }))
	t.Cleanup(s.Close)
	u, err := url.Parse(w.end.url)
	require.NoError(t, err)
	q := u.Query()
	q.Set("s3_endpoint", s.URL)
	u.RawQuery = q.Encode()
	w.end.url = u.String()
}

// TestWarehouseBucketThatIsBusy asks to slow down each kind of request once, in the load and again while changes are followed: all
// rows arrive, once.
func TestWarehouseBucketThatIsBusy(t *testing.T) {
	source, w := newEnd(t, "sqlite"), newWarehouse(t, "CompressCsvFiles", "false")
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 220) INSERT INTO a SELECT i, hex(zeroblob(25000)) FROM c") // 11 MB: a file goes in parts
	var mu sync.Mutex
	seen := map[string]bool{}
	w.between(t, func(to http.ResponseWriter, r *http.Request, on http.Handler) {
		kind := r.Method
		for _, name := range []string{"uploads", "uploadId", "partNumber", "delete"} {
			if r.URL.Query().Has(name) {
				kind += " " + name
			}
		}
		mu.Lock()
		first := !seen[kind]
		seen[kind] = true
		mu.Unlock()
		if first {
			to.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(to, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return
		}
		on.ServeHTTP(to, r)
	})
	load(t, source, w.end)
	require.Equal(t, []string{"220 220 11000000"}, w.end.column(t, "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(length(v)) FROM a"))
	for _, kind := range []string{"POST uploads", "PUT uploadId partNumber", "POST uploadId", "PUT", "POST delete"} {
		require.True(t, seen[kind], kind)
	}
	mu.Lock()
	clear(seen)
	mu.Unlock()
	source.exec(t, "UPDATE a SET v = 'changed' || id WHERE id > 100", "DELETE FROM a WHERE id <= 10")
	catchUp(t, source, w.end)
	require.True(t, seen["PUT"], "the changes did not go through the bucket")
	require.Equal(t, source.column(t, "SELECT id || ' ' || substr(v, 1, 20) FROM a ORDER BY id"), w.end.column(t, "SELECT id || ' ' || substr(v, 1, 20) FROM a ORDER BY id"))
	require.Empty(t, w.staged(t))
}

// TestWarehouseBucketDeniedAmidChanges: the bucket takes no more files while changes are followed. The task says so, and goes on once it
// takes them again, with each change applied once.
func TestWarehouseBucketDeniedAmidChanges(t *testing.T) {
	source, w := newEnd(t, "sqlite"), newWarehouse(t)
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO a VALUES (1, 0)")
	var denied atomic.Bool
	w.between(t, func(to http.ResponseWriter, r *http.Request, on http.Handler) {
		if denied.Load() && r.Method == http.MethodPut {
			to.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(to, accessDenied)
			return
		}
		on.ServeHTTP(to, r)
	})
	load(t, source, w.end)
	c := changesConfig(source, w.end)
	c.Settings.ErrorBehavior.RecoverableErrorCount = 0
	r := start(t, c)
	rows := func(from int) string {
		return fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT %d UNION ALL SELECT i+1 FROM c WHERE i < %d) INSERT INTO a SELECT i, 0 FROM c", from, from+99)
	}
	source.exec(t, rows(100))
	r.await(t, "changes", func() bool { return len(w.end.column(t, "SELECT id FROM a")) == 101 })
	denied.Store(true)
	source.exec(t, "UPDATE a SET n = n + 1", rows(200))
	<-r.ended
	require.Equal(t, connector.Denied, connector.ClassOf(r.err), r.err)
	require.NotContains(t, r.err.Error(), w.Bucket.Secret)
	require.Equal(t, []string{"101 0"}, w.end.column(t, "SELECT count(*) || ' ' || sum(n) FROM a"), "a part of a transaction was applied")
	source.exec(t, "UPDATE a SET n = n + 1 WHERE id >= 150")
	denied.Store(false)
	catchUp(t, source, w.end)
	require.Equal(t, source.column(t, "SELECT id || ' ' || n FROM a ORDER BY id"), w.end.column(t, "SELECT id || ' ' || n FROM a ORDER BY id"))
	require.Equal(t, []string{"201"}, w.end.column(t, "SELECT count(*) FROM a"))
	require.Empty(t, w.staged(t))
}
