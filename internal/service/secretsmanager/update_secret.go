package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// updateSecret changes what a secret is described by and sealed under, and its value if one is given.
func (s *Service) updateSecret() service.Operation {
	return service.Handle("UpdateSecret", on(s, func(in *secretsmanagerapi.UpdateSecretRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.UpdateSecretRequest) (*secretsmanagerapi.UpdateSecretResponse, error) {
			if in.Type != nil {
				return nil, fault("InvalidParameterException", "managed external secrets are not supported here")
			}
			describe := func(r *secretRecord) {
				if in.Description != nil {
					r.Description = *in.Description
				}
				if in.KmsKeyId != nil {
					r.Key = *in.KmsKeyId
				}
			}
			if in.SecretString == nil && in.SecretBinary == nil {
				r, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) error { describe(r); return nil })
				if err != nil {
					return nil, err
				}
				return &secretsmanagerapi.UpdateSecretResponse{ARN: &r.ARN, Name: &r.Name}, nil
			}
			a := addition{Secret: in.SecretId, Token: in.ClientRequestToken, Text: in.SecretString, Binary: in.SecretBinary, Key: in.KmsKeyId}
			r, v, err := s.add(ctx, call, a, func(r *secretRecord, v version) error {
				describe(r)
				return r.put(v, nil)
			})
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.UpdateSecretResponse{ARN: &r.ARN, Name: &r.Name, VersionId: &v.ID}, nil
		})
}
