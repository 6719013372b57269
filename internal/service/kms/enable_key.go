package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// enableKey lets a disabled key be used again.
func (s *Service) enableKey() service.Operation {
	return service.Handle("EnableKey", onKey(s, "EnableKey", func(in *kmsapi.EnableKeyRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.EnableKeyRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				k.Disabled = false
				return k.changeable()
			})
			return &service.None{}, err
		})
}
