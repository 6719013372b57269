package audit

import (
	"encoding/json"
	"time"
)

// A Record is one call, as CloudTrail describes it.
type Record struct {
	EventVersion     string          `json:"eventVersion"`
	UserIdentity     *Identity       `json:"userIdentity"`
	EventTime        time.Time       `json:"eventTime"`
	EventSource      string          `json:"eventSource"`
	EventName        string          `json:"eventName"`
	Region           string          `json:"awsRegion"`
	SourceIP         string          `json:"sourceIPAddress"`
	UserAgent        string          `json:"userAgent,omitempty"`
	ErrorCode        string          `json:"errorCode,omitempty"`
	ErrorMessage     string          `json:"errorMessage,omitempty"`
	Request          json.RawMessage `json:"requestParameters"`
	Response         json.RawMessage `json:"responseElements"`
	RequestID        string          `json:"requestID"`
	EventID          string          `json:"eventID"`
	ReadOnly         bool            `json:"readOnly"`
	Resources        []Resource      `json:"resources,omitempty"`
	EventType        string          `json:"eventType"`
	ManagementEvent  bool            `json:"managementEvent"`
	RecipientAccount string          `json:"recipientAccountId"`
	VPCEndpoint      string          `json:"vpcEndpointId,omitempty"`
	EventCategory    string          `json:"eventCategory"`
	TLS              *TLS            `json:"tlsDetails,omitempty"`
	// Issues says that the call hands out credentials: what is signed with them is traced to it, so its record is kept as a change's is.
	Issues bool `json:"-"`
	// Unlocks says that the call used a key: its record is kept as a change's is.
	Unlocks bool `json:"-"`
}

// matters reports whether the record must be in the file before the call is answered.
func (r *Record) matters() bool { return !r.ReadOnly || r.Issues || r.Unlocks }

// An Identity is who made the call.
type Identity struct {
	Type        string   `json:"type"`
	PrincipalID string   `json:"principalId,omitempty"`
	ARN         string   `json:"arn,omitempty"`
	Account     string   `json:"accountId,omitempty"`
	AccessKeyID string   `json:"accessKeyId,omitempty"`
	UserName    string   `json:"userName,omitempty"`
	Provider    string   `json:"identityProvider,omitempty"` // of a web identity
	Session     *Session `json:"sessionContext,omitempty"`
	InvokedBy   string   `json:"invokedBy,omitempty"` // the service that made the call for them
}

// A Session is what temporary credentials add.
type Session struct {
	Issuer     *Identity         `json:"sessionIssuer,omitempty"`
	Federation *Federation       `json:"webIdFederationData,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Source     string            `json:"sourceIdentity,omitempty"`
}

// A Federation is the identity provider that vouched for a session's user.
type Federation struct {
	Provider string `json:"federatedProvider"`
}

// A Resource is something the call touched.
type Resource struct {
	ARN     string `json:"ARN"`
	Account string `json:"accountId,omitempty"`
	Type    string `json:"type,omitempty"`
}

// TLS is how the connection was kept.
type TLS struct {
	Version string `json:"tlsVersion"`
	Suite   string `json:"cipherSuite"`
	Host    string `json:"clientProvidedHostHeader,omitempty"`
}
