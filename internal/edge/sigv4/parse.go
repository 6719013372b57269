package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	asymmetric  = "AWS4-ECDSA-P256-SHA256"
	terminator  = "aws4_request"
	basicFormat = "20060102T150405Z"
	longestLife = 604800 // seconds that a presigned request may be good for
	maxHeader   = 16 << 10
)

// A Claim is what a request says about its own signature. Nothing of it is proven before Verify.
type Claim struct {
	AccessKeyID   string
	Date          string // of the scope, YYYYMMDD
	Region        string
	Service       string
	End           string // of the scope; must be aws4_request
	SignedHeaders []string
	Signature     string
	Time          time.Time
	Token         string
	Presigned     bool
	Expires       time.Duration // of a presigned request
}

// Parse finds the signature of a request. The error is an *Error.
func Parse(r *http.Request) (*Claim, error) {
	header := r.Header.Get("Authorization")
	inQuery := strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=")
	switch {
	case header != "" && inQuery:
		return nil, invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case inQuery:
		return parseQuery(r)
	case header != "":
		return parseHeader(r, header)
	}
	return nil, &Error{Missing, "Missing Authentication Token"}
}

func parseHeader(r *http.Request, header string) (*Claim, error) {
	if len(r.Header.Values("Authorization")) > 1 {
		return nil, incomplete("The request has more than one Authorization header.")
	}
	if len(header) > maxHeader {
		return nil, incomplete("The Authorization header is longer than %d bytes.", maxHeader)
	}
	kind, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if kind == asymmetric {
		return nil, incomplete("Unsupported AWS 'algorithm': '%s'. This endpoint supports %s.", asymmetric, algorithm)
	}
	if kind != algorithm {
		return nil, incomplete("Unsupported AWS 'algorithm' in the Authorization header %s.", hashed(header))
	}
	parts, err := headerParts(rest, header)
	if err != nil {
		return nil, err
	}
	date := amzDate(r)
	problems := ""
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			problems += "Authorization header requires '" + name + "' parameter. "
		}
	}
	if date == "" {
		problems += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if problems != "" {
		return nil, incomplete("%sAuthorization header %s", problems, hashed(header))
	}
	c := &Claim{SignedHeaders: strings.Split(parts["SignedHeaders"], ";"), Signature: parts["Signature"], Token: r.Header.Get("X-Amz-Security-Token")}
	if err := c.scope(parts["Credential"]); err != nil {
		return nil, err
	}
	if c.Time, err = readTime(date); err != nil {
		return nil, err
	}
	return c, nil
}

// headerParts splits "Credential=…, SignedHeaders=…, Signature=…": at commas, with or without blanks.
func headerParts(rest, header string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == ',' || c == ' ' }) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, incomplete("invalid key=value pair (missing equal-sign) in Authorization header %s", hashed(header))
		}
		if _, twice := parts[name]; twice {
			return nil, incomplete("'%s' is twice in Authorization header %s", clean(name), hashed(header))
		}
		parts[name] = value
	}
	return parts, nil
}

// hashed names a header without repeating it: it may hold something secret in the wrong place.
func hashed(header string) string {
	sum := sha256.Sum256([]byte(header))
	return "(hashed with SHA-256 and encoded with Base64): '" + base64.StdEncoding.EncodeToString(sum[:]) + "'."
}

// clean keeps what came from outside short and printable in a message.
func clean(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
	return s[:min(len(s), 64)]
}

func amzDate(r *http.Request) string {
	if d := r.Header.Get("X-Amz-Date"); d != "" {
		return d
	}
	return r.Header.Get("Date")
}

func readTime(text string) (time.Time, error) {
	if at, err := time.Parse(basicFormat, text); err == nil {
		return at, nil
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.UTC(), nil
	}
	return time.Time{}, incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", clean(text))
}

func parseQuery(r *http.Request) (*Claim, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, incomplete("The query string cannot be decoded.")
	}
	for name, all := range q {
		if strings.HasPrefix(name, "X-Amz-") && len(all) > 1 {
			return nil, incomplete("AWS query-string parameter '%s' is there more than once.", clean(name))
		}
	}
	switch q.Get("X-Amz-Algorithm") {
	case algorithm:
	case asymmetric:
		return nil, incomplete("Unsupported AWS 'algorithm': '%s'. This endpoint supports %s.", asymmetric, algorithm)
	default:
		return nil, incomplete("X-Amz-Algorithm only supports \"%s\".", algorithm)
	}
	problems := ""
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if q.Get(name) == "" {
			problems += "AWS query-string parameters must include '" + name + "'. "
		}
	}
	if problems != "" {
		return nil, incomplete("%sRe-examine the query-string parameters.", problems)
	}
	life, err := lifetime(q.Get("X-Amz-Expires"))
	if err != nil {
		return nil, err
	}
	c := &Claim{
		SignedHeaders: strings.Split(q.Get("X-Amz-SignedHeaders"), ";"), Signature: q.Get("X-Amz-Signature"),
		Token: q.Get("X-Amz-Security-Token"), Presigned: true, Expires: life,
	}
	if c.Token == "" {
		c.Token = r.Header.Get("X-Amz-Security-Token")
	}
	if err := c.scope(q.Get("X-Amz-Credential")); err != nil {
		return nil, err
	}
	if c.Time, err = readTime(q.Get("X-Amz-Date")); err != nil {
		return nil, err
	}
	return c, nil
}

// lifetime reads X-Amz-Expires. Without it a request lives as long as one signed in its header.
func lifetime(text string) (time.Duration, error) {
	if text == "" {
		return skew, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > longestLife {
		return 0, incomplete("X-Amz-Expires must be a number between 1 and %d (one week).", longestLife)
	}
	return time.Duration(n) * time.Second, nil
}

// scope reads KEY/YYYYMMDD/region/service/aws4_request.
func (c *Claim) scope(credential string) error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || slices.Contains(parts[:4], "") {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", clean(credential))
	}
	c.AccessKeyID, c.Date, c.Region, c.Service, c.End = parts[0], parts[1], parts[2], parts[3], parts[4]
	for i := 1; i < len(c.SignedHeaders); i++ {
		if c.SignedHeaders[i-1] >= c.SignedHeaders[i] {
			return incomplete("SignedHeaders must be in order, each once.")
		}
	}
	return nil
}
