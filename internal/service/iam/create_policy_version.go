package iam

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createPolicyVersion adds a version to a managed policy.
func (s *Service) createPolicyVersion() service.Operation {
	return service.Handle("CreatePolicyVersion", onPolicy(s, func(in *iamapi.CreatePolicyVersionRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, call *service.Call, in *iamapi.CreatePolicyVersionRequest) (*iamapi.CreatePolicyVersionResponse, error) {
			if _, err := policy.Parse(deref(in.PolicyDocument), policy.Identity, policy.LimitManaged); err != nil {
				return nil, policyError(err)
			}
			var shape iamapi.PolicyVersion
			err := s.update(ctx, func(tx store.Tx) error {
				return s.changePolicy(tx, deref(in.PolicyArn), func(p *identity.ManagedPolicy) error {
					if len(p.Versions) >= maxVersions {
						return fault("LimitExceededException", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
					}
					v := identity.PolicyVersion{ID: "v" + strconv.Itoa(p.NextVersion), Document: *in.PolicyDocument, Created: stamped(call)}
					p.NextVersion++
					p.Versions = append(p.Versions, v)
					p.Updated = v.Created
					if deref(in.SetAsDefault) {
						p.Default = v.ID
					}
					shape = versionShape(p, &v, false)
					return nil
				}, false)
			})
			return &iamapi.CreatePolicyVersionResponse{PolicyVersion: &shape}, err
		})
}

const maxVersions = 5
