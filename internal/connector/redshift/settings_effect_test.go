package redshift

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// through is the cluster's URL with its bucket behind a handler.
func (b *bench) through(handle func(w http.ResponseWriter, r *http.Request, on http.Handler)) string {
	b.t.Helper()
	to, err := url.Parse(b.Bucket.Endpoint)
	require.NoError(b.t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, proxy) }))
	b.t.Cleanup(s.Close)
	u, err := url.Parse(b.URL())
	require.NoError(b.t, err)
	q := u.Query()
	q.Set("s3_endpoint", s.URL)
	u.RawQuery = q.Encode()
	return u.String()
}

// TestStreamsOfUploads: no more staged files, nor parts of them, travel at once than FileTransferUploadStreams says, and as many do.
func TestStreamsOfUploads(t *testing.T) {
	b := newBench(t)
	var now, most, wanted atomic.Int64
	at := b.through(func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Method == http.MethodPut {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			for end := time.After(50 * time.Millisecond); most.Load() < wanted.Load(); {
				select {
				case <-end:
					wanted.Store(0)
				case <-time.After(time.Millisecond):
				}
			}
			defer now.Add(-1)
		}
		on.ServeHTTP(w, r)
	})
	for _, streams := range []int64{1, 3} {
		most.Store(0)
		wanted.Store(streams + 1) // others are waited for, so that they would be seen
		target := b.openAt(at, "FileTransferUploadStreams", fmt.Sprint(streams), "CompressCsvFiles", "false", "WriteBufferSize", "64")
		var sending errgroup.Group
		for range 5 {
			sending.Go(func() error {
				f := target.newFile(t.Context(), "run", loads)
				for range 12 {
					if _, err := f.Write([]byte(strings.Repeat("x", 1<<20))); err != nil { // 12 MB go in parts
						return err
					}
				}
				return f.finish()
			})
		}
		require.NoError(t, sending.Wait())
		require.Equal(t, streams, most.Load())
	}
}

// TestTheWriteBuffer: so much of a file is gathered before it goes on.
func TestTheWriteBuffer(t *testing.T) {
	b := newBench(t)
	f := b.open("WriteBufferSize", "8", "CompressCsvFiles", "false").newFile(t.Context(), "run", loads)
	defer f.abandon()
	for range 8 {
		require.Zero(t, f.held.Len())
		_, err := f.Write(make([]byte, 1<<10))
		require.NoError(t, err)
	}
	_, err := f.Write([]byte{1})
	require.NoError(t, err)
	require.Equal(t, 8<<10, f.held.Len())
}

// TestAClusterThatDoesNotAnswer is waited for as long as ConnectionTimeout says.
func TestAClusterThatDoesNotAnswer(t *testing.T) {
	b := newBench(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	u, err := url.Parse(b.URL())
	require.NoError(t, err)
	u.Host = silent.Addr().String()
	began := time.Now()
	_, err = b.try(u.String(), "ConnectionTimeout", "100")
	require.Error(t, err)
	require.Less(t, time.Since(began), 10*time.Second)
}

// TestWhatIsTooLong is rejected, or cut where TruncateColumns asks for it, and told of.
func TestWhatIsTooLong(t *testing.T) {
	b := newBench(t)
	for set, want := range map[string][]string{"false": {"fits"}, "true": {"fits", "it is too "}} {
		target := b.open("TruncateColumns", set)
		b.make(target, "v varchar(10)")
		l := &loading{}
		require.NoError(t, b.load(target, l, [][]string{{"fits"}, {"it is too long"}}))
		require.Equal(t, want, b.column("SELECT v FROM public.t ORDER BY 1"))
		require.Len(t, l.rejects, 1)
		require.Equal(t, set == "true", l.rejects[0].Kept)
	}
}

// TestWhereStagedFilesLie: every file of a load and of changes lies below BucketFolder, or at the top without it, and the store is asked to encrypt it as
// EncryptionMode says.
func TestWhereStagedFilesLie(t *testing.T) {
	b := newBench(t)
	var mu sync.Mutex
	puts := map[string]string{}
	at := b.through(func(w http.ResponseWriter, r *http.Request, on http.Handler) {
		if r.Method == http.MethodPut {
			mu.Lock()
			puts[r.URL.Path] = r.Header.Get("x-amz-server-side-encryption")
			mu.Unlock()
		}
		on.ServeHTTP(w, r)
	})
	var many [][]string
	for i := range 100 {
		many = append(many, []string{fmt.Sprint(i)})
	}
	for _, c := range []struct{ folder, mode, below, encrypted string }{
		{"", "", "/whimbrel-staging/", ""}, {"a/b c/", "sse-s3", "/a/b c/whimbrel-staging/", "AES256"},
	} {
		clear(puts)
		pairs := []string{"BucketFolder", c.folder}
		if c.mode != "" {
			pairs = append(pairs, "EncryptionMode", c.mode)
		}
		target := b.openAt(at, pairs...)
		b.make(target, "id integer")
		require.NoError(t, b.load(target, &loading{}, many))
		s := b.session(target, connector.ApplyOptions{Run: "r"})
		require.NoError(t, s.Begin(t.Context()))
		_, err := s.Write(t.Context(), []connector.RowSet{b.set(target, change.Insert, nil, many...)})
		require.NoError(t, err)
		require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
		require.Equal(t, []string{"200"}, b.column("SELECT count(*) FROM public.t"))
		require.Len(t, puts, 4, "two files and their manifests")
		for path, encryption := range puts {
			require.True(t, strings.HasPrefix(path, "/"+b.Bucket.Name+c.below), path)
			require.Equal(t, c.encrypted, encryption, path)
		}
	}
}
