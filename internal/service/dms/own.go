package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// What the service "whimbrel" does with tasks beside AWS's operations.

// TaskTags are a task's tags; none if it is not there.
func (s *Service) TaskTags(ctx context.Context, arn string) (map[string]string, error) {
	if k, _, err := s.parse(arn); err != nil || k != tasks {
		return nil, nil
	}
	return s.tagsOf(ctx, arn)
}

// TaskProgress is a task's status, and how far it has come by the last that its instance has said; nil if it has never
// run.
func (s *Service) TaskProgress(ctx context.Context, arn string) (status string, p *instance.Progress, err error) {
	t, err := byARN[Task](s, s.outside(ctx), tasks, arn)
	if err != nil {
		return "", nil, err
	}
	if t.Runs == 0 {
		return t.Status, nil, nil
	}
	return t.Status, s.live.progress(t), nil
}

// CutOver lets the target of a running task take over: the controller ends the attempt that runs and begins one that ends
// by itself when everything is applied and the source is quiet.
func (s *Service) CutOver(ctx context.Context, arn string) (status string, err error) {
	_, err = s.changeTask(ctx, arn, func(tx store.Tx, t *Task) error {
		p := s.live.progress(t)
		switch {
		case !t.follows():
			return badState("Replication Task %s follows no changes: a task of migration type full-load has nothing to cut over", t.Name)
		case t.Status != taskRunning:
			return badState("Replication Task %s is currently not running, its status is %s: a task can cut over while it runs", t.Name, t.Status)
		case t.Cutover == cutoverAsked || t.Cutover == cutoverUnderWay:
			return badState("Replication Task %s is cutting over already", t.Name)
		case p == nil || !p.Following:
			return badState("Replication Task %s does not follow changes yet: its full load is still under way", t.Name)
		}
		t.Cutover, status = cutoverAsked, t.Status
		s.happened(tx, s.Now(), sourceTask, t.Name, categoryState, "Cutover of the replication task requested.")
		return nil
	})
	return status, err
}

// MappingPlan is what a task would do to every table, with other mappings than its own if some are given.
func (s *Service) MappingPlan(ctx context.Context, arn, mappings string) (*instance.Plan, error) {
	if mappings != "" {
		if err := checkMappings(mappings); err != nil {
			return nil, err
		}
	}
	t, what, err := s.askable(ctx, arn)
	if err != nil {
		return nil, err
	}
	if mappings != "" {
		what.Mappings = mappings
	}
	ctx, cancel := context.WithTimeout(ctx, s.times.probe)
	defer cancel()
	plan, err := s.Host.Client(t.Instance).Plan(ctx, what)
	if err != nil {
		return nil, s.askedInVain(t, err)
	}
	return plan, nil
}
