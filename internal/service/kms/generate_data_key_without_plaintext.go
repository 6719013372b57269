package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// generateDataKeyWithoutPlaintext makes a random key and shows it sealed alone.
func (s *Service) generateDataKeyWithoutPlaintext() service.Operation {
	const name = "GenerateDataKeyWithoutPlaintext"
	return service.Handle(name,
		func(ctx context.Context, call *service.Call, in *kmsapi.GenerateDataKeyWithoutPlaintextRequest) ([]service.Check, error) {
			return s.checks(ctx, call, use{action: name, operation: name, key: deref(in.KeyId), context: in.EncryptionContext, crypto: true})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.GenerateDataKeyWithoutPlaintextRequest) (*kmsapi.GenerateDataKeyWithoutPlaintextResponse, error) {
			_, blob, k, err := s.dataKey(ctx, call, in.KeyId, in.KeySpec, in.NumberOfBytes, in.EncryptionContext)
			if err != nil {
				return nil, err
			}
			if err := dryRun(in.DryRun); err != nil {
				return nil, err
			}
			return &kmsapi.GenerateDataKeyWithoutPlaintextResponse{CiphertextBlob: blob, KeyId: &k.ARN, KeyMaterialId: &k.current().ID}, nil
		})
}
