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
			r, err := s.live(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			if in.KmsKeyId != nil {
				r.Key = *in.KmsKeyId
			}
			out := &secretsmanagerapi.UpdateSecretResponse{ARN: &r.ARN, Name: &r.Name}
			var add *version
			if in.SecretString != nil || in.SecretBinary != nil {
				v, err := s.seal(ctx, call, r, in.ClientRequestToken, in.SecretString, in.SecretBinary)
				if err != nil {
					return nil, err
				}
				add, out.VersionId = &v, &v.ID
			}
			_, err = s.change(ctx, call, &r.ARN, func(r *secretRecord) error {
				if in.Description != nil {
					r.Description = *in.Description
				}
				if in.KmsKeyId != nil {
					r.Key = *in.KmsKeyId
				}
				if add != nil {
					return r.put(*add, nil)
				}
				return nil
			})
			return out, err
		})
}
