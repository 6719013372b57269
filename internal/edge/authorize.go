package edge

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Speakers know the policies that speak for a principal.
type Speakers interface {
	Speak(p *service.Principal) (*policy.Policies, error)
}

// Policies is the Authorizer of IAM's policies: those of the caller, of the resource, and of the VPC endpoint.
type Policies struct {
	Speakers Speakers
	// Seal makes the encoded message that EC2's denials carry; nil leaves it out.
	Seal func(details []byte) (string, error)

	documents documents
}

// Authorize decides every check; the first denial is the answer.
func (a *Policies) Authorize(_ context.Context, call *service.Call, checks []service.Check) (string, error) {
	if restricted(call) {
		return "User: " + call.Principal.ARN + " is not authorized to perform: " + call.ActionName() + " " + restriction, nil
	}
	at, d, err := a.denied(call, checks)
	if err != nil || at < 0 {
		return "", err
	}
	message := d.Message(call.Principal.ARN, checks[at].Action, checks[at].Shown())
	if call.Service.Speaks(wire.EC2) {
		return a.encode(message, d, call, &checks[at])
	}
	return message, nil
}

// Denied is Authorize for who only wants to know: which of the checks is the first to be denied, and the end of the sentence
// that says so. It is -1 if none is.
func (a *Policies) Denied(_ context.Context, call *service.Call, checks []service.Check) (at int, reason string, err error) {
	if len(checks) == 0 {
		return -1, "", nil
	}
	if restricted(call) {
		return 0, restriction, nil
	}
	at, d, err := a.denied(call, checks)
	if err != nil || at < 0 {
		return -1, "", err
	}
	return at, d.Context(checks[at].Action), nil
}

// denied finds the first check that is denied, -1 if none is.
func (a *Policies) denied(call *service.Call, checks []service.Check) (int, policy.Decision, error) {
	own, err := a.Speakers.Speak(call.Principal)
	if err != nil {
		return -1, policy.Decision{}, fmt.Errorf("gather the policies of %s: %w", call.Principal.ARN, err)
	}
	who := principal(call.Principal)
	keys := environment(call).Keys(&who)
	for i := range checks {
		d, err := a.decide(own, call, who, keys, &checks[i])
		if err != nil {
			return -1, d, err
		}
		if !d.Allowed {
			return i, d, nil
		}
	}
	return -1, policy.Decision{}, nil
}

const restriction = "with these session credentials"

// restricted are the calls that sessions of users may not make whatever their policies say: IAM without a second factor,
// and those of STS that would make more sessions.
func restricted(call *service.Call) bool {
	return withheld(call.Principal, call.Service.Name, call.Operation.Name)
}

// Withheld is restricted for who only wants to know: by the name of the action that the operation is authorized as. iam:PassRole is no
// operation: it is asked about in calls of other services.
func (a *Policies) Withheld(p *service.Principal, action string) (reason string, ok bool) {
	vendor, name, _ := strings.Cut(action, ":")
	if strings.EqualFold(action, "iam:PassRole") {
		return "", false
	}
	return restriction, withheld(p, strings.ToLower(vendor), name)
}

func withheld(p *service.Principal, vendor, operation string) bool {
	if p.Session == nil || p.Kind != service.User && p.Kind != service.FederatedUser {
		return false
	}
	federated := p.Kind == service.FederatedUser
	switch vendor {
	case "iam":
		return federated || !p.Session.MFA
	case "sts":
		return federated || !strings.EqualFold(operation, "AssumeRole")
	}
	return false
}

func (a *Policies) decide(own *policy.Policies, call *service.Call, who policy.Principal, keys *policy.Context, c *service.Check) (policy.Decision, error) {
	all, request, err := a.question(own, call, who, keys, c)
	if err != nil {
		return policy.Decision{}, err
	}
	return policy.Decide(all, request), nil
}

// question puts a check into the words of the decision engine. aws:ResourceAccount is there with every one of them, as
// docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html has it for all actions that are served here.
func (a *Policies) question(own *policy.Policies, call *service.Call, who policy.Principal, keys *policy.Context, c *service.Check) (*policy.Policies, *policy.Request, error) {
	if c.Unread != nil {
		return nil, nil, fmt.Errorf("read what decides about %s: %w", c.Resource, c.Unread)
	}
	all := *own
	request := &policy.Request{Action: c.Action, Resource: c.Resource, Principal: who, Keys: keys}
	if owner := policy.Owner(c.Resource, call.Account); owner != call.Account {
		request.Keys = keys.Under()
		request.Keys.Set("aws:ResourceAccount", owner)
	}
	if len(c.Tags) > 0 || len(c.Keys) > 0 {
		request.Keys = request.Keys.Under()
		request.Keys.SetTags("aws:ResourceTag/", c.Tags)
		for name, values := range c.Keys {
			request.Keys.Add(name, values...)
		}
	}
	if p := c.Policy; p != nil {
		kind := policy.Resource
		if p.Trust {
			kind = policy.Trust
		}
		document, err := a.documents.of(p.Document, kind)
		if err != nil {
			return nil, nil, fmt.Errorf("read the policy of %s: %w", c.Resource, err)
		}
		all.Resource, all.Trust, request.NeedsResourcePolicy = document, p.Trust, p.Required
	}
	if e := call.Source.Endpoint; e != nil && e.Policy != "" {
		document, err := a.documents.of(e.Policy, policy.Resource)
		if err != nil {
			return nil, nil, fmt.Errorf("read the policy of %s: %w", e.ID, err)
		}
		all.Endpoint = document
	}
	return &all, request, nil
}

func principal(p *service.Principal) policy.Principal {
	who := policy.Principal{Account: p.Account, ARN: p.ARN, RoleARN: p.RoleARN}
	switch p.Kind {
	case service.Root:
		who.Type = policy.Root
	case service.User:
		who.Type = policy.User
	case service.AssumedRole:
		who.Type = policy.Role
	case service.FederatedUser:
		who.Type = policy.FederatedUser
	default:
		who.Type = policy.Anonymous
	}
	if p.Kind == service.Anonymous && p.Session != nil {
		who.Type, who.Provider = policy.FederatedLogin, p.Session.Provider
	}
	return who
}

// environment gathers what becomes the global condition keys.
func environment(call *service.Call) *policy.Environment {
	p, from := call.Principal, call.Source
	v := &policy.Environment{
		Time: call.Now, TLS: from.TLS, SourceIP: from.IP, UserAgent: from.UserAgent, Referer: from.Referer, Region: call.Region,
		ResourceAccount: call.Account, UserID: p.UserID, PrincipalTags: p.Tags,
	}
	if p.Kind == service.User {
		v.UserName = p.Name
	}
	if e := from.Endpoint; e != nil {
		v.EndpointID, v.EndpointVPC = e.ID, e.VPC
	}
	if s := p.Session; s != nil {
		v.TokenIssued, v.MFA, v.MFAAge = s.Issued, s.MFA, call.Now.Sub(s.Issued)
		v.SourceIdentity, v.FederatedProvider = s.SourceIdentity, s.Provider
	}
	return v
}

// documents remembers compiled policies of resources and endpoints by their text.
type documents struct {
	sync.Mutex
	known map[documentKey]*policy.Policy
}

type documentKey struct {
	text string
	kind policy.Kind
}

const maxDocuments = 4096

func (d *documents) of(text string, kind policy.Kind) (*policy.Policy, error) {
	key := documentKey{text, kind}
	d.Lock()
	p := d.known[key]
	d.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := policy.Parse(text, kind, 0)
	if err != nil {
		return nil, err
	}
	d.Lock()
	defer d.Unlock()
	if d.known == nil || len(d.known) >= maxDocuments {
		d.known = map[documentKey]*policy.Policy{}
	}
	d.known[key] = p
	return p, nil
}

// Explain tells how a check would be decided, statement by statement, and with which condition keys.
func (a *Policies) Explain(_ context.Context, call *service.Call, check service.Check) ([]policy.Step, policy.Decision, *policy.Context, error) {
	own, err := a.Speakers.Speak(call.Principal)
	if err != nil {
		return nil, policy.Decision{}, nil, fmt.Errorf("gather the policies of %s: %w", call.Principal.ARN, err)
	}
	who := principal(call.Principal)
	all, request, err := a.question(own, call, who, environment(call).Keys(&who), &check)
	if err != nil {
		return nil, policy.Decision{}, nil, err
	}
	steps, decision := policy.Explain(all, request)
	return steps, decision, request.Keys, nil
}
