package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getResourcePolicy shows the policy of a secret.
func (s *Service) getResourcePolicy() service.Operation {
	return service.Handle("GetResourcePolicy", on(s, func(in *secretsmanagerapi.GetResourcePolicyRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.GetResourcePolicyRequest) (*secretsmanagerapi.GetResourcePolicyResponse, error) {
			r, err := s.find(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.GetResourcePolicyResponse{ARN: &r.ARN, Name: &r.Name, ResourcePolicy: some(r.Policy)}, nil
		})
}
