package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getPolicy shows a managed policy.
func (s *Service) getPolicy() service.Operation {
	return service.Handle("GetPolicy", onPolicy(s, func(in *iamapi.GetPolicyRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetPolicyRequest) (*iamapi.GetPolicyResponse, error) {
			p, err := s.policy(s.read(ctx), deref(in.PolicyArn))
			if err != nil {
				return nil, err
			}
			h, err := readHolders(s.read(ctx))
			return &iamapi.GetPolicyResponse{Policy: s.policyShape(*in.PolicyArn, p, h.useOf(*in.PolicyArn))}, err
		})
}
