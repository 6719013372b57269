package dms

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestEncodedEndpoints holds the page that is put together to the one that the wire package writes.
func TestEncodedEndpoints(t *testing.T) {
	t.Parallel()
	s := &Service{Config: Config{Partition: "aws", Account: "111122223333", Region: "us-east-1"}}
	var parts []encodedEndpoint
	out := &dmsapi.DescribeEndpointsResponse{Endpoints: []dmsapi.Endpoint{}, Marker: paging{operation: "DescribeEndpoints"}.markerOf("dms/endpoint/B")}
	for _, rec := range []string{`{"ID":"A","Name":"a","Type":"source","Engine":"postgres","Status":"active","Settings":{"SlotName":"\"é\u2028"}}`, `{"ID":"B","Name":"b","Type":"target","Engine":"mysql","Port":3306}`} {
		item := store.Item{Key: "k", Value: []byte(rec)}
		shown, err := s.shownEndpoint(item)
		require.NoError(t, err)
		part, err := s.encodeEndpoint(item)
		require.NoError(t, err)
		parts, out.Endpoints = append(parts, part), append(out.Endpoints, *shown)
	}
	got := encodeEndpoints(nil, parts, out.Marker)
	require.Equal(t, dmsapi.Service.AppendJSON(nil, dmsapi.Service.Operation("DescribeEndpoints"), out), got, "byte by byte")
	require.JSONEq(t, `{"Endpoints":[]}`, string(encodeEndpoints(nil, nil, nil)))
}

// TestEncodedTasks does the same for tasks, and again after what they are made of has changed.
func TestEncodedTasks(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	mirror, err := store.OpenMirror(t.Context(), b.Store, Prefix, b.Log)
	require.NoError(t, err)
	b.Reads = store.Mirrored(b.Store, mirror)
	b.Store = store.Following(b.Store, mirror.Follower())
	b.furnish(t, nil)
	b.create(t, "a", fullLoad)
	b.create(t, "b", onlyChanges)
	same := func(without bool) string {
		call := &service.Call{Now: b.Now()}
		out, err := b.describeTasks(t.Context(), call, &dmsapi.DescribeReplicationTasksMessage{WithoutSettings: &without})
		require.NoError(t, err)
		require.Len(t, out.ReplicationTasks, 2)
		got := string(call.Encode(nil))
		require.Equal(t, string(dmsapi.Service.AppendJSON(nil, dmsapi.Service.Operation("DescribeReplicationTasks"), out)), got, "byte by byte")
		return got
	}
	for range 2 {
		require.Contains(t, same(false), `dms-tasks-i1`)
		require.NotContains(t, same(true), "CommitRate")
	}
	b.putInstance(t, Instance{ID: "I1", Name: "renamed", Status: instanceAvailable, Class: "dms.t3.medium"})
	require.Contains(t, same(false), `dms-tasks-renamed`)
	v := b.record(t, "a")
	v.Status, v.StopReason, v.Started = taskStopped, "NORMAL", new(b.Now())
	b.put(t, tasks.keys()+"a", v)
	require.Contains(t, same(false), `Stop Reason NORMAL`)
}

// BenchmarkDescribeReplicationTasks describes pages of 100 of 200 tasks, as the edge asks for them.
func BenchmarkDescribeReplicationTasks(b *testing.B) {
	bench := newTaskBench(b, taskStore(b), 1)
	mirror, err := store.OpenMirror(b.Context(), bench.Store, Prefix, bench.Log)
	require.NoError(b, err)
	bench.Reads = store.Mirrored(bench.Store, mirror)
	bench.Store = store.Following(bench.Store, mirror.Follower())
	bench.furnish(b, nil)
	for i := range 200 {
		v := testTask(map[bool]string{true: taskRunning, false: taskStopped}[i%10 == 0])
		v.ID, v.Name, v.Started = fmt.Sprintf("K%03d", i), fmt.Sprintf("k%03d", i), new(bench.Now())
		bench.put(b, tasks.keys()+v.ID, v)
	}
	b.ReportAllocs()
	var buffer []byte
	for b.Loop() {
		call := &service.Call{Now: bench.Now()}
		if _, err := bench.describeTasks(b.Context(), call, &dmsapi.DescribeReplicationTasksMessage{}); err != nil {
			b.Fatal(err)
		}
		buffer = call.Encode(buffer[:0])
	}
}
