package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tagInstanceProfile adds tags to an instance profile.
func (s *Service) tagInstanceProfile() service.Operation {
	return service.Handle("TagInstanceProfile", onProfile(s, func(in *iamapi.TagInstanceProfileRequest) *string { return in.InstanceProfileName }, func(in *iamapi.TagInstanceProfileRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagInstanceProfileRequest) (*service.None, error) {
			return &service.None{}, s.changeProfile(ctx, deref(in.InstanceProfileName), func(_ store.Tx, p *profileRecord) (err error) {
				p.Tags, err = mergeTags(p.Tags, in.Tags)
				return err
			})
		})
}
