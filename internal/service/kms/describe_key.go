package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeKey() service.Operation {
	return service.Handle("DescribeKey", onKey(s, "DescribeKey", func(in *kmsapi.DescribeKeyRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.DescribeKeyRequest) (*kmsapi.DescribeKeyResponse, error) {
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			return &kmsapi.DescribeKeyResponse{KeyMetadata: k.metadata()}, nil
		})
}
