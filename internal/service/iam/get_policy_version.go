package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getPolicyVersion shows one version of a managed policy with its document.
func (s *Service) getPolicyVersion() service.Operation {
	return service.Handle("GetPolicyVersion", onPolicy(s, func(in *iamapi.GetPolicyVersionRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetPolicyVersionRequest) (*iamapi.GetPolicyVersionResponse, error) {
			p, err := s.policy(s.read(ctx), deref(in.PolicyArn))
			if err != nil {
				return nil, err
			}
			v, err := version(p, deref(in.VersionId))
			if err != nil {
				return nil, err
			}
			return &iamapi.GetPolicyVersionResponse{PolicyVersion: new(versionShape(p, v, true))}, nil
		})
}
