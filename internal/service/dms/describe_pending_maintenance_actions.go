package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describePendingMaintenanceActions lists the instances that have some.
func (s *Service) describePendingMaintenanceActions() service.Operation {
	return handle(s, "DescribePendingMaintenanceActions", func(ctx context.Context, call *service.Call, in *dmsapi.DescribePendingMaintenanceActionsMessage) (*dmsapi.DescribePendingMaintenanceActionsResponse, error) {
		const byInstanceARN, byName = "replication-instance-arn", "replication-instance-id"
		p, err := pageOf("DescribePendingMaintenanceActions", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		f, err := filtersOf(in.Filters, byInstanceARN, byName)
		if err != nil {
			return nil, err
		}
		for i, v := range f[byName] {
			f[byName][i] = strings.ToLower(v) // as they are kept
		}
		asked := value(in.ReplicationInstanceArn)
		if asked != "" {
			if _, err := byARN[Instance](s, s.reads(ctx), instances, asked); err != nil {
				return nil, err
			}
		}
		found, marker, err := collect(s.reads(ctx), instances.keys(), p, func(i *Instance) bool {
			arn := s.arn(instances, i.ID)
			return (asked == "" || asked == arn) && f.allow(byInstanceARN, arn) && f.allow(byName, i.Name) && i.pendingActions(call.Now) != nil
		})
		if err != nil {
			return nil, err
		}
		out := &dmsapi.DescribePendingMaintenanceActionsResponse{PendingMaintenanceActions: []dmsapi.ResourcePendingMaintenanceActions{}, Marker: marker}
		for i := range found {
			out.PendingMaintenanceActions = append(out.PendingMaintenanceActions, s.showActions(&found[i], found[i].pendingActions(call.Now)))
		}
		return out, nil
	})
}
