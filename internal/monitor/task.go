package monitor

import "github.com/whimbreldb/whimbrel/internal/instance"

// taskValues are the values of all tasks that an instance runs, or has run until a moment ago.
func taskValues(now, before *look) []Value {
	var out []Value
	running := 0
	for i := range now.figures.Tasks {
		if now.figures.Tasks[i].Running {
			running++
		}
	}
	for i := range now.figures.Tasks {
		t := &now.figures.Tasks[i]
		if !t.Running && !moved(now, before, t.ID) {
			continue
		}
		add := func(name, unit string, v float64) {
			out = append(out, Value{Metric: name, Unit: unit, Task: t.ID, Value: v})
		}
		rate := func(name, unit string, per float64, of func(*instance.TaskFigures) int64) {
			v := perSecond(now, before, func(l *look) int64 { return of(l.task(t.ID)) }) / per
			out = append(out, Value{Metric: name, Unit: unit, Task: t.ID, Value: v, Slots: slots(now, before)})
		}
		if t.Type != "cdc" {
			rate("FullLoadThroughputRowsTarget", countPerSecond, 1, func(f *instance.TaskFigures) int64 { return f.LoadedRows })
			rate("FullLoadThroughputBandwidthTarget", kilobytesPerSecond, kilo, func(f *instance.TaskFigures) int64 { return f.LoadedBytes })
		}
		if t.Type != "full-load" {
			rate("CDCThroughputRowsSource", countPerSecond, 1, func(f *instance.TaskFigures) int64 { return f.Captured })
			rate("CDCThroughputRowsTarget", countPerSecond, 1, func(f *instance.TaskFigures) int64 { return f.Applied })
			rate("CDCThroughputBandwidthTarget", kilobytesPerSecond, kilo, func(f *instance.TaskFigures) int64 { return f.AppliedBytes })
			add("CDCIncomingChanges", count, float64(t.Waiting))
			add("CDCChangesMemorySource", count, float64(t.HeldAtSource.Memory))
			add("CDCChangesDiskSource", count, float64(t.HeldAtSource.Disk))
			add("CDCChangesMemoryTarget", count, float64(t.Waiting+t.HeldForTarget.Memory))
			add("CDCChangesDiskTarget", count, float64(t.HeldForTarget.Disk))
			add("CDCLatencySource", seconds, t.SourceLatency.Seconds())
			add("CDCLatencyTarget", seconds, t.TargetLatency.Seconds())
		}
		out = append(out, validationValues(now, before, t)...)
		if t.Running {
			add("CPUAllocated", percent, 0) // no task has a bound of its own
			add("MemoryAllocated", megabytes, float64(t.Memory)/mega)
		}
		if t.Running && running == 1 {
			out = append(out, aloneValues(now, before, t.ID)...)
		}
	}
	return out
}

// validationValues are those of the comparison of rows: AWS DMS user guide, "Replication task statistics with Amazon CloudWatch". It counts rows by
// the minute, and names no unit of the latencies, which are there when an end was asked.
func validationValues(now, before *look, t *instance.TaskFigures) []Value {
	v := t.Validation
	if v == nil {
		return nil
	}
	of := func(l *look) *instance.ValidationFigures {
		if f := l.task(t.ID).Validation; f != nil {
			return f
		}
		return &instance.ValidationFigures{}
	}
	minutely := func(name string, f func(*instance.ValidationFigures) int64) Value {
		return Value{Metric: name, Unit: count, Task: t.ID, Slots: slots(now, before), Value: 60 * perSecond(now, before, func(l *look) int64 { return f(of(l)) })}
	}
	out := []Value{
		minutely("ValidationAttemptedRecordCount", func(f *instance.ValidationFigures) int64 { return f.Attempted }),
		minutely("ValidationSucceededRecordCount", func(f *instance.ValidationFigures) int64 { return f.Succeeded }),
		{Metric: "ValidationFailedOverallCount", Unit: count, Task: t.ID, Value: float64(v.Failed)},
		{Metric: "ValidationSuspendedOverallCount", Unit: count, Task: t.ID, Value: float64(v.Suspended)},
		{Metric: "ValidationPendingOverallCount", Unit: count, Task: t.ID, Value: float64(v.Pending)},
	}
	for name, asked := range map[string]func(*instance.ValidationFigures) *instance.Asked{
		"ValidationBulkQuerySourceLatency": func(f *instance.ValidationFigures) *instance.Asked { return &f.BulkSource },
		"ValidationBulkQueryTargetLatency": func(f *instance.ValidationFigures) *instance.Asked { return &f.BulkTarget },
		"ValidationItemQuerySourceLatency": func(f *instance.ValidationFigures) *instance.Asked { return &f.ItemSource },
		"ValidationItemQueryTargetLatency": func(f *instance.ValidationFigures) *instance.Asked { return &f.ItemTarget },
	} {
		times := grown(now, before, func(l *look) int64 { return asked(of(l)).Times })
		took := grown(now, before, func(l *look) int64 { return int64(asked(of(l)).Took) })
		if times > 0 {
			out = append(out, Value{Metric: name, Unit: milliseconds, Task: t.ID, Value: took / times / 1e6})
		}
	}
	return out
}

// aloneValues are those of a process, as the task's that runs in it alone: of several nobody can say which used what.
func aloneValues(now, before *look, id string) []Value {
	p := &now.figures.Process
	out := []Value{
		{Metric: "CPUUtilization", Unit: percent, Task: id, Value: 100 * cpu(now, before)},
		{Metric: "MemoryUsage", Unit: megabytes, Task: id, Value: float64(p.Resident) / mega},
	}
	if p.Swap != nil {
		out = append(out, Value{Metric: "SwapUsage", Unit: bytesUnit, Task: id, Value: float64(*p.Swap)})
	}
	return out
}

// cpu is how many processors were busy.
func cpu(now, before *look) float64 {
	return busy(now, before, func(l *look) int64 { return int64(l.figures.Process.CPU) })
}

// task finds a task's figures; one that is not there has counted nothing.
func (l *look) task(id string) *instance.TaskFigures {
	for i := range l.figures.Tasks {
		if l.figures.Tasks[i].ID == id {
			return &l.figures.Tasks[i]
		}
	}
	return &instance.TaskFigures{}
}

// moved reports that a task has counted something since the look before.
func moved(now, before *look, id string) bool {
	for _, of := range []func(*instance.TaskFigures) int64{
		func(f *instance.TaskFigures) int64 { return f.LoadedRows }, func(f *instance.TaskFigures) int64 { return f.LoadedBytes },
		func(f *instance.TaskFigures) int64 { return f.Captured }, func(f *instance.TaskFigures) int64 { return f.Applied },
		func(f *instance.TaskFigures) int64 {
			if f.Validation == nil {
				return 0
			}
			return f.Validation.Attempted
		},
	} {
		if grown(now, before, func(l *look) int64 { return of(l.task(id)) }) > 0 {
			return true
		}
	}
	return false
}
