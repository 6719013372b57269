package kms

import (
	"context"
	"crypto/rand"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// generateDataKey makes a random key for the caller to encrypt with, in the clear and sealed.
func (s *Service) generateDataKey() service.Operation {
	return service.Handle("GenerateDataKey",
		func(ctx context.Context, call *service.Call, in *kmsapi.GenerateDataKeyRequest) ([]service.Check, error) {
			return s.checks(ctx, call, use{action: "GenerateDataKey", operation: "GenerateDataKey", key: deref(in.KeyId), context: in.EncryptionContext, crypto: true})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.GenerateDataKeyRequest) (*kmsapi.GenerateDataKeyResponse, error) {
			if in.Recipient != nil {
				return nil, unsupported("Recipient is for Nitro enclaves, which are not supported")
			}
			plain, blob, k, err := s.dataKey(ctx, call, in.KeyId, in.KeySpec, in.NumberOfBytes, in.EncryptionContext)
			if err != nil {
				return nil, err
			}
			if err := dryRun(in.DryRun); err != nil {
				return nil, err
			}
			return &kmsapi.GenerateDataKeyResponse{Plaintext: plain, CiphertextBlob: blob, KeyId: &k.ARN, KeyMaterialId: &k.current().ID}, nil
		})
}

func (s *Service) dataKey(ctx context.Context, call *service.Call, name, spec *string, bytes *int64, context map[string]string) (plain, blob []byte, k *keyRecord, err error) {
	size := int64(32)
	switch {
	case (spec == nil) == (bytes == nil):
		return nil, nil, nil, invalid("Please specify either number of bytes or key spec.")
	case bytes != nil:
		size = *bytes
	case *spec == "AES_128":
		size = 16
	}
	if size < 1 || size > 1024 {
		return nil, nil, nil, invalid("NumberOfBytes is %d; want 1 to 1024", size)
	}
	if k, err = s.vault.key(ctx, call.Region, deref(name)); err != nil {
		return nil, nil, nil, err
	}
	plain = make([]byte, size)
	_, _ = rand.Read(plain)
	blob, err = s.vault.encrypt(k, plain, context)
	return plain, blob, k, err
}
