package sts

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) assumeRoleWithWebIdentity() service.Operation {
	return service.Handle("AssumeRoleWithWebIdentity", s.webIdentityAccess, s.webIdentityDo)
}

// webIdentityAccess proves the token, which stands in for a signature: from here on its subject is the caller.
func (s *Service) webIdentityAccess(ctx context.Context, call *service.Call, in *stsapi.AssumeRoleWithWebIdentityRequest) ([]service.Check, error) {
	if in.RoleArn == nil || in.WebIdentityToken == nil {
		name := "roleArn"
		if in.RoleArn != nil {
			name = "webIdentityToken"
		}
		return nil, invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	token, err := s.prove(ctx, *in.WebIdentityToken, call.Now)
	if err != nil {
		return nil, err
	}
	arn := s.directory.OIDCARN(token.provider)
	call.Principal = &service.Principal{
		Kind: service.Anonymous, Partition: call.Partition, Account: call.Account, ARN: arn, UserID: arn + ":" + token.audience + ":" + token.subject,
		Name: token.subject, Session: &service.Session{Provider: arn, Issued: call.Now, TransitiveKeys: token.asks.transitive, Asked: token.asks.source},
	}
	if call.Principal.Session.Tags, err = tagsOf(token.asks.tags); err != nil {
		return nil, err
	}
	role, ok := s.directory.RoleByARN(*in.RoleArn)
	if !ok {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	keys := map[string][]string{token.provider + ":aud": {token.audience}, token.provider + ":sub": {token.subject}, "sts:RoleSessionName": {value(in.RoleSessionName)}}
	keys[token.provider+":oaud"] = token.audiences
	if len(token.methods) > 0 {
		keys[token.provider+":amr"] = token.methods
	}
	if in.DurationSeconds != nil {
		keys["sts:DurationSeconds"] = []string{strconv.FormatInt(*in.DurationSeconds, 10)}
	}
	tagKeys(keys, token.asks.tags, token.asks.transitive)
	if token.asks.source != "" {
		keys["sts:SourceIdentity"] = []string{token.asks.source}
	}
	check := service.Check{
		Action: "sts:AssumeRoleWithWebIdentity", Resource: *in.RoleArn, Tags: role.Tags, Keys: keys,
		Policy: &service.ResourcePolicy{Document: role.Trust, Trust: true, Required: true},
	}
	return withSession(check, len(token.asks.tags) > 0, token.asks.source != ""), nil
}

func (s *Service) webIdentityDo(_ context.Context, call *service.Call, in *stsapi.AssumeRoleWithWebIdentityRequest) (*stsapi.AssumeRoleWithWebIdentityResponse, error) {
	role, ok := s.directory.RoleByARN(*in.RoleArn)
	if !ok {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	if in.ProviderId != nil {
		return nil, stsapi.Service.NewError("InvalidIdentityTokenException", "ProviderId is for OAuth 2.0 access tokens, which are not taken; leave it out for OpenID Connect ID tokens.")
	}
	who := call.Principal
	g := &identity.Grant{
		Kind: service.AssumedRole, Name: role.Name, ID: role.ID, Session: *in.RoleSessionName, Provider: who.Session.Provider,
		Tags: who.Session.Tags, Keep: who.Session.TransitiveKeys, Source: who.Session.Asked,
	}
	duration, err := roleDuration(in.DurationSeconds, role, false)
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
	audience := who.UserID[len(who.ARN)+1 : len(who.UserID)-len(who.Name)-1]
	out := &stsapi.AssumeRoleWithWebIdentityResponse{
		Credentials: credentials, PackedPolicySize: size, AssumedRoleUser: s.assumed(role, g), Provider: &who.ARN,
		SubjectFromWebIdentityToken: &who.Name, Audience: &audience,
	}
	if g.Source != "" {
		out.SourceIdentity = &g.Source
	}
	return out, nil
}
