package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) listKeys() service.Operation {
	return service.Handle("ListKeys", func(_ context.Context, call *service.Call, _ *kmsapi.ListKeysRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(ctx context.Context, call *service.Call, in *kmsapi.ListKeysRequest) (*kmsapi.ListKeysResponse, error) {
			page, next, err := s.page(ctx, keyPath(call.Region, ""), in.Marker, in.Limit, 100)
			if err != nil {
				return nil, err
			}
			out := &kmsapi.ListKeysResponse{Keys: []kmsapi.KeyListEntry{}, NextMarker: next, Truncated: new(next != nil)}
			for _, item := range page.Items {
				var k keyRecord
				if err := item.Decode(&k); err != nil {
					return nil, err
				}
				out.Keys = append(out.Keys, kmsapi.KeyListEntry{KeyArn: &k.ARN, KeyId: &k.ID})
			}
			return out, nil
		})
}
