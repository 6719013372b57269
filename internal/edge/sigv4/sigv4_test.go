package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var exampleTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// arrived sends a request through bytes, as a server gets it.
func arrived(t require.TestingT, r *http.Request) (*http.Request, []byte) {
	var wire bytes.Buffer
	require.NoError(t, r.Write(&wire))
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got, body
}

// verify runs the whole of a verification, without a clock.
func verify(r *http.Request, body []byte, secret string) (*Claim, error) {
	c, err := Parse(r)
	if err != nil {
		return nil, err
	}
	return c, c.Verify(r, body, c.SigningKey(secret), true)
}

// TestPublishedExamples are the examples of AWS's documentation and signature test suite.
func TestPublishedExamples(t *testing.T) {
	const vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	for _, c := range []struct{ name, request, service, headers, signature string }{
		{"list users", "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8", "iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
		{"get-vanilla", "GET / HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", vanilla},
		{"get-slash", "GET // HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", vanilla},
		{"get-relative", "GET /example/.. HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", vanilla},
		{"get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1 HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-utf8-query", "GET /?%E1%88%B4=bar HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		{"get-header-value-trim", "GET / HTTP/1.1\nHost: example.amazonaws.com\nMy-Header1:  value1\nMy-Header2: \"a   b   c\"", "service", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{"post-vanilla", "POST / HTTP/1.1\nHost: example.amazonaws.com", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-x-www-form-urlencoded", "POST / HTTP/1.1\nHost: example.amazonaws.com\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 13\n\nParam1=value1", "service", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head, body, _ := strings.Cut(c.request, "\n\n")
			text := strings.ReplaceAll(head, "\n", "\r\n") + "\r\nX-Amz-Date: 20150830T123600Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" +
				c.service + "/aws4_request, SignedHeaders=" + c.headers + ", Signature=" + c.signature + "\r\n\r\n" + body
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
			require.NoError(t, err)
			claim, err := verify(r, []byte(body), secret)
			require.NoError(t, err)
			require.Equal(t, "AKIDEXAMPLE", claim.AccessKeyID)
			require.NoError(t, claim.CheckScope(exampleTime, c.service, "us-east-1"))
			_, err = verify(r, []byte(body), secret+"x")
			require.ErrorContains(t, err, "The request signature we calculated does not match")
		})
	}
}

// request draws what a client could send.
func request(t *rapid.T) (*http.Request, []byte) {
	body := []byte(rapid.String().Draw(t, "body"))
	u := url.URL{Scheme: "https", Host: "dms.example.com", Path: "/" + rapid.StringMatching(`([A-Za-z0-9_ .~+%é-]+(/[a-z]+)?)?`).Draw(t, "path")}
	if strings.Contains(u.Path, "..") || strings.HasSuffix(u.Path, "/.") || strings.Contains(u.Path, "/./") {
		u.Path = "/" // the SDK's signer leaves dot segments, the documentation resolves them
	}
	q := url.Values{}
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		q.Add(rapid.StringMatching(`[A-Za-z.0-9é]{1,8}`).Draw(t, "name"), rapid.String().Draw(t, "value"))
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	r, err := http.NewRequest(http.MethodPost, u.String(), bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", rapid.StringMatching(`[A-Za-z0-9_]{1,12}\.[A-Za-z]{1,12}`).Draw(t, "target"))
	r.Header.Set("X-Custom", rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "header"))
	return r, body
}

// TestTheSDKsSignaturesHold takes the signer of AWS's SDK as the oracle, and then changes what was signed.
func TestTheSDKsSignaturesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, body := request(t)
		digest := sha256.Sum256(body)
		creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
		if rapid.Bool().Draw(t, "session") {
			creds.SessionToken = "a+token/=="
		}
		presigned := rapid.Bool().Draw(t, "presigned")
		if presigned {
			signed, headers, err := v4.NewSigner().PresignHTTP(context.Background(), creds, r, hex.EncodeToString(digest[:]), "dms", "eu-west-1", exampleTime)
			require.NoError(t, err)
			r, err = http.NewRequest(r.Method, signed, bytes.NewReader(body))
			require.NoError(t, err)
			for name, values := range headers {
				if name != "Host" && name != "Content-Length" {
					r.Header[http.CanonicalHeaderKey(name)] = values
				}
			}
		} else {
			require.NoError(t, v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(digest[:]), "dms", "eu-west-1", exampleTime))
		}
		got, sent := arrived(t, r)
		claim, err := verify(got, sent, secret)
		require.NoError(t, err)
		require.Equal(t, presigned, claim.Presigned)
		require.Equal(t, creds.SessionToken, claim.Token)
		require.NoError(t, claim.CheckScope(exampleTime.Add(4*time.Minute), "dms", "eu-west-1"))

		change(t, got, &sent)
		_, err = verify(got, sent, secret)
		require.Error(t, err, "a change was not noticed")
	})
}

// change alters one thing that a signature must hold.
func change(t *rapid.T, r *http.Request, body *[]byte) {
	switch rapid.SampledFrom([]string{"body", "method", "host", "query", "target", "added", "path", "type"}).Draw(t, "change") {
	case "body":
		*body = append(*body, 'x')
	case "method":
		r.Method = http.MethodPut
	case "host":
		r.Host = "other.example.com"
	case "query":
		r.URL.RawQuery += "&Extra=1"
	case "target":
		r.Header.Set("X-Amz-Target", r.Header.Get("X-Amz-Target")+"x")
	case "added":
		r.Header.Set("X-Amz-Added", "1")
	case "path":
		r.URL.Path += "x"
		r.URL.RawPath = ""
	case "type":
		r.Header.Set("X-Custom", r.Header.Get("X-Custom")+"x")
	}
}

func signed(t *testing.T, at time.Time, mend func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://localhost/", strings.NewReader("{}"))
	require.NoError(t, err)
	digest := sha256.Sum256([]byte("{}"))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, r, hex.EncodeToString(digest[:]), "dms", "us-east-1", at))
	if mend != nil {
		mend(r)
	}
	return r
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	const scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/dms/aws4_request"
	for _, c := range []struct {
		mend   func(*http.Request)
		reason Reason
		want   string
	}{
		{func(r *http.Request) { r.Header.Del("Authorization") }, Missing, "Missing Authentication Token"},
		{func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, Invalid, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
		{header("Basic Zm9v"), Incomplete, "Unsupported AWS 'algorithm'"},
		{header("AWS4-ECDSA-P256-SHA256 " + scope), Incomplete, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'"},
		{header("AWS4-HMAC-SHA256 x"), Incomplete, "missing equal-sign"},
		{header("AWS4-HMAC-SHA256 " + scope), Incomplete, "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header (hashed"},
		{header("AWS4-HMAC-SHA256 Credential=a/b/c,SignedHeaders=host,Signature=x"), Incomplete, "Credential must have exactly 5 slash-delimited elements"},
		{header("AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=x-amz-date;host,Signature=x"), Incomplete, "in order"},
		{header("AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=x-amz-date,Signature=x"), Invalid, "'Host' or ':authority' must be a 'SignedHeader'"},
		{header("AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=host,Signature=x"), Invalid, "not signed: x-amz-date"},
		{header("AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=host;nothing;x-amz-date,Signature=x"), Invalid, "does not match"},
		{func(r *http.Request) { r.Header.Del("X-Amz-Date") }, Incomplete, "existence of either a 'X-Amz-Date' or a 'Date' header"},
		{func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") }, Incomplete, "Date must be in ISO-8601"},
		{func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "0") }, Invalid, "does not match what was computed"},
		{func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER") }, Invalid, "not supported"},
	} {
		_, err := verify(signed(t, exampleTime, c.mend), []byte("{}"), secret)
		var e *Error
		require.ErrorAs(t, err, &e, c.want)
		require.Equal(t, c.reason, e.Reason, e.Message)
		require.Contains(t, e.Message, c.want)
		require.NotContains(t, e.Message, secret)
	}
}

func TestClockAndScope(t *testing.T) {
	c, err := Parse(signed(t, exampleTime, nil))
	require.NoError(t, err)
	require.NoError(t, c.CheckScope(exampleTime.Add(5*time.Minute), "dms", "us-east-1"))
	require.NoError(t, c.CheckScope(exampleTime.Add(-5*time.Minute), "dms", "eu-west-1", "us-east-1"))
	for want, err := range map[string]error{
		"Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)":                   c.CheckScope(exampleTime.Add(301*time.Second), "dms", "us-east-1"),
		"Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)":           c.CheckScope(exampleTime.Add(-301*time.Second), "dms", "us-east-1"),
		"Credential should be scoped to a valid Region, not 'us-east-1'. Credential should be scoped to correct service: 'iam'.": c.CheckScope(exampleTime, "iam", "eu-west-1"),
	} {
		require.EqualError(t, err, want)
	}
	c.Date, c.End = "20150829", "aws5_request"
	require.EqualError(t, c.CheckScope(exampleTime, "dms", "us-east-1"), "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "+
		"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'.")
}

func TestUnsignedPayload(t *testing.T) {
	r, err := http.NewRequest(http.MethodPost, "https://localhost/", strings.NewReader("{}"))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Content-Sha256", unsigned)
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, r, unsigned, "dms", "us-east-1", exampleTime))
	c, err := verify(r, []byte("anything"), secret)
	require.NoError(t, err)
	require.ErrorContains(t, c.Verify(r, []byte("anything"), c.SigningKey(secret), false), "over TLS only")
}

func TestPresignedRequestsEnd(t *testing.T) {
	r, err := http.NewRequest(http.MethodGet, "https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60", nil)
	require.NoError(t, err)
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, r, hex.EncodeToString(empty[:]), "sts", "us-east-1", exampleTime)
	require.NoError(t, err)
	r, err = http.NewRequest(http.MethodGet, signed, nil)
	require.NoError(t, err)
	c, err := verify(r, nil, secret)
	require.NoError(t, err)
	require.NoError(t, c.CheckScope(exampleTime.Add(time.Minute), "sts", "us-east-1"))
	require.ErrorContains(t, c.CheckScope(exampleTime.Add(61*time.Second), "sts", "us-east-1"), "Signature expired")

	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=60", "X-Amz-Expires=604801", 1)
	_, err = Parse(r)
	require.ErrorContains(t, err, "X-Amz-Expires must be a number between 1 and 604800")
}

// FuzzVerify: no request makes the verification fall, and none passes without the secret.
func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dms/aws4_request,SignedHeaders=host,Signature=x", "20150830T123600Z", "/a/../b%20", "X=1&%zz", "{}")
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;,Signature==", "", "//", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/e&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0", "")
	f.Fuzz(func(t *testing.T, auth, date, path, query, body string) {
		r := &http.Request{Method: "POST", Host: "h", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Authorization": {auth}, "X-Amz-Date": {date}}}
		c, err := verify(r, []byte(body), secret)
		require.Error(t, err)
		var e *Error
		require.ErrorAs(t, err, &e)
		if c != nil {
			_ = c.CheckScope(exampleTime, "dms", "us-east-1")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	r, _ := http.NewRequest(http.MethodPost, "https://localhost/", strings.NewReader("{}"))
	digest := sha256.Sum256([]byte("{}"))
	_ = v4.NewSigner().SignHTTP(b.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, r, hex.EncodeToString(digest[:]), "dms", "us-east-1", exampleTime)
	body := []byte("{}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(r, body, secret); err != nil {
			b.Fatal(err)
		}
	}
}
