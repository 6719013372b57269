package task_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// between has the target reached through a handler that may hand requests on.
func (l lake) between(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, on http.Handler)) edit {
	t.Helper()
	to, err := url.Parse(l.Endpoint)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, proxy) }))
	t.Cleanup(s.Close)
	return l.through(&broker{url: s.URL})
}

var markPut = regexp.MustCompile(`_awsdms_control/load/.*/[0-9]+\.json$`)

// TestLakeMarkThatIsRefusedOnce: while one segment's mark is refused others are loaded; none of them gets a file of another.
func TestLakeMarkThatIsRefusedOnce(t *testing.T) {
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 3000) INSERT INTO one SELECT i, hex(randomblob(20)) FROM c")
	want := source.column(t, "SELECT id || ',' || v FROM one")
	slices.Sort(want)
	for refused := range int64(4) {
		l := newLake(t)
		var marks, files atomic.Int64
		staged := make(chan struct{}) // closed when files of other segments have begun after the refusal
		through := l.between(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
			_, begins := r.URL.Query()["uploads"]
			switch {
			case r.Method == http.MethodPut && markPut.MatchString(r.URL.Path):
				switch n := marks.Add(1) - 1; {
				case n == refused:
					w.WriteHeader(http.StatusServiceUnavailable)
					_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>x</Message></Error>`)
					return
				case n > refused: // the segments in flight are marked once others have begun
					select {
					case <-staged:
					case <-t.Context().Done():
					}
				}
			case r.Method == http.MethodPost && begins && marks.Load() > refused:
				if files.Add(1) == 1 {
					defer close(staged)
				}
			}
			on.ServeHTTP(w, r)
		})
		c := config(source, l.end)
		c.SegmentBytes = 20 << 10
		c.Settings.ErrorBehavior.RecoverableErrorInterval = 0
		through(&c)
		report, err := run(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, report.Tables[0].Err)
		require.Greater(t, marks.Load(), refused+2)
		got := l.lines(t, "main/one")
		slices.Sort(got)
		require.Equal(t, want, got, "mark %d was refused", refused)
		require.Empty(t, filesBelow(t, filepath.Join(l.Dir, ".sgwtmp")), "uploads are left")
	}
}

// TestLakeDeniedHalfWay: the store answers as one whose policy lets nobody write a table's files, or nobody end them. The table says so
// and what would be right, the other is loaded, and once the policy allows it a run goes on to the end.
func TestLakeDeniedHalfWay(t *testing.T) {
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY)", "INSERT INTO one VALUES (1)", "CREATE TABLE two (id INTEGER PRIMARY KEY)", "INSERT INTO two VALUES (2)")
	for _, denied := range []string{"uploads", "partNumber"} {
		l := newLake(t)
		var allowed atomic.Bool
		through := l.between(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
			if !allowed.Load() && r.URL.Query().Has(denied) && strings.Contains(r.URL.Path, "/main/one/LOAD") {
				w.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
				return
			}
			on.ServeHTTP(w, r)
		})
		c := config(source, l.end)
		through(&c)
		report, err := run(t.Context(), c)
		require.NoError(t, err)
		for _, table := range report.Tables {
			if table.Source.Name == "two" {
				require.NoError(t, table.Err)
				continue
			}
			require.Equal(t, connector.Denied, connector.ClassOf(table.Err), table.Err)
			require.ErrorContains(t, table.Err, "get, put and delete objects")
			require.NotContains(t, table.Err.Error(), l.Secret)
		}
		require.Equal(t, []string{"2"}, l.lines(t, "main/two"))
		require.Empty(t, l.files(t, "main/one"))
		allowed.Store(true)
		l.load(t, source, through)
		require.Equal(t, []string{"1"}, l.lines(t, "main/one"))
		require.Equal(t, []string{"2"}, l.lines(t, "main/two"))
	}
}
