package worker

import (
	"context"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// counted is what the tries of a job have counted in this process.
type counted struct {
	loadedRows, loadedBytes         int64
	captured, applied, appliedBytes int64
}

func (c *counted) add(load []fullload.TableCounts, changes *cdc.Counts) {
	for i := range load {
		c.loadedRows += load[i].Rows
		c.loadedBytes += load[i].Bytes
	}
	c.captured += changes.Read
	c.applied += changes.Applied
	c.appliedBytes += changes.Bytes
}

// figures are those of the attempts in this process; ok is false when there was none.
func (j *job) figures() (f instance.TaskFigures, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.mu.live && j.mu.counted == (counted{}) {
		return f, false
	}
	all := j.mu.counted
	var changes cdc.Counts
	if j.mu.load != nil {
		changes = j.mu.changes.Counts()
		all.add(j.mu.load.Tables(), &changes)
	}
	f.HeldAtSource.Memory, f.HeldAtSource.Disk = j.mu.source.Counts()
	f.HeldForTarget.Memory, f.HeldForTarget.Disk = j.mu.target.Counts()
	return instance.TaskFigures{
		HeldAtSource: f.HeldAtSource, HeldForTarget: f.HeldForTarget,
		ID: j.id, Running: j.mu.live, Type: j.mu.kind, LoadedRows: all.loadedRows, LoadedBytes: all.loadedBytes,
		Captured: all.captured, Applied: all.applied, AppliedBytes: all.appliedBytes,
		Waiting: changes.Waiting, SourceLatency: changes.SourceLatency, TargetLatency: changes.TargetLatency, Memory: j.mu.share,
	}, true
}

// Figures implements instance.FiguresClient.
func (w *Worker) Figures(ctx context.Context) (instance.Figures, error) {
	used, err := w.Usage(ctx)
	if err != nil {
		return instance.Figures{}, err
	}
	f := instance.Figures{Began: w.began, Process: instance.ProcessFigures{
		CPU: used.CPU, Processors: runtime.GOMAXPROCS(0), Bound: w.Memory, Resident: used.Memory, Idle: idleMemory(),
		Sent: w.traffic.Sent.Load(), Received: w.traffic.Received.Load(),
	}}
	askSystem(&f.Process)
	for _, j := range w.jobs() {
		if t, ok := j.figures(); ok {
			f.Tasks = append(f.Tasks, t)
		}
	}
	slices.SortFunc(f.Tasks, func(a, b instance.TaskFigures) int { return strings.Compare(a.ID, b.ID) })
	return f, nil
}

// idleMemory is what the heap holds and does not use.
func idleMemory() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(min(sample[0].Value.Uint64(), 1<<62))
}

// askSystem adds what /proc tells of the process; where there is none, nothing.
func askSystem(p *instance.ProcessFigures) {
	self, err := procfs.Self()
	if err != nil {
		return
	}
	if status, err := self.NewStatus(); err == nil {
		p.Swap = counter(status.VmSwap)
	}
	if io, err := self.IO(); err == nil {
		p.Read, p.Written = counter(io.ReadBytes), counter(io.WriteBytes)
	}
}

func counter(n uint64) *int64 { return new(int64(min(n, 1<<62))) }
