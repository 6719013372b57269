package dms

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// world is a host of instances that exist in memory alone, and the databases they reach. Its processes die, its calls take
// time and get lost on the way there or back, as the test wants.
type world struct {
	mu        sync.Mutex
	instances map[string]*machine
	changed   chan struct{}
	kept      map[string]string // what runs keep at their source, by run, to the task
	moved     map[string]int    // rows of runs in the target
	random    *rand.Rand
	lossy     float64       // how likely a call is lost
	slow      time.Duration // the longest a call takes
	length    int           // steps of a full load
	tick      time.Duration // a step
	unwanted  []string
	forgotten map[string]int // how often a run began anew, by run
	lostOnes  int            // so many calls of Start get lost on the way
	refusal   string         // of Adopt, when there is one
	holds     bool           // assessments do not come to an end
	assessed  map[string]int // how often an assessment was made
	room      instance.Room  // on everyone's disk
	temporary instance.Room  // on that of temporary files
}

// machine is one instance: its disk outlives its processes.
type machine struct {
	spec    instance.Spec
	state   instance.State
	process *process
	disk    map[string][]instance.Table
}

type process struct {
	dead     chan struct{}
	revision int64
	moved    chan struct{}
	tasks    map[string]*instance.TaskState
	stops    map[string]chan struct{}

	assessments map[string]*instance.AssessmentState
	wanted      map[string][]string // by assessments, the names of those to be made
}

func newWorld(seed uint64) *world {
	return &world{
		instances: map[string]*machine{}, changed: make(chan struct{}), kept: map[string]string{}, moved: map[string]int{}, forgotten: map[string]int{}, assessed: map[string]int{},
		random: rand.New(rand.NewPCG(seed, 1)), slow: time.Millisecond, room: instance.Room{Free: 1 << 40, Whole: 1 << 41}, temporary: instance.Room{Free: 1 << 40, Whole: 1 << 41, Temporary: true}, length: 3, tick: 2 * time.Millisecond,
	}
}

func (w *world) notify() {
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *world) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *world) State(id string) instance.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.instances[id]; m != nil {
		return m.state
	}
	return instance.State{}
}

func (w *world) Want(spec instance.Spec) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.instances[spec.ID]
	if m == nil {
		m = &machine{disk: map[string][]instance.Table{}}
		w.instances[spec.ID] = m
	} else if m.spec == spec {
		return
	}
	m.spec = spec
	w.end(m)
	m.state.Phase = instance.Starting
	w.boot(m, w.pause())
	w.notify()
}

func (w *world) pause() time.Duration {
	return time.Duration(w.random.Int64N(int64(w.slow)*5 + 1))
}

// boot has a process come up.
func (w *world) boot(m *machine, after time.Duration) {
	spec := m.spec
	time.AfterFunc(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.instances[spec.ID] != m || m.spec != spec || m.process != nil {
			return
		}
		m.process = &process{dead: make(chan struct{}), moved: make(chan struct{}), revision: 1, tasks: map[string]*instance.TaskState{}, stops: map[string]chan struct{}{}, assessments: map[string]*instance.AssessmentState{}, wanted: map[string][]string{}}
		m.state.Phase, m.state.Boot = instance.Up, spec.Boot
		w.notify()
	})
}

func (w *world) end(m *machine) {
	if m.process != nil {
		close(m.process.dead)
		m.process = nil
	}
}

// kill ends a process as SIGKILL does; it comes up again by itself.
func (w *world) kill(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.instances[id]
	if m == nil || m.process == nil {
		return
	}
	w.end(m)
	m.state.Phase, m.state.Failure = instance.Down, "killed"
	m.state.Deaths++
	w.boot(m, w.pause())
	w.notify()
}

// endless is the length of a full load that lasts until the test has seen it.
const endless = 1 << 40

// endsAfter lets the full load of a run end so many rows from now, and answers how many it has then.
func (w *world) endsAfter(run string, rows int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.length = w.moved[run] + rows
	return w.length
}

// restart is the end of the server: all processes go, and what the host knew of deaths.
func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, m := range w.instances {
		w.end(m)
		disk := m.disk
		w.instances[id] = &machine{disk: disk}
	}
	w.notify()
}

func (w *world) Unwant(ctx context.Context, id string) error {
	if err := w.call(ctx, nil); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.instances[id]; m != nil {
		w.end(m)
		delete(w.instances, id)
		w.unwanted = append(w.unwanted, id)
		w.notify()
	}
	return nil
}

func (w *world) Rooms(string) ([]instance.Room, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []instance.Room{w.room, w.temporary}, nil
}

// leaves has so much of everyone's disk be free; leavesTemporary of that of temporary files.
func (w *world) leaves(free int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room.Free = free
}

func (w *world) leavesTemporary(free int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.temporary.Free = free
}

func (w *world) Client(id string) instance.Client { return &line{w, id} }

var errLostCall = errors.New("the call got lost")

// call takes its time and may get lost.
func (w *world) call(ctx context.Context, p *process) error {
	w.mu.Lock()
	wait, loses := time.Duration(w.random.Int64N(int64(w.slow)+1)), w.random.Float64() < w.lossy
	w.mu.Unlock()
	var dead chan struct{}
	if p != nil {
		dead = p.dead
	}
	select {
	case <-time.After(wait):
	case <-dead:
		return instance.ErrDown
	case <-ctx.Done():
		return ctx.Err()
	}
	if loses {
		return errLostCall
	}
	return nil
}

// line speaks with one instance.
type line struct {
	w  *world
	id string
}

// do runs a call in the process: it may get lost before or after it was done.
func (l *line) do(ctx context.Context, what func(m *machine, p *process) error) error {
	l.w.mu.Lock()
	m := l.w.instances[l.id]
	if m == nil || m.process == nil {
		l.w.mu.Unlock()
		return fmt.Errorf("call %s: %w", l.id, instance.ErrDown)
	}
	p := m.process
	l.w.mu.Unlock()
	if err := l.w.call(ctx, p); err != nil {
		return err
	}
	l.w.mu.Lock()
	if m.process != p {
		l.w.mu.Unlock()
		return instance.ErrDown
	}
	err := what(m, p)
	l.w.mu.Unlock()
	if err != nil {
		return err
	}
	return l.w.call(ctx, p)
}

func (p *process) touch() {
	p.revision++
	close(p.moved)
	p.moved = make(chan struct{})
}

func says(e instance.Endpoint, what string) error {
	if text := e.Settings[what]; text != "" {
		return &instance.Refusal{Message: text}
	}
	return nil
}

func (l *line) Test(ctx context.Context, e instance.Endpoint, _ bool) error {
	return l.do(ctx, func(*machine, *process) error { return says(e, "test") })
}

func (l *line) Schemas(ctx context.Context, e instance.Endpoint) (names []string, err error) {
	err = l.do(ctx, func(*machine, *process) error {
		names = []string{"public", "sales"}
		return says(e, "test")
	})
	return names, err
}

func (l *line) Start(ctx context.Context, t instance.Task) error {
	return l.do(ctx, func(m *machine, p *process) error {
		if err := says(t.Source, "start"); err != nil {
			return err
		}
		if have := p.tasks[t.ID]; have != nil && have.Attempt >= t.Attempt {
			return nil
		} else if have != nil && have.Running {
			return &instance.Refusal{Message: "an earlier attempt still runs"}
		}
		if l.w.lostOnes > 0 {
			l.w.lostOnes--
			return errLostCall
		}
		if l.w.room.Free == 0 {
			return fmt.Errorf("%w: write the state of task %s", instance.ErrNoRoom, t.ID)
		}
		if t.Mode != instance.Resume {
			l.w.moved[t.Run] = 0
			l.w.forgotten[t.Run]++
		}
		l.w.kept[t.Run] = t.ID
		state := &instance.TaskState{ID: t.ID, Attempt: t.Attempt, Running: true, Progress: instance.Progress{Started: time.Now()}}
		p.tasks[t.ID] = state
		stop := make(chan struct{}, 1)
		p.stops[t.ID] = stop
		m.disk[t.ID] = []instance.Table{{Schema: "public", Name: "t1", State: "Before load"}}
		p.touch()
		go l.w.runTask(m, p, state, t, stop)
		return nil
	})
}

// runTask is a task: rows one after the other, then changes.
func (w *world) runTask(m *machine, p *process, state *instance.TaskState, t instance.Task, stop chan struct{}) {
	end := func(reason, failure string) {
		now := time.Now()
		state.Running, state.StopReason, state.Failure, state.Progress.Ended = false, reason, failure, &now
		if reason == "FULL_LOAD_ONLY_FINISHED" {
			delete(w.kept, t.Run)
		}
		p.touch()
	}
	for {
		stopped := false
		select {
		case <-p.dead:
			return
		case <-stop:
			stopped = true
		case <-time.After(w.tick):
		}
		w.mu.Lock()
		if m.process != p {
			w.mu.Unlock()
			return
		}
		now := time.Now()
		switch {
		case stopped:
			end("NORMAL", "")
		case t.Source.Settings["fail"] != "" && state.Progress.Rows >= 1:
			end("FATAL_ERROR", t.Source.Settings["fail"])
		case t.Type != onlyChanges && w.moved[t.Run] < w.length:
			if state.Progress.LoadStarted == nil {
				state.Progress.LoadStarted = &now
			}
			w.moved[t.Run]++
			state.Progress.Rows++
			state.Progress.Percent = int64(100 * w.moved[t.Run] / w.length)
			m.disk[t.ID] = []instance.Table{{Schema: "public", Name: "t1", State: "Full load", Rows: int64(w.moved[t.Run])}}
			p.touch()
		case t.Type == fullLoad:
			state.Progress.LoadFinished, state.Progress.Percent, state.Progress.Loaded = &now, 100, 1
			m.disk[t.ID] = []instance.Table{{Schema: "public", Name: "t1", State: "Table completed", Rows: int64(w.moved[t.Run])}}
			end("FULL_LOAD_ONLY_FINISHED", "")
		case t.Cutover:
			end("STOPPED_AFTER_CACHED_EVENTS", "")
		case !state.Progress.Following:
			state.Progress.Following, state.Progress.Position = true, "V1#7"
			p.touch()
		}
		ended := !state.Running
		w.mu.Unlock()
		if ended {
			return
		}
	}
}

func (l *line) Stop(ctx context.Context, id string) error {
	return l.do(ctx, func(_ *machine, p *process) error {
		if stop := p.stops[id]; stop != nil {
			select {
			case stop <- struct{}{}:
			default:
			}
		}
		return nil
	})
}

func (l *line) Tasks(ctx context.Context, revision int64) (states []instance.TaskState, next int64, err error) {
	const aWhile = 200 * time.Millisecond
	deadline := time.After(aWhile)
	for over := false; ; {
		var moved, dead chan struct{}
		err = l.do(ctx, func(_ *machine, p *process) error {
			moved, dead, next = p.moved, p.dead, p.revision
			states = states[:0]
			for _, s := range p.tasks {
				states = append(states, *s)
			}
			return nil
		})
		if err != nil || over || next != revision {
			return states, next, err
		}
		select {
		case <-moved:
		case <-dead:
		case <-deadline:
			over = true
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

func (l *line) Tables(ctx context.Context, id string) (tables []instance.Table, err error) {
	err = l.do(ctx, func(m *machine, _ *process) error {
		tables = append(tables, m.disk[id]...)
		return nil
	})
	return tables, err
}

func (l *line) Reload(ctx context.Context, id string, tables []instance.TableName, _ bool) error {
	return l.do(ctx, func(_ *machine, p *process) error {
		if state := p.tasks[id]; state == nil || !state.Running {
			return &instance.Refusal{Message: "the task does not run"}
		}
		for _, t := range tables {
			if t.Name == "unknown" {
				return &instance.Refusal{Message: "the task has no table " + t.Schema + "." + t.Name}
			}
		}
		return nil
	})
}

func (l *line) Release(ctx context.Context, t instance.Task) error {
	return l.do(ctx, func(_ *machine, p *process) error {
		if state := p.tasks[t.ID]; state != nil && state.Running {
			return &instance.Refusal{Message: "the task runs"}
		}
		if err := says(t.Source, "release"); err != nil {
			return err
		}
		delete(l.w.kept, t.Run)
		delete(p.tasks, t.ID)
		p.touch()
		return nil
	})
}

func (l *line) Plan(ctx context.Context, t instance.Task) (plan *instance.Plan, err error) {
	err = l.do(ctx, func(*machine, *process) error {
		plan = &instance.Plan{Source: t.Source.Engine, Target: t.Target.Engine}
		return says(t.Source, "start")
	})
	return plan, err
}

func (l *line) Exceptions(ctx context.Context, t instance.Task, q instance.Exceptions) (all []instance.Exception, err error) {
	err = l.do(ctx, func(*machine, *process) error {
		for i := q.Skip; i < min(q.Skip+q.Limit, 130); i++ {
			all = append(all, instance.Exception{Table: instance.TableName{Schema: "public", Name: "t1"}, Key: fmt.Sprintf("id=%d", i), Statement: "INSERT", Reason: "of " + t.Name})
		}
		return says(t.Source, "start")
	})
	return all, err
}

func (l *line) ValidationFailures(ctx context.Context, t instance.Task, q instance.Exceptions) (all []instance.ValidationFailure, err error) {
	err = l.do(ctx, func(*machine, *process) error {
		for i := q.Skip; i < min(q.Skip+q.Limit, 70); i++ {
			all = append(all, instance.ValidationFailure{Table: instance.TableName{Schema: "public", Name: "t1"}, Key: fmt.Sprint(i), Kind: "RECORD_DIFF"})
		}
		return says(t.Source, "start")
	})
	return all, err
}

func (l *line) Replay(ctx context.Context, t instance.Task, _ instance.TableName, keys []string) (done *instance.Replayed, err error) {
	err = l.do(ctx, func(*machine, *process) error {
		done = &instance.Replayed{Written: int64(len(keys))}
		return says(t.Source, "start")
	})
	return done, err
}

// Assess makes one assessment with each question.
func (l *line) Assess(ctx context.Context, a instance.Assessment, seen int) (state *instance.AssessmentState, err error) {
	err = l.do(ctx, func(_ *machine, p *process) error {
		if err := says(a.Task.Source, "assess"); err != nil {
			return err
		}
		have := p.assessments[a.ID]
		if have == nil {
			have = &instance.AssessmentState{}
			p.assessments[a.ID], p.wanted[a.ID] = have, a.Only
		}
		wanted := p.wanted[a.ID]
		if !have.Ended && len(have.Results) <= seen && !l.w.holds {
			name := wanted[len(have.Results)]
			one := instance.Assessed{Name: name, About: "whether " + name, Status: "passed"}
			if status := a.Task.Source.Settings[name]; status != "" {
				one.Status, one.Findings = status, []instance.AssessedObject{{Status: status, Object: "public.t1", Reason: "it is so", Mend: "ALTER TABLE t1"}}
			}
			have.Results = append(have.Results, one)
			have.Ended = len(have.Results) == len(wanted)
			l.w.assessed[name]++
		}
		if l.w.holds {
			have.Current = a.Only[0]
		}
		copied := *have
		state = &copied
		return nil
	})
	return state, err
}

func (l *line) EndAssessment(ctx context.Context, id string) error {
	return l.do(ctx, func(_ *machine, p *process) error {
		delete(p.assessments, id)
		return nil
	})
}

func (l *line) Log(context.Context, string) (string, int64, error) { return "", 0, nil }

func (l *line) Forget(ctx context.Context, id string) error {
	return l.do(ctx, func(m *machine, p *process) error {
		delete(m.disk, id)
		delete(p.tasks, id)
		p.touch()
		return nil
	})
}

func (l *line) Adopt(ctx context.Context, id, from string) error {
	return l.do(ctx, func(m *machine, _ *process) error {
		if l.w.refusal != "" {
			return &instance.Refusal{Message: l.w.refusal}
		}
		if other := l.w.instances[from]; other != nil && other.disk[id] != nil {
			m.disk[id] = other.disk[id]
		}
		return nil
	})
}
