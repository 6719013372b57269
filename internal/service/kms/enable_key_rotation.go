package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// enableKeyRotation gives a key new material every so many days.
func (s *Service) enableKeyRotation() service.Operation {
	return service.Handle("EnableKeyRotation", onKey(s, "EnableKeyRotation", func(in *kmsapi.EnableKeyRotationRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.EnableKeyRotationRequest) (*service.None, error) {
			days := int64(defaultRotation)
			if in.RotationPeriodInDays != nil {
				days = *in.RotationPeriodInDays
			}
			if days < 90 || days > 2560 {
				return nil, invalid("RotationPeriodInDays is %d; want 90 to 2560", days)
			}
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if err := k.changeable(); err != nil {
					return err
				}
				k.Rotation = &rotation{Days: days, Next: call.Now.UTC().AddDate(0, 0, int(days))}
				return k.usable()
			})
			return &service.None{}, err
		})
}
