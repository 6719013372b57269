package policy

import (
	"regexp"
	"strings"
)

// PrincipalType is the kind of a caller.
type PrincipalType uint8

// The kinds of callers.
const (
	Anonymous      PrincipalType = iota
	Root                         // the account's root user
	User                         // an IAM user
	Role                         // a session of an assumed role
	FederatedUser                // a session of GetFederationToken
	Service                      // an AWS service, such as dms.amazonaws.com assuming a role
	FederatedLogin               // a token of an identity provider, before it has become a session
)

// Principal is who makes a request.
type Principal struct {
	Type    PrincipalType
	Account string
	// ARN is what GetCallerIdentity shows: a user's ARN, arn:aws:sts::…:assumed-role/role/session for a role's session.
	ARN string
	// RoleARN is the role of a role's session.
	RoleARN string
	// Service is a service's name, Provider the ARN or host of an identity provider.
	Service, Provider string
	// ServiceLinked marks the session of a service-linked role, which service control policies do not bind.
	ServiceLinked bool
}

// grant is how directly a resource policy names a principal; more direct ones are limited by less.
type grant uint8

const (
	grantNone    grant = iota
	grantAccount       // its account, which leaves the decision to the identity policies
	grantRole          // its role, or everyone: boundary and session policy still limit it
	grantDirect        // itself: nothing limits it
)

// principals is a Principal or NotPrincipal element.
type principals struct {
	all                          bool
	accounts, arns, services, ip []string
}

var (
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	principalARN = regexp.MustCompile(`^arn:[a-z0-9-]+:(iam::[0-9]{12}:(root|user/[\w+=,.@/-]+|role/[\w+=,.@/-]+)|sts::[0-9]{12}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+))$`)
	serviceName  = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// add reads one entry of the element.
func (p *principals) add(kind, text string) error {
	switch kind {
	case "AWS":
		return p.addAWS(text)
	case "Service":
		if !serviceName.MatchString(text) {
			return problemf("Invalid principal in policy: %q:%q; want a service's name such as dms.amazonaws.com", kind, text)
		}
		p.services = append(p.services, text)
	case "Federated":
		if text == "" || strings.ContainsAny(text, "*? ") {
			return problemf("Invalid principal in policy: %q:%q; want an identity provider's ARN", kind, text)
		}
		p.ip = append(p.ip, text)
	default:
		return problemf("Invalid principal in policy: %q is no kind of principal; want AWS, Service or Federated", kind)
	}
	return nil
}

func (p *principals) addAWS(text string) error {
	switch {
	case text == "*":
		p.all = true
	case accountID.MatchString(text):
		p.accounts = append(p.accounts, text)
	case principalARN.MatchString(text):
		arn, _ := splitARN(text)
		if arn[arnResource] == "root" {
			p.accounts = append(p.accounts, arn[arnAccount])
			return nil
		}
		p.arns = append(p.arns, text)
	default:
		return problemf("Invalid principal in policy: \"AWS\":%q; want \"*\", an account's 12 digits, or the ARN of an account's root, a user, a role or a session", text)
	}
	return nil
}

// names finds how directly the element names a caller.
func (p *principals) names(who *Principal) grant {
	switch who.Type {
	case Service:
		if contains(p.services, who.Service) {
			return grantDirect
		}
	case FederatedLogin:
		if contains(p.ip, who.Provider) {
			return grantDirect
		}
	case Root:
		if contains(p.accounts, who.Account) {
			return grantAccount
		}
	case User, Role, FederatedUser:
		switch {
		case contains(p.arns, who.ARN):
			return grantDirect
		case p.all, who.RoleARN != "" && contains(p.arns, who.RoleARN):
			return grantRole
		case contains(p.accounts, who.Account):
			return grantAccount
		}
		return grantNone
	}
	if p.all {
		return grantRole
	}
	return grantNone
}

// spares reports that a Deny with NotPrincipal leaves a caller alone. Every name of the caller must be listed: a user's
// ARN and the account's, a session's ARN, its role's and the account's.
func (p *principals) spares(who *Principal) bool {
	switch who.Type {
	case User, FederatedUser:
		return p.all || contains(p.arns, who.ARN) && contains(p.accounts, who.Account)
	case Role:
		return p.all || contains(p.arns, who.ARN) && contains(p.arns, who.RoleARN) && contains(p.accounts, who.Account)
	}
	return p.names(who) != grantNone
}

func contains(list []string, s string) bool {
	for i := range list {
		if list[i] == s {
			return true
		}
	}
	return false
}

// ValidPrincipal reports that a text is the ARN of a principal that a policy can name.
func ValidPrincipal(arn string) bool { return principalARN.MatchString(arn) }
