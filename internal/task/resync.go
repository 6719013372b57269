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
	s := c.Settings.ResyncSettings
	invalid := func(why, remedy string) error {
		return &connector.Error{Class: connector.Invalid, Err: errors.New("ResyncSettings." + why), Remedy: remedy}
	}
	switch {
	case c.compares():
		return invalid("EnableResync does not go with ValidationSettings.ValidationOnly, which writes nothing to the target's tables",
			"set it in the task that replicates, with this task as its ValidationTaskId, or run `whimbrel validate --repair`")
	case s.ValidationTaskId != "" && c.validates():
		return invalid("ValidationTaskId is for a task that does not validate itself, and ValidationSettings.EnableValidation is true", "set one of them")
	case s.ValidationTaskId != "" && !c.follows():
		return invalid("ValidationTaskId is for tasks that follow changes, which resync by ResyncSchedule", "leave it out, and set ValidationSettings.EnableValidation to true")
	case s.ValidationTaskId == "" && !c.validates():
		return invalid("EnableResync copies again the rows that validation finds to differ, and ValidationSettings.EnableValidation is false",
			"set ValidationSettings.EnableValidation to true, or name a validation-only task in ResyncSettings.ValidationTaskId")
	case c.follows() && (s.ResyncSchedule == "" || s.MaxResyncTime == 0):
		return invalid("ResyncSchedule and MaxResyncTime are needed with migration type "+string(c.Type)+": they say when changes may rest for a resync, and for how long",
			`set them, for example "ResyncSchedule": "0 2 * * 6" and "MaxResyncTime": 60`)
	case !c.follows() && s.ResyncSchedule != "":
		return invalid("ResyncSchedule does not go with migration type full-load, which resyncs once, after the load", "leave it out")
	case c.Settings.LoopbackPreventionSettings != nil && c.Settings.LoopbackPreventionSettings.EnableLoopbackPrevention:
		return invalid("EnableResync does not go with LoopbackPreventionSettings.EnableLoopbackPrevention: the task that replicates back would follow what is mended",
			"stop both tasks and run `whimbrel validate --repair`")
	}
	return nil
}

// resyncsLoad reports whether that is done once, after the load; while changes are followed it goes by a schedule.
func (c *Config) resyncsLoad() bool { return c.resyncs() && !c.follows() }

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
	until := time.Time{}
	if limit := time.Duration(r.Settings.ResyncSettings.MaxResyncTime) * time.Minute; limit > 0 {
		until = began.Add(limit)
	}
	for round := results; v.Rounds < maxRounds; v.Rounds++ {
		again, err := r.repair(ctx, v, round, until)
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
		if closed(until) {
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

// closed reports whether the time for something is over; the zero time never comes.
func closed(until time.Time) bool { return !until.IsZero() && time.Now().After(until) }

func (r *run) resynced(table catalog.Name, s validate.Resync) {
	r.ValidationStats.Update(table, func(c *validate.Counts) {
		c.Resync = s
		if !r.validates() {
			c.State = validate.NotEnabled
		}
	})
}
