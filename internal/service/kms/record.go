package kms

import (
	"time"
)

// keyRecord is a key as the store keeps it.
type keyRecord struct {
	ID          string
	ARN         string
	Account     string
	Created     time.Time
	Description string            `json:",omitempty"`
	Managed     string            `json:",omitempty"` // the service, dms, whose AWS managed key it is
	Disabled    bool              `json:",omitempty"`
	Deletion    *time.Time        `json:",omitempty"` // when a key that waits for it is deleted
	Policy      string            // its key policy
	Tags        map[string]string `json:",omitempty"`
	Rotation    *rotation         `json:",omitempty"` // nil when it does not rotate by itself
	Materials   []material        // the last one encrypts
}

// rotation says when a key gets new material by itself.
type rotation struct {
	Days int64
	Next time.Time
}

// material is one generation of a key.
type material struct {
	ID      string // 64 hexadecimal digits
	Created time.Time
	Sealed  []byte // under the root keys
	OnAsk   bool   `json:",omitempty"` // made by RotateKeyOnDemand
}

// aliasRecord is a second name of a key.
type aliasRecord struct {
	Name    string // alias/…
	Target  string // the key's ID
	Created time.Time
	Updated time.Time
}

// grantRecord lets a principal use a key.
type grantRecord struct {
	ID                string
	Key               string
	Name              string `json:",omitempty"`
	Token             string
	Created           time.Time
	Grantee, Retiring string            `json:",omitempty"` // principals' ARNs
	GranteeService    string            `json:",omitempty"`
	RetiringService   string            `json:",omitempty"`
	Operations        []string          // Encrypt, Decrypt, …
	Equals            map[string]string `json:",omitempty"` // the encryption context must be this
	Subset            map[string]string `json:",omitempty"` // or hold this
	SourceARN         string            `json:",omitempty"`
	Issuer            string            // the account
}

// The states of a key.
const (
	stateEnabled  = "Enabled"
	stateDisabled = "Disabled"
	statePending  = "PendingDeletion"
)

func (k *keyRecord) state() string {
	switch {
	case k.Deletion != nil:
		return statePending
	case k.Disabled:
		return stateDisabled
	}
	return stateEnabled
}

// gone reports that the key's deletion is due, whether or not it was swept yet.
func (k *keyRecord) gone(now time.Time) bool { return k.Deletion != nil && !now.Before(*k.Deletion) }

func (k *keyRecord) current() *material { return &k.Materials[len(k.Materials)-1] }

func keyPath(region, id string) string        { return "kms/" + region + "/key/" + id }
func aliasPath(region, name string) string    { return "kms/" + region + "/alias/" + name }
func grantPath(region, key, id string) string { return "kms/" + region + "/grant/" + key + "/" + id }
