package task_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// spoiltDrawer is a bucket of files as the source of a migration, reached through one that refuses requests.
type spoiltDrawer struct {
	*servertest.Bucket
	url     string
	refuses atomic.Pointer[string] // the code that requests for data are answered
	times   atomic.Int64           // how many of them
}

func newSpoiltDrawer(t *testing.T, attempts int) *spoiltDrawer {
	t.Helper()
	d := &spoiltDrawer{Bucket: servertest.S3(t)}
	to, err := url.Parse(d.Endpoint)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := d.refuses.Load()
		if code == nil || !strings.HasSuffix(r.URL.Path, ".csv") || d.times.Add(-1) < 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		status := http.StatusForbidden
		if *code == "SlowDown" {
			status = http.StatusServiceUnavailable
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+*code+"</Code><Message>so it is</Message></Error>")
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(d.URL("in"))
	require.NoError(t, err)
	u.RawQuery = url.Values{"endpoint": {s.URL}, "attempts": {fmt.Sprint(attempts)}}.Encode()
	d.url = u.String()
	return d
}

// refuse has requests for data answered with a code, so many times.
func (d *spoiltDrawer) refuse(code string, times int64) {
	d.times.Store(times)
	d.refuses.Store(&code)
}

func (d *spoiltDrawer) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(d.Dir, "in", name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path+".part", []byte(text), 0o644))
	require.NoError(t, os.Rename(path+".part", path))
}

func (d *spoiltDrawer) config(target *end) taskConfig {
	c := changesConfig(&end{engine: "s3", family: catalog.Lake, url: d.url}, target)
	c.Source.Settings = map[string]string{"ExternalTableDefinition": ledger, "CdcPath": "log"}
	together(target)(&c)
	c.Settings.ErrorBehavior.RecoverableErrorInterval = 0
	c.Stop.CaughtUp = true
	return c
}

// follow loads the files into a target, follows those of changes and ends when there are no more.
func (d *spoiltDrawer) follow(t *testing.T, target *end) (*task.Report, error) {
	t.Helper()
	return run(t.Context(), d.config(target))
}

// fault is what a run ended with, of the whole or of a table.
func fault(report *task.Report, err error) error {
	if err != nil || report == nil {
		return err
	}
	for _, table := range report.Tables {
		if table.Err != nil {
			return table.Err
		}
	}
	return nil
}

// TestLakeSourceRefusesItsFiles: a key that is none any more, or a policy, refuse files while they are loaded and while those of changes are read. What is wrong and what
// would be right is said, without a secret, and once the store answers again the task begins anew, or goes on with the changes: every line comes once.
func TestLakeSourceRefusesItsFiles(t *testing.T) {
	for code, says := range map[string]string{"InvalidAccessKeyId": "key", "SignatureDoesNotMatch": "secret", "AccessDenied": "let the access key list the bucket, and get"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			d, target := newSpoiltDrawer(t, 1), newEnd(t, "postgresql-18")
			refused := func() {
				t.Helper()
				d.refuse(code, 1<<40)
				err := fault(d.follow(t, target))
				require.Equal(t, connector.Denied, connector.ClassOf(err), "%v", err)
				t.Log(err)
				require.ErrorContains(t, err, says)
				require.NotContains(t, err.Error(), d.Secret)
				d.refuses.Store(nil)
			}
			d.put(t, "bank/entry/LOAD001.csv", "first\nsecond\n")
			refused()
			m, err := task.Open(t.Context(), d.config(target))
			require.NoError(t, err)
			require.NoError(t, m.Release(t.Context()))
			require.NoError(t, m.Close())
			require.NoError(t, fault(d.follow(t, target)))
			require.Equal(t, []string{"first", "second"}, target.column(t, "SELECT what FROM entry ORDER BY what"))
			d.put(t, "log/1.csv", "I,entry,bank,third\n")
			refused()
			require.NoError(t, fault(d.follow(t, target)))
			require.Equal(t, []string{"first", "second", "third"}, target.column(t, "SELECT what FROM entry ORDER BY what"))
		})
	}
}

// TestLakeSourceAsksToSlowDown, again and again: it is asked once more each time, and nothing comes twice.
func TestLakeSourceAsksToSlowDown(t *testing.T) {
	t.Parallel()
	d, target := newSpoiltDrawer(t, 4), newEnd(t, "postgresql-18")
	var want []string
	for i := range 4 {
		d.put(t, fmt.Sprintf("bank/entry/LOAD%03d.csv", i), fmt.Sprintf("l%d\n", i))
		d.put(t, fmt.Sprintf("log/%d.csv", i), fmt.Sprintf("I,entry,bank,m%d\n", i))
		want = append(want, fmt.Sprintf("l%d", i))
	}
	for i := range 4 {
		want = append(want, fmt.Sprintf("m%d", i))
	}
	d.refuse("SlowDown", 3)
	require.NoError(t, fault(d.follow(t, target)))
	require.Negative(t, d.times.Load(), "it was asked again")
	require.Equal(t, want, target.column(t, "SELECT what FROM entry ORDER BY what"))
}

// TestLakeSourceHugeValuesInChanges: lines with a value of tens of megabytes.
func TestLakeSourceHugeValuesInChanges(t *testing.T) {
	t.Parallel()
	target := newEnd(t, "postgresql-18")
	huge := strings.Repeat("0123456789abcdef", 40<<16)
	d := newDrawer(t, ledger, map[string]string{"bank/entry/LOAD001.csv": "first\n", "log/1.csv": "I,entry,bank," + huge + "\nI,entry,bank,last\n"}, "CdcPath", "log")
	d.catchUp(t, target, together(target))
	require.Equal(t, []string{"4", "5", fmt.Sprint(len(huge))}, target.column(t, "SELECT length(what) FROM entry ORDER BY 1"))
}
