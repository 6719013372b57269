package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// encrypt seals up to 4096 bytes under a key.
func (s *Service) encrypt() service.Operation {
	return service.Handle("Encrypt",
		func(ctx context.Context, call *service.Call, in *kmsapi.EncryptRequest) ([]service.Check, error) {
			return s.checks(ctx, call, use{action: "Encrypt", operation: "Encrypt", key: deref(in.KeyId), context: in.EncryptionContext, crypto: true})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.EncryptRequest) (*kmsapi.EncryptResponse, error) {
			if err := symmetric(in.EncryptionAlgorithm); err != nil {
				return nil, err
			}
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			blob, err := s.vault.encrypt(k, in.Plaintext, in.EncryptionContext)
			if err != nil {
				return nil, err
			}
			if err := dryRun(in.DryRun); err != nil {
				return nil, err
			}
			return &kmsapi.EncryptResponse{CiphertextBlob: blob, KeyId: &k.ARN, EncryptionAlgorithm: new(algorithm)}, nil
		})
}

func symmetric(asked *string) error {
	if or(asked, algorithm) != algorithm {
		return kmsapi.Service.NewError("InvalidKeyUsageException", "the key is symmetric and encrypts with SYMMETRIC_DEFAULT, not %s", *asked)
	}
	return nil
}
