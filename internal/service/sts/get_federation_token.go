package sts

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) getFederationToken() service.Operation {
	return service.Handle("GetFederationToken", s.getFederationTokenAccess, s.getFederationTokenDo)
}

func (s *Service) getFederationTokenAccess(_ context.Context, _ *service.Call, in *stsapi.GetFederationTokenRequest) ([]service.Check, error) {
	keys := map[string][]string{}
	tagKeys(keys, in.Tags, nil)
	checks := []service.Check{{Action: "sts:GetFederationToken", Resource: s.directory.FederatedARN(value(in.Name)), Keys: keys}}
	if len(in.Tags) > 0 {
		checks = append(checks, service.Check{Action: "sts:TagSession", Resource: checks[0].Resource, Keys: keys})
	}
	return checks, nil
}

func (s *Service) getFederationTokenDo(_ context.Context, call *service.Call, in *stsapi.GetFederationTokenRequest) (*stsapi.GetFederationTokenResponse, error) {
	who := call.Principal
	if who.Session != nil {
		return nil, denied("Cannot call GetFederationToken with session credentials")
	}
	g := &identity.Grant{Kind: service.FederatedUser, Name: who.Name, ID: who.UserID, Session: *in.Name}
	var err error
	if g.Tags, err = tagsOf(in.Tags); err != nil {
		return nil, err
	}
	if g.Policy, g.Managed, err = s.sessionPolicies(in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	size, err := packed(g.Policy, g.Managed, g.Tags)
	if err != nil {
		return nil, err
	}
	credentials, err := s.issue(call, g, seconds(in.DurationSeconds, sessionDefault))
	if err != nil {
		return nil, err
	}
	return &stsapi.GetFederationTokenResponse{
		Credentials: credentials, PackedPolicySize: size,
		FederatedUser: &stsapi.FederatedUser{FederatedUserId: ptr(call.Account + ":" + *in.Name), Arn: ptr(s.directory.FederatedARN(*in.Name))},
	}, nil
}
