package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// assessments are the runs of this process. They change nothing anywhere, so that another process begins them anew.
type assessments struct {
	mu struct {
		sync.Mutex
		runs map[string]*assessment
	}
}

type assessment struct {
	cancel context.CancelCauseFunc
	gone   chan struct{} // closed when the run is forgotten

	mu struct {
		sync.Mutex
		state   instance.AssessmentState
		changed chan struct{}
		asked   time.Time
	}
}

// orphaned is after what time without a question a run ends: nobody is there who would write its results down.
const orphaned = time.Minute

var (
	errOrphaned  = errors.New("nobody asks about the assessment any more")
	errCancelled = errors.New("the assessment run was cancelled")
)

// Assess implements instance.Client.
func (w *Worker) Assess(ctx context.Context, a instance.Assessment, seen int) (*instance.AssessmentState, error) {
	r, err := w.assessment(a)
	if err != nil {
		return nil, err
	}
	waited := time.NewTimer(patience)
	defer waited.Stop()
	for over := false; ; {
		r.mu.Lock()
		state, changed := r.mu.state, r.mu.changed
		r.mu.asked = time.Now()
		r.mu.Unlock()
		if over || state.Ended || len(state.Results) > seen {
			return &state, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-w.life.Done():
			return nil, context.Cause(w.life)
		case <-waited.C:
			over = true
		case <-changed:
		}
	}
}

// assessment finds a run, or begins it.
func (w *Worker) assessment(a instance.Assessment) (*assessment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking.mu.Lock()
	defer w.asking.mu.Unlock()
	if r := w.asking.mu.runs[a.ID]; r != nil {
		return r, nil
	}
	if w.mu.stopping {
		return nil, errEnding
	}
	ctx, cancel := context.WithCancelCause(w.life)
	r := &assessment{cancel: cancel, gone: make(chan struct{})}
	r.mu.changed, r.mu.asked = make(chan struct{}), time.Now()
	if w.asking.mu.runs == nil {
		w.asking.mu.runs = map[string]*assessment{}
	}
	w.asking.mu.runs[a.ID] = r
	w.tasks.Go(rescue.Else(func() {
		r.watch(w.life, func() { w.forgetAssessment(a.ID, r, errOrphaned) })
	}, func(err error) { w.forgetAssessment(a.ID, r, err) }))
	secrets := newScrubber(a.Task.Source, a.Task.Target)
	w.tasks.Go(rescue.Else(func() {
		defer cancel(nil)
		err := w.assess(ctx, a, r)
		if ctx.Err() == nil {
			r.end(err, secrets)
		}
	}, func(err error) { r.end(err, secrets) }))
	return r, nil
}

// end shows that the run is over.
func (r *assessment) end(err error, secrets scrubber) {
	r.change(func(s *instance.AssessmentState) {
		s.Ended, s.Current = true, ""
		if err != nil {
			s.Failure = bounded(secrets.text(oneLine(err.Error())))
		}
	})
}

// assess makes the checks.
func (w *Worker) assess(ctx context.Context, a instance.Assessment, r *assessment) error {
	s, err := parseSettings(a.Task.Settings)
	if err != nil {
		return err
	}
	c, err := w.config(a.Task, s, nil)
	if err != nil {
		return err
	}
	c.Stats, c.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	t, err := task.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	found, err := t.Examine(ctx)
	if err != nil {
		return err
	}
	secrets := newScrubber(a.Task.Source, a.Task.Target)
	_, err = assess.Run(ctx, found, assess.Options{
		Selection: assess.Selection{Only: a.Only},
		Begins:    func(name string) { r.change(func(s *instance.AssessmentState) { s.Current = name }) },
		Told: func(one assess.Result) {
			if ctx.Err() != nil {
				return // what was not made is for another process
			}
			shown := assessed(&one, secrets)
			r.change(func(s *instance.AssessmentState) { s.Results = append(s.Results, shown) })
		},
	})
	return err
}

// change alters the state and wakes who waits for that. Results are only ever appended: what was answered stays as it is.
func (r *assessment) change(f func(*instance.AssessmentState)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.mu.state)
	close(r.mu.changed)
	r.mu.changed = make(chan struct{})
}

// watch ends the run when it is orphaned, also one whose results nobody has fetched; it returns when the run is forgotten.
func (r *assessment) watch(life context.Context, orphan func()) {
	tick := time.NewTicker(orphaned / 4)
	defer tick.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-r.gone:
			return
		case <-tick.C:
		}
		r.mu.Lock()
		alone := time.Since(r.mu.asked) > orphaned
		r.mu.Unlock()
		if alone {
			orphan()
			return
		}
	}
}

// EndAssessment implements instance.Client.
func (w *Worker) EndAssessment(_ context.Context, id string) error {
	w.asking.mu.Lock()
	r := w.asking.mu.runs[id]
	w.asking.mu.Unlock()
	if r != nil {
		w.forgetAssessment(id, r, errCancelled)
	}
	return nil
}

func (w *Worker) forgetAssessment(id string, r *assessment, why error) {
	r.cancel(why)
	w.asking.mu.Lock()
	defer w.asking.mu.Unlock()
	if w.asking.mu.runs[id] == r {
		delete(w.asking.mu.runs, id)
		close(r.gone)
	}
}

// Bounds of what is told of one assessment: it is kept in the store.
const (
	mostFindings  = 1000
	mostFindBytes = 256 << 10
)

func assessed(one *assess.Result, secrets scrubber) instance.Assessed {
	out := instance.Assessed{Name: one.Name, About: one.About, Status: string(one.Status), Reason: bounded(secrets.text(one.Reason))}
	size := 0
	for i, f := range one.Findings {
		o := instance.AssessedObject{
			Status: string(f.Status), Object: bounded(secrets.text(f.Object)), Reason: bounded(secrets.text(f.Reason)), Mend: bounded(secrets.text(f.Mend)),
		}
		if size += len(o.Object) + len(o.Reason) + len(o.Mend); i == mostFindings || size > mostFindBytes {
			out.Unlisted = len(one.Findings) - i
			break
		}
		out.Findings = append(out.Findings, o)
	}
	return out
}
