package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/console"
)

// answer is what the handler says to a request, and whether it handed it on to the API.
func answer(t *testing.T, method, target string, headers ...string) (*http.Response, string, bool) {
	t.Helper()
	h, err := handler()
	require.NoError(t, err)
	r := httptest.NewRequest(method, target, strings.NewReader(""))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Result(), string(body), w.Code == handedOn
}

// handedOn is the status of what the API would answer.
const handedOn = http.StatusTeapot

var handler = sync.OnceValues(func() (*console.Handler, error) {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(handedOn) })
	return console.New(api, `eu-"><script>`)
})

var assets = regexp.MustCompile(`(?:src|href)="(console/[^"]+)"`)

// TestOnlyThePageIsServed: whatever could be a call goes to the API, which asks for a signature.
func TestOnlyThePageIsServed(t *testing.T) {
	for _, c := range [][]string{
		{"POST", "/"}, {"PUT", "/"}, {"OPTIONS", "/"}, {"DELETE", "/console/"}, {"POST", "/console/x.js"}, {"GET", "/?Action=ListUsers"}, {"GET", "/?"}, {"GET", "/console"},
		{"GET", "/index.html"}, {"GET", "/service/x/operation/y"}, {"GET", "//console/"},
		{"GET", "/", "Authorization", "AWS4-HMAC-SHA256 x"}, {"GET", "/", "X-Amz-Target", "AmazonDMSv20160101.DescribeEndpoints"}, {"HEAD", "/", "X-Amz-Date", "20260101T000000Z"},
	} {
		_, _, passed := answer(t, c[0], c[1], c[2:]...)
		require.Equal(t, c[1] != "/?", passed, c) // an empty query is none
	}
	for _, c := range [][]string{{"GET", "/"}, {"HEAD", "/"}, {"GET", "/console/nothing.js"}, {"GET", "/console/"}, {"GET", "/console/../handler.go"}} {
		_, _, passed := answer(t, c[0], c[1])
		require.False(t, passed, c)
	}
	for _, target := range []string{"/console/nothing.js", "/console/", "/console/index.html", "/console/../go.mod", "/console/%2e%2e/go.mod"} {
		r, _, _ := answer(t, "GET", target)
		require.Equal(t, http.StatusNotFound, r.StatusCode, target)
	}
}

// TestThePageIsGuarded: whatever is answered, also what is not there, carries the headers that keep it harmless.
func TestThePageIsGuarded(t *testing.T) {
	_, page, _ := answer(t, "GET", "/")
	targets := []string{"/", "/console/nothing.js"}
	for _, m := range assets.FindAllStringSubmatch(page, -1) {
		targets = append(targets, "/"+m[1])
	}
	require.Greater(t, len(targets), 3)
	for _, target := range targets {
		r, body, _ := answer(t, "GET", target)
		policy := r.Header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", r.Header.Get("Referrer-Policy"))
		require.NotEmpty(t, r.Header.Get("Permissions-Policy"))
		require.Empty(t, r.Header.Get("Access-Control-Allow-Origin"))
		require.Empty(t, r.Header.Get("Set-Cookie"))
		require.NotContains(t, body, "{{")
	}
	require.NotContains(t, page, `"><script>`, "the region is spelt as text")
	for _, script := range regexp.MustCompile(`<script[^>]*>[^<]*`).FindAllString(page, -1) {
		require.Regexp(t, ` src="console/[^"]+">$`, script, "no script stands in the page itself")
	}
	require.NotContains(t, page, "<style")
	require.NotRegexp(t, `\son[a-z]+=`, page)
}

// TestThePageIsSmall: whoever opened every page would have fetched less than the first page may have.
func TestThePageIsSmall(t *testing.T) {
	const most = 300 << 10
	_, page, _ := answer(t, "GET", "/")
	seen, total := map[string]bool{}, 0
	var fetch func(name string)
	fetch = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		r, packed, _ := answer(t, "GET", "/"+name, "Accept-Encoding", "gzip")
		require.Equal(t, http.StatusOK, r.StatusCode, name)
		total += len(packed)
		_, plain, _ := answer(t, "GET", "/"+name)
		for _, m := range regexp.MustCompile(`"\./([a-zA-Z0-9-]+\.js)"`).FindAllStringSubmatch(plain, -1) {
			fetch("console/" + m[1])
		}
	}
	for _, m := range assets.FindAllStringSubmatch(page, -1) {
		fetch(m[1])
	}
	require.Greater(t, len(seen), 20)
	t.Logf("%d files, %d bytes compressed", len(seen), total)
	require.Less(t, total, most)
}

// TestUnchangedFilesAreNotSentAgain to a browser that has them.
func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	r, page, _ := answer(t, "GET", "/")
	require.Equal(t, "no-cache", r.Header.Get("Cache-Control"))
	again, body, _ := answer(t, "GET", "/", "If-None-Match", r.Header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	require.Empty(t, body)
	asset, _, _ := answer(t, "GET", "/"+assets.FindStringSubmatch(page)[1])
	require.Contains(t, asset.Header.Get("Cache-Control"), "immutable")
	head, body, _ := answer(t, "HEAD", "/")
	require.Empty(t, body)
	require.NotEmpty(t, head.Header.Get("Content-Length"))
	plain, _, _ := answer(t, "GET", "/", "Accept-Encoding", "br, gzip;q=0")
	require.Empty(t, plain.Header.Get("Content-Encoding"))
}
