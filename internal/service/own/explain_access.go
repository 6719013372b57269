package own

import (
	"context"
	"net/netip"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// explainAccess tells an administrator why a call is or would be allowed or denied, statement by statement. It may be
// asked of everyone: the permission is whimbrel:ExplainAccess on the principal.
func (s *Service) explainAccess() service.Operation {
	return service.Handle("ExplainAccess", s.explainAccessAccess, s.explainAccessDo)
}

func (s *Service) explainAccessAccess(_ context.Context, call *service.Call, in *whimbrelapi.ExplainAccessRequest) ([]service.Check, error) {
	resource := "*"
	if who, err := s.principal(in); err == nil {
		resource = who.IdentityARN()
	}
	return []service.Check{{Action: call.ActionName(), Resource: resource}}, nil
}

func (s *Service) explainAccessDo(ctx context.Context, call *service.Call, in *whimbrelapi.ExplainAccessRequest) (*whimbrelapi.ExplainAccessResponse, error) {
	who, err := s.principal(in)
	if err != nil {
		return nil, err
	}
	as := *call
	as.Principal = who
	if in.SourceIp != nil {
		if as.Source.IP, err = netip.ParseAddr(*in.SourceIp); err != nil {
			return nil, wire.Invalid.New(wire.JSON11, "SourceIp %q is not an address", *in.SourceIp)
		}
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

// principal finds whom to explain: the holder of a long-term key, or a user or role by ARN.
func (s *Service) principal(in *whimbrelapi.ExplainAccessRequest) (*service.Principal, error) {
	missing := func(form string, args ...any) error {
		return whimbrelapi.Service.NewError("ResourceNotFoundException", form, args...)
	}
	switch {
	case (in.AccessKeyId == nil) == (in.PrincipalArn == nil):
		return nil, wire.Invalid.New(wire.JSON11, "Name either an AccessKeyId or a PrincipalArn.")
	case in.AccessKeyId != nil:
		key, ok := s.directory.AccessKey(*in.AccessKeyId)
		if !ok {
			if identity.IsID(identity.TemporaryKey, *in.AccessKeyId) {
				return nil, missing("Temporary keys are not kept; name the role or user as PrincipalArn.")
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
