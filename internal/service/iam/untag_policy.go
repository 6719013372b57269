package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// untagPolicy takes tags from a managed policy.
func (s *Service) untagPolicy() service.Operation {
	return service.Handle("UntagPolicy", onPolicy(s, func(in *iamapi.UntagPolicyRequest) *string { return in.PolicyArn }, func(in *iamapi.UntagPolicyRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagPolicyRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				return s.changePolicy(tx, deref(in.PolicyArn), func(p *identity.ManagedPolicy) error {
					dropTags(p.Tags, in.TagKeys)
					return nil
				}, false)
			})
		})
}
