package identity

import (
	_ "embed" // the documents
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// An AWSPolicy is one of AWS's own managed policies, the same in every account.
type AWSPolicy struct {
	Path, Name, ID   string
	Version          string
	Created, Updated time.Time
	Description      string
	Document         string
	// ServiceLinked policies belong to service-linked roles and are attached to nothing else.
	ServiceLinked bool
}

// Suffix is the path and the name, as an ARN has them after aws:policy.
func (p *AWSPolicy) Suffix() string { return p.Path + p.Name }

//go:embed aws.json
var awsJSON []byte

// awsManaged reads the table once. It is part of the program, and a test holds it readable.
var awsManaged = sync.OnceValue(func() map[string]AWSPolicy {
	var list []struct {
		AWSPolicy
		Document json.RawMessage
	}
	if err := json.Unmarshal(awsJSON, &list); err != nil {
		return nil
	}
	table := make(map[string]AWSPolicy, len(list))
	for _, entry := range list {
		entry.AWSPolicy.Document = string(entry.Document)
		table[entry.Suffix()] = entry.AWSPolicy
	}
	return table
})

// AWSManaged finds one of AWS's managed policies by its ARN, in any partition.
func AWSManaged(arn string) (AWSPolicy, bool) {
	_, name, ok := strings.Cut(arn, ":iam::aws:policy")
	if !ok || !strings.HasPrefix(arn, "arn:aws") {
		return AWSPolicy{}, false
	}
	p, ok := awsManaged()[name]
	return p, ok
}

// AWSPolicies are all of AWS's managed policies that are here, by the ends of their ARNs.
func AWSPolicies() map[string]AWSPolicy { return awsManaged() }
