package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteReplicationInstance: the instance is deleting until its process has ended, which the controller sees to.
func (s *Service) deleteReplicationInstance() service.Operation {
	return handle(s, "DeleteReplicationInstance", func(ctx context.Context, call *service.Call, in *dmsapi.DeleteReplicationInstanceMessage) (*dmsapi.DeleteReplicationInstanceResponse, error) {
		shown, err := s.changeInstance(ctx, *in.ReplicationInstanceArn, func(tx store.Tx, i *Instance) error {
			if i.Status == instanceDeleting {
				return badState("Replication Instance %s cannot be deleted, it is in deleting state.", i.Name)
			}
			users, err := referrers(tx, instances, i.ID, tasks)
			if err != nil {
				return err
			}
			if len(users) > 0 {
				return badState("Replication Instance %s has one or more replication tasks and cannot be deleted: delete or move its %d tasks first.", i.Name, len(users))
			}
			i.Status, i.Pending, i.OptIn = instanceDeleting, nil, ""
			s.happened(tx, call.Now, sourceInstance, i.Name, categoryDeletion, "Replication instance is being deleted.")
			return forgetConnections(tx, i.ID)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.DeleteReplicationInstanceResponse{ReplicationInstance: shown}, nil
	})
}

// forgetConnections removes the connections of an instance.
func forgetConnections(tx store.Tx, instanceID string) error {
	page, err := tx.List(store.Range{Prefix: connectionKey(instanceID, "")})
	for _, item := range page.Items {
		tx.Delete(item.Key)
	}
	return err
}

// forgetInstance removes all that is kept of an instance whose process is gone: the controller's last step of a deletion.
func (s *Service) forgetInstance(tx store.Tx, i *Instance) error {
	for _, id := range i.NICs {
		ec2.Detach(tx, id)
	}
	unrefer(tx, subnetGroups, i.SubnetGroup, instances, i.ID)
	tx.Delete(instances.names() + i.Name)
	tx.Delete(instances.keys() + i.ID)
	s.happened(tx, s.Now(), sourceInstance, i.Name, categoryDeletion, "Replication instance deleted.")
	return forgetConnections(tx, i.ID)
}
