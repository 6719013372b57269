package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"net/http"
	"strings"
)

// distDir is the built page, pageFile the document of it; regionMark in that stands for the server's region.
const (
	distDir    = "dist"
	pageFile   = "index.html"
	regionMark = "{{region}}"
)

//go:embed dist
var dist embed.FS

// pack compresses what is worth it; nil if it is not.
func pack(content []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || packed.Len() >= len(content) {
		return nil
	}
	return packed.Bytes()
}

func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.TrimSpace(quality) != "q=0" {
			return true
		}
	}
	return false
}
