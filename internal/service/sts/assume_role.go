package sts

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) assumeRole() service.Operation {
	return service.Handle("AssumeRole", s.assumeRoleAccess, s.assumeRoleDo)
}

// trustsNobody stands for the trust policy of a role that is not there: it is refused in the words in which one is that trusts others.
const trustsNobody = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"Service":"nobody.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// assumeRoleAccess: the role's trust policy is its resource policy and must allow by itself. Tags and a source identity
// need permissions of their own, on both sides. Trust policies may ask for a second factor, so its code is taken here. The
// session knows nothing of it, as AWS has it: what is to be asked in each call is asked of GetSessionToken's sessions.
func (s *Service) assumeRoleAccess(ctx context.Context, call *service.Call, in *stsapi.AssumeRoleRequest) ([]service.Check, error) {
	arn := value(in.RoleArn)
	if in.RoleArn == nil {
		return nil, invalid("1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null")
	}
	factor, err := s.secondFactor(ctx, call, in.SerialNumber, in.TokenCode) // whether the role is there or not: a wrong code would tell
	if err != nil {
		return nil, err
	}
	role, ok := s.directory.RoleByARN(arn)
	if !ok {
		return []service.Check{{Action: "sts:AssumeRole", Resource: arn, Policy: &service.ResourcePolicy{Document: trustsNobody, Trust: true, Required: true}}}, nil
	}
	keys := map[string][]string{}
	set := func(name string, v *string) {
		if v != nil {
			keys[name] = []string{*v}
		}
	}
	set("sts:ExternalId", in.ExternalId)
	set("sts:RoleSessionName", in.RoleSessionName)
	set("sts:SourceIdentity", in.SourceIdentity)
	if in.DurationSeconds != nil {
		keys["sts:DurationSeconds"] = []string{strconv.FormatInt(*in.DurationSeconds, 10)}
	}
	if factor {
		keys["aws:MultiFactorAuthPresent"], keys["aws:MultiFactorAuthAge"] = []string{"true"}, []string{"0"}
	}
	tagKeys(keys, in.Tags, in.TransitiveTagKeys)
	check := service.Check{
		Action: "sts:AssumeRole", Resource: arn, Tags: role.Tags, Keys: keys,
		Policy: &service.ResourcePolicy{Document: role.Trust, Trust: true, Required: true},
	}
	session := call.Principal.Session
	return withSession(check, len(in.Tags) > 0 || session != nil && len(session.TransitiveKeys) > 0, in.SourceIdentity != nil || session != nil && session.SourceIdentity != ""), nil
}

// withSession adds the permissions that tags of a session and its source identity need, on both sides as the role itself does.
func withSession(check service.Check, tagged, sourced bool) []service.Check {
	checks := []service.Check{check}
	if tagged {
		check.Action = "sts:TagSession"
		checks = append(checks, check)
	}
	if sourced {
		check.Action = "sts:SetSourceIdentity"
		checks = append(checks, check)
	}
	return checks
}

func (s *Service) assumeRoleDo(_ context.Context, call *service.Call, in *stsapi.AssumeRoleRequest) (*stsapi.AssumeRoleResponse, error) {
	role, ok := s.directory.RoleByARN(*in.RoleArn)
	if !ok {
		return nil, notAuthorized(call, "sts:AssumeRole", *in.RoleArn)
	}
	if call.Principal.Kind == service.Root {
		return nil, denied("Roles may not be assumed by root accounts.")
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, wire.InvalidValue.New(wire.Query, "ProvidedContexts name context providers, and there are none.")
	}
	g := &identity.Grant{Kind: service.AssumedRole, Name: role.Name, ID: role.ID, Session: *in.RoleSessionName}
	if err := inherit(call, in, g); err != nil {
		return nil, err
	}
	duration, err := roleDuration(in.DurationSeconds, role, g.Chained)
	if err != nil {
		return nil, err
	}
	if g.Policy, g.Managed, err = s.sessionPolicies(in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	size, err := packed(g.Policy, g.Managed, g.Tags)
	if err != nil {
		return nil, err
	}
	credentials, err := s.issue(call, g, duration)
	if err != nil {
		return nil, err
	}
	out := &stsapi.AssumeRoleResponse{Credentials: credentials, PackedPolicySize: size, AssumedRoleUser: s.assumed(role, g)}
	if g.Source != "" {
		out.SourceIdentity = &g.Source
	}
	return out, nil
}

func (s *Service) assumed(role *identity.Role, g *identity.Grant) *stsapi.AssumedRoleUser {
	return &stsapi.AssumedRoleUser{AssumedRoleId: ptr(role.ID + ":" + g.Session), Arn: ptr(s.directory.SessionARN(role.Name, g.Session))}
}

func roleDuration(asked *int64, role *identity.Role, chained bool) (int64, error) {
	longest := max(role.MaxSession, roleDefault)
	duration := seconds(asked, roleDefault)
	switch {
	case chained && duration > chainedMost:
		return 0, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case duration > longest:
		return 0, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return duration, nil
}

// inherit carries over what a session hands on to the next: transitive tags and the source identity, which cannot be
// changed on the way.
func inherit(call *service.Call, in *stsapi.AssumeRoleRequest, g *identity.Grant) error {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return err
	}
	g.Tags, g.Keep, g.Source = tags, in.TransitiveTagKeys, value(in.SourceIdentity)
	for _, key := range in.TransitiveTagKeys {
		if _, ok := tags[key]; !ok {
			return wire.InvalidValue.New(wire.Query, "The specified transitive tag key must be included in the requested tags.")
		}
	}
	from := call.Principal.Session
	if from == nil {
		return nil
	}
	g.Chained = call.Principal.Kind == service.AssumedRole
	if from.SourceIdentity != "" {
		if g.Source != "" && g.Source != from.SourceIdentity {
			return denied("The source identity of a session cannot be changed.")
		}
		g.Source = from.SourceIdentity
	}
	for _, key := range from.TransitiveKeys {
		if slices.ContainsFunc(slices.Collect(maps.Keys(tags)), func(k string) bool { return strings.EqualFold(k, key) }) {
			return wire.InvalidValue.New(wire.Query, "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		if g.Tags == nil {
			g.Tags = map[string]string{}
		}
		g.Tags[key] = from.Tags[key]
		g.Keep = append(g.Keep, key)
	}
	return nil
}
