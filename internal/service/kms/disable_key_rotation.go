package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// disableKeyRotation ends the rotation of a key.
func (s *Service) disableKeyRotation() service.Operation {
	return service.Handle("DisableKeyRotation", onKey(s, "DisableKeyRotation", func(in *kmsapi.DisableKeyRotationRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.DisableKeyRotationRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if err := k.changeable(); err != nil {
					return err
				}
				k.Rotation = nil
				return k.usable()
			})
			return &service.None{}, err
		})
}
