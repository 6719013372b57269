package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// restoreSecret takes back a deletion within its window.
func (s *Service) restoreSecret() service.Operation {
	return service.Handle("RestoreSecret", on(s, func(in *secretsmanagerapi.RestoreSecretRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.RestoreSecretRequest) (*secretsmanagerapi.RestoreSecretResponse, error) {
			var r *secretRecord
			_, err := s.store.Update(ctx, func(tx store.Tx) (err error) {
				if r, err = s.find(tx, call, in.SecretId); err != nil {
					return err
				}
				r.Deleted, r.Recovery = nil, 0
				return store.Write(tx, path(call.Region, r.Name), r)
			})
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.RestoreSecretResponse{ARN: &r.ARN, Name: &r.Name}, nil
		})
}
