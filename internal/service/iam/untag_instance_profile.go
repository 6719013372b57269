package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// untagInstanceProfile takes tags from an instance profile.
func (s *Service) untagInstanceProfile() service.Operation {
	return service.Handle("UntagInstanceProfile", onProfile(s, func(in *iamapi.UntagInstanceProfileRequest) *string { return in.InstanceProfileName }, func(in *iamapi.UntagInstanceProfileRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagInstanceProfileRequest) (*service.None, error) {
			return &service.None{}, s.changeProfile(ctx, deref(in.InstanceProfileName), func(_ store.Tx, p *profileRecord) error {
				dropTags(p.Tags, in.TagKeys)
				return nil
			})
		})
}
