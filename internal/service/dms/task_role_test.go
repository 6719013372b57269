package dms

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestOneServerHasTheControllers lets two servers share a store: the second does nothing while the first is there, and
// brings its tasks further when it has gone.
func TestOneServerHasTheControllers(t *testing.T) {
	s := taskStore(t)
	one, two := newTaskBench(t, s, 1), newTaskBench(t, s, 2)
	one.Alone, two.Alone = false, false
	one.furnish(t, nil)
	one.control()
	one.create(t, "k", fullLoadAndCDC)
	one.await(t, "k", taskReady)
	require.Nil(t, one.start(t, "k", WishFresh))
	one.awaitCheckpoint(t, "k")
	two.control()
	defer func() { two.stop() }()
	pause(100 * time.Millisecond)
	require.Empty(t, two.world.instances)
	require.Equal(t, taskRunning, *two.describe(t, "k").Status)

	late := newController(one.Service, "of a server that has lost the role")
	require.ErrorIs(t, late.update(t.Context(), func(store.Tx) error { return nil }), errRoleLost)

	one.stop()
	one.world.restart()
	two.awaitCheckpoint(t, "k")
	require.Equal(t, int64(2), two.record(t, "k").Attempt)
	two.tidy(t, []string{"k"})
}

// TestManyTasksStayResponsive has 200 tasks, 20 of them running, and asks for all of them again and again.
func TestManyTasksStayResponsive(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer func() { b.stop() }()
	var names []string
	for i := range 200 {
		name := fmt.Sprintf("task-%03d", i)
		names = append(names, name)
		b.create(t, name, fullLoadAndCDC)
	}
	for _, name := range names[:20] {
		b.await(t, name, taskReady)
		require.Nil(t, b.start(t, name, WishFresh))
	}
	for _, name := range names[:20] {
		b.awaitCheckpoint(t, name)
	}
	var took []time.Duration
	for i := range 200 {
		begun := time.Now()
		out, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{
			Filters: []dmsapi.Filter{{Name: new("replication-task-id"), Values: []string{names[i]}}}})
		took = append(took, time.Since(begun))
		require.Nil(t, err)
		require.Len(t, out.ReplicationTasks, 1)
	}
	slices.Sort(took)
	t.Logf("one of 200 tasks described: median %s, p99 %s", took[100], took[198])
	begun := time.Now()
	page := taskAnswer(taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{}))
	require.Len(t, page.ReplicationTasks, 100)
	t.Logf("100 tasks described: %s", time.Since(begun))
	// Idle, they cost nothing: when the last numbers are written no record is.
	newest := func() (revision int64) {
		page, err := b.Store.List(t.Context(), store.Range{Prefix: tasks.keys()})
		require.NoError(t, err)
		for _, item := range page.Items {
			revision = max(revision, item.Revision)
		}
		return revision
	}
	quiet := false
	for deadline := time.Now().Add(patient); !quiet && time.Now().Before(deadline); {
		before := newest()
		pause(20 * b.times.save)
		quiet = newest() == before
	}
	require.True(t, quiet, "records are written although nothing changes")
}
