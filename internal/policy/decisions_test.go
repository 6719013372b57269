package policy

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tables under testdata/decisions are read as follows. A line of dashes begins a new case, whose text lines starting
// with # say what it shows. Before the requests come the policies, one a line, named by what they are:
//
//	identity, boundary, session, scp, rcp, resource, key (a resource policy that must allow), trust, endpoint
//
// and "as KIND ARN [of ROLE-ARN]", who calls; by default a user. A request line is
//
//	OUTCOME ACTION RESOURCE [| key=value,value | key=value …]
//
// where OUTCOME is allow, none:SOURCE (nothing allows) or deny:SOURCE (a Deny matched).
type tableCase struct {
	about    string
	policies Policies
	who      Principal
	needs    bool
}

const testAccount = "111122223333"

var alice = Principal{Type: User, Account: testAccount, ARN: "arn:aws:iam::111122223333:user/alice"}

var sourceNames = map[string]Source{
	"identity": IdentityBased, "boundary": Boundary, "session": SessionPolicy, "scp": ServiceControl, "rcp": ResourceControl,
	"resource": ResourceBased, "trust": RoleTrust, "endpoint": VPCEndpoint,
}

var principalNames = map[string]PrincipalType{
	"anonymous": Anonymous, "root": Root, "user": User, "role": Role, "federated": FederatedUser, "service": Service, "login": FederatedLogin,
}

// TestDecisions holds the engine to the tables, and the explanation to the decision.
func TestDecisions(t *testing.T) {
	files, err := filepath.Glob("testdata/decisions/*.txt")
	require.NoError(t, err)
	total := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { total += runTable(t, file) })
	}
	require.GreaterOrEqual(t, total, 300, "the tables hold too few decisions")
	t.Logf("%d decisions", total)
}

func runTable(t *testing.T, file string) int {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	c := &tableCase{who: alice}
	count, number := 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		place := fmt.Sprintf("%s:%d: %s", file, number, line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "---"):
			c = &tableCase{who: alice}
		case word == "#":
			c.about += rest + " "
		case word == "as":
			c.who = readPrincipal(t, rest, place)
		case word == "allow" || strings.HasPrefix(word, "none:") || strings.HasPrefix(word, "deny:"):
			c.check(t, word, rest, place)
			count++
		default:
			c.add(t, word, rest, place)
		}
	}
	require.NoError(t, lines.Err())
	return count
}

func readPrincipal(t *testing.T, text, place string) Principal {
	fields := strings.Fields(text)
	kind, ok := principalNames[fields[0]]
	require.True(t, ok, place)
	p := Principal{Type: kind}
	if len(fields) == 1 {
		return p
	}
	switch kind {
	case Service:
		p.Service = fields[1]
		return p
	case FederatedLogin:
		p.Provider = fields[1]
		return p
	}
	p.ARN = fields[1]
	arn, ok := splitARN(p.ARN)
	require.True(t, ok, place)
	p.Account = arn[arnAccount]
	if kind == Role {
		name := strings.Split(arn[arnResource], "/")[1]
		p.RoleARN = "arn:aws:iam::" + p.Account + ":role/" + name
		p.ServiceLinked = strings.HasPrefix(name, "AWSServiceRoleFor")
	}
	return p
}

func (c *tableCase) add(t *testing.T, kind, text, place string) {
	form := Resource
	switch kind {
	case "identity", "boundary", "session", "scp", "rcp":
		form = Identity
	case "trust":
		form = Trust
	}
	if kind == "rcp" {
		form = Resource
	}
	if !strings.Contains(text, `"Version"`) && !strings.HasPrefix(text, "old ") {
		text = `{"Version": "2012-10-17", "Statement": ` + text + `}`
	} else if rest, ok := strings.CutPrefix(text, "old "); ok {
		text = `{"Statement": ` + rest + `}`
	}
	p, err := Parse(text, form, 0)
	require.NoError(t, err, place)
	switch kind {
	case "identity":
		c.policies.Identity = append(c.policies.Identity, p)
	case "boundary":
		c.policies.Boundary = p
	case "session":
		c.policies.Session = append(c.policies.Session, p)
	case "scp":
		c.policies.ServiceControl = append(c.policies.ServiceControl, []*Policy{p})
	case "rcp":
		c.policies.ResourceControl = append(c.policies.ResourceControl, p)
	case "resource":
		c.policies.Resource = p
	case "key":
		c.policies.Resource, c.needs = p, true
	case "trust":
		c.policies.Resource, c.policies.Trust, c.needs = p, true, true
	case "endpoint":
		c.policies.Endpoint = p
	default:
		require.Fail(t, "unknown word", place)
	}
}

func (c *tableCase) check(t *testing.T, want, text, place string) {
	parts := strings.Split(text, " | ")
	fields := strings.Fields(parts[0])
	require.Len(t, fields, 2, place)
	r := &Request{Action: fields[0], Resource: fields[1], Principal: c.who, NeedsResourcePolicy: c.needs, Keys: NewContext()}
	r.Keys.Set("aws:username", "alice")
	for _, pair := range parts[1:] {
		key, values, ok := strings.Cut(strings.TrimSpace(pair), "=")
		require.True(t, ok, place)
		r.Keys.Set(key, strings.Split(values, ",")...)
	}
	steps, d := Explain(&c.policies, r)
	require.Equal(t, d, Decide(&c.policies, r), place)
	require.Equal(t, want, spell(d), "%s\n%s", place, c.about)
	if d.Explicit || d.Statement != nil {
		found := false
		for _, s := range steps {
			found = found || s.Statement == d.Statement && s.Matched && s.Source == d.Source
		}
		require.True(t, found, "%s: the explanation does not show the statement that decided", place)
	}
	for _, s := range steps {
		require.Equal(t, s.Matched, s.Reason == "", place)
	}
}

func spell(d Decision) string {
	if d.Allowed {
		return "allow"
	}
	name := "?"
	for n, s := range sourceNames {
		if s == d.Source {
			name = n
		}
	}
	if d.Explicit {
		return "deny:" + name
	}
	return "none:" + name
}
