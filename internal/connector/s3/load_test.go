package s3

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestFileThatTravelsWhenItsRowsEnd: the store answers for a part only when the rows are all written, and what they were written in
// has ended.
func TestFileThatTravelsWhenItsRowsEnd(t *testing.T) {
	bucket := servertest.S3(t)
	to, err := url.Parse(bucket.Endpoint)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	writing, written := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("partNumber") == "1" {
			<-writing.Done()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(bucket.URL("dms"))
	require.NoError(t, err)
	u.RawQuery = url.Values{"endpoint": {server.URL}, "attempts": {"1"}}.Encode()
	at, err := openTarget(t.Context(), connector.Config{URL: u.String()})
	require.NoError(t, err)

	name := catalog.Name{Schema: "s", Name: "t"}
	m := connector.Mark{Run: "run", Table: name, Segment: connector.Segment{Number: 1, Of: 1}}
	require.NoError(t, at.Journal().Plan(t.Context(), []connector.Mark{m}))
	columns := []connector.LoadColumn{{Column: typed("v", datatype.Type{Kind: datatype.WString}, false), Layout: change.Text}}
	l, err := at.Load(t.Context(), connector.LoadRequest{Table: &catalog.Table{Name: name}, Columns: columns, Mark: m})
	require.NoError(t, err)
	var b change.Batch
	b.Reset([]change.Layout{change.Text})
	b.Columns[0].AppendString(strings.Repeat("x", 6<<20))
	b.EndRow()
	require.NoError(t, l.Write(writing, &b))
	written()
	require.NoError(t, l.Commit(t.Context(), connector.Counts{Rows: 1}))
	info, err := os.Stat(filepath.Join(bucket.Dir, "dms/s/t/LOAD00000001.csv"))
	require.NoError(t, err)
	require.EqualValues(t, 6<<20+1, info.Size())
}

func TestTwoMarksOfOneFileAreRefused(t *testing.T) {
	file := store.Ticket{Key: "s/t/LOAD00000001.csv"}
	require.NoError(t, apart(map[string]waiting{"1": {files: []store.Ticket{file}}, "2": {files: []store.Ticket{{Key: "s/t/LOAD00000002.csv"}}}}))
	require.ErrorContains(t, apart(map[string]waiting{"1": {files: []store.Ticket{file}}, "2": {files: []store.Ticket{file}}}), file.Key)
}
