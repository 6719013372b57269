package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// updateSecretVersionStage moves a stage from one version to another.
func (s *Service) updateSecretVersionStage() service.Operation {
	return service.Handle("UpdateSecretVersionStage", on(s, func(in *secretsmanagerapi.UpdateSecretVersionStageRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.UpdateSecretVersionStageRequest) (*secretsmanagerapi.UpdateSecretVersionStageResponse, error) {
			r, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) error {
				if err := r.movable(in); err != nil {
					return err
				}
				var to *version
				if in.MoveToVersionId != nil {
					if to = r.version(*in.MoveToVersionId); to == nil {
						return fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", *in.MoveToVersionId)
					}
				}
				r.move(deref(in.VersionStage), to)
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.UpdateSecretVersionStageResponse{ARN: &r.ARN, Name: &r.Name}, nil
		})
}

// movable says why a stage may not be moved as a request asks.
func (r *secretRecord) movable(in *secretsmanagerapi.UpdateSecretVersionStageRequest) error {
	stage := deref(in.VersionStage)
	at := r.staged(stage)
	switch {
	case at != nil && in.RemoveFromVersionId == nil && (in.MoveToVersionId == nil || at.ID != *in.MoveToVersionId):
		return fault("InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", stage, at.ID)
	case in.RemoveFromVersionId != nil && (at == nil || at.ID != *in.RemoveFromVersionId):
		return fault("InvalidParameterException", "The staging label %s is not attached to the version %s.", stage, *in.RemoveFromVersionId)
	case in.MoveToVersionId == nil && stage == current:
		return fault("InvalidParameterException", "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	}
	return nil
}
