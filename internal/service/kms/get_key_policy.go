package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getKeyPolicy shows the policy of a key.
func (s *Service) getKeyPolicy() service.Operation {
	return service.Handle("GetKeyPolicy", onKey(s, "GetKeyPolicy", func(in *kmsapi.GetKeyPolicyRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.GetKeyPolicyRequest) (*kmsapi.GetKeyPolicyResponse, error) {
			if name := or(in.PolicyName, "default"); name != "default" {
				return nil, notFound("No such policy exists: " + name)
			}
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			return &kmsapi.GetKeyPolicyResponse{Policy: &k.Policy, PolicyName: new("default")}, nil
		})
}
