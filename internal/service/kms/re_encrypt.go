package kms

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// reEncrypt opens a ciphertext and seals it under another key, without showing what is inside.
func (s *Service) reEncrypt() service.Operation {
	return service.Handle("ReEncrypt",
		func(ctx context.Context, call *service.Call, in *kmsapi.ReEncryptRequest) ([]service.Check, error) {
			from := s.useOf(ctx, call, "ReEncryptFrom", "ReEncryptFrom", in.CiphertextBlob, in.SourceEncryptionContext)
			to := use{action: "ReEncryptTo", operation: "ReEncryptTo", key: deref(in.DestinationKeyId), context: in.DestinationEncryptionContext, crypto: true}
			var err error
			to.record, err = s.vault.key(ctx, call.Region, to.key)
			to.unread = service.Trouble(err)
			if to.record != nil && from.record != nil {
				same := map[string][]string{"kms:ReEncryptOnSameKey": {strconv.FormatBool(to.record.ID == from.record.ID)}}
				from.keys, to.keys = same, same
			}
			return s.checks(ctx, call, from, to)
		}, s.reEncryptDo)
}

func (s *Service) reEncryptDo(ctx context.Context, call *service.Call, in *kmsapi.ReEncryptRequest) (*kmsapi.ReEncryptResponse, error) {
	if err := unmodified(in.DryRunModifiers); err != nil {
		return nil, err
	}
	if err := symmetric(in.SourceEncryptionAlgorithm); err != nil {
		return nil, err
	}
	if err := symmetric(in.DestinationEncryptionAlgorithm); err != nil {
		return nil, err
	}
	plain, from, m, err := s.unseal(ctx, call, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionContext)
	if err != nil {
		return nil, err
	}
	to, err := s.vault.key(ctx, call.Region, deref(in.DestinationKeyId))
	if err != nil {
		return nil, err
	}
	blob, err := s.vault.encrypt(to, plain, in.DestinationEncryptionContext)
	if err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &kmsapi.ReEncryptResponse{
		CiphertextBlob: blob, KeyId: &to.ARN, SourceKeyId: &from.ARN, SourceKeyMaterialId: &m.ID, DestinationKeyMaterialId: &to.current().ID,
		SourceEncryptionAlgorithm: new(algorithm), DestinationEncryptionAlgorithm: new(algorithm),
	}, nil
}
