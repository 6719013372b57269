package dms

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// taskRounds is how often a random test is done; a longer run is asked for by WHIMBREL_TEST_ROUNDS.
func taskRounds(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("WHIMBREL_TEST_ROUNDS")); err == nil {
		return n
	}
	return usual
}

// TestControllersConvergeWhateverEnds lets people call, processes die, calls get lost and controllers end between any two
// of their writes, and then looks for the end that was asked for: what ran runs, what was stopped is stopped, what was
// deleted is gone with all that hung on it.
func TestControllersConvergeWhateverEnds(t *testing.T) {
	s := taskStore(t)
	for round := range taskRounds(6) {
		seed := uint64(time.Now().UnixNano()) + uint64(round)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { converge(t, s, seed) })
	}
}

// breaking is a store that ends its user, once, before or after one of the next writes: as a crash does.
type breaking struct {
	store.Store
	cut  func()       // ends the controllers
	left atomic.Int64 // writes until then
	late bool         // the write is done
}

func (s *breaking) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	left := s.left.Add(-1)
	if left == 0 && !s.late {
		s.cut()
		return 0, context.Canceled
	}
	revision, err := s.Store.Update(ctx, change)
	if left == 0 {
		s.cut()
		return 0, context.Canceled
	}
	return revision, err
}

func converge(t *testing.T, s store.Store, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 2))
	wipe(t, s)
	b := newTaskBench(t, s, seed)
	b.world.lossy, b.world.length = 0.1, 10
	b.furnish(t, nil)
	names := []string{"a", "b", "c", "d"}
	types := []string{fullLoad, onlyChanges, fullLoadAndCDC, fullLoadAndCDC}
	b.control()
	want := map[string]string{} // the end of each
	for i, name := range names {
		b.create(t, name, types[i])
		want[name] = taskReady
	}
	for range 40 {
		name := names[random.IntN(len(names))]
		switch random.IntN(9) {
		case 0, 1:
			wish := []Wish{WishFresh, WishResume, WishReload}[random.IntN(3)]
			if b.start(t, name, wish) == nil {
				want[name] = taskRunning
			}
		case 2:
			if b.stopIt(t, name) == nil {
				want[name] = taskStopped
			}
		case 3:
			_, _ = taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, name)), TaskData: new("x")})
		case 4:
			_, _ = taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, name)), TargetReplicationInstanceArn: new(b.arn(instances, []string{"I1", "I2"}[random.IntN(2)]))})
		case 5:
			b.world.kill([]string{"I1", "I2"}[random.IntN(2)])
		case 6: // the server is killed with its processes
			b.stop()
			b.world.restart()
			b.control()
		case 7: // the controllers alone end and begin
			b.stop()
			b.control()
		case 8:
			if random.IntN(6) == 0 && b.delete(t, name) == nil {
				want[name] = ""
			}
		}
		pause(time.Duration(random.IntN(15)) * time.Millisecond)
	}
	b.world.mu.Lock()
	b.world.lossy = 0
	b.world.mu.Unlock()
	for i, name := range names {
		switch {
		case want[name] == taskRunning && types[i] == fullLoad:
			b.await(t, name, taskStopped)
			shown := b.describe(t, name)
			require.Equal(t, "Stop Reason FULL_LOAD_ONLY_FINISHED", *shown.StopReason)
			require.Equal(t, b.world.length, b.rowsOf(t, name), "every row has arrived")
		case want[name] == taskRunning:
			b.await(t, name, taskRunning)
			b.awaitCheckpoint(t, name)
		default:
			b.await(t, name, want[name], map[string]string{taskReady: taskReady, taskStopped: taskStopped}[want[name]])
		}
	}
	b.tidy(t, names)
	b.stop()
}

func (b *taskBench) rowsOf(t taskFailer, name string) int {
	run := b.record(t, name).run()
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	return b.world.moved[run]
}

// awaitCheckpoint waits until a task follows changes in the attempt that its record names.
func (b *taskBench) awaitCheckpoint(t taskFailer, name string) {
	t.Helper()
	for deadline := time.Now().Add(patient); time.Now().Before(deadline); pause(time.Millisecond) {
		v := b.record(t, name)
		if r := b.live.of(v.Instance); r != nil && v.Status == taskRunning && r.tasks[v.ID].Attempt == v.Attempt && r.tasks[v.ID].Running && r.tasks[v.ID].Progress.Following {
			return
		}
	}
	require.Fail(t, "waited in vain", "for %s to follow", name)
}

// tidy stops and deletes everything and looks for what is left.
func (b *taskBench) tidy(t taskFailer, names []string) {
	t.Helper()
	b.requireNoOrphans(t)
	for _, name := range names {
		if b.describe(t, name) == nil {
			continue
		}
		switch b.await(t, name, taskReady, taskRunning, taskStopped, taskFailed, taskFailedMove) {
		case taskRunning:
			if b.stopIt(t, name) == nil { // unless it has ended by itself meanwhile
				b.await(t, name, taskStopped, taskFailed)
			}
		}
		require.Nil(t, b.delete(t, name))
	}
	for _, name := range names {
		b.await(t, name, "")
	}
	b.requireNoOrphans(t)
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	require.Empty(t, b.world.kept, "nothing is left at the source")
	for id, m := range b.world.instances {
		require.Empty(t, m.disk, "nothing is left on %s", id)
	}
}

func wipe(t taskFailer, s store.Store) {
	_, err := s.Update(context.Background(), func(tx store.Tx) error {
		page, err := tx.List(store.Range{Prefix: Prefix})
		for _, item := range page.Items {
			tx.Delete(item.Key)
		}
		return err
	})
	require.NoError(t, err)
}

// TestCrashBetweenAnyTwoWrites ends the controllers at each of their writes in turn, before it and after it, on the way of
// a task through its whole life, with the server's processes.
func TestCrashBetweenAnyTwoWrites(t *testing.T) {
	s := taskStore(t)
	for _, late := range []bool{false, true} {
		for at := 1; ; at++ {
			wipe(t, s)
			if !lifeWithCrash(t, s, at, late) {
				t.Logf("a life has %d writes", at-1)
				require.Greater(t, at, 6)
				break
			}
		}
	}
}

// lifeWithCrash reports whether there was a write of that number.
func lifeWithCrash(t *testing.T, s store.Store, at int, late bool) (crashed bool) {
	t.Helper()
	b := newTaskBench(t, s, uint64(at))
	b.furnish(t, nil)
	inner := &breaking{Store: s, late: late}
	inner.left.Store(int64(at))
	c := newTaskBench(t, inner, 0)
	c.Host, c.live = b.world, b.live
	life, cut := context.WithCancel(context.Background())
	inner.cut = cut
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Run(life)
	}()
	restarted := make(chan struct{})
	go func() { // what the machine's init does
		defer close(restarted)
		<-ended
		b.world.restart()
		b.control()
	}()
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	_, refused := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), ReplicationTaskSettings: new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)})
	require.Nil(t, refused)
	require.Nil(t, b.stopIt(t, "k"))
	b.await(t, "k", taskStopped)
	_, refused = taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
	require.Nil(t, refused)
	b.await(t, "k", taskStopped)
	require.Nil(t, b.start(t, "k", WishReload))
	b.await(t, "k", taskRunning)
	require.Nil(t, b.stopIt(t, "k"))
	b.await(t, "k", taskStopped)
	b.tidy(t, []string{"k"})
	select {
	case <-ended:
		crashed = true
	default:
		cut()
	}
	<-restarted
	b.stop()
	return crashed
}
