package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// setDefaultPolicyVersion puts a version of a managed policy into force.
func (s *Service) setDefaultPolicyVersion() service.Operation {
	return service.Handle("SetDefaultPolicyVersion", onPolicy(s, func(in *iamapi.SetDefaultPolicyVersionRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, call *service.Call, in *iamapi.SetDefaultPolicyVersionRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				return s.changePolicy(tx, deref(in.PolicyArn), func(p *identity.ManagedPolicy) error {
					v, err := version(p, deref(in.VersionId))
					if err != nil {
						return err
					}
					p.Default, p.Updated = v.ID, stamped(call)
					return nil
				}, false)
			})
		})
}
