package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// reloader loads tables anew beside the run that follows the others. It is a small migration of its own, with a name, a
// journal, a checkpoint and a stream of its own; once its tables have caught up they go over to the run, at one and the
// same position.
type reloader struct {
	*run
	errands *cdc.Errands
	name    string // of the small migration
	ended   sync.WaitGroup
	fatal   func(error)

	mu struct {
		sync.Mutex
		away     map[catalog.Name]bool // tables that the run does not follow meanwhile
		deferred bool                  // requests are there, or may be
		failed   []convert.Note
	}
}

// askEvery is how often the target is asked for requests of other processes.
const askEvery = 2 * time.Second

// reloaderOf finds what has been asked for while nobody followed.
func (r *run) reloaderOf(ctx context.Context) (*reloader, error) {
	l := &reloader{run: r, errands: cdc.NewErrands(), name: asideOf(r.plan.Run)}
	l.mu.away = map[catalog.Name]bool{}
	waiting, err := r.requests(ctx, r.plan.Run)
	if err != nil {
		return nil, err
	}
	for _, q := range waiting {
		l.mu.away[q.Table] = true
	}
	l.mu.deferred = len(waiting) > 0
	return l, nil
}

// asideOf names the small migration of a run. Its name is known, so that what a crash leaves of it is found.
func asideOf(run string) string {
	sum := sha256.Sum256([]byte("reload " + run))
	return hex.EncodeToString(sum[:16])
}

// start begins to look for requests. The context that it returns ends when the task must stop; stop waits for the end.
func (l *reloader) start(ctx context.Context) (_ context.Context, stop func()) {
	outer, cancel := context.WithCancelCause(ctx)
	inner, end := context.WithCancel(outer)
	l.fatal = cancel
	l.ended.Go(func() {
		if err := rescue.Run(func() error { l.work(inner); return nil }); err != nil {
			cancel(err)
		}
	})
	return outer, func() {
		end()
		l.ended.Wait()
		cancel(nil)
		l.report.Failed = append(l.report.Failed, l.mu.failed...)
	}
}

// busy reports whether tables are away, or about to be.
func (l *reloader) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.deferred || len(l.mu.away) > 0
}

func (l *reloader) isAway(n catalog.Name) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.away[n]
}

func (l *reloader) work(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		waiting, err := l.requests(ctx, l.plan.Run)
		if err == nil && len(waiting) > 0 {
			err = l.carryOut(ctx, waiting)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			l.log(tasklog.TablesManager).WarnContext(ctx, "tables cannot be loaded anew for now, trying again", "error", err)
		} else if len(waiting) > 0 {
			continue // others may have come meanwhile
		}
		l.mu.Lock()
		l.mu.deferred = err != nil
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.woken:
		}
	}
}

// carryOut loads the tables of requests anew. An error means that it is to be tried again.
func (l *reloader) carryOut(ctx context.Context, asked []reloadRequest) error {
	tables := make([]catalog.Name, len(asked))
	for i, q := range asked {
		tables[i] = q.Table
	}
	tables = unique(tables)
	l.mu.Lock()
	l.mu.deferred = true
	for _, n := range tables {
		l.mu.away[n] = true
	}
	l.mu.Unlock()
	if err := l.errands.Do(ctx, func(_ context.Context, h *cdc.Halt) error {
		for _, n := range tables {
			h.Away(n)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, n := range tables {
		l.Stats.BeginReload(n, n)
	}
	l.log(tasklog.TablesManager).InfoContext(ctx, "loading tables anew", "tables", len(tables), "first", tables[0].String())
	err := l.reload(ctx, tables, asked)
	switch class := connector.ClassOf(err); {
	case err == nil || ctx.Err() != nil:
		return err
	case class == connector.Lost, class == connector.Busy, class == connector.Full:
		return err
	}
	if policy(l.Settings).Table == fullload.StopTask {
		l.fatal(fmt.Errorf("load tables anew: %w", err))
		return err
	}
	return l.giveUp(ctx, tables, asked, err)
}

// giveUp leaves the tables suspended.
func (l *reloader) giveUp(ctx context.Context, tables []catalog.Name, asked []reloadRequest, why error) error {
	l.log(tasklog.TablesManager).ErrorContext(ctx, "tables could not be loaded anew and are suspended", "error", why)
	err := l.errands.Do(ctx, func(ctx context.Context, h *cdc.Halt) error {
		for _, n := range tables {
			if err := h.Suspend(ctx, n, "its reload failed: "+why.Error()); err != nil {
				return err
			}
		}
		return forgetRequests(ctx, h, asked)
	})
	if err != nil {
		return err
	}
	for _, n := range tables {
		l.Stats.EndReload(n, why)
	}
	l.back(tables)
	return nil
}

func forgetRequests(ctx context.Context, h *cdc.Halt, asked []reloadRequest) error {
	for _, q := range asked {
		if err := h.Note(ctx, q.key, ""); err != nil {
			return err
		}
	}
	return nil
}

func (l *reloader) back(tables []catalog.Name) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range tables {
		delete(l.mu.away, n)
	}
}

// reload does one try.
func (l *reloader) reload(ctx context.Context, tables []catalog.Name, asked []reloadRequest) error {
	if target, ok := l.target.(connector.Exclusive); ok {
		release, err := target.Claim(ctx, l.name)
		if err != nil {
			return err
		}
		defer release()
	}
	if err := l.releaseAside(ctx, l.name); err != nil {
		return err
	}
	aside, err := l.aside(ctx, tables)
	if err != nil {
		return err
	}
	if err := aside.empty(ctx); err != nil {
		return err
	}
	if err := aside.watched(ctx, aside.all); err != nil {
		return err
	}
	if err := l.reattach(ctx, aside); err != nil {
		return err
	}
	if err := l.join(ctx, aside, tables, asked); err != nil {
		return err
	}
	for _, n := range tables {
		l.Stats.EndReload(n, aside.failures()[n])
	}
	l.mu.Lock()
	l.mu.failed = append(l.mu.failed, aside.report.Failed...)
	l.mu.Unlock()
	l.back(tables)
	l.log(tasklog.TablesManager).InfoContext(ctx, "tables loaded anew", "tables", len(tables), "first", tables[0].String())
	return l.releaseAside(ctx, l.name)
}

// quickly is how long the last stretch before the tables go over may take: the others wait meanwhile. Where one stretch
// takes hardly less than the one before, it is the opening of a stream that takes its time, and no next one is shorter.
const quickly = time.Second

// join lets the tables catch up, and has the run follow them from there on.
func (l *reloader) join(ctx context.Context, aside *run, tables []catalog.Name, asked []reloadRequest) error {
	c, err := aside.changesConfig(func(catalog.Name) bool { return false })
	if err != nil {
		return err
	}
	c.Stop, c.Stats = cdc.StopPoint{CaughtUp: true}, &cdc.Stats{}
	for took, before := time.Duration(0), 2*time.Hour; took == 0 || took > quickly && took < before/2; {
		began := time.Now()
		if err := aside.catchUp(ctx, &c); err != nil {
			return err
		}
		if took > 0 {
			before = took
		}
		took = time.Since(began)
	}
	return l.errands.Do(ctx, func(halted context.Context, h *cdc.Halt) error {
		if err := aside.catchUp(ctx, &c); err != nil {
			return err
		}
		reached, _, err := l.applier.Checkpoint(halted, l.name)
		if err != nil {
			return fmt.Errorf("read the checkpoint of the reload: %w", err)
		}
		left := map[catalog.Name]bool{}
		for _, n := range tables {
			left[n] = true
		}
		for _, t := range c.Tables {
			delete(left, t.Source.Name)
			if err := h.Follow(halted, t, reached.Position); err != nil {
				return err
			}
		}
		for n := range left { // dropped or renamed meanwhile
			if err := h.Forget(halted, n); err != nil {
				return err
			}
		}
		return forgetRequests(halted, h, asked)
	})
}

// catchUp applies what the source has committed by now.
func (r *run) catchUp(ctx context.Context, c *cdc.Config) error {
	reason, tables, err := cdc.FollowKeeping(ctx, *c)
	switch {
	case err != nil:
		return err
	case reason != cdc.CaughtUp:
		return errors.Join(errAsked, context.Cause(ctx))
	}
	c.Tables = tables
	return nil
}

var errAsked = &connector.Error{Class: connector.Lost, Err: errors.New("the reload was interrupted")}

// releaseAside removes what a reload has made at the source and noted in the target.
func (t *Task) releaseAside(ctx context.Context, name string) error {
	if err := t.streamer.Release(ctx, connector.StreamRequest{Run: name, Aside: true}); err != nil {
		return fmt.Errorf("free the source of the reload: %w", err)
	}
	if err := t.target.Journal().Close(ctx, name); err != nil {
		return fmt.Errorf("close the journal of the reload: %w", err)
	}
	if err := t.applier.Forget(ctx, name); err != nil {
		return fmt.Errorf("forget the checkpoint of the reload: %w", err)
	}
	return nil
}

// reattach makes again what went with a table that was dropped: foreign keys of others that lead to it.
func (l *reloader) reattach(ctx context.Context, aside *run) error {
	if !aside.drops {
		return nil
	}
	for _, ct := range aside.plan.Schema.Tables {
		for _, s := range l.dialect.Script(ct.Target, true).Attach {
			if err := aside.tolerate(ctx, string(s.Makes.Kind), s.Makes.Name, []catalog.Statement{s}); err != nil {
				return err
			}
		}
	}
	return nil
}
