package secretsmanager

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getSecretValue shows a value: of a version, of a stage, or the current one.
func (s *Service) getSecretValue() service.Operation {
	return service.Handle("GetSecretValue", on(s, func(in *secretsmanagerapi.GetSecretValueRequest) *string { return in.SecretId }, valueKeys),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.GetSecretValueRequest) (*secretsmanagerapi.GetSecretValueResponse, error) {
			r, err := s.live(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			v, err := r.pick(in.VersionId, in.VersionStage)
			if err != nil {
				return nil, err
			}
			if err := s.keyChecks(ctx, call, r, v.KeyARN, "Decrypt"); err != nil {
				return nil, err
			}
			plain, err := s.open(ctx, call, r, v)
			if err != nil {
				return nil, err
			}
			out := &secretsmanagerapi.GetSecretValueResponse{ARN: &r.ARN, Name: &r.Name, VersionId: &v.ID, VersionStages: v.Stages, CreatedDate: &v.Created}
			if v.Binary {
				out.SecretBinary = plain
			} else {
				out.SecretString = new(string(plain))
			}
			return out, nil
		})
}

// valueKeys are the condition keys of which value is asked for.
func valueKeys(in *secretsmanagerapi.GetSecretValueRequest) map[string][]string {
	keys := map[string][]string{"secretsmanager:VersionStage": {current}}
	if in.VersionStage != nil {
		keys["secretsmanager:VersionStage"] = []string{*in.VersionStage}
	}
	if in.VersionId != nil {
		keys["secretsmanager:VersionId"] = []string{*in.VersionId}
	}
	return keys
}

// pick finds the version that a request names.
func (r *secretRecord) pick(id, stage *string) (*version, error) {
	what := "staging label: " + current
	var v *version
	switch {
	case id != nil:
		what = "VersionId: " + *id
		v = r.version(*id)
		if v != nil && stage != nil && !slices.Contains(v.Stages, *stage) {
			return nil, fault("InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.")
		}
	case stage != nil:
		what = "staging label: " + *stage
		v = r.staged(*stage)
	default:
		v = r.staged(current)
	}
	if v == nil {
		return nil, fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for %s", what)
	}
	return v, nil
}
