package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
)

// FuzzAuthorization: what is read from an authorization header or a presigned query is what stands there, and written again
// it is read as the same.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dms/aws4_request, SignedHeaders=host;x-amz-date, Signature=0f", "20150830T123600Z", false)
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=,SignedHeaders=b;a", "Mon, 09 Sep 2011 23:36:00 GMT", false)
	f.Add("AWS4-ECDSA-P256-SHA256 x", "", false)
	f.Add("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=7&X-Amz-SignedHeaders=host&X-Amz-Signature=0", "", true)
	f.Fuzz(func(t *testing.T, text, date string, inQuery bool) {
		r := &http.Request{Method: http.MethodGet, Host: "h", URL: &url.URL{Path: "/"}, Header: http.Header{}}
		if inQuery {
			r.URL.RawQuery = text
		} else {
			r.Header.Set("Authorization", text)
			r.Header.Set("X-Amz-Date", date)
		}
		c, err := Parse(r)
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Less(t, len(e.Error()), 1<<10, "a message repeats little of what came from outside")
			return
		}
		if c.Presigned {
			require.Positive(t, c.Expires)
			require.LessOrEqual(t, c.Expires.Seconds(), float64(longestLife))
			return
		}
		r.Header.Set("Authorization", algorithm+" Credential="+strings.Join([]string{c.AccessKeyID, c.Date, c.Region, c.Service, c.End}, "/")+
			", SignedHeaders="+strings.Join(c.SignedHeaders, ";")+", Signature="+c.Signature)
		again, err := Parse(r)
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}

// FuzzCanonical: a request that AWS's own signer signed passes whatever its path, query and headers hold, and does not when
// one of them was changed on the way.
func FuzzCanonical(f *testing.F) {
	f.Add("/", "a=b&a=a&c", "  x   y ", "{}", uint8(0))
	f.Add("/a b/é", "%C3%A9=%20&+=%2B", "\"a   b\"", "", uint8(1))
	f.Add("/~-_.*", "X-Amz-Foo=1&=&", "", "x", uint8(2))
	f.Fuzz(func(t *testing.T, at, query, header, body string, change uint8) {
		for i := range len(header) {
			if header[i] < ' ' || header[i] == 0x7f {
				return // no HTTP carries it
			}
		}
		if strings.TrimSpace(header) != strings.Trim(header, " ") {
			return // the Go SDK trims what only Unicode calls a blank, which is not in the canonical form that AWS describes
		}
		values, err := url.ParseQuery(query)
		if err != nil || strings.Contains(query, "X-Amz-") {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://dms.us-east-1.amazonaws.com/", nil)
		require.NoError(t, err)
		r.URL.Path = path.Clean("/" + at)
		r.URL.RawQuery = values.Encode()
		r.Header.Set("X-Note", header)
		sum := sha256.Sum256([]byte(body))
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), "dms", "us-east-1", exampleTime))
		_, err = verify(r, []byte(body), secret)
		require.NoError(t, err, "path %q, query %q, header %q", r.URL.Path, r.URL.RawQuery, header)
		switch change % 4 {
		case 0:
			body += "x"
		case 1:
			r.URL.Path = path.Clean(r.URL.Path + "/x")
		case 2:
			values.Add("x", "y")
			r.URL.RawQuery = values.Encode()
		case 3:
			r.Header.Set("X-Note", header+"x")
		}
		_, err = verify(r, []byte(body), secret)
		require.Error(t, err, "changed on the way")
	})
}
