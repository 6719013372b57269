package sigv4

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	suiteToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
	longToken  = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	alphabet   = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	vanilla    = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
)

// suite is what a case of AWS's signature test suite sends (github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite/v4, in the forms with
// normalised paths, which all services but S3 use). Those that TestPublishedExamples has are not here again; of its 31, three have tests of their own
// below.
type suite struct{ name, line, headers, body, signed, signature string }

func (s *suite) arrives(t *testing.T, line, more string) *http.Request {
	t.Helper()
	text := line + " HTTP/1.1\nHost: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n" + s.headers + more + "\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))))
	require.NoError(t, err)
	return r
}

func TestTheSignatureTestSuite(t *testing.T) {
	for _, c := range []suite{
		{"get-header-key-duplicate", "GET /", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\n", "", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{"get-header-value-order", "GET /", "My-Header1:value4\nMy-Header1:value1\nMy-Header1:value3\nMy-Header1:value2\n", "", "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
		{"get-unreserved", "GET /" + alphabet, "", "", "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
		{"get-vanilla-empty-query-key", "GET /?Param1=value1", "", "", "host;x-amz-date", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{"get-vanilla-query-order-encoded", "GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "", "", "host;x-amz-date", "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
		{"get-vanilla-query-unreserved", "GET /?" + alphabet + "=" + alphabet, "", "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
		{"get-vanilla-query", "GET /?", "", "", "host;x-amz-date", vanilla},
		{"get-relative-relative", "GET /example1/example2/../..", "", "", "host;x-amz-date", vanilla},
		{"get-slash-dot-slash", "GET /./", "", "", "host;x-amz-date", vanilla},
		{"get-slash-pointless-dot", "GET /./example", "", "", "host;x-amz-date", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
		{"get-slashes", "GET //example//", "", "", "host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
		{"get-vanilla-with-session-token", "GET /", "X-Amz-Security-Token:" + suiteToken + "\n", "", "host;x-amz-date;x-amz-security-token", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
		{"post-sts-header-before", "POST /", "X-Amz-Security-Token:" + longToken + "\n", "", "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
		{"post-header-key-case", "POST /", "", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-header-key-sort", "POST /", "My-Header1:value1\n", "", "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		{"post-header-value-case", "POST /", "My-Header1:VALUE1\n", "", "host;my-header1;x-amz-date", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
		{"post-vanilla-empty-query-value", "POST /?Param1=value1", "", "", "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
		{"post-vanilla-query", "POST /?Param1=value1", "", "", "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
		{"post-x-www-form-urlencoded-parameters", "POST /", "Content-Type:application/x-www-form-urlencoded; charset=utf-8\nContent-Length:13\nX-Amz-Content-Sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e\n", "Param1=value1", "content-length;content-type;host;x-amz-content-sha256;x-amz-date", "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.arrives(t, c.line, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="+c.signed+", Signature="+c.signature+"\n")
			c.holds(t, r)
		})
	}
}

// holds believes the request, and not when it was signed with another secret.
func (s *suite) holds(t *testing.T, r *http.Request) {
	t.Helper()
	claim, err := verify(r, []byte(s.body), secret)
	require.NoError(t, err)
	require.Equal(t, "AKIDEXAMPLE", claim.AccessKeyID)
	require.NoError(t, claim.CheckScope(exampleTime, "service", "us-east-1"))
	_, err = verify(r, []byte(s.body), secret+"x")
	require.ErrorContains(t, err, "The request signature we calculated does not match")
}

// TestTheSignatureTestSuitePresigned: the same in the query. The suite's requests have the date as a header too, which is none of what was signed
// and is not sent here.
func TestTheSignatureTestSuitePresigned(t *testing.T) {
	for _, c := range []suite{
		{"get-header-key-duplicate", "GET /", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\n", "", "host;my-header1", "3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97"},
		{"get-relative-relative", "GET /example1/example2/../..", "", "", "host", "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
		{"get-unreserved", "GET /" + alphabet, "", "", "host", "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005"},
		{"get-vanilla-with-session-token", "GET /", "", "", "host", "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := c.line + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=" +
				strings.ReplaceAll(c.signed, ";", "%3B") + "&X-Amz-Expires=3600&X-Amz-Signature=" + c.signature
			if strings.HasSuffix(c.name, "session-token") {
				line += "&X-Amz-Security-Token=" + suiteToken
			}
			r := c.arrives(t, line, "")
			r.Header.Del("X-Amz-Date")
			c.holds(t, r)
		})
	}
}

// TestATokenAddedAfterSigning is the suite's post-sts-header-after, which some services of AWS ask for: the token is proven by itself, for it is
// good for one key alone. No other header x-amz-* may be added.
func TestATokenAddedAfterSigning(t *testing.T) {
	c := suite{line: "POST /", headers: "X-Amz-Security-Token:" + longToken + "\n"}
	r := c.arrives(t, c.line, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b\n")
	c.holds(t, r)
	r.Header.Set("X-Amz-Target", "x")
	_, err := verify(r, nil, secret)
	require.ErrorContains(t, err, "not signed: x-amz-target")
}

// TestPathsAsTheSuiteHasThem: its get-space and get-utf8 hold characters that no request line may have (RFC 9112, section 3.2), so that they cannot
// arrive: their canonical forms are signed here and compared.
func TestPathsAsTheSuiteHasThem(t *testing.T) {
	c := suite{line: "GET /"}
	r := c.arrives(t, c.line, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature="+vanilla+"\n")
	claim, err := Parse(r)
	require.NoError(t, err)
	payload, err := payloadHash(r, nil, true)
	require.NoError(t, err)
	for _, one := range []struct{ path, want, signature string }{
		{"/example space/", "/example%20space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{"/\u1234", "/%E1%88%B4", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	} {
		escaped := string(appendPath(nil, one.path))
		require.Equal(t, one.want, escaped)
		canonical := "GET\n" + escaped + "\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" + payload
		require.Equal(t, one.signature, claim.sign([]byte(canonical), claim.SigningKey(secret)))
	}
}

// TestAHeaderOverSeveralLines is the suite's get-header-value-multiline, whose lines are signed as values of their own. RFC 9112, section 5.2, has
// senders use no such lines, and has a server put blanks in their place, as Go's does: what was signed cannot be told any more, and it is refused.
func TestAHeaderOverSeveralLines(t *testing.T) {
	authorization := "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;my-header1;x-amz-date, Signature=ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790\n"
	values := suite{headers: "My-Header1:value1\nMy-Header1:value2\nMy-Header1:value3\n"}
	values.holds(t, values.arrives(t, "GET /", authorization))
	lines := suite{headers: "My-Header1:value1\n  value2\n     value3\n"}
	r := lines.arrives(t, "GET /", authorization)
	require.Equal(t, "value1 value2 value3", r.Header.Get("My-Header1"))
	_, err := verify(r, nil, secret)
	require.ErrorContains(t, err, "The request signature we calculated does not match")
}
