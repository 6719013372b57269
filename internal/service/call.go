package service

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// A Call is one authenticated request on its way through a service.
type Call struct {
	Service   *wire.Service
	Operation *wire.Operation
	RequestID string
	Principal *Principal
	Partition string
	Region    string // that the request was signed for
	Account   string // that owns the resources
	Now       time.Time
	Source    Source

	// Encode appends the answer as AWS JSON, of an operation that has it ready in parts; its output is then not looked at.
	Encode func(dst []byte) []byte
	// Stream is the answer of an operation that goes on; its output is then not looked at.
	Stream Stream

	// Check has further checks decided for the same principal, such as iam:PassRole on a role that was found in the input.
	// It answers AWS's denial error, or nil.
	Check func(ctx context.Context, checks ...Check) error
	// Charge counts further calls of the same principal, of an operation that does the work of several. It answers the error of
	// a principal that has made too many, or nil.
	Charge func(calls int) error
}

// Source is where a request came from.
type Source struct {
	IP        netip.Addr
	UserAgent string
	Referer   string
	TLS       bool
	Endpoint  *Endpoint
}

// Endpoint is the VPC endpoint that a request came through.
type Endpoint struct {
	ID      string
	VPC     string
	Policy  string // its document; empty is full access
	Service string // the signing name of the one service behind it
}

// A Check is one question for the decision engine: may the caller do this to that?
type Check struct {
	Action   string              // dms:CreateEndpoint
	Resource string              // its ARN, or "*" for actions without resources
	Named    string              // as the caller names it, when the ARN says more than that; denials show no more
	Tags     map[string]string   // of the resource: aws:ResourceTag/…
	Keys     map[string][]string // further condition keys, such as aws:RequestTag/team
	Policy   *ResourcePolicy     // that hangs on the resource, if any
	// Unread is why something of the above could not be read, such as the resource's policy: nothing is decided without it.
	Unread error
}

// Shown is the resource as a denial names it. Whoever may not touch what they name does not learn by it whether it is there, nor where.
func (c *Check) Shown() string {
	if c.Named != "" {
		return c.Named
	}
	return c.Resource
}

// A ResourcePolicy hangs on a resource: a role's trust, a KMS key's policy, a secret's.
type ResourcePolicy struct {
	Document string
	Trust    bool // a role's: the denial says so
	Required bool // it must allow itself; an identity policy alone is not enough (trust and key policies)
}

// ActionName is the IAM action of the operation where both have the same name, as nearly all do.
func (c *Call) ActionName() string { return c.Service.ActionPrefix + ":" + c.Operation.Name }

// ARN builds a resource's name in the call's account and region.
func (c *Call) ARN(resource string) string {
	region := c.Region
	if c.Service.Global {
		region = ""
	}
	return "arn:" + c.Partition + ":" + c.Service.ActionPrefix + ":" + region + ":" + c.Account + ":" + resource
}

// RequestTagKeys are the condition keys of the tags that a request brings, and of further names of tags.
func RequestTagKeys(tags map[string]string, names ...string) map[string][]string {
	if len(tags) == 0 && len(names) == 0 {
		return nil
	}
	keys := map[string][]string{"aws:TagKeys": append(slices.Sorted(maps.Keys(tags)), names...)}
	for k, v := range tags {
		keys["aws:RequestTag/"+k] = []string{v}
	}
	return keys
}

// OnAny is the check of an action without resources.
func (c *Call) OnAny() []Check { return []Check{{Action: c.ActionName(), Resource: "*"}} }

// On is the check of the operation's action on the resources; on any, if none is named: no checks would let everyone through.
func (c *Call) On(arns ...string) []Check {
	if len(arns) == 0 {
		return c.OnAny()
	}
	checks := make([]Check, len(arns))
	for i, arn := range arns {
		checks[i] = Check{Action: c.ActionName(), Resource: arn}
	}
	return checks
}
