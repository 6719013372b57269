package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createPolicy makes a managed policy of the account.
func (s *Service) createPolicy() service.Operation {
	return service.Handle("CreatePolicy", func(_ context.Context, call *service.Call, in *iamapi.CreatePolicyRequest) ([]service.Check, error) {
		return s.withTagging(call, check(call, "policy"+pathOf(in.Path)+deref(in.PolicyName), nil, tagKeys(in.Tags)), "iam:TagPolicy", in.Tags), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreatePolicyRequest) (*iamapi.CreatePolicyResponse, error) {
			if _, err := policy.Parse(deref(in.PolicyDocument), policy.Identity, policy.LimitManaged); err != nil {
				return nil, policyError(err)
			}
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			now := stamped(call)
			p := &identity.ManagedPolicy{
				Name: deref(in.PolicyName), Path: pathOf(in.Path), ID: identity.NewID(identity.PolicyID), Created: now, Updated: now, Description: deref(in.Description),
				Tags: tags, Default: "v1", Versions: []identity.PolicyVersion{{ID: "v1", Document: *in.PolicyDocument, Created: now}}, NextVersion: 2,
			}
			err = s.update(ctx, func(tx store.Tx) error {
				return createWithin(tx, &policiesQuota, identity.PolicyKey(p.Name), p, exists("A policy called %s already exists. Duplicate names are not allowed.", p.Name))
			})
			return &iamapi.CreatePolicyResponse{Policy: s.policyShape(s.policyARN(p), p, &use{})}, err
		})
}
