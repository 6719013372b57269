package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) rebootReplicationInstance() service.Operation {
	return handle(s, "RebootReplicationInstance", func(ctx context.Context, call *service.Call, in *dmsapi.RebootReplicationInstanceMessage) (*dmsapi.RebootReplicationInstanceResponse, error) {
		forced, planned := value(in.ForceFailover), value(in.ForcePlannedFailover)
		if forced && planned {
			return nil, invalidCombination("ForceFailover and ForcePlannedFailover cannot both be true.")
		}
		shown, err := s.changeInstance(ctx, *in.ReplicationInstanceArn, func(tx store.Tx, i *Instance) error {
			if (forced || planned) && !i.MultiAZ {
				return invalidCombination("The replication instance %s cannot fail over when it is rebooted: it is not Multi-AZ.", i.Name)
			}
			if err := i.must("rebooted", instanceAvailable); err != nil {
				return err
			}
			i.Status, i.Boot = instanceRebooting, i.Boot+1
			if forced || planned {
				i.failOver()
				s.happened(tx, call.Now, sourceInstance, i.Name, categoryFailover, "Multi-AZ failover started: the replication instance is rebooted in "+i.Zone+".")
				return nil
			}
			s.happened(tx, call.Now, sourceInstance, i.Name, "", "Replication instance is being rebooted.")
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.RebootReplicationInstanceResponse{ReplicationInstance: shown}, nil
	})
}

// changeInstance lets change alter an instance in a transaction, and shows it as it is then.
func (s *Service) changeInstance(ctx context.Context, arn string, change func(store.Tx, *Instance) error) (*dmsapi.ReplicationInstance, error) {
	var shown *dmsapi.ReplicationInstance
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		i, err := byARN[Instance](s, tx, instances, arn)
		if err != nil {
			return err
		}
		if err := change(tx, i); err != nil {
			return err
		}
		if shown, err = s.showInstance(tx, i); err != nil {
			return err
		}
		return store.Write(tx, instances.keys()+i.ID, i)
	})
	return shown, err
}
