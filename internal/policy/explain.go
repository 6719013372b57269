package policy

// Step is one statement in the story of a decision.
type Step struct {
	Source    Source
	Policy    *Policy
	Statement *Statement
	Matched   bool
	// Reason says why the statement does not match, empty when it does.
	Reason string
}

// Explain compares a request with every statement of every policy, in the order in which Decide asks them, and decides.
func Explain(p *Policies, r *Request) ([]Step, Decision) {
	e := evaluation{request: r}
	e.arn, e.arnOK = splitARN(r.Resource)
	var steps []Step
	add := func(from Source, list ...*Policy) {
		for _, one := range list {
			if one != nil {
				steps = append(steps, one.steps(from, &e)...)
			}
		}
	}
	if e.bound() {
		for _, level := range p.ServiceControl {
			add(ServiceControl, level...)
		}
	}
	add(ResourceControl, p.ResourceControl...)
	add(VPCEndpoint, p.Endpoint)
	add(p.resourceSource(), p.Resource)
	add(IdentityBased, p.Identity...)
	add(Boundary, p.Boundary)
	add(SessionPolicy, p.Session...)
	return steps, Decide(p, r)
}

func (p *Policy) steps(from Source, e *evaluation) []Step {
	steps := make([]Step, 0, len(p.Statements))
	for _, s := range p.Statements {
		why, _, at := s.match(e)
		steps = append(steps, Step{from, p, s, why == matched, s.reason(why, at, e.request.Keys)})
	}
	return steps
}

func (s *Statement) reason(why mismatch, at int, keys *Context) string {
	switch why {
	case otherAction:
		return "it is about other actions"
	case otherResource:
		return "it is about other resources"
	case otherPrincipal:
		return "it is about other principals"
	case otherCondition:
		c := &s.conditions[at]
		given := keys.get(c.key)
		if len(given) == 0 {
			return "its condition " + c.text + " does not hold: the request has no such key"
		}
		return "its condition " + c.text + " does not hold for " + quoteAll(given)
	}
	return ""
}
