package policy

import (
	"regexp"
	"strings"
)

var (
	vendorName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	actionName = regexp.MustCompile(`^[A-Za-z0-9*?_-]+$`)
	partition  = regexp.MustCompile(`^[a-z*?][a-z0-9*?-]*$`)
)

// action is one entry of Action or NotAction: a service and a name with wildcards, in lower case.
type action struct {
	all    bool   // of every service
	prefix string // "dms:"
	name   template
}

// compileAction reads an entry such as dms:Describe* or *.
func compileAction(text string) (action, error) {
	if text == "*" || text == "*:*" {
		return action{all: true}, nil
	}
	vendor, name, ok := strings.Cut(text, ":")
	switch {
	case !ok || vendor == "":
		return action{}, problemf("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. Found %q", text)
	case !vendorName.MatchString(vendor):
		return action{}, problemf("Vendor %q is not valid; want a service's prefix such as dms, without wildcards", vendor)
	case !actionName.MatchString(name):
		return action{}, problemf("The action %q is not valid; want service:Name, where * and ? are wildcards", text)
	}
	t, err := syntax{wildcards: true}.compile(strings.ToLower(name))
	return action{prefix: strings.ToLower(vendor) + ":", name: t}, err
}

func (a *action) match(name string) bool {
	if a.all {
		return true
	}
	if !hasPrefix(name, a.prefix, true) {
		return false
	}
	return a.name.any() || glob(a.name.parts, name[len(a.prefix):], true)
}

// compileResource reads an entry of Resource or NotResource.
func compileResource(text string, variables bool) (arnTemplate, error) {
	if text == "*" {
		return arnTemplate{all: true}, nil
	}
	parts := splitTemplate(text)
	if parts[0] != "arn" {
		return arnTemplate{}, problemf("Resource %s must be in ARN format or \"*\".", text)
	}
	// An ARN that ends early covers all that could follow.
	for len(parts) < 6 {
		parts = append(parts, "*")
	}
	switch {
	case !partition.MatchString(parts[1]):
		return arnTemplate{}, problemf("Partition %q is not valid for resource %q.", parts[1], text)
	case !vendorName.MatchString(parts[arnService]):
		return arnTemplate{}, problemf("Resource vendor must be fully qualified and cannot contain regexes. Found %q", text)
	case parts[arnResource] == "":
		return arnTemplate{}, problemf("Resource %s must be in ARN format or \"*\": it names no resource.", text)
	}
	for _, p := range parts[:arnResource] {
		if variables && strings.Contains(p, "${") {
			return arnTemplate{}, problemf("The resource %q has a policy variable before its fifth colon; variables may stand after it alone", text)
		}
	}
	return compileParts(parts, syntax{wildcards: true, variables: variables})
}

// matchResource reports that an entry covers the resource of a request, which may be "*".
func matchResource(t *arnTemplate, e *evaluation) bool {
	return t.all || t.match(&e.arn, e.arnOK, e.request.Resource, e.request.Keys)
}
