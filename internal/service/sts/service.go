package sts

import (
	"crypto/tls"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// The lives of sessions, in seconds.
const (
	roleDefault    = 3600
	chainedMost    = 3600
	sessionDefault = 43200
)

// Config is what the service works with.
type Config struct {
	Directory *identity.Directory
	Factors   *identity.Factors // users' second factors
	// Issuers is the TLS configuration for identity providers; nil trusts the system's roots and registered thumbprints.
	Issuers *tls.Config
}

// Service is the Security Token Service.
type Service struct {
	directory *identity.Directory
	factors   *identity.Factors
	issuers   *issuers
}

// New makes the service.
func New(c Config) (*service.Service, error) {
	s := &Service{directory: c.Directory, factors: c.Factors, issuers: newIssuers(c.Issuers)}
	return service.New(&stsapi.Service,
		s.assumeRole(), s.assumeRoleWithWebIdentity(), s.decodeAuthorizationMessage(), s.getAccessKeyInfo(), s.getCallerIdentity(),
		s.getFederationToken(), s.getSessionToken())
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func invalid(form string, args ...any) error { return wire.Invalid.New(wire.Query, form, args...) }

func denied(form string, args ...any) error { return wire.AccessDenied.New(wire.Query, form, args...) }

// notAuthorized is the answer for roles that do not exist, which is that for those that are not allowed.
func notAuthorized(call *service.Call, action, arn string) error {
	return denied("User: %s is not authorized to perform: %s on resource: %s", call.Principal.ARN, action, arn)
}

// issue makes the credentials of a grant.
func (s *Service) issue(call *service.Call, g *identity.Grant, seconds int64) (*stsapi.Credentials, error) {
	g.Issued = call.Now
	g.Expires = call.Now.Add(time.Duration(seconds) * time.Second)
	token, err := s.directory.Tokens().Issue(g)
	if err != nil {
		return nil, err
	}
	return &stsapi.Credentials{AccessKeyId: &g.Key, SecretAccessKey: &g.Secret, SessionToken: &token, Expiration: ptr(g.Expires)}, nil
}

// sessionPolicies checks the policies a session shall be made with.
func (s *Service) sessionPolicies(document *string, arns []stsapi.PolicyDescriptorType) (text string, managed []string, err error) {
	if document != nil {
		if _, err := policy.Parse(*document, policy.Identity, policy.LimitSession); err != nil {
			return "", nil, stsapi.Service.NewError("MalformedPolicyDocumentException", "%v", err)
		}
		text = *document
	}
	if len(arns) > 10 {
		return "", nil, invalid("A session can have at most 10 managed policies, not %d.", len(arns))
	}
	for _, d := range arns {
		arn := value(d.Arn)
		if !s.directory.HasManaged(arn) {
			return "", nil, stsapi.Service.NewError("MalformedPolicyDocumentException", "Policy %s does not exist.", arn)
		}
		managed = append(managed, arn)
	}
	return text, managed, nil
}

// packedLimit is how many characters of policies and tags a session may carry.
const packedLimit = 4096

// packed is the part of the limit that is used, in percent; nil if nothing is.
func packed(text string, managed []string, tags map[string]string) (*int64, error) {
	n := len(text)
	for _, arn := range managed {
		n += len(arn)
	}
	for k, v := range tags {
		n += len(k) + len(v) + 2
	}
	if n == 0 {
		return nil, nil //nolint:nilnil // nothing is packed
	}
	percent := int64((n*100 + packedLimit - 1) / packedLimit)
	if percent > 100 {
		return nil, stsapi.Service.NewError("PackedPolicyTooLargeException", "Packed size of session tags and policies consumes %d%% of allotted space.", percent)
	}
	return &percent, nil
}

// tagsOf reads session tags. Keys that differ in letters alone are the same key.
func tagsOf(tags []stsapi.Tag) (map[string]string, error) {
	if len(tags) == 0 {
		return nil, nil //nolint:nilnil // no tags
	}
	all, seen := map[string]string{}, map[string]bool{}
	for _, t := range tags {
		key := value(t.Key)
		if lower := strings.ToLower(key); seen[lower] {
			return nil, wire.InvalidValue.New(wire.Query, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		} else if strings.HasPrefix(lower, "aws:") {
			return nil, wire.InvalidValue.New(wire.Query, "System tags cannot be added/updated by requester")
		} else {
			seen[lower] = true
		}
		all[key] = value(t.Value)
	}
	return all, nil
}

// tagKeys are the condition keys of the tags in a request.
func tagKeys(keys map[string][]string, tags []stsapi.Tag, transitive []string) {
	for _, t := range tags {
		if t.Key == nil {
			continue
		}
		keys["aws:RequestTag/"+*t.Key] = []string{value(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], *t.Key)
	}
	if len(transitive) > 0 {
		keys["sts:TransitiveTagKeys"] = transitive
	}
}

func seconds(asked *int64, otherwise int64) int64 {
	if asked != nil {
		return *asked
	}
	return otherwise
}
