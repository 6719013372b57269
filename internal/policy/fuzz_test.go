package policy

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse feeds the parser anything: it answers with a policy that can decide, or with one of its two errors.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/decisions/*.txt")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		for line := range strings.Lines(string(text)) {
			if _, doc, ok := strings.Cut(line, " "); ok && strings.Contains(doc, "Effect") {
				f.Add(`{"Version": "2012-10-17", "Statement": `+strings.TrimSpace(doc)+`}`, uint8(len(doc)%3), "dms:StartReplicationTask", "arn:aws:dms:us-east-1:111122223333:task:T1", "red")
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8, action, resource, value string) {
		p, err := Parse(text, Kind(kind%3), 0)
		if err != nil {
			var m *MalformedError
			var s *SizeError
			if !errors.As(err, &m) && !errors.As(err, &s) || err.Error() == "" {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		r := &Request{Action: action, Resource: resource, Principal: alice, Keys: NewContext()}
		for _, key := range []string{"aws:username", "aws:SourceIp", "aws:CurrentTime", "aws:TagKeys", "aws:PrincipalTag/team", "aws:SecureTransport", "dms:StorageSize"} {
			r.Keys.Set(key, value)
		}
		all := &Policies{Identity: []*Policy{p}, Boundary: p, Session: []*Policy{p}, Resource: p, Endpoint: p, ServiceControl: [][]*Policy{{p}}}
		steps, d := Explain(all, r)
		if d.Allowed && len(p.allow) == 0 {
			t.Fatal("allowed without an Allow")
		}
		for _, s := range steps {
			if s.Matched && s.Statement.Effect == Deny && d.Allowed {
				t.Fatal("allowed over a Deny")
			}
		}
	})
}

// FuzzGlob compares the matcher with a regular expression of the same meaning.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{{"a*b?c", "axxbyc"}, {"*", ""}, {"**a", "a"}, {"?", "é"}, {"*ab*ab", "abab"}, {"a*", "b"}, {"*a*b*c*", "xxaxxbxxcxx"}, {"", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 1000 || len(text) > 1000 {
			return
		}
		compiled, err := syntax{wildcards: true}.compile(pattern)
		require.NoError(t, err)
		if strings.ToValidUTF8(pattern, "") != pattern || strings.ToValidUTF8(text, "") != text {
			glob(compiled.parts, text, false)
			return
		}
		expr := regexp.QuoteMeta(pattern)
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, `\*`, `.*`), `\?`, `.`)
		if want := regexp.MustCompile(`(?s)^` + expr + `$`).MatchString(text); glob(compiled.parts, text, false) != want {
			t.Fatalf("%q over %q: want %v", pattern, text, want)
		}
	})
}

// FuzzARN compares how ARNs are taken apart, and how their patterns match, with the plain meaning: six parts, and a wildcard
// that stays within its own.
func FuzzARN(f *testing.F) {
	for _, s := range [][2]string{
		{"arn:aws:dms:us-east-1:111122223333:task:T1", "arn:aws:dms:*:111122223333:task:*"}, {"arn:aws:s3:::b", "arn:aws:s3:::*"}, {"arn:::::x:y:z", "arn:*:*:*:*:*"},
		{"arn:", "*"}, {"ARN:a:b:c:d:e", "arn:a:b:c:d:e"}, {"arn:a:b:c:d:", "arn:a:b:c:d:?"}, {"arn:aws:iam::1:user/a", "arn:aws:iam::1:user/${aws:username}"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, arn, pattern string) {
		parts, ok := splitARN(arn)
		plain := strings.SplitN(arn, ":", 6)
		require.Equal(t, len(plain) == 6 && plain[0] == "arn" && plain[5] != "", ok)
		if ok {
			require.Equal(t, plain, parts[:])
		}
		if len(arn) > 300 || len(pattern) > 300 || strings.ToValidUTF8(arn+pattern, "") != arn+pattern {
			return
		}
		wanted := splitTemplate(pattern)
		require.Equal(t, pattern, strings.Join(wanted, ":"))
		compiled, err := compileParts(wanted[:min(len(wanted), 6)], syntax{wildcards: true, variables: true})
		if err != nil || len(wanted) != 6 || compiled.variables() || strings.Contains(pattern, "$") {
			return
		}
		matches := ok
		for i := 0; matches && i < 6; i++ {
			expr := strings.ReplaceAll(strings.ReplaceAll(regexp.QuoteMeta(wanted[i]), `\*`, `.*`), `\?`, `.`)
			matches = regexp.MustCompile(`(?s)^` + expr + `$`).MatchString(parts[i])
		}
		require.Equal(t, matches, compiled.match(&parts, ok, arn, NewContext()), "%q over %q", pattern, arn)
	})
}
