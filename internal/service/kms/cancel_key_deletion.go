package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// cancelKeyDeletion keeps a key that waits for its deletion; it comes back disabled.
func (s *Service) cancelKeyDeletion() service.Operation {
	return service.Handle("CancelKeyDeletion", onKey(s, "CancelKeyDeletion", func(in *kmsapi.CancelKeyDeletionRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.CancelKeyDeletionRequest) (*kmsapi.CancelKeyDeletionResponse, error) {
			k, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if k.Deletion == nil {
					return kmsapi.Service.NewError("KMSInvalidStateException", "%s is not pending deletion.", k.ARN)
				}
				k.Deletion, k.Disabled = nil, true
				return nil
			})
			if err != nil {
				return nil, err
			}
			return &kmsapi.CancelKeyDeletionResponse{KeyId: &k.ARN}, nil
		})
}
