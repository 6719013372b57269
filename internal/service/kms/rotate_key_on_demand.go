package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// maxOnDemand is how often a key may be rotated on demand.
const maxOnDemand = 25

// rotateKeyOnDemand gives a key new material now. What it sealed before still opens.
func (s *Service) rotateKeyOnDemand() service.Operation {
	return service.Handle("RotateKeyOnDemand", onKey(s, "RotateKeyOnDemand", func(in *kmsapi.RotateKeyOnDemandRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.RotateKeyOnDemandRequest) (*kmsapi.RotateKeyOnDemandResponse, error) {
			k, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if err := k.changeable(); err != nil {
					return err
				}
				if err := k.usable(); err != nil {
					return err
				}
				asked := 0
				for i := range k.Materials {
					if k.Materials[i].OnAsk {
						asked++
					}
				}
				if asked >= maxOnDemand {
					return kmsapi.Service.NewError("LimitExceededException", "%s was rotated on demand %d times, which is the most.", k.ARN, maxOnDemand)
				}
				return s.vault.newMaterial(k, true)
			})
			if err != nil {
				return nil, err
			}
			return &kmsapi.RotateKeyOnDemandResponse{KeyId: &k.ARN}, nil
		})
}
