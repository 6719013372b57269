package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createSecret makes a secret, with its first value if one is given.
func (s *Service) createSecret() service.Operation {
	return service.Handle("CreateSecret", func(_ context.Context, call *service.Call, in *secretsmanagerapi.CreateSecretRequest) ([]service.Check, error) {
		keys := tagKeys(in.Tags)
		keys["secretsmanager:Name"] = []string{deref(in.Name)}
		if in.KmsKeyId != nil {
			keys["secretsmanager:KmsKeyId"] = []string{*in.KmsKeyId}
		}
		c := service.Check{Action: "secretsmanager:CreateSecret", Resource: call.ARN("secret:" + deref(in.Name)), Keys: keys}
		checks := []service.Check{c}
		if len(in.Tags) > 0 {
			c.Action = "secretsmanager:TagResource"
			checks = append(checks, c)
		}
		return checks, nil
	},
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.CreateSecretRequest) (*secretsmanagerapi.CreateSecretResponse, error) {
			if len(in.AddReplicaRegions) > 0 || in.Type != nil || deref(in.ForceOverwriteReplicaSecret) {
				return nil, fault("InvalidParameterException", "replicas in other regions and managed external secrets are not supported here")
			}
			if again, done, err := s.createdBefore(ctx, call, in); done {
				return again, err
			}
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			now := call.Now.UTC()
			r := &secretRecord{Name: deref(in.Name), ARN: newARN(call, deref(in.Name)), Created: now, Changed: now, Description: deref(in.Description), Key: deref(in.KmsKeyId), Tags: tags}
			out := &secretsmanagerapi.CreateSecretResponse{ARN: &r.ARN, Name: &r.Name}
			if in.SecretString != nil || in.SecretBinary != nil {
				v, err := s.seal(ctx, call, r, in.ClientRequestToken, in.SecretString, in.SecretBinary)
				if err != nil {
					return nil, err
				}
				if err := r.put(v, nil); err != nil {
					return nil, err
				}
				out.VersionId = &v.ID
			}
			_, err = s.store.Update(ctx, func(tx store.Tx) error { return s.create(tx, call, r) })
			if isThere(err) { // the same request, sent twice, was faster
				if again, done, err := s.createdBefore(ctx, call, in); done {
					return again, err
				}
			}
			return out, err
		})
}

// create writes a secret that must not be there yet.
func (s *Service) create(tx store.Tx, call *service.Call, r *secretRecord) error {
	have, err := s.find(tx, call, &r.Name)
	switch {
	case err == nil && have.Deleted != nil:
		return fault("InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")
	case err == nil:
		return fault("ResourceExistsException", "The operation failed because the secret %s already exists.", r.Name)
	}
	count, err := store.Count(tx, path(call.Region, ""))
	if err != nil {
		return err
	}
	if count >= maxSecrets {
		return fault("LimitExceededException", "There are %d secrets in the account, which is as many as may be.", count)
	}
	return store.Write(tx, path(call.Region, r.Name), r)
}

// createdBefore answers a request that is sent again with the same token.
func (s *Service) createdBefore(ctx context.Context, call *service.Call, in *secretsmanagerapi.CreateSecretRequest) (*secretsmanagerapi.CreateSecretResponse, bool, error) {
	have, err := s.find(s.read(ctx), call, in.Name)
	if err != nil || have.Deleted != nil || in.ClientRequestToken == nil {
		return nil, false, nil //nolint:nilerr // a secret that is not there was not made before
	}
	v := have.version(*in.ClientRequestToken)
	if v == nil {
		return nil, false, nil
	}
	err = s.same(ctx, call, have, v, in.SecretString, in.SecretBinary)
	return &secretsmanagerapi.CreateSecretResponse{ARN: &have.ARN, Name: &have.Name, VersionId: &v.ID}, true, err
}
