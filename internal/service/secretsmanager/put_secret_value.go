package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// putSecretValue adds a value to a secret and makes it the current one, or gives it the stages that are named.
func (s *Service) putSecretValue() service.Operation {
	return service.Handle("PutSecretValue", on(s, func(in *secretsmanagerapi.PutSecretValueRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.PutSecretValueRequest) (*secretsmanagerapi.PutSecretValueResponse, error) {
			if in.RotationToken != nil {
				return nil, fault("InvalidParameterException", "rotation by a function is not supported here")
			}
			if in.SecretString == nil && in.SecretBinary == nil {
				return nil, fault("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
			}
			a := addition{Secret: in.SecretId, Token: in.ClientRequestToken, Text: in.SecretString, Binary: in.SecretBinary}
			r, v, err := s.add(ctx, call, a, func(r *secretRecord, v version) error { return r.put(v, in.VersionStages) })
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.PutSecretValueResponse{ARN: &r.ARN, Name: &r.Name, VersionId: &v.ID, VersionStages: v.Stages}, nil
		})
}
