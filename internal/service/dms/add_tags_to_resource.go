package dms

import (
	"context"
	"maps"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) addTagsToResource() service.Operation {
	return handle(s, "AddTagsToResource", func(ctx context.Context, _ *service.Call, in *dmsapi.AddTagsToResourceMessage) (*dmsapi.AddTagsToResourceResponse, error) {
		tags, err := tagsIn(in.Tags)
		if err != nil {
			return nil, err
		}
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			return s.retag(tx, *in.ResourceArn, func(have map[string]string) { maps.Copy(have, tags) })
		})
		return &dmsapi.AddTagsToResourceResponse{}, err
	})
}
