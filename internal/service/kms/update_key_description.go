package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateKeyDescription describes a key anew.
func (s *Service) updateKeyDescription() service.Operation {
	return service.Handle("UpdateKeyDescription", onKey(s, "UpdateKeyDescription", func(in *kmsapi.UpdateKeyDescriptionRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.UpdateKeyDescriptionRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				k.Description = deref(in.Description)
				return k.changeable()
			})
			return &service.None{}, err
		})
}
