package sts

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getSessionToken needs no permission: the session has those of its user.
func (s *Service) getSessionToken() service.Operation {
	return service.Handle("GetSessionToken",
		func(context.Context, *service.Call, *stsapi.GetSessionTokenRequest) ([]service.Check, error) {
			return nil, nil
		},
		s.getSessionTokenDo)
}

func (s *Service) getSessionTokenDo(ctx context.Context, call *service.Call, in *stsapi.GetSessionTokenRequest) (*stsapi.GetSessionTokenResponse, error) {
	who := call.Principal
	if who.Session != nil {
		return nil, denied("Cannot call GetSessionToken with session credentials")
	}
	factor, err := s.secondFactor(ctx, call, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	g := &identity.Grant{Kind: service.User, Name: who.Name, ID: who.UserID, MFA: factor}
	credentials, err := s.issue(call, g, seconds(in.DurationSeconds, sessionDefault))
	if err != nil {
		return nil, err
	}
	return &stsapi.GetSessionTokenResponse{Credentials: credentials}, nil
}
