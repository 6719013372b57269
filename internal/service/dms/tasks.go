package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) taskOperations() []service.Operation {
	return []service.Operation{
		handle(s, "CreateReplicationTask", s.createTask),
		handle(s, "ModifyReplicationTask", s.modifyTask),
		handle(s, "StartReplicationTask", s.startTask),
		handle(s, "StopReplicationTask", s.stopTask),
		handle(s, "DeleteReplicationTask", s.deleteTask),
		handle(s, "MoveReplicationTask", s.moveTask),
		handle(s, "DescribeReplicationTasks", s.describeTasks),
		handle(s, "DescribeTableStatistics", s.describeTableStatistics),
		handle(s, "ReloadTables", s.reloadTables),
	}
}
