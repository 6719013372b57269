package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteInstanceProfile deletes an instance profile without a role.
func (s *Service) deleteInstanceProfile() service.Operation {
	return service.Handle("DeleteInstanceProfile", onProfile(s, func(in *iamapi.DeleteInstanceProfileRequest) *string { return in.InstanceProfileName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteInstanceProfileRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				p, err := profile(tx, deref(in.InstanceProfileName))
				if err != nil {
					return err
				}
				if p.Role != "" {
					return conflict("must remove roles from instance profile first.")
				}
				tx.Delete(profileKey(p.Name))
				return nil
			})
		})
}
