package own

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// explainAccess tells an administrator why a call is or would be allowed or denied, statement by statement. It may be
// asked of everyone: the permission is whimbrel:ExplainAccess on the principal.
func (s *Service) explainAccess() service.Operation {
	return service.Handle("ExplainAccess", s.explainAccessAccess, s.explainAccessDo)
}

func (s *Service) explainAccessAccess(_ context.Context, call *service.Call, in *whimbrelapi.ExplainAccessRequest) ([]service.Check, error) {
	c := service.Check{Action: call.ActionName(), Resource: "*", Named: "*"} // whose a key is, and whether there is one, is for the answer to tell
	if in.PrincipalArn != nil {
		c.Named = *in.PrincipalArn
	}
	if who, err := s.principal(in, call.Now); err == nil {
		c.Resource = who.IdentityARN()
	}
	return []service.Check{c}, nil
}

func (s *Service) explainAccessDo(ctx context.Context, call *service.Call, in *whimbrelapi.ExplainAccessRequest) (*whimbrelapi.ExplainAccessResponse, error) {
	who, err := s.principal(in, call.Now)
	if err != nil {
		return nil, err
	}
	as := *call
	as.Principal, as.Source.Endpoint = who, nil // the asker's own endpoint is not the caller's
	if in.SourceIp != nil {
		if as.Source.IP, err = netip.ParseAddr(*in.SourceIp); err != nil {
			return nil, wire.Invalid.New(wire.JSON11, "SourceIp %q is not an address", *in.SourceIp)
		}
	}
	keptOut, err := s.through(&as, in)
	if err != nil {
		return nil, err
	}
	check, err := s.check(ctx, &as, in)
	if err != nil {
		return nil, err
	}
	steps, decision, keys, err := s.explainer.Explain(ctx, &as, check)
	if err != nil {
		return nil, err
	}
	out := &whimbrelapi.ExplainAccessResponse{PrincipalArn: &who.ARN, Allowed: &decision.Allowed, Decision: ptr("allowed"), Steps: []whimbrelapi.Step{}, Keys: map[string][]string{}, Notes: s.notes(in)}
	if !decision.Allowed {
		out.Decision = ptr("implicitly denied")
		if decision.Explicit {
			out.Decision = ptr("explicitly denied")
		}
		out.Message = ptr(decision.Message(who.ARN, check.Action, check.Resource))
	}
	if reason, ok := s.explainer.Withheld(who, check.Action); ok { // before any policy is asked
		out.Allowed, out.Decision = ptr(false), ptr("denied to the session")
		out.Message = ptr("User: " + who.ARN + " is not authorized to perform: " + check.Action + " " + reason)
	}
	if keptOut != "" { // before the session is looked at
		out.Allowed, out.Decision, out.Message = ptr(false), ptr("denied by the VPC endpoint"), &keptOut
	}
	for _, step := range steps {
		shown := whimbrelapi.Step{PolicyType: ptr(step.Source.String()), Policy: &step.Policy.Name, Matched: ptr(step.Matched)}
		if step.Statement != nil {
			shown.Statement, shown.Effect = ptr(int64(step.Statement.Index+1)), ptr(step.Statement.Effect.String())
			if step.Statement.SID != "" {
				shown.Sid = &step.Statement.SID
			}
		}
		if step.Reason != "" {
			shown.Reason = ptr(step.Reason)
		}
		out.Steps = append(out.Steps, shown)
	}
	for _, name := range keys.Keys() {
		out.Keys[name] = keys.Get(name)
	}
	return out, nil
}

func ptr[T any](v T) *T { return &v }

// through sends the explained call through the VPC endpoint that was named; what the endpoint itself says against it is answered.
func (s *Service) through(as *service.Call, in *whimbrelapi.ExplainAccessRequest) (keptOut string, err error) {
	if in.VpcEndpointId == nil {
		return "", nil
	}
	endpoint, refused := s.endpoints.ByID(*in.VpcEndpointId, &as.Source)
	switch {
	case refused != nil:
		return refused.Error(), nil
	case endpoint == nil:
		return "", missing("There is no VPC endpoint %s.", *in.VpcEndpointId)
	}
	as.Source.Endpoint = endpoint
	if behind := s.serving(endpoint.Service); behind != nil && !askedBy(behind.Model.ActionPrefix, *in.Action) {
		return "The VPC endpoint " + endpoint.ID + " leads to " + endpoint.Service + " alone.", nil
	}
	return "", nil
}

// askedBy reports that calls of a service ask about an action: its own, and what they do with roles and keys.
func askedBy(vendor, action string) bool {
	of, _, _ := strings.Cut(action, ":")
	return strings.EqualFold(of, vendor) || strings.EqualFold(of, "kms") || strings.EqualFold(action, "iam:PassRole")
}

func missing(form string, args ...any) error {
	return whimbrelapi.Service.NewError("ResourceNotFoundException", form, args...)
}

// principal finds whom to explain: the holder of a key, or a user or role by ARN, perhaps in a session that was described.
func (s *Service) principal(in *whimbrelapi.ExplainAccessRequest, now time.Time) (*service.Principal, error) {
	if (in.AccessKeyId == nil) == (in.PrincipalArn == nil) {
		return nil, wire.Invalid.New(wire.JSON11, "Name either an AccessKeyId or a PrincipalArn.")
	}
	if in.SessionToken != nil {
		return s.holder(in, now)
	}
	who, err := s.named(in)
	if err != nil || !described(in) {
		return who, err
	}
	session := &service.Session{Issued: now, Expires: now.Add(time.Hour), PolicyARNs: in.SessionPolicyArns, Tags: in.SessionTags, MFA: in.MultiFactor != nil && *in.MultiFactor}
	if session.MFA && who.Kind == service.AssumedRole {
		return nil, wire.Invalid.New(wire.JSON11, "MultiFactor: the sessions of roles know of no second factor.")
	}
	if in.SessionPolicy != nil {
		if _, err := policy.Parse(*in.SessionPolicy, policy.Identity, policy.LimitSession); err != nil {
			return nil, wire.Invalid.New(wire.JSON11, "SessionPolicy: %v", err)
		}
		session.Policy = *in.SessionPolicy
	}
	for _, arn := range in.SessionPolicyArns {
		if !s.directory.HasManaged(arn) {
			return nil, missing("There is no policy %s.", arn)
		}
	}
	as := s.directory.WithSession(who, session)
	if session.MFA && as.Kind == service.FederatedUser {
		return nil, wire.Invalid.New(wire.JSON11, "MultiFactor: a user's session has either a second factor or policies and tags of its own.")
	}
	return as, nil
}

// described reports that a session is described.
func described(in *whimbrelapi.ExplainAccessRequest) bool {
	return in.SessionPolicy != nil || len(in.SessionPolicyArns) > 0 || len(in.SessionTags) > 0 || in.MultiFactor != nil && *in.MultiFactor
}

// holder finds who holds a temporary key: its token has the session's policies, tags and times.
func (s *Service) holder(in *whimbrelapi.ExplainAccessRequest, now time.Time) (*service.Principal, error) {
	if in.AccessKeyId == nil || described(in) {
		return nil, wire.Invalid.New(wire.JSON11, "A SessionToken belongs to an AccessKeyId, and says itself what the session has.")
	}
	who, err := s.directory.Session(*in.AccessKeyId, *in.SessionToken, now)
	switch {
	case errors.Is(err, service.ErrExpiredKey):
		return nil, missing("The session of %s has ended.", *in.AccessKeyId)
	case err != nil:
		return nil, missing("The token is not that of %s, or its user or role is gone.", *in.AccessKeyId)
	}
	return who, nil
}

// named finds the holder of a long-term key, or a user or role by ARN.
func (s *Service) named(in *whimbrelapi.ExplainAccessRequest) (*service.Principal, error) {
	if in.AccessKeyId != nil {
		key, ok := s.directory.AccessKey(*in.AccessKeyId)
		if !ok {
			if identity.IsID(identity.TemporaryKey, *in.AccessKeyId) {
				return nil, missing("Temporary keys are not kept; give the session's token too, or name the role or user as PrincipalArn.")
			}
			return nil, missing("There is no access key %s.", *in.AccessKeyId)
		}
		user, ok := s.directory.User(key.User)
		if !ok {
			return nil, missing("The user of the access key %s is gone.", key.ID)
		}
		return s.directory.PrincipalOf(user), nil
	}
	arn := *in.PrincipalArn
	if user, ok := s.directory.User(identity.NameOf(arn)); ok && s.directory.PrincipalOf(user).ARN == arn {
		return s.directory.PrincipalOf(user), nil
	}
	if role, ok := s.directory.RoleByARN(arn); ok {
		return s.directory.PrincipalOfRole(role, "explained"), nil
	}
	return nil, missing("There is no user or role %s.", arn)
}
