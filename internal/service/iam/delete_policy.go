package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deletePolicy deletes a managed policy that nothing uses.
func (s *Service) deletePolicy() service.Operation {
	return service.Handle("DeletePolicy", onPolicy(s, func(in *iamapi.DeletePolicyRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeletePolicyRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				arn := deref(in.PolicyArn)
				return s.changePolicy(tx, arn, func(p *identity.ManagedPolicy) error {
					h, err := readHolders(tx)
					if err != nil {
						return err
					}
					u := h.useOf(arn)
					switch {
					case u.attachments()+u.boundaries() > 0:
						return fault("DeleteConflictException", "Cannot delete a policy attached to entities.")
					case len(p.Versions) > 1:
						return fault("DeleteConflictException", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
					}
					return nil
				}, true)
			})
		})
}
