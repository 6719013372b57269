package dms

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func TestRoomOfADisk(t *testing.T) {
	const mb, gb = 1 << 20, 1 << 30
	for name, c := range map[string]struct {
		free, whole  int64
		before, want string
	}{
		"much":                           {50 * gb, 100 * gb, roomEnough, roomEnough},
		"a gigabyte":                     {gb, 100 * gb, roomEnough, roomEnough},
		"less":                           {gb - 1, 100 * gb, roomEnough, roomLow},
		"a little more than was low":     {gb + 1, 100 * gb, roomLow, roomLow},
		"twice as much as was low":       {2 * gb, 100 * gb, roomLow, roomEnough},
		"what a store sets aside":        {128*mb - 1, 100 * gb, roomEnough, roomFull},
		"a little more than was full":    {128 * mb, 100 * gb, roomFull, roomFull},
		"twice as much as was full":      {256 * mb, 100 * gb, roomFull, roomLow},
		"nothing":                        {0, 100 * gb, roomLow, roomFull},
		"a small disk with most of it":   {12 * mb, 16 * mb, roomEnough, roomEnough},
		"a small disk with a tenth":      {mb, 16 * mb, roomEnough, roomLow},
		"a small disk with a little":     {300 << 10, 16 * mb, roomEnough, roomFull},
		"much again at once":             {12 * mb, 16 * mb, roomFull, roomEnough},
		"a system that tells no size":    {0, 0, roomEnough, roomEnough},
		"a disk of nothing, full before": {0, 0, roomFull, roomEnough},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, roomOf(instance.Room{Free: c.free, Whole: c.whole}, c.before))
		})
	}
}

// TestAFullDiskIsTold takes the room away from instances and gives it back: each change is told of once, with the mend, also by a server that
// begins anew meanwhile; and what a full one may be asked for is what an available one may.
func TestAFullDiskIsTold(t *testing.T) {
	s := taskStore(t)
	wipe(t, s)
	b := newTaskBench(t, s, 1)
	b.furnish(t, nil)
	b.control()
	defer func() { b.stop() }()
	is := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool {
			out, err := taskCall[dmsapi.DescribeReplicationInstancesResponse](t, b, "DescribeReplicationInstances", &dmsapi.DescribeReplicationInstancesMessage{})
			require.Nil(t, err)
			return !slices.ContainsFunc(out.ReplicationInstances, func(i dmsapi.ReplicationInstance) bool { return *i.ReplicationInstanceStatus != want })
		}, patient, time.Millisecond, want)
	}
	told := func() (all []string) {
		page, err := b.Store.List(t.Context(), store.Range{Prefix: eventKeys})
		require.NoError(t, err)
		for _, item := range page.Items {
			var e Event
			require.NoError(t, item.Decode(&e))
			if e.Source == "i1" && slices.Contains(e.Categories, categoryLowStorage) {
				all = append(all, strings.TrimSpace(e.id()+" "+e.Message))
			}
		}
		return all
	}
	is(instanceAvailable)
	b.world.leaves(900_000_000)
	require.Eventually(t, func() bool { return len(told()) == 1 }, patient, time.Millisecond)
	is(instanceAvailable)
	b.world.leaves(4096)
	is(instanceStorageFull)
	b.stop()
	b.control()
	is(instanceStorageFull)
	_, refused := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", b.creation("a", fullLoad))
	require.Nil(t, refused)
	b.await(t, "a", taskReady)
	_, refused = taskCall[dmsapi.RebootReplicationInstanceResponse](t, b, "RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: new(b.arn(instances, "I1"))})
	require.Nil(t, refused)
	is(instanceStorageFull)
	b.world.leaves(1 << 40)
	is(instanceAvailable)
	b.world.leavesTemporary(4096)
	is(instanceStorageFull)
	b.world.leavesTemporary(1 << 40)
	is(instanceAvailable)
	all := told()
	const of, mend = " of 2.2 TB are left on the server's disk that its directory lies on (instances/ below the data directory)", " Make room there, or move the data directory to a larger disk; AllocatedStorage adds none."
	require.Equal(t, []string{
		"DMS-EVENT-0007 Free storage for the replication instance is low: 900.0 MB" + of + "." + mend,
		"DMS-EVENT-0007 Replication instance storage is full: 4.1 kB" + of + ". Tasks that follow changes go on as long as they can, and one that is to begin waits." + mend + " They go on by themselves then.",
		"Replication instance has room again: 1.1 TB" + of + ".",
		"DMS-EVENT-0007 Replication instance storage is full: 4.1 kB of 2.2 TB are left on the server's disk for temporary files, which hold large transactions and rows that wait (TMPDIR)." +
			" Tasks that follow changes go on as long as they can, and one that is to begin waits. Make room there, or start the server with TMPDIR set to a folder on a larger disk; AllocatedStorage adds none. They go on by themselves then.",
		"Replication instance has room again: 1.1 TB" + of + ".",
	}, all)
}

// TestATaskThatWaitsForRoomSaysSo starts a task of which nothing can be written down: it says what it waits for, with the mend, is tried for
// longer than anything else and without the growing intervals of a task that ends its process, can be stopped, and runs by itself soon after
// there is room.
func TestATaskThatWaitsForRoomSaysSo(t *testing.T) {
	s := taskStore(t)
	wipe(t, s)
	b := newTaskBench(t, s, 1)
	b.world.length = endless
	b.furnish(t, nil)
	b.times.renew = longestBreather
	b.control()
	defer b.stop()
	b.create(t, "w", fullLoadAndCDC)
	b.await(t, "w", taskReady)
	b.world.leaves(0)
	require.Nil(t, b.start(t, "w", WishFresh))
	waits := func(attempts int64) {
		require.Eventually(t, func() bool {
			return b.record(t, "w").Attempt > attempts && b.describe(t, "w").LastFailureMessage != nil
		}, patient, time.Millisecond, "%+v", b.record(t, "w"))
		shown := b.describe(t, "w")
		require.Equal(t, taskStarting, *shown.Status)
		require.Equal(t, "The task waits to begin: nothing more can be written to the server's disk that its directory lies on (instances/ below the data directory), no space is left. "+
			"Make room there, or move the data directory to a larger disk; AllocatedStorage adds none. The task begins by itself then.", *shown.LastFailureMessage)
	}
	waits(patience + 1)
	require.Nil(t, b.stopIt(t, "w"))
	b.await(t, "w", taskStopped)
	require.Nil(t, b.describe(t, "w").LastFailureMessage)
	require.Nil(t, b.start(t, "w", WishReload))
	waits(0) // a reload that has forgotten nothing yet begins again under its own number
	b.world.leaves(1 << 40)
	b.await(t, "w", taskRunning)
	require.Nil(t, b.describe(t, "w").LastFailureMessage)
}
