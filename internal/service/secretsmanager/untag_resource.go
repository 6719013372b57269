package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// untagResource takes tags from a secret.
func (s *Service) untagResource() service.Operation {
	return service.Handle("UntagResource", on(s, func(in *secretsmanagerapi.UntagResourceRequest) *string { return in.SecretId },
		func(in *secretsmanagerapi.UntagResourceRequest) map[string][]string {
			return map[string][]string{"aws:TagKeys": in.TagKeys}
		}),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.UntagResourceRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) error {
				for _, key := range in.TagKeys {
					delete(r.Tags, key)
				}
				return nil
			})
			return &service.None{}, err
		})
}
