package pattern

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const line = "2026-11-26T03:00:00:000001 [TARGET_LOAD     ]E:  segment failed rows=3 table=orders  (segment.go:142)"

func TestTerms(t *testing.T) {
	for pattern, want := range map[string]bool{
		"":                                true,
		"segment":                         true,
		"Segment":                         false,
		"segment failed":                  true,
		"segment loaded":                  false,
		`"segment failed"`:                true,
		`"failed segment"`:                false,
		"-segment":                        false,
		"segment -loaded":                 true,
		"?loaded ?failed":                 true,
		"?loaded ?done":                   false,
		"?loaded segment":                 true, // what may be there counts only where nothing must
		"?failed -orders":                 false,
		`%rows=\d+ table=(orders|lines)%`: true,
		`%rows=\D%`:                       false,
		`-%^2025%`:                        true,
	} {
		p, err := Parse(pattern)
		require.NoError(t, err, pattern)
		require.Equal(t, want, p.Match([]byte(line)), pattern)
	}
	for pattern, complaint := range map[string]string{
		"segment.go": "Invalid character(s) in term 'segment.go'", `"open`: "not closed", "%open": "not closed", "%(%": "not valid", "?": "no term", `""`: "empty",
	} {
		_, err := Parse(pattern)
		require.ErrorContains(t, err, complaint, pattern)
	}
}

func TestJSON(t *testing.T) {
	const message = `{"level":"ERROR","code":404,"user":{"name":"Zoë","tags":["a","b"]},"ok":false,"gone":null,"ratio":0.5}`
	for pattern, want := range map[string]bool{
		`{ $.level = "ERROR" }`:                             true,
		`{ $.level = ERR* }`:                                true,
		`{ $.level != "ERROR" }`:                            false,
		`{ $.code = 404 }`:                                  true,
		`{ $.code > 400 && $.code < 500 }`:                  true,
		`{ $.code >= 405 || $.level = %^E% }`:               true,
		`{ ($.code = 1 || $.code = 404) && $.ok IS FALSE }`: true,
		`{ $.user.name = "Z*" }`:                            true,
		`{ $.user.tags[1] = "b" }`:                          true,
		`{ $.user.tags[*] = "b" }`:                          true,
		`{ $['user'].tags[2] = "b" }`:                       false,
		`{ $.gone IS NULL }`:                                true,
		`{ $.missing NOT EXISTS }`:                          true,
		`{ $.level NOT EXISTS }`:                            false,
		`{ $.missing = 1 }`:                                 false,
		`{ $.ratio <= 0.5 }`:                                true,
		`{ $.ok = true }`:                                   false,
	} {
		p, err := Parse(pattern)
		require.NoError(t, err, pattern)
		require.Equal(t, want, p.Match([]byte(message)), pattern)
		require.False(t, p.Match([]byte(line)), pattern)
	}
	for pattern, complaint := range map[string]string{
		`{ $.a = 1`: "does not end with }", `{ $.a }`: "is missing", `{ a = 1 }`: "selector", `{ $.a > x }`: "compares with a number", `{ ($.a = 1 }`: ") is missing",
		`{ $.a[x] = 1 }`: "no number of an item", `{ $ = 1 }`: "names no member", `{ $.a = 1 } }`: "one too many",
	} {
		_, err := Parse(pattern)
		require.ErrorContains(t, err, complaint, pattern)
	}
}

func TestFields(t *testing.T) {
	const message = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 404 1534`
	for pattern, want := range map[string]bool{
		"[ip, user, username, timestamp, request, status_code, bytes]":                            true,
		"[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]":                true,
		"[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]": true,
		"[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]": false,
		`[..., request = "*.gif*", status_code, bytes]`:                                           true,
		"[ip = 127.*, ...]":             true,
		"[ip = 10.*, ...]":              false,
		"[ip, user]":                    false,
		"[..., bytes < 1000]":           false,
		"[a, b, c, d, e, f, g, h, ...]": false,
	} {
		p, err := Parse(pattern)
		require.NoError(t, err, pattern)
		require.Equal(t, want, p.Match([]byte(message)), pattern)
	}
	for pattern, complaint := range map[string]string{
		"[a, b": "does not end with ]", "[..., a, ...]": "more than one", "[a > x]": "compares with a number", "[= 1]": "no name", "[a = 1 b]": "one too many",
	} {
		_, err := Parse(pattern)
		require.ErrorContains(t, err, complaint, pattern)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a -b ?c", `"x" %y+%`, `{ $.a.b[0] = "x*" && ($.n >= 5 || $.t IS TRUE) }`, "[ip, ..., code = 4* || code = 5*, bytes > 1]", "{ $['a'] NOT EXISTS }"} {
		f.Add(s, line)
	}
	f.Fuzz(func(_ *testing.T, pattern, message string) {
		if p, err := Parse(pattern); err == nil {
			p.Match([]byte(message))
			p.Match([]byte(`{"a":[1,{"b":null}],"n":"x"}`))
		}
	})
}
