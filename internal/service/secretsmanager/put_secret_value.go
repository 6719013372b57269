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
			r, err := s.live(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			if v := r.version(deref(in.ClientRequestToken)); v != nil {
				err := s.same(ctx, call, r, v, in.SecretString, in.SecretBinary)
				return &secretsmanagerapi.PutSecretValueResponse{ARN: &r.ARN, Name: &r.Name, VersionId: &v.ID, VersionStages: v.Stages}, err
			}
			v, err := s.seal(ctx, call, r, in.ClientRequestToken, in.SecretString, in.SecretBinary)
			if err != nil {
				return nil, err
			}
			r, err = s.change(ctx, call, &r.ARN, func(r *secretRecord) error { return r.put(v, in.VersionStages) })
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.PutSecretValueResponse{ARN: &r.ARN, Name: &r.Name, VersionId: &v.ID, VersionStages: r.version(v.ID).Stages}, nil
		})
}
