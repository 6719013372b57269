package dms

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestTagsOfEveryKind: tags come and go on every kind of record, and nothing else of the record changes.
func TestTagsOfEveryKind(t *testing.T) {
	d := newDesk(t, nil)
	records := map[string]any{
		d.arn(instances, "I"): Instance{ID: "I", Status: "available", Boot: 1 << 53, Tags: map[string]string{"old": "1"}}, d.arn(subnetGroups, "g"): SubnetGroup{Name: "g"},
		d.arn(certificates, "C"): Certificate{ID: "C"}, d.arn(endpoints, "E"): Endpoint{ID: "E", Sealed: []byte{1, 2}}, d.arn(tasks, "T"): Task{ID: "T", Attempt: 1<<62 + 1}, d.arn(subs, "s"): Subscription{Name: "s"},
		d.arn(assessmentRuns, "R"): AssessmentRun{ID: "R", Status: "passed"}, d.arn(individuals, "RI000"): Individual{ID: "RI000", Run: "R", Status: "passed"},
	}
	for arn, r := range records {
		k, id, err := d.parse(arn)
		require.NoError(t, err)
		_, err = d.Store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, k.keys()+id, r) })
		require.NoError(t, err)
	}
	tags := func(arn string) map[string]string {
		all := map[string]string{}
		for _, tag := range does[dmsapi.ListTagsForResourceResponse](d, "ListTagsForResource", &dmsapi.ListTagsForResourceMessage{ResourceArn: &arn}).TagList {
			require.Nil(t, tag.ResourceArn)
			all[*tag.Key] = *tag.Value
		}
		return all
	}
	var arns []string
	for arn := range records {
		arns = append(arns, arn)
		before := tags(arn)
		require.Equal(t, dmsapi.AddTagsToResourceResponse{}, *does[dmsapi.AddTagsToResourceResponse](d, "AddTagsToResource", &dmsapi.AddTagsToResourceMessage{ResourceArn: &arn, Tags: []dmsapi.Tag{{Key: new("k"), Value: new("v")}, {Key: new("K")}}}))
		does[dmsapi.AddTagsToResourceResponse](d, "AddTagsToResource", &dmsapi.AddTagsToResourceMessage{ResourceArn: &arn, Tags: []dmsapi.Tag{{Key: new("k"), Value: new("w")}}})
		before["k"], before["K"] = "w", ""
		require.Equal(t, before, tags(arn), arn)
		does[dmsapi.RemoveTagsFromResourceResponse](d, "RemoveTagsFromResource", &dmsapi.RemoveTagsFromResourceMessage{ResourceArn: &arn, TagKeys: []string{"K", "absent"}})
		delete(before, "K")
		require.Equal(t, before, tags(arn), arn)
		known, err := d.Known(t.Context(), nil, service.Check{Resource: arn, Keys: map[string][]string{"aws:ResourceTag/k": {"asked"}}})
		require.NoError(t, err)
		require.Equal(t, []string{"asked"}, known.Keys["aws:ResourceTag/k"])
		for k, v := range before {
			if k != "k" {
				require.Equal(t, []string{v}, known.Keys["aws:ResourceTag/"+k], arn)
			}
		}
	}
	many := does[dmsapi.ListTagsForResourceResponse](d, "ListTagsForResource", &dmsapi.ListTagsForResourceMessage{ResourceArnList: arns}).TagList
	require.Len(t, many, len(arns)+1)
	for _, tag := range many {
		require.Contains(t, arns, *tag.ResourceArn)
	}
	require.EqualValues(t, 1<<53, d.instance("I").Boot)
	task, err := lookup[Task](d.outside(t.Context()), tasks, "T")
	require.NoError(t, err)
	require.EqualValues(t, 1<<62+1, task.Attempt, "numbers stay whole")
	e, err := lookup[Endpoint](d.outside(t.Context()), endpoints, "E")
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2}, e.Sealed)

	box := d.arn(instances, "I")
	add := func(arn string, tags ...dmsapi.Tag) *dmsapi.AddTagsToResourceMessage {
		return &dmsapi.AddTagsToResourceMessage{ResourceArn: &arn, Tags: tags}
	}
	d.refuses("AddTagsToResource", add(d.arn(instances, "none"), dmsapi.Tag{Key: new("k")}), "ResourceNotFoundFault", "none")
	d.refuses("AddTagsToResource", add("arn:aws:dms:eu-central-1:111122223333:house:I", dmsapi.Tag{Key: new("k")}), "InvalidParameterValueException", "Invalid ARN")
	d.refuses("AddTagsToResource", add("arn:aws:dms:us-east-1:111122223333:rep:I", dmsapi.Tag{Key: new("k")}), "InvalidParameterValueException", "Invalid ARN")
	d.refuses("AddTagsToResource", add(box, dmsapi.Tag{Key: new("DMS:x")}), "InvalidParameterValueException", "reserved")
	d.refuses("AddTagsToResource", add(box, dmsapi.Tag{Key: new("a*b")}), "InvalidParameterValueException", "a*b")
	var lots []dmsapi.Tag
	for n := range mostTags - 1 {
		lots = append(lots, dmsapi.Tag{Key: new(fmt.Sprint(n))})
	}
	d.refuses("AddTagsToResource", add(box, lots...), "InvalidParameterValueException", "50")
	require.Len(t, tags(box), 2, "nothing of it")
	edit(d, instances, "I", func(i *Instance) { i.Status = instanceDeleting })
	d.refuses("AddTagsToResource", add(box, dmsapi.Tag{Key: new("x")}), "InvalidResourceStateFault", "deleting")
	d.refuses("RemoveTagsFromResource", &dmsapi.RemoveTagsFromResourceMessage{ResourceArn: &box, TagKeys: []string{"k"}}, "InvalidResourceStateFault", "deleting")
	d.refuses("RemoveTagsFromResource", &dmsapi.RemoveTagsFromResourceMessage{ResourceArn: new(d.arn(tasks, "none")), TagKeys: []string{"k"}}, "ResourceNotFoundFault", "none")
	list := func(one string, many ...string) *dmsapi.ListTagsForResourceMessage {
		return &dmsapi.ListTagsForResourceMessage{ResourceArn: some(one), ResourceArnList: many}
	}
	d.refuses("ListTagsForResource", list(""), "InvalidParameterValueException", "ResourceArn")
	d.refuses("ListTagsForResource", list(box, box), "InvalidParameterCombinationException", "not both")
	d.refuses("ListTagsForResource", list("", box, d.arn(subs, "none")), "ResourceNotFoundFault", "none")
	d.refuses("ListTagsForResource", list("", make([]string, 101)...), "InvalidParameterValueException", "101")
}

// TestTagsComeWithCreation: what is made with tags has them, and nothing is made with bad ones.
func TestTagsComeWithCreation(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.Results = bucket.Folder(t.TempDir())
	b.Notify = notify.Topics{Topics: map[string]string{testTopic: "https://hooks.example/dms"}, Secret: []byte("0123456789abcdef")}
	b.furnish(t, nil)
	tags := []dmsapi.Tag{{Key: new("stage"), Value: new("test")}, {Key: new("team"), Value: new("movers")}}
	task := b.creation("k", fullLoad)
	task.Tags = tags
	_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", task)
	require.Nil(t, err)
	sub := &dmsapi.CreateEventSubscriptionMessage{SubscriptionName: new("s"), SnsTopicArn: new(testTopic), Tags: tags}
	_, err = taskCall[dmsapi.CreateEventSubscriptionResponse](t, b, "CreateEventSubscription", sub)
	require.Nil(t, err)
	k := b.record(t, "k")
	k.Status = taskReady
	b.put(t, tasks.keys()+"k", k)
	run, err := b.assess(t, "run", func(in *dmsapi.StartReplicationTaskAssessmentRunMessage) { in.Tags = tags })
	require.Nil(t, err)
	for _, arn := range []string{b.arn(tasks, "k"), b.arn(subs, "s"), *run.ReplicationTaskAssessmentRunArn} {
		out, err := taskCall[dmsapi.ListTagsForResourceResponse](t, b, "ListTagsForResource", &dmsapi.ListTagsForResourceMessage{ResourceArn: &arn})
		require.Nil(t, err)
		require.Equal(t, tags, out.TagList, arn)
	}
	bad := []dmsapi.Tag{{Key: new("aws:x"), Value: new("y")}}
	task.ReplicationTaskIdentifier, task.ResourceIdentifier, task.Tags, sub.SubscriptionName, sub.Tags = new("other"), nil, bad, new("other"), bad
	_, err = taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", task)
	require.Equal(t, "InvalidParameterValueException", err.Code)
	_, err = taskCall[dmsapi.CreateEventSubscriptionResponse](t, b, "CreateEventSubscription", sub)
	require.Equal(t, "InvalidParameterValueException", err.Code)
}

// logs is a host whose instances know the logs of some tasks.
type logs struct {
	Host
	sizes map[string]int64
	err   error
}

func (l *logs) Client(string) instance.Client { return logger{logs: l} }

type logger struct {
	instance.Client
	*logs
}

func (l logger) Log(_ context.Context, id string) (string, int64, error) {
	if size, known := l.sizes[id]; known || l.err != nil {
		return "/logs/" + id, size, l.err
	}
	return "", 0, &instance.Refusal{Message: "no log of " + id}
}

func TestTaskLogs(t *testing.T) {
	host := &logs{sizes: map[string]int64{"T1": 4711}}
	d := newDesk(t, func(c *Config) { c.Host = host })
	arn, id := d.made("box", nil)
	_, other := d.made("other", nil)
	for task, on := range map[string]string{"T1": id, "T2": id, "T3": other} {
		_, err := d.Store.Update(t.Context(), func(tx store.Tx) error {
			return store.Write(tx, tasks.keys()+task, Task{ID: task, Name: "task-" + task, Instance: on})
		})
		require.NoError(t, err)
	}
	in := &dmsapi.DescribeReplicationInstanceTaskLogsMessage{ReplicationInstanceArn: arn}
	out := does[dmsapi.DescribeReplicationInstanceTaskLogsResponse](d, "DescribeReplicationInstanceTaskLogs", in)
	require.Equal(t, *arn, *out.ReplicationInstanceArn)
	require.Equal(t, []dmsapi.ReplicationInstanceTaskLog{
		{ReplicationTaskName: new("task-T1"), ReplicationTaskArn: new(d.arn(tasks, "T1")), ReplicationInstanceTaskLogSize: new(int64(4711))},
		{ReplicationTaskName: new("task-T2"), ReplicationTaskArn: new(d.arn(tasks, "T2")), ReplicationInstanceTaskLogSize: new(int64(0))},
	}, out.ReplicationInstanceTaskLogs)
	host.err = fmt.Errorf("dial: %w", instance.ErrDown)
	d.refuses("DescribeReplicationInstanceTaskLogs", in, "InvalidResourceStateFault", "does not answer")
	edit(d, instances, id, func(i *Instance) { i.Status = instanceCreating })
	d.refuses("DescribeReplicationInstanceTaskLogs", in, "InvalidResourceStateFault", "creating")
	d.refuses("DescribeReplicationInstanceTaskLogs", &dmsapi.DescribeReplicationInstanceTaskLogsMessage{ReplicationInstanceArn: new(d.arn(instances, "none"))}, "ResourceNotFoundFault", "none")
}

// TestWhatIsNotServedSaysSo goes through the whole model: every operation has something behind it, or an error of its own
// that says that nothing is.
func TestWhatIsNotServedSaysSo(t *testing.T) {
	d := newDesk(t, nil)
	served := 0
	for i := range dmsapi.Service.Operations {
		op := &dmsapi.Service.Operations[i]
		require.NotNil(t, d.api.Operation(op.Name), op.Name)
		if d.api.Serves(op.Name) {
			served++
			continue
		}
		call := d.call(d.api, op.Name)
		checks, err := d.api.Operation(op.Name).Access(t.Context(), call, service.NewInput(op))
		require.NoError(t, err)
		require.NotEmpty(t, checks, "%s may be called by everyone", op.Name)
		_, err = d.api.Operation(op.Name).Do(t.Context(), call, service.NewInput(op))
		require.ErrorContains(t, err, "Whimbrel does not serve "+op.Name+" yet")
		require.True(t, isFault(err), op.Name)
		code := codeOf(err)
		require.True(t, dmsapi.Service.Modelled(op, code), "%s: %s", op.Name, code)
		require.NotEqual(t, "ResourceNotFoundFault", code)
	}
	require.GreaterOrEqual(t, served, 24)
}

// TestTagsThatCannotBeReadAreNotNone: by them a call may be denied.
func TestTagsThatCannotBeReadAreNotNone(t *testing.T) {
	d := newDesk(t, nil)
	_, err := d.Store.Update(t.Context(), func(tx store.Tx) error {
		return store.Write(tx, tasks.keys()+"T", Task{ID: "T", Tags: map[string]string{"stage": "prod"}})
	})
	require.NoError(t, err)
	arn := d.arn(tasks, "T")
	away, cancel := context.WithCancel(t.Context())
	cancel()
	checks, err := d.api.Operation("DeleteReplicationTask").Access(away, nil, &dmsapi.DeleteReplicationTaskMessage{ReplicationTaskArn: &arn})
	require.NoError(t, err)
	require.ErrorIs(t, checks[0].Unread, context.Canceled)
	_, err = d.TaskTags(away, arn)
	require.ErrorIs(t, err, context.Canceled)
	_, err = d.Known(away, nil, service.Check{Resource: arn})
	require.ErrorIs(t, err, context.Canceled)
	for _, other := range []string{arn, d.arn(tasks, "U"), "x", ""} {
		checks, err = d.api.Operation("DeleteReplicationTask").Access(t.Context(), nil, &dmsapi.DeleteReplicationTaskMessage{ReplicationTaskArn: &other})
		require.NoError(t, err, other)
		require.NoError(t, checks[0].Unread, other)
	}
}
