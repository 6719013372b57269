package sts

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getCallerIdentity needs no permission, and no policy can take it away.
func (s *Service) getCallerIdentity() service.Operation {
	return service.Handle("GetCallerIdentity",
		func(context.Context, *service.Call, *stsapi.GetCallerIdentityRequest) ([]service.Check, error) {
			return nil, nil
		},
		func(_ context.Context, call *service.Call, _ *stsapi.GetCallerIdentityRequest) (*stsapi.GetCallerIdentityResponse, error) {
			who := call.Principal
			return &stsapi.GetCallerIdentityResponse{UserId: &who.UserID, Account: &who.Account, Arn: &who.ARN}, nil
		})
}
