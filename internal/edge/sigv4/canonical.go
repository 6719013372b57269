package sigv4

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// appendCanonical writes the canonical request.
func (c *Claim) appendCanonical(b []byte, r *http.Request, payload string) ([]byte, error) {
	b = append(b, r.Method...)
	b = append(b, '\n')
	b = appendPath(b, r.URL.EscapedPath())
	b = append(b, '\n')
	b, err := appendQuery(b, r.URL.RawQuery, c.Presigned)
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	for _, name := range c.SignedHeaders {
		values, ok := headerValues(r, name)
		if !ok {
			return nil, mismatch()
		}
		b = append(append(b, name...), ':')
		for i, v := range values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendTrimmed(b, v)
		}
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, strings.Join(c.SignedHeaders, ";")...)
	b = append(b, '\n')
	return append(b, payload...), nil
}

// appendPath writes the path without dot segments and doubled slashes, encoded once more than on the wire.
func appendPath(b []byte, escaped string) []byte {
	if escaped == "" || escaped == "/" {
		return append(b, '/')
	}
	clean := path.Clean("/" + escaped)
	if strings.HasSuffix(escaped, "/") && clean != "/" {
		clean += "/"
	}
	for i := range len(clean) {
		if clean[i] == '/' {
			b = append(b, '/')
		} else {
			b = appendEscaped(b, clean[i])
		}
	}
	return b
}

const upperHex = "0123456789ABCDEF"

func appendEscaped(b []byte, c byte) []byte {
	if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
		return append(b, c)
	}
	return append(b, '%', upperHex[c>>4], upperHex[c&15])
}

func escape(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		b = appendEscaped(b, s[i])
	}
	return string(b)
}

// appendQuery writes the query with each name and value encoded anew and sorted. It decodes them as a form is decoded, so
// that what is signed is what the operation sees.
func appendQuery(b []byte, raw string, presigned bool) ([]byte, error) {
	if raw == "" {
		return b, nil
	}
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err := url.QueryUnescape(name)
		if err != nil {
			return nil, incomplete("The query string cannot be decoded.")
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil, incomplete("The query string cannot be decoded.")
		}
		if presigned && n == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, pair{escape(n), escape(v)})
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		if c := strings.Compare(x.name, y.name); c != 0 {
			return c
		}
		return strings.Compare(x.value, y.value)
	})
	for i, p := range pairs {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p.name...), '='), p.value...)
	}
	return b, nil
}

// headerValues finds a signed header. Go's server keeps the host and the length of the body beside the headers.
func headerValues(r *http.Request, name string) ([]string, bool) {
	switch name {
	case "host", ":authority":
		return []string{r.Host}, true
	case "content-length":
		if v := r.Header.Values("Content-Length"); len(v) > 0 {
			return v, true
		}
		return []string{strconv.FormatInt(max(r.ContentLength, 0), 10)}, true
	}
	v := r.Header[http.CanonicalHeaderKey(name)]
	return v, len(v) > 0
}

// appendTrimmed writes a header's value without blanks at its ends and with runs of them made one.
func appendTrimmed(b []byte, v string) []byte {
	start, blank := len(b), false
	for i := range len(v) {
		if v[i] == ' ' || v[i] == '\t' {
			blank = len(b) > start
			continue
		}
		if blank {
			b = append(b, ' ')
		}
		blank = false
		b = append(b, v[i])
	}
	return b
}
