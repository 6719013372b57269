package serve_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
)

// TestSeveritiesChangeWhileATaskRuns reads with the stock command which lines of a running task come: those of DEBUG when
// ModifyReplicationTask has asked for them, and none any more when it has taken that back.
func TestSeveritiesChangeWhileATaskRuns(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 100)
	api, m := watched(t, s, "talks", source, target)
	arrives(t, source, target, "")
	lines := func(pattern string) int {
		return len(s.must(t, "logs", "filter-log-events", "--log-group-name", "dms-tasks-talks", "--filter-pattern", pattern)["events"].([]any))
	}
	reload := func() {
		before := lines(`"tables loaded anew"`)
		_, err := api.ReloadTables(t.Context(), &dms.ReloadTablesInput{ReplicationTaskArn: &m.task, TablesToReload: []types.TableToReload{{SchemaName: aws.String("public"), TableName: aws.String("orders")}}})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return lines(`"tables loaded anew"`) > before }, patient, 300*time.Millisecond, s.log)
	}
	severity := func(of string) {
		_, err := api.ModifyReplicationTask(t.Context(), &dms.ModifyReplicationTaskInput{
			ReplicationTaskArn: &m.task, ReplicationTaskSettings: aws.String(fmt.Sprintf(`{"Logging":{"LogComponents":[{"Id":"SOURCE_UNLOAD","Severity":"LOGGER_SEVERITY_%s"}]}}`, of)),
		})
		require.NoError(t, err)
		require.Equal(t, "running", s.taskOf(t, api, m).status())
	}
	const debug = `"SOURCE_UNLOAD   ]D:"`
	require.Eventually(t, func() bool {
		_, err := s.aws(t, nil, "logs", "describe-log-streams", "--log-group-name", "dms-tasks-talks")
		return err == nil && s.taskOf(t, api, m).status() == "running"
	}, patient, 300*time.Millisecond)
	reload()
	require.Zero(t, lines(debug))
	severity("DEBUG")
	reload()
	require.Eventually(t, func() bool { return lines(debug) > 0 }, patient, 300*time.Millisecond, s.log)
	told := lines(debug)
	severity("DEFAULT")
	reload()
	reload()
	require.Equal(t, told, lines(debug))
}
