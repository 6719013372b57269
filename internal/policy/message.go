package policy

import "strings"

// sourceText holds the words of AWS's denial messages for each kind of policy: after "because no … allows", and after
// "with an explicit deny in".
var sourceText = [...]struct{ plain, article string }{
	NoSource:        {"policy", "a policy"},
	ServiceControl:  {"service control policy", "a service control policy"},
	ResourceControl: {"resource control policy", "a resource control policy"},
	VPCEndpoint:     {"VPC endpoint policy", "a VPC endpoint policy"},
	ResourceBased:   {"resource-based policy", "a resource-based policy"},
	RoleTrust:       {"role trust policy", "the role trust policy"},
	IdentityBased:   {"identity-based policy", "an identity-based policy"},
	Boundary:        {"permissions boundary", "a permissions boundary"},
	SessionPolicy:   {"session policy", "a session policy"},
}

// String names the kind of policy as AWS does.
func (s Source) String() string { return sourceText[s].plain }

// Context is the end of AWS's denial message: which kind of policy denied.
func (d Decision) Context(action string) string {
	words := sourceText[d.Source]
	if !d.Explicit {
		return "because no " + words.plain + " allows the " + action + " action"
	}
	text := "with an explicit deny in " + words.article
	if d.Policy != nil && strings.HasPrefix(d.Policy.Name, "arn:") && d.namesPolicy() {
		text += ": " + d.Policy.Name
	}
	return text
}

// namesPolicy reports that AWS adds the policy's ARN for this kind.
func (d Decision) namesPolicy() bool {
	switch d.Source {
	case IdentityBased, Boundary, SessionPolicy, ServiceControl, ResourceControl:
		return true
	}
	return false
}

// Message is AWS's denial message. The resource is left out when the action has none.
func (d Decision) Message(caller, action, resource string) string {
	var b strings.Builder
	b.WriteString("User: " + caller + " is not authorized to perform: " + action)
	if resource != "" && resource != "*" {
		b.WriteString(" on resource: " + resource)
	}
	b.WriteString(" " + d.Context(action))
	return b.String()
}
