package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// deleteResourcePolicy takes the policy from a secret.
func (s *Service) deleteResourcePolicy() service.Operation {
	return service.Handle("DeleteResourcePolicy", on(s, func(in *secretsmanagerapi.DeleteResourcePolicyRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.DeleteResourcePolicyRequest) (*secretsmanagerapi.DeleteResourcePolicyResponse, error) {
			r, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) error {
				r.Policy = ""
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.DeleteResourcePolicyResponse{ARN: &r.ARN, Name: &r.Name}, nil
		})
}
