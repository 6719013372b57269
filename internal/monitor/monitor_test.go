package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/metric"
)

// floor is a host with one instance, whose figures a test sets.
type floor struct {
	dir     string
	figures instance.Figures
	down    bool
	logs    bool
	gone    bool
	silent  error
}

func (f *floor) Monitored(context.Context) ([]instance.Monitored, error) {
	if f.gone {
		return nil, nil
	}
	return []instance.Monitored{{ID: "ID", Name: "box", Tasks: []instance.MonitoredTask{{ID: "T1", Name: "t", Logs: f.logs}}}}, nil
}
func (f *floor) Up() []string {
	if f.down {
		return nil
	}
	return []string{"ID"}
}
func (f *floor) Path(string) string            { return f.dir }
func (f *floor) Client(string) instance.Client { return told{f: f} }

// told is the client of the instance.
type told struct {
	instance.Client
	f *floor
}

func (c told) Figures(context.Context) (instance.Figures, error) { return c.f.figures, c.f.silent }

// TestRatesAddUpToWhatWasCounted looks late, not at all, and at a process that was started anew.
func TestRatesAddUpToWhatWasCounted(t *testing.T) {
	now := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	values, err := metric.Open(t.Context(), metric.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = values.Close() })
	f := &floor{dir: t.TempDir()}
	m := New(Config{Inventory: f, Host: f, Store: values, Log: slog.New(slog.DiscardHandler), Now: clock})
	look := func(after time.Duration, began time.Time, rows int64, cpu time.Duration, running bool) {
		now = now.Add(after)
		f.figures = instance.Figures{Began: began, Process: instance.ProcessFigures{CPU: cpu, Processors: 2, Bound: 1 << 30, Resident: 100 << 20}, Tasks: []instance.TaskFigures{
			{ID: "T1", Running: running, Type: "full-load", LoadedRows: rows, LoadedBytes: rows * 2048, Memory: 12 << 20},
		}}
		require.NoError(t, m.Gather(t.Context()))
	}
	first := now
	look(10*time.Second, first, 100, 5*time.Second, true)
	look(10*time.Second+300*time.Millisecond, first, 400, 6*time.Second, true)
	look(29*time.Second+900*time.Millisecond, first, 1000, 7*time.Second, true) // two turns were missed
	second := now.Add(5 * time.Second)
	look(10*time.Second, second, 50, time.Second, true) // after a restart
	look(10*time.Second, second, 60, 2*time.Second, false)
	look(10*time.Second, second, 60, 3*time.Second, false) // it rests
	read := func(name string, task bool) (all []metric.Bucket) {
		dimensions := []metric.Dimension{{Name: InstanceDimension, Value: "box"}}
		if task {
			dimensions = append(dimensions, metric.Dimension{Name: TaskDimension, Value: "T1"})
		}
		all, err := values.Read(t.Context(), metric.Reading{Name: metric.Of(Namespace, name, dimensions...), Start: first.Add(-time.Hour), End: now.Add(time.Hour), Period: 10 * time.Second})
		require.NoError(t, err)
		return all
	}
	rows := read("FullLoadThroughputRowsTarget", true)
	total := 0.0
	for _, b := range rows {
		require.InDelta(t, 1, b.Count, 0)
		total += 10 * b.Sum
	}
	require.InDelta(t, 1000+60, total, 1e-9)
	require.Len(t, rows, 7)
	require.Equal(t, first, rows[0].At)
	require.InDelta(t, 10, rows[0].Sum, 0)
	require.InDelta(t, 20, rows[2].Sum, 0, "what was missed is shared out")
	require.InDelta(t, 20, read("FullLoadThroughputBandwidthTarget", true)[0].Sum, 0)
	require.InDelta(t, 25, read("CPUUtilization", false)[0].Sum, 1e-9)
	require.InDelta(t, 50, read("CPUUtilization", true)[0].Sum, 1e-9, "one task alone has the process")
	require.Empty(t, read("CDCLatencySource", true), "a full load follows nothing")
	require.Positive(t, read("FreeStorageSpace", false)[0].Sum)

	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(m))
	families, err := registry.Gather()
	require.NoError(t, err)
	names := ""
	for _, x := range families {
		names += x.GetName() + " "
	}
	require.Contains(t, names, "whimbrel_instance_cpu_utilization_percent")
	f.down = true
	require.NoError(t, m.Gather(t.Context()))
	require.Empty(t, m.Latest())
}

// TestSilentInstancesHaveNoLatestValues keeps Prometheus from showing what an instance told once as what it does now.
func TestSilentInstancesHaveNoLatestValues(t *testing.T) {
	values, err := metric.Open(t.Context(), metric.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = values.Close() })
	f := &floor{dir: t.TempDir()}
	m := New(Config{Inventory: f, Host: f, Store: values, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	for _, silent := range []error{nil, errors.New("it hangs"), nil} {
		f.silent = silent
		require.NoError(t, m.Gather(t.Context()))
		require.Equal(t, silent != nil, len(m.Latest()) == 0)
	}
}

// TestChangesThatAreHeld are told apart by where they lie, and bytes of the network are a rate.
func TestChangesThatAreHeld(t *testing.T) {
	began := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	look := func(after time.Duration, bytes int64) *look {
		return &look{at: began.Add(after), figures: instance.Figures{Began: began, Process: instance.ProcessFigures{Sent: bytes, Received: 2 * bytes}, Tasks: []instance.TaskFigures{{
			ID: "T1", Running: true, Type: "cdc", Waiting: 5, HeldAtSource: instance.Held{Memory: 10, Disk: 100}, HeldForTarget: instance.Held{Memory: 1000, Disk: 10_000},
		}}}}
	}
	before, now := look(10*time.Second, 1000), look(20*time.Second, 6000)
	m := &Monitor{machine: &machine{}}
	got := map[string]float64{}
	for _, v := range append(taskValues(now, before), m.instanceValues(now, before)...) {
		got[v.Metric] = v.Value
	}
	for name, want := range map[string]float64{
		"CDCIncomingChanges": 5, "CDCChangesMemorySource": 10, "CDCChangesDiskSource": 100, "CDCChangesMemoryTarget": 1005, "CDCChangesDiskTarget": 10_000,
		"NetworkTransmitThroughput": 500, "NetworkReceiveThroughput": 1000,
	} {
		require.InDelta(t, want, got[name], 1e-9, name)
	}
}

// TestValidationHasItsMetrics has rates by the minute, counts of now, and latencies of the questions between two looks; where nobody was asked there
// is none, and a task that compares nothing has none of them.
func TestValidationHasItsMetrics(t *testing.T) {
	began := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	look := func(after time.Duration, v *instance.ValidationFigures) *look {
		return &look{at: began.Add(after), figures: instance.Figures{Began: began, Tasks: []instance.TaskFigures{{ID: "T1", Running: true, Type: "cdc", Validation: v}}}}
	}
	before := look(10*time.Second, &instance.ValidationFigures{Attempted: 100, Succeeded: 90, BulkSource: instance.Asked{Times: 3, Took: time.Minute}, ItemTarget: instance.Asked{Times: 1, Took: time.Second}})
	now := look(20*time.Second, &instance.ValidationFigures{
		Attempted: 200, Succeeded: 170, Failed: 3, Suspended: 4, Pending: 5,
		BulkSource: instance.Asked{Times: 3, Took: time.Minute}, ItemTarget: instance.Asked{Times: 5, Took: time.Second + 80*time.Millisecond},
	})
	got := map[string]float64{}
	for _, v := range taskValues(now, before) {
		if strings.HasPrefix(v.Metric, "Validation") {
			got[v.Metric] = v.Value
		}
	}
	require.Equal(t, map[string]float64{
		"ValidationAttemptedRecordCount": 600, "ValidationSucceededRecordCount": 480, "ValidationFailedOverallCount": 3, "ValidationSuspendedOverallCount": 4,
		"ValidationPendingOverallCount": 5, "ValidationItemQueryTargetLatency": 20,
	}, got)
	for _, v := range taskValues(look(30*time.Second, nil), now) {
		require.NotContains(t, v.Metric, "Validation")
	}
}

func TestNamesForPrometheus(t *testing.T) {
	for name, want := range map[string]string{
		"CDCLatencySource": "cdc_latency_source", "CPUUtilization": "cpu_utilization", "ReadIOPS": "read_iops", "FullLoadThroughputRowsTarget": "full_load_throughput_rows_target",
	} {
		require.Equal(t, want, snake(name))
	}
}

// TestLostLinesAreTold: a log that has begun more files than it keeps since it was last read says that lines are missing; one that was
// cleared does not.
func TestLostLinesAreTold(t *testing.T) {
	f := &floor{dir: t.TempDir(), logs: true}
	kept, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kept.Close() })
	var said bytes.Buffer
	l := NewLogs(LogConfig{Inventory: f, Host: f, Store: kept, Log: slog.New(slog.NewTextHandler(&said, nil))})
	require.NoError(t, keep.Dir(f.dir).Make("T1"))
	log, n := filepath.Join(f.dir, "tasks", "T1", "log"), 0
	write := func() {
		n++
		file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		fmt.Fprintf(file, "2026-11-26T03:00:00:%06d [TASK_MANAGER    ]I:  line %d\n", n, n)
		require.NoError(t, file.Close())
	}
	rotate := func() {
		for i := keep.OldLogs; i > 0; i-- {
			// A second name keeps the inode of one that goes from being given to a new file.
			_ = os.Link(fmt.Sprintf("%s.%d", log, i), fmt.Sprintf("%s/gone%d-%d", f.dir, n, i))
			_ = os.Rename(strings.TrimSuffix(fmt.Sprintf("%s.%d", log, i-1), ".0"), fmt.Sprintf("%s.%d", log, i))
		}
	}
	lines := func() (all []string) {
		x, err := kept.Stream(t.Context(), "dms-tasks-box", "dms-task-T1")
		require.NoError(t, err)
		last, err := kept.Last(t.Context(), x, logstore.Place{}, logstore.Place{At: 1 << 60}, 100, 1<<20)
		require.NoError(t, err)
		for _, e := range last {
			all = append(all, string(e.Message))
		}
		return all
	}
	write()
	require.NoError(t, l.Gather(t.Context()))
	for range keep.OldLogs {
		rotate()
		write()
	}
	require.NoError(t, l.Gather(t.Context()))
	require.Len(t, lines(), 5)
	require.Empty(t, said.String())

	for range keep.OldLogs + 2 {
		rotate()
		write()
	}
	require.NoError(t, l.Gather(t.Context()))
	require.NoError(t, l.Gather(t.Context()))
	told := strings.Join(lines(), "\n")
	require.Len(t, lines(), 5+1+5)
	require.Equal(t, 1, strings.Count(told, "[COMMON          ]W:  lines of this log are lost"), told)
	require.Equal(t, 1, strings.Count(said.String(), "lines of a task's log are lost"))
	require.NotContains(t, told, "line 6\n")
	require.Contains(t, told, fmt.Sprint("line ", n))

	require.NoError(t, keep.Dir(f.dir).ClearLog("T1"))
	write()
	require.NoError(t, l.Gather(t.Context()))
	require.Len(t, lines(), 5+1+5+1)

	write()
	require.NoError(t, l.Gather(t.Context()))
	require.NoError(t, os.Truncate(log, 0)) // as another file with the same number
	write()
	require.NoError(t, l.Gather(t.Context()))
	require.Len(t, lines(), 5+1+5+3)

	require.NoError(t, os.Truncate(log, 0)) // as another one that has grown beyond what the first one held
	write()
	write()
	write()
	require.NoError(t, l.Gather(t.Context()))
	require.Len(t, lines(), 5+1+5+6)
	require.NoError(t, l.Gather(t.Context()))
	require.Len(t, lines(), 5+1+5+6)
}

// TestLogsAreTakenOnce writes, rotates and restarts, and finds every line once.
func TestLogsAreTakenOnce(t *testing.T) {
	f := &floor{dir: t.TempDir(), logs: true}
	kept, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kept.Close() })
	var refused error
	gatherer := func() *Logs {
		l := NewLogs(LogConfig{Inventory: f, Host: f, Store: kept, Permit: func(context.Context, string, string) error { return refused }, Log: slog.New(slog.DiscardHandler)})
		return l
	}
	n := 0
	log := filepath.Join(f.dir, "tasks", "T1", "log")
	require.NoError(t, keep.Dir(f.dir).Make("T1"))
	write := func(lines int, tail string) {
		file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		for range lines {
			n++
			fmt.Fprintf(file, "2026-11-26T03:00:%02d:%06d [TASK_MANAGER    ]I:  line %d\n", n%60, n, n)
		}
		_, err = file.WriteString(tail)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	check := func() {
		t.Helper()
		x, err := kept.Stream(t.Context(), "dms-tasks-box", "dms-task-T1")
		require.NoError(t, err)
		seen := map[string]int{}
		_, _, err = kept.Scan(t.Context(), &logstore.Scan{Streams: []logstore.Stream{*x}, Till: logstore.Place{At: 1 << 60}, See: func(_ int, e *logstore.Event) bool {
			_, number, _ := strings.Cut(string(e.Message), "line ")
			seen[number]++
			require.Equal(t, time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC).Unix()/60, e.At/60_000)
			return true
		}})
		require.NoError(t, err)
		for i := 1; i <= n; i++ {
			require.Equal(t, 1, seen[fmt.Sprint(i)], "line %d", i)
		}
		require.Len(t, seen, n)
	}
	refused = fmt.Errorf("no role")
	l := gatherer()
	write(3, "")
	require.NoError(t, l.Gather(t.Context()))
	_, err = kept.Stream(t.Context(), "dms-tasks-box", "dms-task-T1")
	require.ErrorIs(t, err, logstore.ErrNoGroup)
	refused = nil
	l = gatherer()
	require.NoError(t, l.Gather(t.Context()))
	check()
	write(2, "2026-11-26T03:00:59:000000 [TASK_MANAGER    ]I:  li") // half a line
	require.NoError(t, l.Gather(t.Context()))
	check()
	write(0, fmt.Sprintf("ne %d\n", n+1))
	n++
	require.NoError(t, os.Rename(log, log+".1")) // it is full
	write(4, "")
	require.NoError(t, l.Gather(t.Context()))
	check()
	l = gatherer() // after a restart
	require.NoError(t, l.Gather(t.Context()))
	write(20_000, "")
	require.NoError(t, l.Gather(t.Context()))
	check()
	require.NoError(t, kept.DeleteGroup(t.Context(), "dms-tasks-box"))
	require.NoError(t, l.Gather(t.Context()))
	before := n
	write(1, "")
	require.NoError(t, l.Gather(t.Context()))
	x, err := kept.Stream(t.Context(), "dms-tasks-box", "dms-task-T1")
	require.NoError(t, err)
	last, err := kept.Last(t.Context(), x, logstore.Place{}, logstore.Place{At: 1 << 60}, 10, 1<<20)
	require.NoError(t, err)
	require.Len(t, last, 1, "what was deleted does not come back")
	require.Contains(t, string(last[0].Message), fmt.Sprint("line ", before+1))
}

// TestTasksThatAreGoneAreForgotten lets an instance go, with its task.
func TestTasksThatAreGoneAreForgotten(t *testing.T) {
	now := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	f := &floor{dir: t.TempDir(), logs: true}
	kept, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = kept.Close() })
	l := NewLogs(LogConfig{
		Inventory: f, Host: f, Store: kept, Permit: func(context.Context, string, string) error { return nil }, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	require.NoError(t, keep.Dir(f.dir).Make("T1"))
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, "tasks", "T1", "log"), []byte("a line\n"), 0o600))
	require.NoError(t, l.Gather(t.Context()))
	require.Equal(t, []int{1, 1}, []int{len(l.taken), len(l.permits)})
	f.gone = true
	now = now.Add(listEvery)
	require.NoError(t, l.Gather(t.Context()))
	require.Equal(t, []int{0, 0}, []int{len(l.taken), len(l.permits)})
}
