package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// deleteTags removes tags by key, or by key and value; without any it removes them all.
func (s *Service) deleteTags() service.Operation {
	return handle("DeleteTags",
		func(ctx context.Context, call *service.Call, in *ec2api.DeleteTagsRequest) []service.Check {
			return s.retagging(ctx, call, in.Resources, in.Tags)
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.DeleteTagsRequest) (*service.None, error) {
			return &service.None{}, s.retag(ctx, in.Resources, func(tags map[string]string) error {
				if len(in.Tags) == 0 {
					clear(tags)
				}
				for _, t := range in.Tags {
					if have, ok := tags[value(t.Key)]; ok && (t.Value == nil || *t.Value == have) {
						delete(tags, value(t.Key))
					}
				}
				return nil
			})
		})
}
