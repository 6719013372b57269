package dms

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// assessment takes a run of assessments one step on. Every result is written down as it comes: whoever goes on after a
// crash, of the server or of the instance, makes those alone that are left.
func (c *controller) assessment(ctx context.Context, id string) error {
	r, err := current[AssessmentRun](ctx, c.Service, assessmentRuns.keys()+id)
	if err != nil || r == nil || r.Done {
		return err
	}
	switch r.Status {
	case runStarting:
		return c.stepRun(ctx, r, func(_ store.Tx, now *AssessmentRun) error {
			now.Status = runProvisioning
			return nil
		})
	case runProvisioning:
		return c.provision(ctx, r)
	case runRunning:
		return c.proceed(ctx, r)
	case runCancelling:
		return c.cancelRun(ctx, r)
	case runDeleting:
		return c.removeRun(ctx, r)
	}
	return nil
}

// stepRun writes if the run is still where it was seen.
func (c *controller) stepRun(ctx context.Context, seen *AssessmentRun, change func(store.Tx, *AssessmentRun) error) error {
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[AssessmentRun](tx, assessmentRuns.keys()+seen.ID)
		if err != nil || now == nil || now.Status != seen.Status || now.Done {
			return err
		}
		if err := change(tx, now); err != nil {
			return err
		}
		return writeRun(tx, now)
	})
}

// provision sees that the instance answers and that the task's endpoints can be used.
func (c *controller) provision(ctx context.Context, r *AssessmentRun) error {
	if c.Host.State(r.Instance).Phase != instance.Up {
		return fmt.Errorf("provision assessment run %s: %w", r.ID, instance.ErrDown)
	}
	_, why, err := c.assessedTask(ctx, r)
	if err != nil {
		return err
	}
	if why != "" {
		return c.endRun(ctx, r, runNoProvision, why)
	}
	return c.stepRun(ctx, r, func(_ store.Tx, now *AssessmentRun) error {
		now.Status = runRunning
		return nil
	})
}

// assessedTask is what the instance is told of the task.
func (c *controller) assessedTask(ctx context.Context, r *AssessmentRun) (what instance.Task, why string, err error) {
	t, err := current[Task](ctx, c.Service, tasks.keys()+r.Task)
	if err != nil {
		return what, "", err
	}
	if t == nil {
		return what, "The replication task is gone.", nil
	}
	return c.taskFor(ctx, t)
}

// proceed has the assessments made that are left, and writes down what has come of them so far.
func (c *controller) proceed(ctx context.Context, r *AssessmentRun) error {
	all, err := readIndividuals(outside{ctx, c.Store}, r.ID)
	if err != nil {
		return err
	}
	var left []string
	for _, i := range all {
		if !i.ended() {
			left = append(left, i.Result.Name)
		}
	}
	if len(left) == 0 {
		return c.conclude(ctx, r, all)
	}
	what, why, err := c.assessedTask(ctx, r)
	if err != nil {
		return err
	}
	if why != "" {
		return c.endRun(ctx, r, runNoExecution, why)
	}
	state, err := c.askForResults(ctx, r, instance.Assessment{ID: r.ID, Task: what, Only: left})
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		return c.endRun(ctx, r, runNoExecution, refusal.Message)
	}
	if err != nil {
		return fmt.Errorf("make the assessments of run %s: %w", r.ID, err)
	}
	if err := c.takeResults(ctx, r, state); err != nil {
		return err
	}
	if state.Ended && state.Failure != "" {
		return c.endRun(ctx, r, runNoExecution, state.Failure)
	}
	c.probes.add(assessmentRuns.arn + "/" + r.ID)
	return nil
}

// askForResults asks the instance for more results than it has answered before.
func (c *controller) askForResults(ctx context.Context, r *AssessmentRun, a instance.Assessment) (*instance.AssessmentState, error) {
	c.mu.Lock()
	seen := c.mu.results[r.ID]
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	state, err := c.Host.Client(r.Instance).Assess(ctx, a, seen)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		delete(c.mu.results, r.ID)
		return nil, err
	}
	c.mu.results[r.ID] = len(state.Results)
	return state, nil
}

// ended reports whether there is nothing more to come.
func (i *Individual) ended() bool { return i.Status != individualWaits && i.Status != individualRuns }

// takeResults writes down what is new.
func (c *controller) takeResults(ctx context.Context, r *AssessmentRun, state *instance.AssessmentState) error {
	results := map[string]*instance.Assessed{}
	for i := range state.Results {
		results[state.Results[i].Name] = &state.Results[i]
	}
	news := errors.New("nothing new")
	err := c.stepRun(ctx, r, func(tx store.Tx, now *AssessmentRun) error {
		changed := false
		for n, name := range now.Names {
			one := results[name]
			if one == nil && name != state.Current {
				continue
			}
			i, err := found[Individual](tx, individuals.keys()+individualID(r.ID, n))
			if err != nil || i == nil || i.ended() || one == nil && i.Status == individualRuns {
				if err != nil {
					return err
				}
				continue
			}
			changed = true
			if i.Started == nil {
				i.Started = new(c.Now().UTC())
			}
			if i.Status = individualRuns; one != nil {
				i.Status, i.Result = one.Status, *one
				now.count(one)
			}
			if err := writeIndividual(tx, i); err != nil {
				return err
			}
		}
		if !changed {
			return news
		}
		return nil
	})
	if errors.Is(err, news) {
		return nil
	}
	return err
}

// count takes the end of one assessment in.
func (r *AssessmentRun) count(one *instance.Assessed) {
	if r.Ended == nil {
		r.Ended = map[string]int64{}
	}
	r.Ended[one.Status]++
	switch assess.Status(one.Status) {
	case assess.Failed:
		for _, f := range one.Findings {
			if f.Status == string(assess.Failed) {
				r.Failure = one.Name + ": " + f.Object + ": " + f.Reason
				return
			}
		}
	case assess.Errored:
		r.Failure = one.Name + ": " + one.Reason
	case assess.Passed, assess.Warning, assess.Skipped, assess.Cancelled:
	}
}

// verdict is the status of a run whose assessments have all ended: what failed counts before what could not be made, and
// that before warnings.
func (r *AssessmentRun) verdict() string {
	n := func(s assess.Status) int64 { return r.Ended[string(s)] }
	switch {
	case n(assess.Failed) > 0:
		return string(assess.Failed)
	case n(assess.Errored)+n(assess.Cancelled) > 0:
		return runNoExecution
	case n(assess.Warning) > 0 || n(assess.Passed) == 0:
		return string(assess.Warning)
	}
	return string(assess.Passed)
}

// conclude writes the results to their bucket and then says how the run has gone.
func (c *controller) conclude(ctx context.Context, r *AssessmentRun, all []Individual) error {
	asking, asked := context.WithTimeout(ctx, c.times.call)
	_ = c.Host.Client(r.Instance).EndAssessment(asking, r.ID) // otherwise it forgets by itself
	asked()
	within, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	done := *r
	done.Status, done.Done = r.verdict(), true
	objects, err := c.reportObjects(&done, all)
	if err != nil {
		return err
	}
	if err := c.putResults(within, objects); err != nil {
		if ctx.Err() != nil || c.probes.tries(assessmentRuns.arn+"/"+r.ID) < patience {
			return fmt.Errorf("write the results of assessment run %s: %w", r.ID, err)
		}
		c.Log.Error("the results of an assessment run could not be written", "run", r.ID, "bucket", r.Bucket, "error", err)
		return c.endRun(ctx, r, runNoExecution, "The results could not be written to bucket "+r.Bucket+". The log of the server says why.")
	}
	return c.endRun(ctx, r, done.Status, "")
}

func (c *controller) putResults(ctx context.Context, objects []bucket.Object) error {
	if c.Results == nil {
		return errors.New("this server has no place for them")
	}
	for _, o := range objects {
		if err := c.Results.Put(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// runEvents are the texts of the ends of runs.
var runEvents = map[string]string{
	string(assess.Passed): "Premigration assessment run passed.", string(assess.Failed): "Premigration assessment run failed.",
	string(assess.Warning): "Premigration assessment run has warnings.", runNoExecution: "Premigration assessment run ended with an error while running.",
	runNoProvision: "Premigration assessment run ended with an error while provisioning.", runCancelling: "Premigration assessment run cancelled.",
}

// endRun ends a run: assessments that have not been made are errors, or cancelled, and the task is what it was before.
func (c *controller) endRun(ctx context.Context, r *AssessmentRun, status, why string) error {
	left := instance.Assessed{Status: string(assess.Errored), Reason: why}
	if status == runCancelling {
		left = instance.Assessed{Status: string(assess.Cancelled), Reason: "the assessment run was cancelled"}
	}
	err := c.stepRun(ctx, r, func(tx store.Tx, now *AssessmentRun) error {
		for n, name := range now.Names {
			i, err := found[Individual](tx, individuals.keys()+individualID(r.ID, n))
			if err != nil {
				return err
			}
			if i == nil || i.ended() {
				continue
			}
			i.Status, i.Result = left.Status, left
			i.Result.Name = name
			now.count(&i.Result)
			if err := writeIndividual(tx, i); err != nil {
				return err
			}
		}
		now.Status, now.Done, now.Failure = status, true, cmp.Or(why, now.Failure)
		return c.afterRun(tx, now)
	})
	if err == nil {
		c.mu.Lock()
		delete(c.mu.results, r.ID)
		c.mu.Unlock()
	}
	return err
}

// afterRun gives the task its status back and tells how the run has ended.
func (c *controller) afterRun(tx store.Tx, r *AssessmentRun) error {
	t, err := found[Task](tx, tasks.keys()+r.Task)
	if err != nil || t == nil || t.Status != taskTesting {
		return err
	}
	t.Status, t.Before = t.Before, ""
	if !r.Types {
		c.happened(tx, c.Now(), sourceTask, t.Name, categoryState, runEvents[r.Status])
	}
	return writeTask(tx, t)
}

// cancelRun ends a run that a person has cancelled.
func (c *controller) cancelRun(ctx context.Context, r *AssessmentRun) error {
	within, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	if err := c.Host.Client(r.Instance).EndAssessment(within, r.ID); err != nil && !errors.Is(err, instance.ErrDown) && ctx.Err() == nil {
		c.Log.Warn("a cancelled assessment run ends by itself", "run", r.ID, "error", err)
	}
	return c.endRun(ctx, r, runCancelling, "")
}

// removeRun takes the record of a run away; the one before it becomes the task's latest.
func (c *controller) removeRun(ctx context.Context, r *AssessmentRun) error {
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[AssessmentRun](tx, assessmentRuns.keys()+r.ID)
		if err != nil || now == nil || now.Status != runDeleting {
			return err
		}
		if err := dropRun(tx, now); err != nil {
			return err
		}
		t, err := found[Task](tx, tasks.keys()+now.Task)
		if err != nil || t == nil {
			return err
		}
		c.happened(tx, c.Now(), sourceTask, t.Name, categoryState, "Premigration assessment run deleted.")
		if t.LastRun != now.ID {
			return nil
		}
		t.LastRun = ""
		others, err := runsOf(tx, t.ID)
		if err != nil {
			return err
		}
		for _, other := range others {
			if other.ID != now.ID {
				t.LastRun = other.ID
			}
		}
		return writeTask(tx, t)
	})
}
