package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// tagResource adds tags to a secret.
func (s *Service) tagResource() service.Operation {
	return service.Handle("TagResource", on(s, func(in *secretsmanagerapi.TagResourceRequest) *string { return in.SecretId },
		func(in *secretsmanagerapi.TagResourceRequest) map[string][]string { return tagKeys(in.Tags) }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.TagResourceRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.SecretId, func(r *secretRecord) (err error) {
				r.Tags, err = mergeTags(r.Tags, in.Tags)
				return err
			})
			return &service.None{}, err
		})
}
