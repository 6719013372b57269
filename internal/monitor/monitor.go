package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/quiet"
)

// Namespace is that of all metrics made here.
const Namespace = "AWS/DMS"

// The dimensions of metrics of instances and tasks.
const (
	InstanceDimension = "ReplicationInstanceIdentifier"
	TaskDimension     = "ReplicationTaskIdentifier"
)

// Interval is how often instances are asked.
const Interval = 10 * time.Second

// answerWithin is how long an instance may take; one that takes longer has no values for this turn.
const answerWithin = 5 * time.Second

// Inventory knows the instances.
type Inventory interface {
	Monitored(ctx context.Context) ([]instance.Monitored, error)
}

// Host knows which instances have their process here, where their files lie, and how to ask them.
type Host interface {
	Up() []string
	Path(id string) string
	Client(id string) instance.Client
}

// Config is what a monitor works with.
type Config struct {
	Inventory Inventory
	Host      Host
	Store     *metric.Store
	Log       *slog.Logger
	Now       func() time.Time
}

// A Monitor gathers.
type Monitor struct {
	Config
	machine *machine
	quiet   quiet.Log
	mu      struct {
		sync.Mutex
		before map[string]*look   // by instance
		latest map[string][]Value // by instance
	}
}

// look is what an instance has said at a moment.
type look struct {
	at      time.Time
	figures instance.Figures
	disk    *diskFigures
}

// A Value is a metric's latest value.
type Value struct {
	Metric, Unit   string
	Instance, Task string // Task is empty for a metric of the instance
	Value          float64
	// Slots is how many turns the value is of, this one and those before; 0 is 1.
	Slots int
}

// New makes a monitor.
func New(c Config) *Monitor {
	if c.Now == nil {
		c.Now = time.Now
	}
	m := &Monitor{Config: c, machine: newMachine()}
	m.mu.before, m.mu.latest = map[string]*look{}, map[string][]Value{}
	return m
}

// Run gathers until the context ends, at every whole ten seconds.
func (m *Monitor) Run(ctx context.Context) {
	for {
		now := m.Now()
		turn := time.NewTimer(now.Truncate(Interval).Add(Interval).Sub(now))
		select {
		case <-ctx.Done():
			turn.Stop()
			return
		case <-turn.C:
		}
		switch err := m.Gather(ctx); {
		case err == nil:
			m.quiet.Over(ctx, m.Log, "metrics", "metrics are gathered again")
		case ctx.Err() == nil:
			m.quiet.Trouble(ctx, m.Log, slog.LevelError, m.Now(), "metrics", "metrics were not gathered", "error", err)
		}
	}
}

// Gather asks all instances once and keeps what they say.
func (m *Monitor) Gather(ctx context.Context) error {
	known, err := m.Inventory.Monitored(ctx)
	if err != nil {
		return err
	}
	up := map[string]bool{}
	for _, id := range m.Host.Up() {
		up[id] = true
	}
	var asked sync.WaitGroup
	results := make([][]metric.Sample, len(known))
	for i := range known {
		if up[known[i].ID] {
			asked.Go(func() { results[i] = m.ask(ctx, &known[i]) })
		}
	}
	asked.Wait()
	m.forget(up)
	var all []metric.Sample
	for _, r := range results {
		all = append(all, r...)
	}
	if err := m.Store.Put(ctx, all); err != nil {
		return fmt.Errorf("keep what was measured: %w", err)
	}
	return nil
}

// forget drops what is known of instances that do not answer any more.
func (m *Monitor) forget(up map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.mu.before {
		if !up[id] {
			delete(m.mu.before, id)
		}
	}
	for id := range m.mu.latest {
		if !up[id] {
			delete(m.mu.latest, id)
		}
	}
}

// ask asks an instance and makes samples of what it says. One that says nothing has no latest values: old ones would pass for
// new.
func (m *Monitor) ask(ctx context.Context, of *instance.Monitored) []metric.Sample {
	values, at := m.measure(ctx, of)
	samples := make([]metric.Sample, 0, len(values))
	for i := range values {
		v := &values[i]
		v.Instance = of.Name
		dimensions := []metric.Dimension{{Name: InstanceDimension, Value: of.Name}}
		if v.Task != "" {
			dimensions = append(dimensions, metric.Dimension{Name: TaskDimension, Value: v.Task})
		}
		name := metric.Of(Namespace, v.Metric, dimensions...)
		for back := range max(v.Slots, 1) {
			samples = append(samples, metric.Sample{
				Name: name, Unit: v.Unit, At: at.Add(-time.Duration(back) * Interval), Fine: true, Point: metric.One(v.Value, 1),
			})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.latest[of.ID] = values
	return samples
}

// measure compares what an instance says with what it said before. It is nil when the instance does not answer.
func (m *Monitor) measure(ctx context.Context, of *instance.Monitored) (values []Value, slot time.Time) {
	client, ok := m.Host.Client(of.ID).(instance.FiguresClient)
	if !ok {
		return nil, slot
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	figures, err := client.Figures(ctx)
	if err != nil {
		m.Log.Debug("an instance did not tell its figures", "instance", of.ID, "error", err)
		return nil, slot
	}
	now := &look{at: m.Now(), figures: figures, disk: m.machine.disk(m.Host.Path(of.ID))}
	m.mu.Lock()
	before := m.mu.before[of.ID]
	m.mu.before[of.ID] = now
	m.mu.Unlock()
	return append(m.instanceValues(now, before), taskValues(now, before)...), now.slot()
}

// Latest are the values of the last turn.
func (m *Monitor) Latest() []Value {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Value
	for _, v := range m.mu.latest {
		all = append(all, v...)
	}
	return all
}
