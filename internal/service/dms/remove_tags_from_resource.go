package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// removeTagsFromResource: a key that is not there is no error.
func (s *Service) removeTagsFromResource() service.Operation {
	return handle(s, "RemoveTagsFromResource", func(ctx context.Context, _ *service.Call, in *dmsapi.RemoveTagsFromResourceMessage) (*dmsapi.RemoveTagsFromResourceResponse, error) {
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			return s.retag(tx, *in.ResourceArn, func(have map[string]string) {
				for _, key := range in.TagKeys {
					delete(have, key)
				}
			})
		})
		return &dmsapi.RemoveTagsFromResourceResponse{}, err
	})
}
