package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getKeyRotationStatus says whether and when a key rotates.
func (s *Service) getKeyRotationStatus() service.Operation {
	return service.Handle("GetKeyRotationStatus", onKey(s, "GetKeyRotationStatus", func(in *kmsapi.GetKeyRotationStatusRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.GetKeyRotationStatusRequest) (*kmsapi.GetKeyRotationStatusResponse, error) {
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			out := &kmsapi.GetKeyRotationStatusResponse{KeyId: &k.ARN, KeyRotationEnabled: new(k.Rotation != nil)}
			if k.Rotation != nil {
				out.NextRotationDate, out.RotationPeriodInDays = &k.Rotation.Next, &k.Rotation.Days
			}
			return out, nil
		})
}
