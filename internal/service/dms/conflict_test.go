package dms

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// rivals is how many calls are made at a time.
const rivals = 20

// contend makes the calls in turn, all at a time, and answers how many of each were taken. The rest are refused with one of the codes,
// nothing answers an internal failure: see taskBench.call and desk.run.
func contend(t *testing.T, codes []string, calls ...func() *wire.Error) (won []int) {
	t.Helper()
	results := make([]*wire.Error, rivals)
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range rivals {
		all.Go(func() {
			<-ready
			results[i] = calls[i%len(calls)]()
		})
	}
	close(ready)
	all.Wait()
	won = make([]int, len(calls))
	for i, err := range results {
		if err == nil {
			won[i%len(calls)]++
			continue
		}
		require.Contains(t, codes, err.Code, err.Message)
	}
	return won
}

func sum(all []int) (n int) {
	for _, one := range all {
		n += one
	}
	return n
}

// asks is a call that tells only whether it was taken. It panics where it cannot fail.
func (b *taskBench) asks(name string, in any) func() *wire.Error {
	return func() *wire.Error {
		_, err := b.call(elsewhere{}, name, in)
		return err
	}
}

// TestConflictingCallsHaveOneWinner makes calls that exclude each other at the same time: exactly one is taken. No controllers run, so that
// what a call has begun lasts.
func TestConflictingCallsHaveOneWinner(t *testing.T) {
	s := taskStore(t)
	refused := []string{"InvalidResourceStateFault", "ResourceNotFoundFault"}
	t.Run("of a task", func(t *testing.T) {
		for _, status := range []string{taskReady, taskStopped, taskFailed, taskRunning} {
			wipe(t, s)
			b := newTaskBench(t, s, 1)
			b.furnish(t, nil)
			b.create(t, "K", fullLoadAndCDC)
			of := testTask(status)
			of.Name = b.record(t, "K").Name
			b.put(t, tasks.keys()+"K", of)
			arn := b.arn(tasks, "K")
			wish := WishResume
			if status == taskReady {
				wish = WishFresh
			}
			won := contend(
				t, refused,
				func() *wire.Error { return b.start(elsewhere{}, "K", wish) },
				func() *wire.Error { return b.stopIt(elsewhere{}, "K") },
				func() *wire.Error { return b.delete(elsewhere{}, "K") },
				b.asks("ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: &arn, TaskData: new("x")}),
				b.asks("MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: &arn, TargetReplicationInstanceArn: new(b.arn(instances, "I2"))}),
			)
			require.Equal(t, 1, sum(won), "%s: %v", status, won)
			ends := []string{taskStarting, taskStopping, taskDeleting, taskModifying, taskMoving}
			now := b.record(t, "K")
			for i, end := range ends {
				if won[i] == 1 {
					require.Equal(t, end, now.Status, "of %s", status)
				}
			}
			require.LessOrEqual(t, now.Attempt, of.Attempt+1)
			b.requireNoOrphans(t)
		}
	})
	t.Run("of an instance", func(t *testing.T) {
		wipe(t, s)
		b := newTaskBench(t, s, 1)
		b.furnish(t, nil)
		b.control()
		b.awaitUp(t, "I2")
		b.stop()
		arn := b.arn(instances, "I2")
		won := contend(
			t, refused,
			b.asks("ModifyReplicationInstance", &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: &arn, ReplicationInstanceClass: new("dms.t3.large"), ApplyImmediately: new(true)}),
			b.asks("RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: &arn}),
			b.asks("DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: &arn}),
		)
		require.LessOrEqual(t, won[0]+won[1], 1, "%v", won)
		require.Equal(t, 1, won[2], "one that is changed or rebooted may be deleted, once")
		now, err := store.Read[Instance](b.outside(t.Context()), instances.keys()+"I2")
		require.NoError(t, err)
		require.Equal(t, taskDeleting, now.Status, "and is not brought back")
		b.requireNoOrphans(t)
	})
	t.Run("of an endpoint", func(t *testing.T) {
		d := newDesk(t, nil)
		made := func() *string {
			return does[dmsapi.CreateEndpointResponse](d, "CreateEndpoint", &dmsapi.CreateEndpointMessage{EndpointIdentifier: new("end"), EndpointType: new("target"), EngineName: new("postgres"),
				ServerName: new("db.example.com"), Port: new(int64(5432)), DatabaseName: new("shop"), Username: new("u"), Password: new("p")}).Endpoint.EndpointArn
		}
		arn := made()
		call := func(name string, in any) func() *wire.Error {
			return func() *wire.Error {
				_, err := d.run(d.api, name, in)
				refused, _ := errors.AsType[*wire.Error](err)
				return refused
			}
		}
		won := contend(
			t, refused,
			call("DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn}),
			call("ModifyEndpoint", &dmsapi.ModifyEndpointMessage{EndpointArn: arn, DatabaseName: new("other")}),
		)
		require.Equal(t, 1, won[0], "it is deleted once, and no change brings it back")
		d.refuses("DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn}, "ResourceNotFoundFault")
		require.NotEqual(t, *arn, *made(), "its name is free")
	})
	t.Run("of a name", func(t *testing.T) {
		wipe(t, s)
		b := newTaskBench(t, s, 1)
		b.furnish(t, nil)
		var calls []func() *wire.Error
		for i := range rivals {
			in := b.creation("same", fullLoad)
			in.ResourceIdentifier = new(fmt.Sprintf("K%d", i))
			calls = append(calls, b.asks("CreateReplicationTask", in))
		}
		require.Equal(t, 1, sum(contend(t, []string{"ResourceAlreadyExistsFault"}, calls...)))
		b.requireNoOrphans(t)
	})
	t.Run("of what refers and what is referred to", func(t *testing.T) {
		for _, victim := range []string{"DeleteEndpoint", "DeleteReplicationInstance"} {
			wipe(t, s)
			b := newTaskBench(t, s, 1)
			b.furnish(t, nil)
			deletion := b.asks(victim, &dmsapi.DeleteEndpointMessage{EndpointArn: new(b.arn(endpoints, "S"))})
			if victim == "DeleteReplicationInstance" {
				deletion = b.asks(victim, &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: new(b.arn(instances, "I1"))})
			}
			won := contend(t, append(refused, "ResourceAlreadyExistsFault"), deletion, b.asks("CreateReplicationTask", b.creation("K", fullLoad)))
			require.Equal(t, 1, sum(won), "%s: %v", victim, won)
			b.requireNoOrphans(t)
		}
	})
}
