package serve_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// children lists the processes of replication instances that a server has.
func children(t testing.TB, parent int) []int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var all []int
	for _, e := range entries {
		text, err := os.ReadFile(e)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(e)))
			require.NoError(t, err)
			all = append(all, pid)
		}
	}
	return all
}

// TestKilledAtAnyMoment kills the server, the instance and both while a task loads and follows: it goes on without a person,
// and the API tells the truth.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 5000)
	api, m := s.replicate(t, "kill", source, target, types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	next := 10001
	for round, victim := range []string{"instance", "server", "both", "instance", "server"} {
		source.trade(t, next, 20)
		next += 20
		time.Sleep(time.Duration(round*150) * time.Millisecond) //nolint:forbidigo // any moment will do, but not the same one
		pids := children(t, s.cmd.Process.Pid)
		require.Len(t, pids, 1, "processes of one instance")
		if victim != "server" {
			require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
		}
		if victim != "instance" {
			s.kill()
			require.Eventually(t, func() bool { return syscall.Kill(pids[0], 0) != nil }, patient, 50*time.Millisecond, "the instance outlives its server")
			s = start(t, s.dir)
			api = dms.NewFromConfig(s.sdk(t))
		}
		source.trade(t, next, 20)
		next += 20
		status := s.taskOf(t, api, m).status()
		require.Contains(t, []string{"running", "starting"}, status, "after the %s was killed", victim)
		arrives(t, source, target, "")
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, "running", s.taskOf(t, api, m).status()) }, patient, 100*time.Millisecond)
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, "stopped", s.taskOf(t, api, m).status()) }, patient, 100*time.Millisecond)
	source.trade(t, next, 5)
	_, err = api.StartReplicationTask(t.Context(), &dms.StartReplicationTaskInput{ReplicationTaskArn: &m.task, StartReplicationTaskType: types.StartReplicationTaskTypeValueResumeProcessing})
	require.NoError(t, err)
	arrives(t, source, target, "")
}
