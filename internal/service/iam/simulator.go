package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// simulation is one question to the simulator, whichever operation asks it.
type simulation struct {
	policies  policy.Policies
	texts     map[*policy.Policy]source // where statements stand
	who       policy.Principal
	keys      *policy.Context
	given     map[string]bool // context keys that the caller gave, in lower case
	actions   []string
	resources []string
	owner     string
}

// source is what the answer calls a policy.
type source struct{ id, kind, text string }

// resourceAccount is the key that each resource has by itself, in lower case.
const resourceAccount = "aws:resourceaccount"

func newSimulation(actions, resources []string, entries []iamapi.ContextEntry, owner *string) (*simulation, error) {
	m := &simulation{texts: map[*policy.Policy]source{}, keys: policy.NewContext(), given: map[string]bool{}, actions: actions, resources: resources, owner: deref(owner)}
	if len(m.resources) == 0 {
		m.resources = []string{"*"}
	}
	for _, e := range entries {
		if err := ofType(&e); err != nil {
			return nil, err
		}
		m.keys.Set(deref(e.ContextKeyName), e.ContextKeyValues...)
		m.given[strings.ToLower(deref(e.ContextKeyName))] = true
	}
	return m, nil
}

// handling refuses ResourceHandlingOption, which asks for one of EC2's scenarios of launching instances: there are none here.
func handling(option *string) error {
	if option != nil {
		return fault("InvalidInputException", "ResourceHandlingOption is not supported here; leave it out")
	}
	return nil
}

// add compiles a policy and remembers what to call it.
func (m *simulation) add(text string, kind policy.Kind, from source) (*policy.Policy, error) {
	p, err := policy.Parse(text, kind, 0)
	if err != nil {
		return nil, fault("InvalidInputException", "%s: %s", from.id, err)
	}
	from.text = text
	m.texts[p] = from
	return p, nil
}

// inputs compiles the policies of a request's list.
func (m *simulation) inputs(list []string, name string) ([]*policy.Policy, error) {
	var all []*policy.Policy
	for i, text := range list {
		p, err := m.add(text, policy.Identity, source{id: fmt.Sprintf("%s.%d", name, i+1), kind: "none"})
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// bound sets the permissions boundary; of several, all must allow, which the simulator does not know.
func (m *simulation) bound(list []string) error {
	if len(list) > 1 {
		return fault("InvalidInputException", "PermissionsBoundaryPolicyInputList has %d policies; want one at most", len(list))
	}
	all, err := m.inputs(list, "PermissionsBoundaryPolicyInputList")
	if len(all) > 0 {
		m.policies.Boundary = all[0]
	}
	return err
}

// resourcePolicy sets the policy of the resources.
func (m *simulation) resourcePolicy(text *string) (err error) {
	if text != nil {
		m.policies.Resource, err = m.add(*text, policy.Resource, source{id: "ResourcePolicy", kind: "resource"})
	}
	return err
}

// caller sets who asks, by the ARN of a user or role.
func (m *simulation) caller(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if !policy.ValidPrincipal(arn) || len(parts) < 6 {
		return fault("InvalidInputException", "%s is no principal's ARN", arn)
	}
	m.who = policy.Principal{Type: policy.User, Account: parts[4], ARN: arn}
	switch {
	case strings.HasPrefix(parts[5], "role/"):
		m.who.Type, m.who.RoleARN = policy.Role, arn
	case parts[5] == "root":
		m.who.Type = policy.Root
	}
	return nil
}

// fill gives the keys of the caller that are not among those of the request.
func (m *simulation) fill(call *service.Call, name, id string, tags map[string]string) {
	env := policy.Environment{Time: call.Now, TLS: true, Region: call.Region, UserName: name, UserID: id, PrincipalTags: tags}
	own := env.Keys(&m.who)
	m.keys = overKeys(own, m.keys)
}

// overKeys lays the given keys over others.
func overKeys(under, over *policy.Context) *policy.Context {
	laid := under.Under()
	for _, k := range over.Keys() {
		laid.Set(k, over.Get(k)...)
	}
	return laid
}

// results answers every action, on every resource.
func (m *simulation) results() []iamapi.EvaluationResult {
	all := []iamapi.EvaluationResult{}
	for _, action := range m.actions {
		all = append(all, m.result(action))
	}
	return all
}

func (m *simulation) result(action string) iamapi.EvaluationResult {
	missing := m.missing()
	r := iamapi.EvaluationResult{EvalActionName: &action, EvalResourceName: &m.resources[0], MatchedStatements: []iamapi.Statement{}, MissingContextValues: missing}
	worst := ""
	for _, resource := range m.resources {
		asked := m.request(action, resource)
		decision, statements := m.decide(asked)
		bounded := m.boundaryDetail(asked)
		if worst == "" || decision == "explicitDeny" || decision == "implicitDeny" && worst == "allowed" {
			worst, r.MatchedStatements = decision, statements
			r.PermissionsBoundaryDecisionDetail = bounded
			r.OrganizationsDecisionDetail = m.organizationDetail(asked)
		}
		r.ResourceSpecificResults = append(r.ResourceSpecificResults, iamapi.ResourceSpecificResult{
			EvalResourceName: new(resource), EvalResourceDecision: new(decision), MatchedStatements: statements, MissingContextValues: missing,
			PermissionsBoundaryDecisionDetail: bounded,
		})
	}
	if len(m.resources) == 1 {
		r.ResourceSpecificResults = nil
	} else {
		r.EvalResourceName = new("*")
	}
	r.EvalDecision = &worst
	return r
}

// request is one action on one resource, as the caller would make it.
func (m *simulation) request(action, resource string) *policy.Request {
	owner := m.owner
	if parts := strings.SplitN(owner, ":", 6); len(parts) == 6 {
		owner = parts[4] // the ARN of an account's root
	}
	keys := m.keys
	if !m.given[resourceAccount] {
		keys = keys.Under()
		keys.Set(resourceAccount, cmp.Or(owner, policy.Owner(resource, m.who.Account)))
	}
	return &policy.Request{Action: action, Resource: resource, Principal: m.who, ResourceAccount: owner, Keys: keys}
}

func (m *simulation) decide(asked *policy.Request) (string, []iamapi.Statement) {
	steps, d := policy.Explain(&m.policies, asked)
	statements := []iamapi.Statement{}
	for _, s := range steps {
		if s.Matched && s.Source != policy.Boundary && s.Source != policy.ServiceControl {
			statements = append(statements, m.statement(s))
		}
	}
	switch {
	case d.Allowed:
		return "allowed", statements
	case d.Explicit:
		return "explicitDeny", statements
	}
	return "implicitDeny", statements
}

func (m *simulation) statement(s policy.Step) iamapi.Statement {
	from := m.texts[s.Policy]
	shape := iamapi.Statement{SourcePolicyId: &from.id, SourcePolicyType: &from.kind}
	if spans := policy.Spans(from.text); s.Statement.Index < len(spans) {
		at := spans[s.Statement.Index]
		shape.StartPosition = &iamapi.Position{Line: new(int64(at.Start.Line)), Column: new(int64(at.Start.Column))}
		shape.EndPosition = &iamapi.Position{Line: new(int64(at.End.Line)), Column: new(int64(at.End.Column))}
	}
	return shape
}

// boundaryDetail says what the boundary alone would decide, whatever the other policies do.
func (m *simulation) boundaryDetail(asked *policy.Request) *iamapi.PermissionsBoundaryDecisionDetail {
	if m.policies.Boundary == nil {
		return nil
	}
	own := *asked
	own.ResourceAccount = m.who.Account // a boundary grants nothing, so it does not matter whose the resource is
	d := policy.Decide(&policy.Policies{Identity: []*policy.Policy{m.policies.Boundary}}, &own)
	return &iamapi.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &d.Allowed}
}

// organizationDetail says what the service control policies alone would decide.
func (m *simulation) organizationDetail(asked *policy.Request) *iamapi.OrganizationsDecisionDetail {
	if len(m.policies.ServiceControl) == 0 {
		return nil
	}
	d := policy.Decide(&policy.Policies{ServiceControl: m.policies.ServiceControl}, asked)
	return &iamapi.OrganizationsDecisionDetail{AllowedByOrganizations: new(d.Source != policy.ServiceControl)}
}

// organized sets the service control policies that bind the account.
func (m *simulation) organized(levels [][]*policy.Policy) {
	m.policies.ServiceControl = levels
	for _, level := range levels {
		for _, p := range level {
			m.texts[p] = source{id: p.Name, kind: "none"}
		}
	}
}

// missing lists the context keys that the policies ask for and that have no value.
func (m *simulation) missing() []string {
	names := []string{}
	for p := range m.texts {
		for _, k := range p.ContextKeys() {
			if lower := strings.ToLower(k); len(m.keys.Get(k)) == 0 && !m.given[lower] && lower != resourceAccount && !slices.Contains(names, k) {
				names = append(names, k)
			}
		}
	}
	slices.Sort(names)
	return names
}

// gathered adds the policies of a user, group or role.
func (m *simulation) gathered(s *Service, from reader, p *identity.Policies, kind, owner string) error {
	for _, name := range inlineNames(p) {
		compiled, err := m.add(p.Inline[name], policy.Identity, source{id: kind + "_" + owner + "_" + name, kind: kind})
		if err != nil {
			return err
		}
		m.policies.Identity = append(m.policies.Identity, compiled)
	}
	for _, arn := range p.Attached {
		compiled, err := m.managed(s, from, arn)
		if err != nil {
			return err
		}
		m.policies.Identity = append(m.policies.Identity, compiled)
	}
	return nil
}

func (m *simulation) managed(s *Service, from reader, arn string) (*policy.Policy, error) {
	managed, err := s.policy(from, arn)
	if err != nil {
		return nil, err
	}
	v, err := version(managed, managed.Default)
	if err != nil {
		return nil, err
	}
	kind := "user-managed"
	if _, ok := identity.AWSManaged(arn); ok {
		kind = "aws-managed"
	}
	return m.add(v.Document, policy.Identity, source{id: managed.Name, kind: kind})
}
