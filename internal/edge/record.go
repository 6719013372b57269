package edge

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// maxRecorded bounds the parameters in a record.
const maxRecorded = 32 << 10

// ready makes sure, before anything is done, that it can be recorded.
func (x *exchange) ready() error {
	if x.edge.config.Recorder == nil {
		return nil
	}
	if err := x.edge.config.Recorder.Ready(); err != nil {
		return fmt.Errorf("nothing can be recorded in the audit trail, so nothing is done: %w", err)
	}
	return nil
}

// record writes the call into the audit trail.
func (x *exchange) record(output any, problem *wire.Error) error {
	if x.edge.config.Recorder == nil {
		return nil
	}
	r := &audit.Record{
		EventVersion: "1.11", EventTime: x.now.UTC().Truncate(time.Second), EventType: "AwsApiCall", EventCategory: "Management",
		ManagementEvent: true, RequestID: x.id, EventID: uuid.NewString(), Region: x.edge.config.Region,
		RecipientAccount: x.edge.config.Account, UserAgent: shown(x.source.UserAgent), UserIdentity: &audit.Identity{Type: "Unknown"},
		Request: null, Response: null, ReadOnly: true,
	}
	if x.source.IP.IsValid() {
		r.SourceIP = x.source.IP.String()
	}
	if x.source.Endpoint != nil {
		r.VPCEndpoint = x.source.Endpoint.ID
	}
	if t := x.r.TLS; t != nil {
		r.TLS = &audit.TLS{Version: strings.ReplaceAll(tls.VersionName(t.Version), "TLS 1", "TLSv1"), Suite: x.edge.suites[t.CipherSuite], Host: shown(x.r.Host)}
	}
	if x.service != nil {
		r.EventSource = x.service.Model.EventSource
	}
	if x.claim != nil && x.call == nil {
		r.UserIdentity.AccessKeyID = shown(x.claim.AccessKeyID) // claimed, not proven
	}
	if problem != nil {
		r.ErrorCode, r.ErrorMessage = problem.Code, problem.Message
	}
	if x.call != nil {
		x.recordCall(r, output)
	} else {
		r.EventName = x.name[:min(len(x.name), 128)]
	}
	return x.edge.config.Recorder.Record(r)
}

var null = json.RawMessage("null")

// recordCall adds what is known once the caller is.
func (x *exchange) recordCall(r *audit.Record, output any) {
	r.Region, r.UserIdentity = x.call.Region, identity(x.call.Principal)
	op := x.call.Operation
	if op == nil {
		r.EventName = x.name[:min(len(x.name), 128)]
		return
	}
	r.EventName, r.ReadOnly, r.Issues = op.Name, readOnly(op.Name), issues(op.Name)
	if x.service.Model.Name == "kms" && cryptographic(op.Name) {
		r.ReadOnly, r.Unlocks = true, true
	}
	r.Resources = resources(x.touched, x.call.Account)
	model := x.service.Model
	if x.input != nil {
		r.Request = bounded(model.AppendAudit(nil, op.Input, x.input))
	}
	if output != nil && (!r.ReadOnly || r.Issues) {
		r.Response = bounded(model.AppendAudit(nil, op.Output, output))
	}
}

// resources are those that a call touched, each once: several permissions may have been asked for on one.
func resources(arns []string, account string) (all []audit.Resource) {
	for i, arn := range arns {
		if !slices.Contains(arns[:i], arn) {
			all = append(all, audit.Resource{ARN: arn, Account: policy.Owner(arn, account), Type: resourceType(arn)})
		}
	}
	return all
}

// cryptographic knows the uses of a KMS key. As in CloudTrail they are reads (KMS developer guide, "Logging AWS KMS API calls with AWS
// CloudTrail", examples of Decrypt, Encrypt, GenerateDataKey and ReEncrypt), whose records tell what was unlocked: none may be lost.
func cryptographic(operation string) bool {
	switch operation {
	case "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateRandom", "ReEncrypt":
		return true
	}
	return false
}

// bounded leaves out what would make a record endless.
func bounded(raw []byte) json.RawMessage {
	if len(raw) > maxRecorded {
		return json.RawMessage(`{"omitted":"larger than a record may be"}`)
	}
	return raw
}

func readOnly(operation string) bool {
	for _, verb := range []string{"Describe", "Get", "List", "Lookup", "Simulate", "Decode", "Filter", "Test", "AssumeRole"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// issues knows the reads whose answers are credentials. As in CloudTrail they are reads whose records have the answer, so that a session's key
// leads to the call that made it (IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail", examples of AWS STS).
func issues(operation string) bool {
	switch operation {
	case "AssumeRole", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken":
		return true
	}
	return false
}

// identity describes a principal as CloudTrail does.
func identity(p *service.Principal) *audit.Identity {
	id := &audit.Identity{PrincipalID: p.UserID, ARN: p.ARN, Account: p.Account, AccessKeyID: p.AccessKeyID}
	switch p.Kind {
	case service.Root:
		id.Type = "Root"
	case service.User:
		id.Type, id.UserName = "IAMUser", p.Name
	case service.AssumedRole:
		id.Type = "AssumedRole"
	case service.FederatedUser:
		id.Type = "FederatedUser"
	default:
		id.Type = "Unknown"
		if p.Session != nil {
			id.Type, id.UserName, id.Provider = "WebIdentityUser", p.Name, p.Session.Provider
		}
		return id // it has no session yet
	}
	s := p.Session
	if s == nil {
		return id
	}
	mfa := "false"
	if s.MFA {
		mfa = "true"
	}
	id.Session = &audit.Session{
		Attributes: map[string]string{"creationDate": s.Issued.UTC().Format(time.RFC3339), "mfaAuthenticated": mfa}, Source: s.SourceIdentity,
	}
	if s.Provider != "" {
		id.Session.Federation = &audit.Federation{Provider: s.Provider}
	}
	if p.RoleARN != "" {
		roleID, _, _ := strings.Cut(p.UserID, ":")
		id.Session.Issuer = &audit.Identity{Type: "Role", PrincipalID: roleID, ARN: p.RoleARN, Account: p.Account, UserName: p.Name}
	}
	return id
}
