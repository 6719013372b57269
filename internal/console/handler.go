package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Where the page is. Everything else of the address belongs to the API.
const (
	pagePath   = "/"
	assetsPath = "/console/"
)

// A Handler answers for the page and its files, and hands everything else on.
type Handler struct {
	next   http.Handler
	page   *file
	assets map[string]*file // by name below assetsPath
}

// New makes a handler before the API's. The region is what the page's calls are signed for.
func New(next http.Handler, region string) (*Handler, error) {
	h := &Handler{next: next, assets: map[string]*file{}}
	err := fs.WalkDir(dist, distDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		if name = strings.TrimPrefix(name, distDir+"/"); name == pageFile {
			h.page = newFile(name, bytes.ReplaceAll(content, []byte(regionMark), []byte(html.EscapeString(region))))
			return nil
		}
		h.assets[name] = newFile(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built console: %w", err)
	}
	if h.page == nil {
		return nil, fmt.Errorf("read the built console: there is no %s", pageFile)
	}
	return h, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ours := h.find(r)
	if !ours {
		h.next.ServeHTTP(w, r)
		return
	}
	protect(w.Header())
	if f == nil {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r, f != h.page)
}

// find says whether a request is for the console, and for which file; nil if there is none of that name. A call of the API is
// known by its headers or its query, whatever its method: the page's address has neither.
func (h *Handler) find(r *http.Request) (*file, bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, false
	}
	for _, name := range []string{"Authorization", "X-Amz-Target", "X-Amz-Date", "Smithy-Protocol"} {
		if r.Header.Get(name) != "" {
			return nil, false
		}
	}
	if r.URL.Path == pagePath && r.URL.RawQuery == "" {
		return h.page, true
	}
	name, ok := strings.CutPrefix(r.URL.Path, assetsPath)
	return h.assets[name], ok
}

// A file is one of the page's, as it goes over the wire.
type file struct {
	content   []byte
	packed    func() []byte // nil: not worth it; made when it is first asked for, so that a server starts at once
	kind, tag string
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{content: content, kind: mime.TypeByExtension(path.Ext(name)), tag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	switch path.Ext(name) { // what the machine knows of types must not matter
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".html":
		f.kind = "text/html; charset=utf-8"
	case ".txt":
		f.kind = "text/plain; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	}
	f.packed = sync.OnceValue(func() []byte { return pack(content) })
	return f
}

// serve writes the file. Those with a hash in their name never change.
func (f *file) serve(w http.ResponseWriter, r *http.Request, lasting bool) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("ETag", f.tag)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	if lasting {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.content
	if takesGzip(r) {
		if packed := f.packed(); packed != nil {
			body = packed
			header.Set("Content-Encoding", "gzip")
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a reader that has gone needs no answer
}
