package serve_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
)

// instanceOf shows the instance of m.
func instanceOf(t testing.TB, api *dms.Client, m made) *types.ReplicationInstance {
	t.Helper()
	out, err := api.DescribeReplicationInstances(t.Context(), &dms.DescribeReplicationInstancesInput{Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{m.instance}}}})
	require.NoError(t, err)
	return &out.ReplicationInstances[0]
}

// available waits until the instance of m is.
func available(t testing.TB, api *dms.Client, m made) {
	t.Helper()
	require.Eventually(t, func() bool { return *instanceOf(t, api, m).ReplicationInstanceStatus == "available" }, patient, 50*time.Millisecond)
}

// trading changes rows all the while, until the answered function is called, which answers where it has come to.
func (s *shop) trading(t *testing.T, from int) (end func() int) {
	t.Helper()
	stop := make(chan struct{})
	var done sync.WaitGroup
	at := from
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				s.trade(t, at, 1)
				at++
			}
		}
	})
	end = sync.OnceValue(func() int { close(stop); done.Wait(); return at })
	t.Cleanup(func() { end() })
	return end
}

// memoryOf is the bound that the process of an instance was started with.
func memoryOf(t testing.TB, pid int) int64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	require.NoError(t, err)
	words := strings.Split(string(raw), "\x00")
	for i, w := range words {
		if name, value, _ := strings.Cut(w, "="); strings.TrimLeft(name, "-") == "memory" {
			if value == "" {
				value = words[i+1]
			}
			n, err := strconv.ParseInt(value, 10, 64)
			require.NoError(t, err)
			return n
		}
	}
	t.Fatalf("no memory in %q", words)
	return 0
}

// TestWhatIsChangedWhileRowsMove reboots the instance, changes its class, renames the task, moves it and loads anew, while rows
// change at the source: none is lost, none comes twice, and the API says what is.
func TestWhatIsChangedWhileRowsMove(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, source, target *shop) {
		s := first(t, "--dms-roles")
		source.stock(t, 1000)
		api, m := s.replicate(t, "busy", source, target, types.MigrationTypeValueFullLoadAndCdc, mappings(source.schema, target.into()))
		s.awaits(t, api, m, "running")
		ctx, next := t.Context(), 10001
		while := func(do func()) { // rows change
			end := source.trading(t, next)
			do()
			next = end()
			arrives(t, source, target, "")
		}
		process := func() int {
			pids := children(t, s.cmd.Process.Pid)
			require.Len(t, pids, 1)
			return pids[0]
		}

		while(func() {
			_, err := api.DeleteReplicationTask(ctx, &dms.DeleteReplicationTaskInput{ReplicationTaskArn: &m.task})
			require.ErrorContains(t, err, "InvalidResourceStateFault")
			was := process()
			out, err := api.RebootReplicationInstance(ctx, &dms.RebootReplicationInstanceInput{ReplicationInstanceArn: &m.instance})
			require.NoError(t, err)
			require.Equal(t, "rebooting", *out.ReplicationInstance.ReplicationInstanceStatus)
			available(t, api, m)
			require.NotEqual(t, was, process(), "another process")
			_, err = api.RebootReplicationInstance(ctx, &dms.RebootReplicationInstanceInput{ReplicationInstanceArn: &m.instance, ForceFailover: aws.Bool(true)})
			require.Error(t, err, "there is one zone alone")
		})
		while(func() {
			small := memoryOf(t, process())
			out, err := api.ModifyReplicationInstance(ctx, &dms.ModifyReplicationInstanceInput{ReplicationInstanceArn: &m.instance, ReplicationInstanceClass: aws.String("dms.t3.large"), MultiAZ: aws.Bool(true), ApplyImmediately: true})
			require.NoError(t, err)
			require.Equal(t, "modifying", *out.ReplicationInstance.ReplicationInstanceStatus)
			available(t, api, m)
			require.Equal(t, "dms.t3.large", *instanceOf(t, api, m).ReplicationInstanceClass)
			require.Equal(t, 2*small, memoryOf(t, process()))
		})
		while(func() {
			zone := *instanceOf(t, api, m).AvailabilityZone
			_, err := api.RebootReplicationInstance(ctx, &dms.RebootReplicationInstanceInput{ReplicationInstanceArn: &m.instance, ForceFailover: aws.Bool(true)})
			require.NoError(t, err)
			available(t, api, m)
			require.NotEqual(t, zone, *instanceOf(t, api, m).AvailabilityZone)
		})
		while(func() { // killed: it is not available until another process answers
			was := process()
			require.NoError(t, syscall.Kill(was, syscall.SIGKILL))
			require.Eventually(t, func() bool { return *instanceOf(t, api, m).ReplicationInstanceStatus == "rebooting" }, patient, 10*time.Millisecond)
			available(t, api, m)
			require.NotEqual(t, was, process())
		})
		while(func() {
			s.stops(t, api, m)
			_, err := api.ModifyReplicationTask(ctx, &dms.ModifyReplicationTaskInput{ReplicationTaskArn: &m.task, ReplicationTaskIdentifier: aws.String("renamed")})
			require.NoError(t, err)
			require.Equal(t, "renamed", *s.awaits(t, api, m, "stopped").ReplicationTaskIdentifier)
			to, err := api.CreateReplicationInstance(ctx, &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("other"), ReplicationInstanceClass: aws.String("dms.t3.medium")})
			require.NoError(t, err)
			moved := m
			moved.instance = *to.ReplicationInstance.ReplicationInstanceArn
			available(t, api, moved)
			_, err = api.MoveReplicationTask(ctx, &dms.MoveReplicationTaskInput{ReplicationTaskArn: &m.task, TargetReplicationInstanceArn: &moved.instance})
			require.NoError(t, err)
			require.Equal(t, moved.instance, *s.awaits(t, api, m, "stopped").ReplicationInstanceArn)
			m = moved
			s.connects(t, api, m, m.source)
			s.connects(t, api, m, m.target)
			starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: resume})
			s.awaits(t, api, m, "running")
		})
		while(func() {
			s.stops(t, api, m)
			starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: reload})
			s.awaits(t, api, m, "running")
		})
		s.stops(t, api, m)
		_, err := api.DeleteReplicationTask(ctx, &dms.DeleteReplicationTaskInput{ReplicationTaskArn: &m.task})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := api.DescribeReplicationTasks(ctx, &dms.DescribeReplicationTasksInput{Filters: []types.Filter{{Name: aws.String("replication-task-arn"), Values: []string{m.task}}}})
			return err != nil
		}, patient, 100*time.Millisecond)
		if source.postgres {
			require.Empty(t, source.leftBehind(t))
		}
	})
}
