package identity

import "time"

// The prefixes of the records. Names that IAM compares without regard to case are keyed in lower case.
const (
	prefix       = "iam/"
	userPrefix   = prefix + "user/"
	groupPrefix  = prefix + "group/"
	rolePrefix   = prefix + "role/"
	policyPrefix = prefix + "policy/"
	keyPrefix    = prefix + "key/"
	oidcPrefix   = prefix + "oidc/"
	mfaPrefix    = prefix + "mfa/"
)

// Prefix is that of all records of this package.
const Prefix = prefix

// Policies are what users, groups and roles have in common.
type Policies struct {
	Inline   map[string]string `json:",omitempty"` // documents by name
	Attached []string          `json:",omitempty"` // ARNs of managed policies
}

// A User is an IAM user.
type User struct {
	Name, Path, ID string
	Created        time.Time
	Tags           map[string]string `json:",omitempty"`
	Boundary       string            `json:",omitempty"` // the ARN of a managed policy
	Groups         []string          `json:",omitempty"` // names
	Policies
}

// A Group is an IAM group. Its members know it, not it them.
type Group struct {
	Name, Path, ID string
	Created        time.Time
	Policies
}

// A Role is an IAM role.
type Role struct {
	Name, Path, ID string
	Created        time.Time
	Description    string            `json:",omitempty"`
	Trust          string            // the document that says who may assume it
	MaxSession     int64             // seconds
	Tags           map[string]string `json:",omitempty"`
	Boundary       string            `json:",omitempty"`
	ServiceLinked  bool              `json:",omitempty"`
	Policies
}

// A ManagedPolicy is a customer's policy. AWS's own are a table (see AWSManaged).
type ManagedPolicy struct {
	Name, Path, ID string
	Created        time.Time
	Updated        time.Time
	Description    string            `json:",omitempty"`
	Tags           map[string]string `json:",omitempty"`
	Default        string            // the version in force: v1
	Versions       []PolicyVersion
	NextVersion    int
}

// A PolicyVersion is one of a managed policy's documents.
type PolicyVersion struct {
	ID       string
	Document string
	Created  time.Time
}

// An AccessKey is a long-term key of a user.
type AccessKey struct {
	ID      string
	User    string
	Sealed  []byte `json:",omitempty"` // its secret, sealed under a key of KMS, bound to the ID
	Secret  []byte `json:",omitempty"` // the same as versions before sealed it, under the root key: see Enclose
	Active  bool
	Created time.Time
}

// An OIDCProvider is an identity provider whose tokens AssumeRoleWithWebIdentity takes.
type OIDCProvider struct {
	URL         string // without https://
	ClientIDs   []string
	Thumbprints []string
	Created     time.Time
	Tags        map[string]string `json:",omitempty"`
}
