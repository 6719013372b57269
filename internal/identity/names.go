package identity

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// Keys of the records in the store.

// UserKey is the key of a user's record.
func UserKey(name string) string { return userPrefix + strings.ToLower(name) }

// GroupKey is the key of a group's record.
func GroupKey(name string) string { return groupPrefix + strings.ToLower(name) }

// RoleKey is the key of a role's record.
func RoleKey(name string) string { return rolePrefix + strings.ToLower(name) }

// PolicyKey is the key of a customer's managed policy, which is known by its name whatever its path.
func PolicyKey(name string) string { return policyPrefix + strings.ToLower(name) }

// AccessKeyKey is the key of an access key's record.
func AccessKeyKey(id string) string { return keyPrefix + id }

// OIDCKey is the key of an identity provider's record.
func OIDCKey(url string) string { return oidcPrefix + strings.ToLower(url) }

// MFAKey is the key of a virtual MFA device's record, which is known by its name whatever its path.
func MFAKey(name string) string { return mfaPrefix + strings.ToLower(name) }

// The first letters of identifiers, after what they name.
const (
	UserID         = "AIDA"
	GroupID        = "AGPA"
	RoleID         = "AROA"
	PolicyID       = "ANPA"
	InstanceID     = "AIPA"
	LongTermKey    = "AKIA"
	TemporaryKey   = "ASIA"
	identifierSize = 16 // letters and digits after them
)

// NewID makes an identifier of a kind.
func NewID(kind string) string {
	raw := make([]byte, 10)
	_, _ = rand.Read(raw) // never fails
	return kind + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)[:identifierSize]
}

// NewSecret makes a secret access key: 40 characters.
func NewSecret() string {
	raw := make([]byte, 30)
	_, _ = rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}

// ARN builds the name of a thing in IAM: kind is user, role, group, policy, …
func (d *Directory) ARN(kind, path, name string) string {
	if path == "" {
		path = "/"
	}
	return "arn:" + d.partition + ":iam::" + d.account + ":" + kind + path + name
}

// AWSPolicyARN is the name of one of AWS's managed policies in the directory's partition, by its path and name.
func (d *Directory) AWSPolicyARN(suffix string) string {
	return "arn:" + d.partition + ":iam::aws:policy" + suffix
}

// OIDCARN is the name of an identity provider.
func (d *Directory) OIDCARN(url string) string {
	return "arn:" + d.partition + ":iam::" + d.account + ":oidc-provider/" + url
}

// NameOf is the last part of an ARN or path: the name without the path.
func NameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// IsID reports whether id is an identifier of a kind, by its form.
func IsID(kind, id string) bool {
	rest, ok := strings.CutPrefix(id, kind)
	return ok && len(rest) == identifierSize && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// SessionARN is the name of a role's session.
func (d *Directory) SessionARN(role, session string) string {
	return "arn:" + d.partition + ":sts::" + d.account + ":assumed-role/" + role + "/" + session
}

// FederatedARN is the name of a federated user's session.
func (d *Directory) FederatedARN(name string) string {
	return "arn:" + d.partition + ":sts::" + d.account + ":federated-user/" + name
}
