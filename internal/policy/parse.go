package policy

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// Kind is what a document is for; it decides which elements it may and must have.
type Kind uint8

// The kinds of documents.
const (
	// Identity is a policy of a user, group or role, a permissions boundary, a session policy or a service control policy.
	Identity Kind = iota
	// Resource is the policy of a resource, such as a key or a secret, and that of a VPC endpoint.
	Resource
	// Trust is the policy of a role that says who may assume it.
	Trust
)

// Limits of documents in characters; white space does not count.
const (
	LimitManaged     = 6144
	LimitUserInline  = 2048
	LimitGroupInline = 5120
	LimitRoleInline  = 10240
	LimitTrust       = 4096
	LimitSession     = 2048
	LimitKey         = 32768
	LimitSecret      = 20480
	LimitEndpoint    = 20480
	maxBytes         = 131072 // of any document as it is sent
)

// Policy is a compiled document.
type Policy struct {
	// Name is what explanations and denial messages call it: an ARN, or an inline policy's name.
	Name       string
	Version    string
	ID         string
	Statements []*Statement

	allow, deny []*Statement
}

var statementID = regexp.MustCompile(`^[0-9A-Za-z]*$`)

const (
	version2012 = "2012-10-17"
	version2008 = "2008-10-17"
)

// Parse reads a document. The error is a *MalformedError with all that is wrong and where, or a *SizeError when the
// document is longer than the limit; a limit of 0 is none beyond that of any document.
func Parse(text string, kind Kind, limit int) (*Policy, error) {
	if len(text) > maxBytes {
		return nil, &SizeError{Size: len(text), Limit: maxBytes}
	}
	if size := Size(text); limit > 0 && size > limit {
		return nil, &SizeError{Size: size, Limit: limit}
	}
	r := parser{kind: kind}
	root, err := document.Parse([]byte(text), &r.problems)
	if err != nil {
		return nil, &MalformedError{[]string{"Syntax errors in policy. " + err.Error()}}
	}
	p := r.policy(root)
	if err := r.problems.Err(); err != nil {
		return nil, malformed(err)
	}
	for _, s := range p.Statements {
		if s.Effect == Allow {
			p.allow = append(p.allow, s)
		} else {
			p.deny = append(p.deny, s)
		}
	}
	return p, nil
}

// Size counts the characters of a document as IAM does, without white space between its tokens.
func Size(text string) int {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		return utf8.RuneCountInString(text)
	}
	return utf8.RuneCount(b.Bytes())
}

// parser reads one document.
type parser struct {
	kind      Kind
	variables bool
	problems  document.Problems
}

func (r *parser) policy(root *document.Node) *Policy {
	p := &Policy{Version: version2008}
	o, ok := root.Read("", &r.problems)
	if !ok {
		return p
	}
	if v := o.Raw("Version"); v != nil {
		p.Version = v.Text
		if v.Kind != document.String || v.Text != version2012 && v.Text != version2008 {
			o.Failf(v, "The policy must contain a valid version string: found %s; want %q (or the older %q)", v.Show(), version2012, version2008)
		}
	}
	r.variables = p.Version == version2012
	if id := o.Raw("Id"); id != nil {
		p.ID, _ = o.Text("Id")
	}
	r.statements(p, o)
	o.Done()
	return p
}

func (r *parser) statements(p *Policy, o *document.Reader) {
	n := o.Raw("Statement")
	if n == nil {
		o.Missing("Statement", "Missing required field Statement: an array of statements")
		return
	}
	items := []*document.Node{n}
	if n.Kind == document.Array {
		items = n.Items
	}
	if len(items) == 0 {
		o.Failf(n, "Syntax errors in policy. It has no statement; want at least one")
	}
	seen := map[string]bool{}
	for i, item := range items {
		s := r.statement(item)
		s.Index = i
		if s.SID != "" && seen[s.SID] {
			o.Failf(item, "Statement IDs (SID) in a single policy must be unique. %q occurs twice", s.SID)
		}
		seen[s.SID] = true
		p.Statements = append(p.Statements, s)
	}
}

func (r *parser) statement(n *document.Node) *Statement {
	s := &Statement{}
	o, ok := n.Read("", &r.problems)
	if !ok {
		return s
	}
	if sid := o.Raw("Sid"); sid != nil {
		s.SID, _ = o.Text("Sid")
		if r.kind == Identity && !statementID.MatchString(s.SID) {
			o.Failf(sid, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
	}
	r.effect(s, o)
	r.principals(s, o)
	r.actions(s, o)
	r.resources(s, o)
	r.conditions(s, o)
	o.Done()
	return s
}

func (r *parser) effect(s *Statement, o *document.Reader) {
	n := o.Raw("Effect")
	switch {
	case n == nil:
		o.Missing("Effect", `Missing required field Effect: "Allow" or "Deny"`)
	case n.Kind != document.String || n.Text != "Allow" && n.Text != "Deny":
		o.Failf(n, "Invalid effect: %s; want \"Allow\" or \"Deny\"", n.Show())
	default:
		s.Effect = n.Text == "Allow"
	}
}

// either returns the element that is present of one and its negation; exactly one must be.
func (r *parser) either(o *document.Reader, plain, negated string) (*document.Node, bool) {
	yes, not := o.Raw(plain), o.Raw(negated)
	switch {
	case yes != nil && not != nil:
		o.Failf(not, "Syntax errors in policy. A statement has %s or %s, not both", plain, negated)
	case yes == nil && not == nil:
		o.Missing(plain, "Missing required field "+plain+" (or "+negated+")")
		return nil, false
	}
	if yes != nil {
		return yes, false
	}
	return not, true
}

func (r *parser) actions(s *Statement, o *document.Reader) {
	n, negated := r.either(o, "Action", "NotAction")
	if n == nil {
		return
	}
	s.notAction = negated
	for _, item := range r.texts(o, n, "Policy statement must contain actions.") {
		a, err := compileAction(item.Text)
		if err != nil {
			o.Failf(item, "%s", err)
		}
		if r.kind == Trust && err == nil && (a.all || a.prefix != "sts:") {
			o.Failf(item, "AssumeRole policy may only specify STS AssumeRole actions. Found %q", item.Text)
		}
		s.actions = append(s.actions, a)
	}
}

func (r *parser) resources(s *Statement, o *document.Reader) {
	if r.kind == Trust {
		for _, key := range []string{"Resource", "NotResource"} {
			if n := o.Raw(key); n != nil {
				o.Failf(n, "Has prohibited field %s: a trust policy is about its own role", key)
			}
		}
		return
	}
	n, negated := r.either(o, "Resource", "NotResource")
	if n == nil {
		return
	}
	s.notResource = negated
	s.resources = []arnTemplate{}
	for _, item := range r.texts(o, n, "Policy statement must contain resources.") {
		t, err := compileResource(item.Text, r.variables)
		if err != nil {
			o.Failf(item, "%s", err)
		}
		s.resources = append(s.resources, t)
		s.variables = s.variables || t.variables()
	}
}

// texts returns the strings of a value that is one or an array of them.
func (r *parser) texts(o *document.Reader, n *document.Node, empty string) []*document.Node {
	items := []*document.Node{n}
	if n.Kind == document.Array {
		items = n.Items
	}
	if len(items) == 0 {
		o.Failf(n, "%s", empty)
	}
	return slices.DeleteFunc(slices.Clone(items), func(item *document.Node) bool {
		if item.Kind == document.String {
			return false
		}
		o.Failf(item, "is %s; want a string", item.Show())
		return true
	})
}

func (r *parser) principals(s *Statement, o *document.Reader) {
	if r.kind == Identity {
		for _, key := range []string{"Principal", "NotPrincipal"} {
			if n := o.Raw(key); n != nil {
				o.Failf(n, "Policy document should not specify a principal.")
			}
		}
		return
	}
	n, negated := r.either(o, "Principal", "NotPrincipal")
	if n == nil {
		return
	}
	if negated && r.kind == Trust {
		o.Failf(n, "Has prohibited field NotPrincipal: a trust policy names who may")
	}
	s.notPrinc = negated
	s.principals = r.principal(o, n)
}

func (r *parser) principal(o *document.Reader, n *document.Node) *principals {
	p := &principals{}
	switch {
	case n.Kind == document.String && n.Text == "*":
		p.all = true
		return p
	case n.Kind != document.Object || len(n.Members) == 0:
		o.Failf(n, `Invalid principal in policy: %s; want "*" or an object such as {"AWS": "111122223333"}`, n.Show())
		return p
	}
	for _, m := range n.Members {
		for _, item := range r.texts(o, m.Value, "Invalid principal in policy: the list is empty") {
			if err := p.add(m.Key, item.Text); err != nil {
				o.Failf(item, "%s", err)
			}
		}
	}
	return p
}
