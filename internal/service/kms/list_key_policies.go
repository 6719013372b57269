package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listKeyPolicies names the policies of a key: there is one.
func (s *Service) listKeyPolicies() service.Operation {
	return service.Handle("ListKeyPolicies", onKey(s, "ListKeyPolicies", func(in *kmsapi.ListKeyPoliciesRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.ListKeyPoliciesRequest) (*kmsapi.ListKeyPoliciesResponse, error) {
			if in.Marker != nil {
				return nil, kmsapi.Service.NewError("InvalidMarkerException", "A key has one policy, so that no list goes on behind a marker.")
			}
			if _, err := s.vault.key(ctx, call.Region, deref(in.KeyId)); err != nil {
				return nil, err
			}
			return &kmsapi.ListKeyPoliciesResponse{PolicyNames: []string{"default"}, Truncated: new(false)}, nil
		})
}
