package policy

// Effect is what a statement does.
type Effect bool

// The effects.
const (
	Deny  Effect = false
	Allow Effect = true
)

// String spells the effect as documents do.
func (e Effect) String() string {
	if e == Allow {
		return "Allow"
	}
	return "Deny"
}

// Statement is one compiled statement.
type Statement struct {
	SID    string
	Index  int // in the document, from 0
	Effect Effect

	actions     []action
	notAction   bool
	resources   []arnTemplate // nil in a trust policy: every resource
	notResource bool
	variables   bool        // some resource holds a policy variable
	principals  *principals // nil in an identity policy
	notPrinc    bool
	conditions  []condition
}

// evaluation is a request with what is worked out of it once.
type evaluation struct {
	request *Request
	arn     arnParts
	arnOK   bool
}

// mismatch is the first part of a statement that a request does not match.
type mismatch uint8

const (
	matched mismatch = iota
	otherAction
	otherResource
	otherPrincipal
	otherCondition
)

// match compares a request with the statement. The grant says how directly the statement names the caller, and the
// number is that of the condition which did not hold.
func (s *Statement) match(e *evaluation) (mismatch, grant, int) {
	if s.matchAction(e.request.Action) == s.notAction {
		return otherAction, grantNone, 0
	}
	if s.resources != nil && (s.matchResource(e) == s.notResource || s.notResource && s.variables && s.unresolved(e)) {
		return otherResource, grantNone, 0
	}
	g := grantDirect
	if s.principals != nil {
		if g = s.grantOf(&e.request.Principal); g == grantNone {
			return otherPrincipal, grantNone, 0
		}
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(e.request.Keys) {
			return otherCondition, g, i
		}
	}
	return matched, g, 0
}

func (s *Statement) matchAction(name string) bool {
	for i := range s.actions {
		if s.actions[i].match(name) {
			return true
		}
	}
	return false
}

func (s *Statement) matchResource(e *evaluation) bool {
	for i := range s.resources {
		if matchResource(&s.resources[i], e) {
			return true
		}
	}
	return false
}

func (s *Statement) grantOf(who *Principal) grant {
	switch {
	case !s.notPrinc:
		return s.principals.names(who)
	case s.Effect == Deny && s.principals.spares(who), s.Effect == Allow && s.principals.names(who) != grantNone:
		return grantNone
	}
	return grantRole
}

// unresolved reports that a resource has a variable without a value: nothing can be said to be another resource then.
func (s *Statement) unresolved(e *evaluation) bool {
	for i := range s.resources {
		if s.resources[i].unresolved(e.request.Keys) {
			return true
		}
	}
	return false
}
