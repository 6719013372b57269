package edge

import (
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// encoded are the details of a denial by EC2, which says them only to those who may decode them (see
// sts:DecodeAuthorizationMessage).
type encoded struct {
	Allowed      bool           `json:"allowed"`
	ExplicitDeny bool           `json:"explicitDeny"`
	Matched      encodedItems   `json:"matchedStatements"`
	Failures     encodedItems   `json:"failures"`
	Context      encodedContext `json:"context"`
}

type encodedItems struct {
	Items []encodedItem `json:"items"`
}

type encodedItem struct {
	Source    string `json:"sourcePolicyType,omitempty"`
	Policy    string `json:"sourcePolicyId,omitempty"`
	Statement string `json:"statementId,omitempty"`
}

type encodedContext struct {
	Principal  encodedPrincipal `json:"principal"`
	Action     string           `json:"action"`
	Resource   string           `json:"resource"`
	Conditions encodedItems     `json:"conditions"`
}

type encodedPrincipal struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

// encode appends the details of a denial to its message.
func (a *Policies) encode(message string, d policy.Decision, call *service.Call, c *service.Check) (string, error) {
	if a.Seal == nil {
		return message, nil
	}
	p := call.Principal
	details := encoded{
		ExplicitDeny: d.Explicit, Matched: encodedItems{[]encodedItem{}}, Failures: encodedItems{[]encodedItem{}},
		Context: encodedContext{Principal: encodedPrincipal{p.UserID, p.Name, p.ARN}, Action: c.Action, Resource: c.Resource, Conditions: encodedItems{[]encodedItem{}}},
	}
	if d.Statement != nil {
		details.Matched.Items = append(details.Matched.Items, encodedItem{d.Source.String(), d.Policy.Name, d.Statement.SID})
	}
	raw, err := json.Marshal(details)
	if err != nil {
		return "", fmt.Errorf("encode a denial: %w", err)
	}
	sealed, err := a.Seal(raw)
	if err != nil {
		return "", fmt.Errorf("seal a denial: %w", err)
	}
	return message + " Encoded authorization failure message: " + sealed, nil
}
