package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// disableKey stops all use of a key; what it sealed stays shut until it is enabled again.
func (s *Service) disableKey() service.Operation {
	return service.Handle("DisableKey", onKey(s, "DisableKey", func(in *kmsapi.DisableKeyRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.DisableKeyRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				k.Disabled = true
				return k.changeable()
			})
			return &service.None{}, err
		})
}
