package dms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// taskBench is the service over a real store and a world in memory.
type taskBench struct {
	*Service
	api   *service.Service
	world *world
	stop  func() // of the controllers
}

// taskFailer is a test, or one run of a property.
type taskFailer interface {
	require.TestingT
	Helper()
}

func taskStore(t testing.TB) store.Store {
	t.Helper()
	s := storetest.Retried(etcdtest.Private(t))
	return s
}

func newTaskBench(t taskFailer, s store.Store, seed uint64) *taskBench {
	t.Helper()
	b := &taskBench{world: newWorld(seed)}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("WHIMBREL_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	made, err := New(Config{
		Store: s, Partition: "aws", Account: "111122223333", Region: "us-east-1", Host: b.world, Alone: true, Log: log, Now: time.Now,
	})
	require.NoError(t, err)
	b.Service = made
	b.times = times{save: 20 * time.Millisecond, poll: time.Millisecond, call: patient, probe: patient, renew: time.Millisecond, role: 10 * patient, room: time.Millisecond}
	b.reachEndpoint = func(_ context.Context, e *Endpoint, _ []string) (instance.Endpoint, error) {
		if e.Settings["reach"] != "" {
			return instance.Endpoint{}, badState("%s", e.Settings["reach"])
		}
		return instance.Endpoint{Engine: e.Engine, Settings: e.Settings}, nil
	}
	b.api, err = b.API()
	require.NoError(t, err)
	return b
}

// control runs the controllers until stop.
func (b *taskBench) control() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	b.stop = func() {
		cancel()
		<-done
	}
}

// taskCall does an operation as the edge would and holds its error to the model.
func taskCall[Out any](t taskFailer, b *taskBench, name string, in any) (*Out, *wire.Error) {
	t.Helper()
	out, err := b.call(t, name, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// call is taskCall without the answer's type.
func (b *taskBench) call(t taskFailer, name string, in any) (any, *wire.Error) {
	t.Helper()
	op := dmsapi.Service.Operation(name)
	if err := dmsapi.Service.Validate(wire.JSON11, op, in); err != nil {
		refused, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok, err)
		return nil, refused
	}
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	out, err := b.api.Operation(name).Do(ctx, &service.Call{
		Service: &dmsapi.Service, Operation: op, Partition: "aws", Region: "us-east-1", Account: "111122223333", Now: b.Now(),
	}, in)
	sees(name, err)
	if err != nil {
		refused, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok, "%s answers an internal failure: %v", name, err)
		require.True(t, dmsapi.Service.Modelled(op, refused.Code), "%s answers %v", name, refused)
		require.False(t, refused.Server, "%s answers %v", name, refused)
		return nil, refused
	}
	return out, nil
}

func (b *taskBench) put(t taskFailer, key string, v any) {
	t.Helper()
	_, err := b.Store.Update(context.Background(), func(tx store.Tx) error { return store.Write(tx, key, v) })
	require.NoError(t, err)
}

func (b *taskBench) name(t taskFailer, k kind, name, id string) {
	t.Helper()
	_, err := b.Store.Update(context.Background(), func(tx store.Tx) error { return b.claim(tx, k, name, id) })
	require.NoError(t, err)
}

func (b *taskBench) putInstance(t taskFailer, i Instance) {
	t.Helper()
	b.put(t, instances.keys()+i.ID, &i)
}

// place makes an instance with all that hangs on it.
func (b *taskBench) place(t taskFailer, i Instance) {
	t.Helper()
	i.SubnetGroup = "g"
	b.putInstance(t, i)
	b.name(t, instances, i.Name, i.ID)
	_, err := b.Store.Update(context.Background(), func(tx store.Tx) error {
		refer(tx, subnetGroups, "g", instances, i.ID)
		return nil
	})
	require.NoError(t, err)
}

// furnish makes two instances, a source and a target whose connections have been tested from both.
func (b *taskBench) furnish(t taskFailer, settings map[string]string) {
	t.Helper()
	b.put(t, subnetGroups.keys()+"g", SubnetGroup{Name: "g"})
	for _, id := range []string{"I1", "I2"} {
		b.place(t, Instance{ID: id, Name: strings.ToLower(id), Status: instanceAvailable, Class: "dms.t3.medium", EngineVersion: "3.5.4", Boot: 1})
		for _, end := range []string{"S", "T"} {
			b.put(t, connectionKey(id, end), Connection{Instance: id, Endpoint: end, Status: successful, Number: 1})
		}
	}
	b.put(t, endpoints.keys()+"S", Endpoint{ID: "S", Name: "s", Type: "source", Engine: "postgres", Status: "active", Settings: settings})
	b.put(t, endpoints.keys()+"T", Endpoint{ID: "T", Name: "t", Type: "target", Engine: "mysql", Status: "active"})
}

const everything = `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}]}`

func (b *taskBench) creation(name, migrationType string) *dmsapi.CreateReplicationTaskMessage {
	return &dmsapi.CreateReplicationTaskMessage{
		ReplicationTaskIdentifier: &name, MigrationType: &migrationType, TableMappings: new(everything), ResourceIdentifier: &name,
		SourceEndpointArn: new(b.arn(endpoints, "S")), TargetEndpointArn: new(b.arn(endpoints, "T")), ReplicationInstanceArn: new(b.arn(instances, "I1")),
	}
}

func (b *taskBench) create(t taskFailer, name, migrationType string) {
	t.Helper()
	_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", b.creation(name, migrationType))
	require.Nil(t, err)
}

func (b *taskBench) start(t taskFailer, name string, wish Wish) *wire.Error {
	t.Helper()
	_, err := taskCall[dmsapi.StartReplicationTaskResponse](t, b, "StartReplicationTask", &dmsapi.StartReplicationTaskMessage{
		ReplicationTaskArn: new(b.arn(tasks, name)), StartReplicationTaskType: new(string(wish))})
	return err
}

func (b *taskBench) stopIt(t taskFailer, name string) *wire.Error {
	t.Helper()
	_, err := taskCall[dmsapi.StopReplicationTaskResponse](t, b, "StopReplicationTask", &dmsapi.StopReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, name))})
	return err
}

func (b *taskBench) delete(t taskFailer, name string) *wire.Error {
	t.Helper()
	_, err := taskCall[dmsapi.DeleteReplicationTaskResponse](t, b, "DeleteReplicationTask", &dmsapi.DeleteReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, name))})
	return err
}

// describe shows a task; nil if it is not there.
func (b *taskBench) describe(t taskFailer, name string) *dmsapi.ReplicationTask {
	t.Helper()
	out, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{
		Filters: []dmsapi.Filter{{Name: new("replication-task-id"), Values: []string{name}}}})
	if err != nil {
		require.Equal(t, "ResourceNotFoundFault", err.Code)
		return nil
	}
	require.Len(t, out.ReplicationTasks, 1)
	return &out.ReplicationTasks[0]
}

func (b *taskBench) record(t taskFailer, id string) *Task {
	t.Helper()
	v, err := store.Read[Task](b.outside(context.Background()), tasks.keys()+id)
	require.NoError(t, err)
	return &v
}

// patient is how long a test waits for what a loaded machine may take long for; nothing passes or fails sooner by it.
const patient = 90 * time.Second

// await waits until a task has one of the statuses; "" is that it is gone.
func (b *taskBench) await(t taskFailer, name string, statuses ...string) string {
	t.Helper()
	var last *dmsapi.ReplicationTask
	for deadline := time.Now().Add(patient); time.Now().Before(deadline); pause(time.Millisecond) {
		last = b.describe(t, name)
		status := ""
		if last != nil {
			status = *last.Status
		}
		for _, want := range statuses {
			if status == want {
				return status
			}
		}
	}
	shown, _ := json.Marshal(last)
	require.Fail(t, "waited in vain", "for %v of %s, which is %s", statuses, name, shown)
	return ""
}

// awaitUp waits until an instance's process answers: its record may say "available" from before the process began.
func (b *taskBench) awaitUp(t taskFailer, id string) {
	t.Helper()
	require.Eventually(t, func() bool { return b.world.State(id).Phase == instance.Up }, patient, time.Millisecond)
}

// events lists the messages of a source's events in order.
func (b *taskBench) events(t taskFailer, source string) (messages []string) {
	t.Helper()
	page, err := b.Store.List(context.Background(), store.Range{Prefix: Prefix + "event/"})
	require.NoError(t, err)
	for _, item := range page.Items {
		var e Event
		require.NoError(t, item.Decode(&e))
		if e.Source == source {
			messages = append(messages, e.Message)
		}
	}
	return messages
}

func taskAnswer[T any](v *T, err *wire.Error) *T {
	if err != nil {
		panic(err)
	}
	return v
}

// pause lets time pass that nothing tells the end of: another process acts meanwhile.
func pause(d time.Duration) { <-time.After(d) }

// elsewhere is the test for goroutines beside its own.
type elsewhere struct{}

func (elsewhere) Helper()                      {}
func (elsewhere) Errorf(form string, a ...any) { panic(fmt.Sprintf(form, a...)) }
func (elsewhere) FailNow()                     { panic("failed") }
