package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) untagResource() service.Operation {
	return service.Handle("UntagResource",
		func(ctx context.Context, call *service.Call, in *kmsapi.UntagResourceRequest) ([]service.Check, error) {
			return s.checks(ctx, call, use{action: "UntagResource", operation: "UntagResource", key: deref(in.KeyId), keys: map[string][]string{"aws:TagKeys": in.TagKeys}})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.UntagResourceRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				for _, key := range in.TagKeys {
					delete(k.Tags, key)
				}
				return k.changeable()
			})
			return &service.None{}, err
		})
}
