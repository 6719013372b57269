package kms

import (
	"context"
	"maps"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listResourceTags lists the tags of a key, in the order of their keys.
func (s *Service) listResourceTags() service.Operation {
	return service.Handle("ListResourceTags", onKey(s, "ListResourceTags", func(in *kmsapi.ListResourceTagsRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.ListResourceTagsRequest) (*kmsapi.ListResourceTagsResponse, error) {
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			out := &kmsapi.ListResourceTagsResponse{Tags: []kmsapi.Tag{}, Truncated: new(false)}
			limit := maxTags
			if in.Limit != nil {
				limit = int(*in.Limit)
			}
			for _, key := range slices.Sorted(maps.Keys(k.Tags)) {
				if in.Marker != nil && key <= *in.Marker {
					continue
				}
				if len(out.Tags) == limit {
					out.NextMarker, out.Truncated = out.Tags[limit-1].TagKey, new(true)
					break
				}
				out.Tags = append(out.Tags, kmsapi.Tag{TagKey: new(key), TagValue: new(k.Tags[key])})
			}
			return out, nil
		})
}
