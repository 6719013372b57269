package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// decrypt opens what Encrypt and GenerateDataKey made. The ciphertext names its key; a KeyId in the request must be the same.
func (s *Service) decrypt() service.Operation {
	return service.Handle("Decrypt",
		func(ctx context.Context, call *service.Call, in *kmsapi.DecryptRequest) ([]service.Check, error) {
			return s.checks(ctx, call, s.useOf(ctx, call, "Decrypt", "Decrypt", in.CiphertextBlob, in.EncryptionContext))
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.DecryptRequest) (*kmsapi.DecryptResponse, error) {
			if in.Recipient != nil {
				return nil, unsupported("Recipient is for Nitro enclaves, which are not supported")
			}
			if err := unmodified(in.DryRunModifiers); err != nil {
				return nil, err
			}
			if err := symmetric(in.EncryptionAlgorithm); err != nil {
				return nil, err
			}
			plain, k, m, err := s.unseal(ctx, call, in.CiphertextBlob, in.KeyId, in.EncryptionContext)
			if err != nil {
				return nil, err
			}
			if err := dryRun(in.DryRun); err != nil {
				return nil, err
			}
			return &kmsapi.DecryptResponse{Plaintext: plain, KeyId: &k.ARN, KeyMaterialId: &m.ID, EncryptionAlgorithm: new(algorithm)}, nil
		})
}

// unmodified refuses what would change a dry run.
func unmodified(modifiers []string) error {
	if len(modifiers) > 0 {
		return unsupported("DryRunModifiers are not supported: a dry run is made with the ciphertext")
	}
	return nil
}

// useOf is the use of the key that a ciphertext names.
func (s *Service) useOf(ctx context.Context, call *service.Call, action, operation string, blob []byte, context map[string]string) use {
	u := use{action: action, operation: operation, context: context, crypto: true}
	k, _, err := s.vault.keyOf(ctx, call.Region, blob)
	u.record, u.unread = k, service.Trouble(err)
	return u
}

// unseal opens a ciphertext, with the key that the caller expects.
func (s *Service) unseal(ctx context.Context, call *service.Call, blob []byte, expected *string, context map[string]string) ([]byte, *keyRecord, *material, error) {
	k, m, err := s.vault.keyOf(ctx, call.Region, blob)
	if err != nil {
		return nil, nil, nil, err
	}
	if expected != nil {
		want, err := s.vault.key(ctx, call.Region, *expected)
		if err != nil {
			return nil, nil, nil, err
		}
		if want.ID != k.ID {
			return nil, nil, nil, kmsapi.Service.NewError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
		}
	}
	plain, err := s.vault.decrypt(k, m, blob, context)
	return plain, k, m, err
}
