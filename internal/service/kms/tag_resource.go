package kms

import (
	"context"
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) tagResource() service.Operation {
	return service.Handle("TagResource",
		func(ctx context.Context, call *service.Call, in *kmsapi.TagResourceRequest) ([]service.Check, error) {
			return s.checks(ctx, call, use{action: "TagResource", operation: "TagResource", key: deref(in.KeyId), keys: tagKeys(in.Tags)})
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.TagResourceRequest) (*service.None, error) {
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) (err error) {
				if err := k.changeable(); err != nil {
					return err
				}
				k.Tags, err = mergeTags(k.Tags, in.Tags)
				return err
			})
			return &service.None{}, err
		})
}

const maxTags = 50

// mergeTags adds tags to those of a key; a tag that is there gets the new value.
func mergeTags(have map[string]string, add []kmsapi.Tag) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, have)
	seen := map[string]bool{}
	for _, t := range add {
		k := deref(t.TagKey)
		switch {
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return nil, kmsapi.Service.NewError("TagException", "the tag key %q begins with aws:, which is AWS's own", k)
		case seen[k]:
			return nil, kmsapi.Service.NewError("TagException", "Duplicate tag keys: %q", k)
		}
		seen[k], all[k] = true, deref(t.TagValue)
	}
	if len(all) > maxTags {
		return nil, kmsapi.Service.NewError("TagException", "a key has at most %d tags", maxTags)
	}
	return all, nil
}

// tagKeys are the condition keys of tags that a request brings.
func tagKeys(tags []kmsapi.Tag) map[string][]string {
	keys := map[string][]string{}
	for _, t := range tags {
		keys["aws:RequestTag/"+deref(t.TagKey)] = []string{deref(t.TagValue)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], deref(t.TagKey))
	}
	return keys
}
