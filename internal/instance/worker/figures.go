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
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// counted is what the tries of a job have counted in this process.
type counted struct {
	loadedRows, loadedBytes         int64
	captured, applied, appliedBytes int64
	validated                       validate.Metered
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

// plus adds what another meter has counted.
func plus(a, b validate.Metered) validate.Metered {
	a.Attempted += b.Attempted
	a.Succeeded += b.Succeeded
	for i := range a.Queries {
		a.Queries[i].N += b.Queries[i].N
		a.Queries[i].Took += b.Queries[i].Took
	}
	return a
}

// validationFigures are nil where no row was compared or is to be.
func validationFigures(m validate.Metered, tables []validate.Counts) *instance.ValidationFigures {
	if len(tables) == 0 && m == (validate.Metered{}) {
		return nil
	}
	asked := func(q validate.Query) instance.Asked {
		return instance.Asked{Times: m.Queries[q].N, Took: m.Queries[q].Took}
	}
	f := &instance.ValidationFigures{
		Attempted: m.Attempted, Succeeded: m.Succeeded, BulkSource: asked(validate.BulkSource), BulkTarget: asked(validate.BulkTarget),
		ItemSource: asked(validate.ItemSource), ItemTarget: asked(validate.ItemTarget),
	}
	for i := range tables {
		f.Failed += tables[i].Failed
		f.Suspended += tables[i].Suspended
		f.Pending += tables[i].Pending
	}
	return f
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
	if j.mu.compare != nil {
		all.validated = plus(all.validated, j.mu.compare.Meter().Read())
	}
	f.HeldAtSource.Memory, f.HeldAtSource.Disk = j.mu.source.Counts()
	f.HeldForTarget.Memory, f.HeldForTarget.Disk = j.mu.target.Counts()
	return instance.TaskFigures{
		HeldAtSource: f.HeldAtSource, HeldForTarget: f.HeldForTarget,
		ID: j.id, Running: j.mu.live, Type: j.mu.kind, LoadedRows: all.loadedRows, LoadedBytes: all.loadedBytes,
		Captured: all.captured, Applied: all.applied, AppliedBytes: all.appliedBytes,
		Waiting: changes.Waiting, SourceLatency: changes.SourceLatency, TargetLatency: changes.TargetLatency, Memory: j.mu.share,
		Validation: validationFigures(all.validated, j.mu.compare.Tables()),
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
