package dms

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func mirrored(t testing.TB) *taskBench {
	t.Helper()
	b := newTaskBench(t, taskStore(t), 1)
	mirror, err := store.OpenMirror(t.Context(), b.Store, Prefix, b.Log)
	require.NoError(t, err)
	b.Reads = store.Mirrored(b.Store, mirror)
	b.Store = store.Following(b.Store, mirror.Follower())
	b.furnish(t, nil)
	return b
}

// TestMonitoredFollowsChanges lists instances and tasks again after each change: what is kept of a record is never that of an
// older one.
func TestMonitoredFollowsChanges(t *testing.T) {
	b := mirrored(t)
	b.create(t, "a", fullLoad)
	want := []instance.Monitored{{ID: "I1", Name: "i1", Tasks: []instance.MonitoredTask{{ID: "a", Name: "a"}}}, {ID: "I2", Name: "i2"}}
	same := func() {
		t.Helper()
		got, err := b.Monitored(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	v := b.record(t, "a")
	want[0].Tasks[0].Logs = strings.Contains(v.Settings, logsOn)
	same()
	same()
	v.Settings, v.Name = `{"Logging": {"EnableLogging": true}}`, "renamed"
	b.put(t, tasks.keys()+"a", v)
	want[0].Tasks[0].Logs, want[0].Tasks[0].Name = true, "renamed"
	same()
	v.Instance, v.Settings = "I2", `{"Logging": {"EnableLogging": false}}`
	b.put(t, tasks.keys()+"a", v)
	want[0].Tasks, want[1].Tasks = nil, []instance.MonitoredTask{{ID: "a", Name: "renamed"}}
	same()
	b.putInstance(t, Instance{ID: "I2", Name: "other", Status: instanceAvailable, Class: "dms.t3.medium"})
	want[1].Name = "other"
	same()
}

// BenchmarkMonitored lists 500 tasks, as every few seconds.
func BenchmarkMonitored(b *testing.B) {
	bench := mirrored(b)
	bench.create(b, "a", fullLoad)
	v := bench.record(b, "a")
	for i := range 500 {
		v.ID, v.Name = fmt.Sprintf("K%03d", i), fmt.Sprintf("k%03d", i)
		bench.put(b, tasks.keys()+v.ID, v)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bench.Monitored(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
