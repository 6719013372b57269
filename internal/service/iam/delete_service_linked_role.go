package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteServiceLinkedRole deletes a service-linked role.
func (s *Service) deleteServiceLinkedRole() service.Operation {
	return service.Handle("DeleteServiceLinkedRole", onRole(s, func(in *iamapi.DeleteServiceLinkedRoleRequest) *string { return in.RoleName }),
		func(ctx context.Context, call *service.Call, in *iamapi.DeleteServiceLinkedRoleRequest) (*iamapi.DeleteServiceLinkedRoleResponse, error) {
			var task string
			err := s.update(ctx, func(tx store.Tx) error {
				r, err := role(tx, deref(in.RoleName))
				if err != nil {
					return err
				}
				if !r.ServiceLinked {
					return fault("InvalidInputException", "%s is no service-linked role; delete it with DeleteRole.", r.Name)
				}
				task = "task" + r.Path + r.Name + "/" + identity.NewID("")
				tx.Delete(identity.RoleKey(r.Name))
				return store.Write(tx, taskKey(task), stamped(call))
			})
			return &iamapi.DeleteServiceLinkedRoleResponse{DeletionTaskId: &task}, err
		})
}

// taskKey is the key of a deletion that was done; it is kept so that its status can be asked for.
func taskKey(task string) string { return "iamtask/" + task }
