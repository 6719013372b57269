package service

import "time"

// PrincipalKind is what sort of identity signed a request, in the words of aws:PrincipalType.
type PrincipalKind string

// The kinds of principals.
const (
	Root          PrincipalKind = "Account"
	User          PrincipalKind = "User"
	AssumedRole   PrincipalKind = "AssumedRole"
	FederatedUser PrincipalKind = "FederatedUser"
	Anonymous     PrincipalKind = "Anonymous" // of unsigned operations, which carry their own proof
)

// A Principal is who signed a request.
type Principal struct {
	Kind        PrincipalKind
	Partition   string
	Account     string
	ARN         string // as GetCallerIdentity shows it: of a role's session, the session's
	UserID      string // AIDA…, AROA…:session, account:name
	Name        string // of the user, the role or the federated user
	RoleARN     string // of an assumed role
	SessionName string
	AccessKeyID string
	Tags        map[string]string // of the user or role, overlaid by the session's
	Session     *Session          // nil for long-term keys
}

// A Session is what temporary credentials carry beside their principal.
type Session struct {
	Issued         time.Time
	Expires        time.Time
	Policy         string   // the session policy, inline
	PolicyARNs     []string // managed session policies
	MFA            bool
	SourceIdentity string
	Tags           map[string]string
	TransitiveKeys []string
	Provider       string // the identity provider of a web identity
	Chained        bool   // made by a role's session
	Asked          string // the source identity that a web identity asks for
}

// IdentityARN is the identity whose policies count: the role of a session, otherwise the principal itself.
func (p *Principal) IdentityARN() string {
	if p.RoleARN != "" {
		return p.RoleARN
	}
	return p.ARN
}
