package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tagPolicy adds tags to a managed policy.
func (s *Service) tagPolicy() service.Operation {
	return service.Handle("TagPolicy", onPolicy(s, func(in *iamapi.TagPolicyRequest) *string { return in.PolicyArn }, func(in *iamapi.TagPolicyRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagPolicyRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				return s.changePolicy(tx, deref(in.PolicyArn), func(p *identity.ManagedPolicy) (err error) {
					p.Tags, err = mergeTags(p.Tags, in.Tags)
					return err
				}, false)
			})
		})
}
