package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deletePolicyVersion deletes a version that is not in force.
func (s *Service) deletePolicyVersion() service.Operation {
	return service.Handle("DeletePolicyVersion", onPolicy(s, func(in *iamapi.DeletePolicyVersionRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeletePolicyVersionRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				return s.changePolicy(tx, deref(in.PolicyArn), func(p *identity.ManagedPolicy) error {
					v, err := version(p, deref(in.VersionId))
					if err != nil {
						return err
					}
					if v.ID == p.Default {
						return fault("DeleteConflictException", "Cannot delete the default version of a policy.")
					}
					p.Versions = slices.DeleteFunc(p.Versions, func(o identity.PolicyVersion) bool { return o.ID == *in.VersionId })
					return nil
				}, false)
			})
		})
}
