package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// validationOnlyDelay is ValidationQueryCdcDelaySeconds of a validation-only task that says nothing of it.
const validationOnlyDelay = 180 * time.Second

// watcher passes on what cdc tells.
type watcher struct {
	*run
	watch *validate.Watch
}

// Touched implements cdc.Watcher.
func (w watcher) Touched(t *cdc.Table, c *change.Changes) {
	var layouts []change.Layout
	if c != nil {
		layouts = layoutsOf(t.Columns)
	}
	w.watch.Touch(w.watchedTable(t), layouts, c)
}

// Left implements cdc.Watcher.
func (w watcher) Left(t *cdc.Table, why string) { w.watch.Leave(t.Source.Name, why) }

func layoutsOf(columns []connector.LoadColumn) []change.Layout {
	out := make([]change.Layout, len(columns))
	for i, c := range columns {
		out[i] = c.Layout
	}
	return out
}

func (r *run) watchedTable(t *cdc.Table) *validate.Table {
	return &validate.Table{Plan: t.Plan, Target: t.Target, Options: r.transformOptions(t.Plan)}
}

// watchRows compares rows while changes are followed, and makes them right again when a resync is due; the function it returns ends
// that, and puts what is known into the report. A fault in it ends the task.
func (r *run) watchRows(ctx context.Context, c *cdc.Config, l *reloader) (stop func()) {
	if !r.validates() && !r.resyncs() || r.Cutover {
		return func() {}
	}
	var tables []*validate.Table
	for _, t := range c.Tables {
		tables = append(tables, r.watchedTable(t))
	}
	w := validate.NewWatch(r.watchConfig(), tables, r.comparedWhole, r.report.Validation)
	c.Watcher = watcher{r, w}
	watching, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	start := func(f func(context.Context)) {
		ended.Go(func() {
			if err := rescue.Run(func() error { f(watching); return nil }); err != nil {
				l.fatal(err)
			}
		})
	}
	if r.validates() {
		r.watching.Store(w)
		start(w.Run)
	}
	if r.resyncs() {
		start(func(ctx context.Context) { r.resyncByTheClock(ctx, w, l.errands) })
	}
	return func() {
		r.watching.Store(nil)
		cancel()
		ended.Wait()
		if r.validates() {
			r.takeWatched(w.Results())
		}
	}
}

// comparedWhole reports whether all of a table is to be compared when its changes begin to be followed. Rows that the comparison after the
// load has found are known by their texts alone: a resync finds them by their keys.
func (r *run) comparedWhole(n catalog.Name) bool {
	failed := slices.ContainsFunc(r.report.Validation, func(v *validate.Result) bool { return v.Source == n && len(v.Failures) > 0 })
	return r.validates() && (!r.exact[n] || r.resyncs() && failed)
}

// takeWatched puts results in the place of those from the load.
func (r *run) takeWatched(results []*validate.Result) {
	for _, v := range results {
		i := slices.IndexFunc(r.report.Validation, func(old *validate.Result) bool { return old.Source == v.Source })
		if i < 0 {
			r.report.Validation = append(r.report.Validation, v)
			continue
		}
		v.SourceRows, v.TargetRows, v.Method = r.report.Validation[i].SourceRows, r.report.Validation[i].TargetRows, r.report.Validation[i].Method
		r.report.Validation[i] = v
	}
}

func (r *run) watchConfig() validate.WatchConfig {
	s := r.Settings.ValidationSettings
	c := validate.WatchConfig{
		Config: *validationOf(r.Settings), SourceFamily: r.sourceEngine.Family, TargetFamily: r.targetEngine.Family,
		OpenSource: r.openSource, OpenTarget: r.openTarget, Describe: r.describe,
		End: r.streamer.End, Compare: r.streamer.Compare, Reached: r.ChangeStats.Reached,
		Delay:        time.Duration(s.ValidationQueryCdcDelaySeconds) * time.Second,
		SuspendAfter: time.Duration(s.RecordSuspendDelayInMinutes) * time.Minute,
		FailAfter:    r.failAfter,
		Report: func(ctx context.Context, v *validate.Result) error {
			return r.writeFailures(ctx, []*validate.Result{v})
		},
		Log: r.log(tasklog.Validator),
	}
	c.Stats = r.ValidationStats
	if !r.validates() {
		c.Stats, c.Report, c.TableFailures, c.Failures, c.MaxKey = nil, nil, 0, 0, 0
	}
	if r.like() {
		c.Like = r.sourceEngine.Family
	}
	if r.compares() && !r.Settings.Explicit("ValidationSettings.ValidationQueryCdcDelaySeconds") {
		c.Delay = validationOnlyDelay
	}
	return c
}

// failAfter is how long a row must differ before that is reported: RecordFailureDelayInMinutes or the latency, whichever is longer, unless
// RecordFailureDelayLimitInMinutes says otherwise.
func (r *run) failAfter() time.Duration {
	return failureDelay(&r.Settings.ValidationSettings, r.ChangeStats.Counts())
}

func failureDelay(s *settings.ValidationSettings, c cdc.Counts) time.Duration {
	if s.RecordFailureDelayLimitInMinutes > 0 {
		return time.Duration(s.RecordFailureDelayLimitInMinutes) * time.Minute
	}
	return max(time.Duration(s.RecordFailureDelayInMinutes)*time.Minute, c.SourceLatency, c.TargetLatency)
}

func (r *run) openSource(ctx context.Context, readers int, tables ...catalog.Name) (connector.Snapshot, func(), error) {
	s, err := connector.OpenSnapshot(ctx, r.source, readers, tables)
	if err != nil {
		return nil, nil, err
	}
	return s, func() { _ = s.Close() }, nil
}

func (r *run) openTarget(ctx context.Context, readers int, tables ...catalog.Name) (connector.Snapshot, func(), error) {
	end, err := r.readTarget(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := connector.OpenSnapshot(ctx, end, readers, tables)
	if err != nil {
		_ = end.Close()
		return nil, nil, err
	}
	return s, func() {
		_ = s.Close()
		_ = end.Close()
	}, nil
}

func (r *run) describe(ctx context.Context, name catalog.Name) (*catalog.Table, error) {
	found, err := r.target.Describe(ctx, []catalog.Name{name})
	if err != nil || found[name] == nil {
		return nil, err
	}
	return found[name].Table, nil
}

// readKeys has the columns of keys read as values, not as the engine's own bytes, when rows are to be compared by them.
func (r *run) readKeys(p *mapping.TablePlan, target *catalog.Table, columns []*catalog.Column, native []bool) {
	if !r.validates() || r.sourceEngine.Family == catalog.SQLite {
		return
	}
	for i, c := range columns {
		name, _ := p.TargetColumn(c.Name)
		if inKey(p.Source, c.Name) || inKey(target, name) || p.Key != nil && slices.Contains(p.Key.Columns, name) {
			native[i] = false
		}
	}
}

func inKey(t *catalog.Table, name string) bool {
	if t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, name) {
		return true
	}
	return slices.ContainsFunc(t.Uniques, func(k *catalog.Key) bool { return slices.Contains(k.Columns, name) })
}

// Revalidate has tables compared once more while the task follows changes (ReloadTables with validate-only). The names are the source's.
func (t *Task) Revalidate(_ context.Context, tables []catalog.Name) error {
	w := t.watching.Load()
	if w == nil {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("tables are compared again only while changes are followed with EnableValidation"),
			Remedy: "run `whimbrel validate`, or start a validation-only task",
		}
	}
	for _, n := range tables {
		if !w.Again(n) {
			return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("table %s is not one whose changes are followed", n)}
		}
	}
	return nil
}
