package serve_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
)

// TestTasksStopAfterTheirLoad, before the changes that came meanwhile are applied or after, as their settings say; resumed,
// they follow.
func TestTasksStopAfterTheirLoad(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, source, target *shop) {
		s := first(t, "--dms-roles")
		source.stock(t, 400)
		mapped := mappings(source.schema, target.into())
		api, m := s.ends(t, "after", source.input(t), target.input(t))
		next := 10001
		for setting, reason := range map[string]string{"StopTaskCachedChangesNotApplied": "STOPPED_AFTER_FULL_LOAD", "StopTaskCachedChangesApplied": "STOPPED_AFTER_CACHED_EVENTS"} {
			made, err := api.CreateReplicationTask(t.Context(), &dms.CreateReplicationTaskInput{
				ReplicationTaskIdentifier: &setting, SourceEndpointArn: &m.source, TargetEndpointArn: &m.target, ReplicationInstanceArn: &m.instance,
				MigrationType: types.MigrationTypeValueFullLoadAndCdc, TableMappings: &mapped, ReplicationTaskSettings: aws.String(`{"FullLoadSettings":{"` + setting + `":true}}`),
			})
			require.NoError(t, err)
			m.task = *made.ReplicationTask.ReplicationTaskArn
			s.awaits(t, api, m, "ready")
			starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
			end := s.awaits(t, api, m, "stopped")
			require.Equal(t, "Stop Reason "+reason, aws.ToString(end.StopReason))
			require.EqualValues(t, 100, end.ReplicationTaskStats.FullLoadProgressPercent)
			arrivesNow(t, source, target, "")
			source.trade(t, next, 5)
			next += 5
			starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: resume})
			arrives(t, source, target, "")
			s.stops(t, api, m)
		}
	})
}
