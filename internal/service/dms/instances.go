package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) instanceOperations() []service.Operation {
	return []service.Operation{
		s.createReplicationInstance(), s.modifyReplicationInstance(), s.rebootReplicationInstance(), s.deleteReplicationInstance(),
		s.describeReplicationInstances(), s.describeOrderableReplicationInstances(), s.describeEngineVersions(),
		s.describePendingMaintenanceActions(), s.applyPendingMaintenanceAction(), s.describeReplicationInstanceTaskLogs(),
		s.createReplicationSubnetGroup(), s.modifyReplicationSubnetGroup(), s.deleteReplicationSubnetGroup(), s.describeReplicationSubnetGroups(),
		s.addTagsToResource(), s.removeTagsFromResource(), s.listTagsForResource(), s.describeAccountAttributes(),
	}
}
