package task

import (
	"context"
	"errors"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// resyncs reports whether rows that differ after the load are copied again (ResyncSettings).
func (c *Config) resyncs() bool {
	return c.Settings != nil && c.Settings.ResyncSettings != nil && c.Settings.ResyncSettings.EnableResync
}

// checkResync refuses what a resync cannot do for this task.
func (c *Config) checkResync() error {
	if !c.resyncs() {
		return nil
	}
	invalid := func(why, remedy string) error {
		return &connector.Error{Class: connector.Invalid, Err: errors.New("ResyncSettings.EnableResync " + why), Remedy: remedy}
	}
	switch {
	case !c.validates():
		return invalid("copies again the rows that validation finds to differ, and ValidationSettings.EnableValidation is false", "set ValidationSettings.EnableValidation to true")
	case c.compares():
		return invalid("does not go with ValidationSettings.ValidationOnly, which writes nothing to the target's tables", "run `whimbrel validate --repair`")
	case c.follows():
		return invalid("does not go with migration type "+string(c.Type)+" yet: while changes are followed there is no resync", "run `whimbrel validate --repair` when the task is stopped, or use migration type full-load")
	}
	return nil
}

// resync makes the rows of loaded tables that differ what the source's snapshot holds, compares those tables again, and so
// on until nothing more can be mended. It ends early after MaxResyncTime.
func (r *run) resync(ctx context.Context, tables []*TablePlan, results []*validate.Result) ([]*validate.Result, error) {
	log := r.log(tasklog.DataResync)
	began := time.Now()
	v := &Validation{Repaired: map[catalog.Name]validate.Repaired{}, Tables: results}
	first := map[catalog.Name]int64{}
	for _, one := range results {
		if one != nil {
			first[one.Source] = one.Failed
			r.resynced(one.Source, validate.Resync{State: validate.ResyncRuns, Attempted: one.Failed})
		}
	}
	for round := results; v.Rounds < maxRounds; v.Rounds++ {
		again, err := r.repair(ctx, v, round)
		if err != nil {
			return v.Tables, err
		}
		var mended []*TablePlan
		for _, tp := range tables {
			if again[tp.Plan.Source.Name] {
				mended = append(mended, tp)
			}
		}
		if len(mended) == 0 {
			break
		}
		if round, err = r.compareWith(ctx, r.snapshot, mended); err != nil {
			return v.Tables, err
		}
		v.take(round)
		if limit := time.Duration(r.Settings.ResyncSettings.MaxResyncTime) * time.Minute; limit > 0 && time.Since(began) > limit {
			log.Warn("the resync ends before all rows are mended: MaxResyncTime has passed", "minutes", r.Settings.ResyncSettings.MaxResyncTime)
			break
		}
	}
	for _, one := range v.Tables {
		if one == nil {
			continue
		}
		failed := min(one.Failed, first[one.Source])
		r.resynced(one.Source, validate.Resync{
			State: validate.ResyncDone, Attempted: first[one.Source], Succeeded: first[one.Source] - failed, Failed: failed, At: time.Now().UTC(),
		})
		if first[one.Source] > 0 {
			log.Info("table resynced", "table", one.Source.String(), "attempted", first[one.Source], "failed", failed)
		}
		for _, refused := range v.Repaired[one.Source].Refused {
			log.Warn("a row could not be resynced", "table", one.Source.String(), "reason", refused.Reason)
		}
	}
	return v.Tables, nil
}

func (r *run) resynced(table catalog.Name, s validate.Resync) {
	r.ValidationStats.Update(table, func(c *validate.Counts) { c.Resync = s })
}
