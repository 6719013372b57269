package kms

import (
	"context"
	"crypto/rand"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) generateRandom() service.Operation {
	return service.Handle("GenerateRandom", func(_ context.Context, call *service.Call, _ *kmsapi.GenerateRandomRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(_ context.Context, _ *service.Call, in *kmsapi.GenerateRandomRequest) (*kmsapi.GenerateRandomResponse, error) {
			if in.Recipient != nil || in.CustomKeyStoreId != nil {
				return nil, unsupported("enclaves and custom key stores are not supported")
			}
			n := deref(in.NumberOfBytes)
			if n < 1 || n > 1024 {
				return nil, invalid("NumberOfBytes is %d; want 1 to 1024", n)
			}
			out := make([]byte, n)
			_, _ = rand.Read(out)
			return &kmsapi.GenerateRandomResponse{Plaintext: out}, nil
		})
}
