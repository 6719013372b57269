package serve_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestAuditOnAFullDisk takes all room away from the audit trail: what cannot be recorded is not answered, and nothing of it stays
// done unseen; with room again everything goes on.
func TestAuditOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := servertest.ShortDir(t)
	small(t, filepath.Join(dir, "audit"))
	s := start(t, dir, "--region", region, "--account", account)
	s.must(t, "iam", "create-user", "--user-name", "before")
	once := []string{"AWS_MAX_ATTEMPTS=1"}
	filler := fill(t, filepath.Join(dir, "audit"))
	var err error
	require.Eventually(t, func() bool { // what is left of the last page takes some records
		_, err = s.aws(t, once, "sts", "get-caller-identity")
		return err != nil
	}, patient, time.Millisecond)
	require.ErrorContains(t, err, "(InternalFailure)")
	_, err = s.aws(t, once, "iam", "create-user", "--user-name", "meanwhile")
	require.ErrorContains(t, err, "(InternalFailure)")
	require.Contains(t, s.log.String(), "nothing can be recorded in the audit trail, so nothing is done")
	require.Contains(t, s.log.String(), "no space left on device")

	require.NoError(t, os.Remove(filler))
	s.must(t, "sts", "get-caller-identity")
	s.must(t, "iam", "get-user", "--user-name", "before")
	_, err = s.aws(t, once, "iam", "get-user", "--user-name", "meanwhile")
	require.ErrorContains(t, err, "(NoSuchEntity)", "what could not be recorded was not done")
	events := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=GetUser")["Events"].([]any)
	require.Len(t, events, 2, "calls are recorded again")
	s.stop(t)
	again := start(t, dir)
	again.must(t, "iam", "get-user", "--user-name", "before")
	again.stop(t)
}

// TestStateOnAFullDisk takes all room away from the store: the server says why and ends, no write is acknowledged that is not kept, and
// a server that is started once there is room has everything that was.
func TestStateOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := servertest.ShortDir(t)
	sized(t, filepath.Join(dir, "etcd"), "256m")
	s := start(t, dir, "--region", region, "--account", account)
	var kept []string
	add := func() error {
		name := fmt.Sprintf("user-%d", len(kept))
		_, err := s.aws(t, []string{"AWS_MAX_ATTEMPTS=1"}, "iam", "create-user", "--user-name", name)
		if err == nil {
			kept = append(kept, name)
		}
		return err
	}
	for range 3 {
		require.NoError(t, add())
	}
	filler := fill(t, filepath.Join(dir, "etcd"))
	// What the store has set aside takes some more.
	require.Eventually(t, func() bool { return add() != nil }, patient, time.Millisecond)
	select {
	case <-s.ended:
	case <-time.After(patient):
		t.Fatal("the server goes on without its store")
	}
	require.Equal(t, 1, s.cmd.ProcessState.ExitCode())
	require.Contains(t, s.log.String(), "the store cannot go on and ends the server")
	require.Contains(t, s.log.String(), "no space left on device")

	require.NoError(t, os.Remove(filler))
	again := start(t, dir)
	for _, name := range kept {
		again.must(t, "iam", "get-user", "--user-name", name)
	}
	again.must(t, "iam", "create-user", "--user-name", "after")
	again.stop(t)
}

// TestInstancesOnAFullDisk takes all room away from a replication instance, whose logs, states and statistics lie there: a task that
// follows changes goes on, one that is to begin is tried again, with the reason in the log, until there is room; the instance is storage-full
// meanwhile, and an event names the mend.
func TestInstancesOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := servertest.ShortDir(t)
	small(t, filepath.Join(dir, "instances"))
	s := start(t, dir, "--region", region, "--account", account, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 300)
	api, m := watched(t, s, "cramped", source, target)
	arrives(t, source, target, "")
	is := func(want string) func() bool {
		return func() bool { return aws.ToString(s.taskOf(t, api, m).Status) == want }
	}
	filler := fill(t, filepath.Join(dir, "instances"))
	source.trade(t, 10001, 20)
	arrives(t, source, target, "")
	require.Equal(t, "running", *s.taskOf(t, api, m).Status)
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	require.Eventually(t, is("stopped"), patient, 100*time.Millisecond, s.log)

	shown := func() string {
		out, err := api.DescribeReplicationInstances(t.Context(), &dms.DescribeReplicationInstancesInput{})
		require.NoError(t, err)
		return *out.ReplicationInstances[0].ReplicationInstanceStatus
	}
	require.Eventually(t, func() bool { return shown() == "storage-full" }, patient, 100*time.Millisecond, s.log)
	source.trade(t, 20001, 20)
	_, err = api.StartReplicationTask(t.Context(), &dms.StartReplicationTaskInput{ReplicationTaskArn: &m.task, StartReplicationTaskType: types.StartReplicationTaskTypeValueResumeProcessing})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "no space left on device") }, patient, 100*time.Millisecond, s.log)
	require.Eventually(t, func() bool {
		return strings.Contains(aws.ToString(s.taskOf(t, api, m).LastFailureMessage), "Make room there")
	}, patient, 100*time.Millisecond, s.log)
	require.NoError(t, os.Remove(filler))
	arrives(t, source, target, "")
	require.Eventually(t, is("running"), patient, 100*time.Millisecond, s.log)
	require.Nil(t, s.taskOf(t, api, m).LastFailureMessage)
	require.Eventually(t, func() bool { return shown() == "available" }, patient, 100*time.Millisecond, s.log)
	told, err := api.DescribeEvents(t.Context(), &dms.DescribeEventsInput{EventCategories: []string{"low storage"}})
	require.NoError(t, err)
	var words []string
	for _, e := range told.Events {
		words = append(words, *e.Message)
	}
	require.Len(t, words, 2, words)
	require.Contains(t, strings.Join(words, "\n"), "Replication instance storage is full")
	require.Contains(t, strings.Join(words, "\n"), "Make room there")
	require.Contains(t, strings.Join(words, "\n"), "has room again")
	s.stop(t)
}

// TestTemporaryFilesOnAFullDisk has a transaction come that finds no room in the folder for temporary files: the task ends with what is full and how
// there comes to be room, and loses nothing once there is and it is resumed.
func TestTemporaryFilesOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir, temporary := servertest.ShortDir(t), servertest.ShortDir(t)
	small(t, temporary)
	s := startWith(t, dir, []string{"TMPDIR=" + temporary}, "--region", region, "--account", account, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 10)
	in := source.input(t)
	in.PostgreSQLSettings = &types.PostgreSQLSettings{PluginName: types.PluginNameValueTestDecoding} // which keeps a transaction until it has committed
	api, m := s.replicateBetween(t, "spill", in, target.input(t), types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	arrives(t, source, target, "")

	servertest.Exec(t, source.db, "INSERT INTO customer SELECT n, 'large', NULL, repeat('letter ', 14000) FROM generate_series(1001, 1400) n") // 39 MB
	var failed taskState
	require.Eventually(t, func() bool {
		failed = s.taskOf(t, api, m)
		return failed.status() == "failed"
	}, patient, 100*time.Millisecond, s.log)
	require.Equal(t, "Stop Reason RECOVERABLE_ERROR", aws.ToString(failed.StopReason))
	require.Contains(t, aws.ToString(failed.LastFailureMessage), "the folder for temporary files is full")
	require.Contains(t, aws.ToString(failed.LastFailureMessage), "no space left on device")
	require.Contains(t, aws.ToString(failed.LastFailureMessage), "make room on the disk of temporary files")

	out, err := exec.Command("mount", "-o", "remount,size=256m", temporary).CombinedOutput()
	require.NoError(t, err, "%s", out)
	starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: resume})
	s.awaits(t, api, m, "running")
	require.Eventually(t, func() bool {
		return slices.Equal(source.texts(t, "SELECT md5(letter) FROM customer ORDER BY id"), target.texts(t, "SELECT md5(letter) FROM customer ORDER BY id"))
	}, patient, 300*time.Millisecond, s.log)
	s.stop(t)
}
