package policy

// Source is the kind of a policy in a decision.
type Source uint8

// The kinds of policies, in the order in which their denials are named.
const (
	NoSource Source = iota
	ServiceControl
	ResourceControl
	VPCEndpoint
	ResourceBased
	RoleTrust
	IdentityBased
	Boundary
	SessionPolicy
)

// Policies are all that have a say in a request.
type Policies struct {
	// Identity are the inline and managed policies of the user and its groups, or of the role.
	Identity []*Policy
	// Boundary is the permissions boundary; nil for none.
	Boundary *Policy
	// Session are the policies given when the session was made; none for a session without.
	Session []*Policy
	// ServiceControl are those of the organization, one list for each level from the root to the account; every level
	// must allow.
	ServiceControl [][]*Policy
	// ResourceControl bind the account's resources; they only deny.
	ResourceControl []*Policy
	// Resource is the policy of the resource itself, nil when it has none. Trust says that it is a role's trust policy.
	Resource *Policy
	Trust    bool
	// Endpoint is the policy of the VPC endpoint that the call came through, nil for other calls.
	Endpoint *Policy
}

// Request is one action on one resource.
type Request struct {
	Action    string // dms:StartReplicationTask
	Resource  string // an ARN, or * where the action has no resource
	Principal Principal
	// ResourceAccount owns the resource; empty takes the account of the ARN, and without one the caller's.
	ResourceAccount string
	// NeedsResourcePolicy says that the identity policies alone are not enough: role trust policies and key policies.
	NeedsResourcePolicy bool
	Keys                *Context
}

// Decision is the answer and what made it.
type Decision struct {
	Allowed bool
	// Explicit says that a Deny matched; otherwise a denial means that no policy of the source allows.
	Explicit bool
	Source   Source
	// Policy and Statement are what matched; nil for implicit denials and for what the root user may by itself.
	Policy    *Policy
	Statement *Statement
}

// Decide answers a request.
func Decide(p *Policies, r *Request) Decision {
	e := evaluation{request: r}
	e.arn, e.arnOK = splitARN(r.Resource)
	if d, denied := p.explicit(&e); denied {
		return d
	}
	if d := p.ceiling(&e); !d.Allowed {
		return d
	}
	d := p.granted(&e)
	if !d.Allowed || p.Endpoint == nil {
		return d
	}
	if at, _ := p.Endpoint.allows(&e); at == nil {
		return Decision{Source: VPCEndpoint}
	}
	return d
}

// explicit looks for a Deny in any policy.
func (p *Policies) explicit(e *evaluation) (Decision, bool) {
	for _, level := range p.ServiceControl {
		if d, ok := firstDeny(level, ServiceControl, e); ok && e.bound() {
			return d, true
		}
	}
	if d, ok := firstDeny(p.ResourceControl, ResourceControl, e); ok {
		return d, true
	}
	if d, ok := denied(p.Endpoint, VPCEndpoint, e); ok {
		return d, true
	}
	if d, ok := denied(p.Resource, p.resourceSource(), e); ok {
		return d, true
	}
	if d, ok := firstDeny(p.Identity, IdentityBased, e); ok {
		return d, true
	}
	if d, ok := denied(p.Boundary, Boundary, e); ok {
		return d, true
	}
	return firstDeny(p.Session, SessionPolicy, e)
}

// bound reports that service control policies bind the caller.
func (e *evaluation) bound() bool {
	switch e.request.Principal.Type {
	case Root, User, FederatedUser:
		return true
	case Role:
		return !e.request.Principal.ServiceLinked
	}
	return false
}

// ceiling asks what only limits: the service control policies.
func (p *Policies) ceiling(e *evaluation) Decision {
	if e.bound() {
		for _, level := range p.ServiceControl {
			if _, at := firstAllow(level, e); at == nil {
				return Decision{Source: ServiceControl}
			}
		}
	}
	return Decision{Allowed: true}
}

// granted asks what grants: the resource's policy and the caller's own.
func (p *Policies) granted(e *evaluation) Decision {
	named, level := p.Resource.allows(e)
	byResource := Decision{Allowed: named != nil, Source: p.resourceSource(), Policy: p.Resource, Statement: named}
	if named == nil {
		byResource.Policy, level = nil, grantNone
	}
	who := &e.request.Principal
	switch who.Type {
	case Anonymous, Service, FederatedLogin:
		return byResource // they have no policies of their own
	}
	foreign := e.owner() != who.Account
	if level == grantNone && (foreign || e.request.NeedsResourcePolicy) {
		return byResource
	}
	if level == grantDirect && !foreign {
		return byResource
	}
	d := byResource
	if foreign || level < grantRole {
		if d = p.identity(e); !d.Allowed {
			return d
		}
	}
	return p.limited(e, d)
}

// owner is the account of the resource.
func (e *evaluation) owner() string {
	if e.request.ResourceAccount != "" {
		return e.request.ResourceAccount
	}
	if e.arnOK && accountID.MatchString(e.arn[arnAccount]) {
		return e.arn[arnAccount]
	}
	return e.request.Principal.Account
}

// Owner is the account that a resource's ARN names, the other one for a resource whose ARN names none.
func Owner(resource, otherwise string) string {
	e := evaluation{request: &Request{Principal: Principal{Account: otherwise}}}
	e.arn, e.arnOK = splitARN(resource)
	return e.owner()
}

// identity asks the caller's own policies. The root user needs none.
func (p *Policies) identity(e *evaluation) Decision {
	if e.request.Principal.Type == Root {
		return Decision{Allowed: true, Source: IdentityBased}
	}
	if at, s := firstAllow(p.Identity, e); s != nil {
		return Decision{Allowed: true, Source: IdentityBased, Policy: at, Statement: s}
	}
	return Decision{Source: IdentityBased}
}

// limited asks the boundary and the session's policies, which take away what they do not allow.
func (p *Policies) limited(e *evaluation, d Decision) Decision {
	if e.request.Principal.Type != Root && p.Boundary != nil {
		if s, _ := p.Boundary.allows(e); s == nil {
			return Decision{Source: Boundary}
		}
	}
	if len(p.Session) == 0 && e.request.Principal.Type != FederatedUser {
		return d
	}
	if _, s := firstAllow(p.Session, e); s == nil {
		return Decision{Source: SessionPolicy}
	}
	return d
}

func (p *Policies) resourceSource() Source {
	if p.Trust {
		return RoleTrust
	}
	return ResourceBased
}

func firstDeny(list []*Policy, from Source, e *evaluation) (Decision, bool) {
	for _, p := range list {
		if d, ok := denied(p, from, e); ok {
			return d, true
		}
	}
	return Decision{}, false
}

func denied(p *Policy, from Source, e *evaluation) (Decision, bool) {
	if p == nil {
		return Decision{}, false
	}
	for _, s := range p.deny {
		if why, _, _ := s.match(e); why == matched {
			return Decision{Explicit: true, Source: from, Policy: p, Statement: s}, true
		}
	}
	return Decision{}, false
}

func firstAllow(list []*Policy, e *evaluation) (*Policy, *Statement) {
	for _, p := range list {
		if s, _ := p.allows(e); s != nil {
			return p, s
		}
	}
	return nil, nil
}

// allows finds the matching Allow that names the caller most directly.
func (p *Policy) allows(e *evaluation) (*Statement, grant) {
	if p == nil {
		return nil, grantNone
	}
	var best *Statement
	level := grantNone
	for _, s := range p.allow {
		if why, g, _ := s.match(e); why == matched && (best == nil || g > level) {
			best, level = s, g
			if g == grantDirect {
				break
			}
		}
	}
	return best, level
}
