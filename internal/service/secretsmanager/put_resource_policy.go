package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// putResourcePolicy replaces the policy of a secret.
func (s *Service) putResourcePolicy() service.Operation {
	return service.Handle("PutResourcePolicy", on(s, func(in *secretsmanagerapi.PutResourcePolicyRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.PutResourcePolicyRequest) (*secretsmanagerapi.PutResourcePolicyResponse, error) {
			p, err := policy.Parse(deref(in.ResourcePolicy), policy.Resource, policy.LimitSecret)
			if err != nil {
				return nil, fault("MalformedPolicyDocumentException", "%s", err)
			}
			if deref(in.BlockPublicPolicy) && p.Public() {
				return nil, fault("PublicPolicyException", "The policy allows everyone, and BlockPublicPolicy forbids that.")
			}
			r, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) error {
				r.Policy = *in.ResourcePolicy
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.PutResourcePolicyResponse{ARN: &r.ARN, Name: &r.Name}, nil
		})
}
