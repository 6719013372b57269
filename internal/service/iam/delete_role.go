package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteRole deletes a role that has nothing any more.
func (s *Service) deleteRole() service.Operation {
	return service.Handle("DeleteRole", onRole(s, func(in *iamapi.DeleteRoleRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteRoleRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				r, err := role(tx, deref(in.RoleName))
				if err != nil {
					return err
				}
				if r.ServiceLinked {
					return fault("UnmodifiableEntityException", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)
				}
				profiles, err := profilesOf(tx, r.Name)
				if err != nil {
					return err
				}
				if len(profiles) > 0 {
					return conflict("must remove roles from instance profile first.")
				}
				tx.Delete(identity.RoleKey(r.Name))
				return empty(&r.Policies)
			})
		})
}
