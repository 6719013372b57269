package worker

import (
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// The states of tables, in DMS's words.
const (
	beforeLoad = "Before load"
	fullLoad   = "Full load"
	completed  = "Table completed"
	cancelled  = "Table cancelled"
	tableError = "Table error"
	reloading  = "Table is being reloaded"
)

// tables are the statistics of a task's tables: what earlier processes and tries have counted, and what the present one
// counts beside.
type tables struct {
	order []instance.TableName
	known map[instance.TableName]*statistics
}

// statistics of one table: before are those of earlier tries, now all, and kept what of the changes of the present try is durable.
type statistics struct {
	before, now instance.Table
	kept        apply.Kept
}

// sure are the statistics that hold when the try ends now: changes that are not durable come again in the next one, and are counted then.
func (s *statistics) sure() instance.Table {
	row := s.now
	row.Inserts, row.Updates, row.Deletes, row.DDLs = s.before.Inserts+s.kept.Inserts, s.before.Updates+s.kept.Updates, s.before.Deletes+s.kept.Deletes, s.before.DDLs+s.kept.DDLs
	row.AppliedInserts, row.AppliedUpdates = s.before.AppliedInserts+s.kept.AppliedInserts, s.before.AppliedUpdates+s.kept.AppliedUpdates
	row.AppliedDeletes, row.AppliedDDLs = s.before.AppliedDeletes+s.kept.AppliedDeletes, s.before.AppliedDDLs+s.kept.AppliedDDLs
	return row
}

func newTables(rows []instance.Table) *tables {
	t := &tables{known: map[instance.TableName]*statistics{}}
	for _, r := range rows {
		*t.of(catalog.Name{Schema: r.Schema, Name: r.Name}) = statistics{before: r, now: r}
	}
	return t
}

func (t *tables) of(n catalog.Name) *statistics {
	name := instance.TableName{Schema: n.Schema, Name: n.Name}
	s := t.known[name]
	if s == nil {
		row := instance.Table{Schema: n.Schema, Name: n.Name}
		s = &statistics{before: row, now: row}
		t.known[name] = s
		t.order = append(t.order, name)
	}
	return s
}

// rows are all statistics, in the order in which the tables became known.
func (t *tables) rows() []instance.Table {
	out := make([]instance.Table, len(t.order))
	for i, name := range t.order {
		out[i] = t.known[name].now
	}
	return out
}

// sure are all statistics as they hold should the try end now.
func (t *tables) sure() []instance.Table {
	out := make([]instance.Table, len(t.order))
	for i, name := range t.order {
		out[i] = t.known[name].sure()
	}
	return out
}

// plan takes up the tables that a try is about.
func (t *tables) plan(p *task.Plan, kind task.Type, validates bool) {
	loads := kind != task.Changes && p.Checkpoint == nil
	for _, tp := range p.Tables {
		s := t.of(tp.Plan.Source.Name)
		switch {
		case loads && s.now.State != completed:
			s.now.State, s.now.Why = beforeLoad, ""
		case !loads && (s.now.State == "" || s.now.State == beforeLoad):
			s.now.State = completed
		}
		if validates && s.now.Validation.State == "" {
			s.now.Validation.State = string(validate.Pending) // until its comparison begins, after the load
		}
		s.before = s.now
	}
}

// see takes in what is counted now, its reasons without passwords, and reports whether anything has changed.
func (t *tables) see(load []fullload.TableCounts, changes cdc.Counts, compared []validate.Counts, hide scrubber, at time.Time) (changed bool) {
	loads := map[catalog.Name]bool{}
	next := map[*statistics]instance.Table{}
	for i := range load {
		s := t.of(load[i].Source)
		loads[load[i].Source] = true
		next[s] = withLoad(s.before, &load[i], hide)
	}
	for i := range changes.Tables {
		c := &changes.Tables[i]
		s := t.of(c.Source)
		row, seen := next[s]
		if !seen {
			row = s.before
		}
		next[s] = withChanges(row, c, loads[c.Source], hide)
		changed = changed || s.kept != c.Kept
		s.kept = c.Kept
	}
	for i := range compared {
		s := t.of(compared[i].Source)
		row, seen := next[s]
		if !seen {
			row = s.before
		}
		next[s] = withValidation(row, &compared[i], hide)
	}
	for s, row := range next {
		row.Updated = s.now.Updated
		if row == s.now {
			continue
		}
		row.Updated = at
		s.now, changed = row, true
	}
	return changed
}

func withLoad(row instance.Table, l *fullload.TableCounts, hide scrubber) instance.Table {
	row.Rows, row.ErrorRows, row.Why = l.Rows+l.EarlierRows, l.Rejected, ""
	row.Reloaded = row.Reloaded || l.Reloaded
	switch l.State {
	case fullload.BeforeLoad:
		row.State = beforeLoad
	case fullload.FullLoad, fullload.Building:
		row.State = fullLoad
	case fullload.Completed:
		row.State = completed
	case fullload.Reloading:
		row.State = reloading
	case fullload.Failed:
		row.State = tableError
		if l.Err != nil {
			row.Why = hide.reason(l.Err.Error())
		}
	}
	if l.EarlierRows > 0 && l.Rows == 0 && row.LoadEnded != nil {
		return row // nothing was left to load
	}
	row.LoadStarted, row.LoadEnded = moment(l.Started), moment(l.Ended)
	return row
}

func withValidation(row instance.Table, c *validate.Counts, hide scrubber) instance.Table {
	row.Validation = instance.Validation{
		State: string(c.State), Details: hide.reason(c.Reason), Pending: c.Pending, Failed: c.Failed, Suspended: c.Suspended,
	}
	row.Resync = instance.Resync{State: string(c.Resync.State), Attempted: c.Resync.Attempted, Succeeded: c.Resync.Succeeded, Failed: c.Resync.Failed, At: c.Resync.At}
	return row
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func withChanges(row instance.Table, c *apply.TableCounts, loads bool, hide scrubber) instance.Table {
	row.Inserts += c.Inserts
	row.Updates += c.Updates
	row.Deletes += c.Deletes
	row.DDLs += c.DDLs
	row.AppliedInserts += c.AppliedInserts
	row.AppliedUpdates += c.AppliedUpdates
	row.AppliedDeletes += c.AppliedDeletes
	row.AppliedDDLs += c.AppliedDDLs
	switch {
	case c.Suspended != "":
		row.State, row.Why = tableError, hide.reason(c.Suspended)
	case !loads:
		row.State, row.Why = completed, ""
	}
	return row
}

// fold ends a try: what was counted in it, and holds, was counted before.
func (t *tables) fold() {
	for _, s := range t.known {
		s.now = s.sure()
		s.before, s.kept = s.now, apply.Kept{}
	}
}

// end settles the tables that were being loaded when the task ended.
func (t *tables) end(failure string, at time.Time) {
	for _, s := range t.known {
		if s.now.State == fullLoad {
			s.now.State, s.now.Updated = cancelled, at
			if failure != "" {
				s.now.State, s.now.Why = tableError, "the task has failed: "+failure
			}
		}
		s.before = s.now
	}
}

// progress sums up.
func (t *tables) progress(p instance.Progress, load []fullload.TableCounts, changes cdc.Counts) instance.Progress {
	p = t.count(p)
	if len(load) > 0 {
		p = loadProgress(p, load)
	} else if len(t.order) > 0 && p.Queued+p.Loading == 0 {
		p.Percent = 100
	}
	p.Following = changes.State == cdc.Following || changes.State == cdc.Waiting || changes.State == cdc.Connecting
	if changes.Position != "" {
		p.Position = changes.Position
	}
	p.SourceLatency, p.TargetLatency, p.Waiting = changes.SourceLatency, changes.TargetLatency, changes.Waiting
	p.Changes, p.ChangeBytes, p.Warning = changes.Applied, changes.Bytes, changes.Warning
	return p
}

// count counts tables by their states, and rows. Every table is in one of the numbers: one that is being reloaded is loading, and one whose load
// was cancelled is to be loaded yet.
func (t *tables) count(p instance.Progress) instance.Progress {
	p.Loaded, p.Loading, p.Queued, p.Errored, p.Rows = 0, 0, 0, 0, 0
	for _, s := range t.known {
		p.Rows += s.now.Rows
		switch s.now.State {
		case completed:
			p.Loaded++
		case fullLoad, reloading:
			p.Loading++
		case beforeLoad, cancelled:
			p.Queued++
		case tableError:
			p.Errored++
		}
	}
	return p
}

func loadProgress(p instance.Progress, load []fullload.TableCounts) instance.Progress {
	all := slices.Clone(load)
	var bytes int64
	var began, ended time.Time
	over := true
	for i := range all {
		c := &all[i]
		bytes += c.Bytes
		c.Rows += c.EarlierRows
		if began.IsZero() || !c.Started.IsZero() && c.Started.Before(began) {
			began = c.Started
		}
		if c.Ended.After(ended) {
			ended = c.Ended
		}
		over = over && (c.State != fullload.BeforeLoad && c.State != fullload.FullLoad && c.State != fullload.Building)
	}
	p.Bytes = bytes
	p.Percent = min(int64(progress.Sum(all, began, time.Now()).Fraction*100), 99)
	if p.LoadStarted == nil {
		p.LoadStarted = moment(began)
	}
	p.LoadFinished = nil
	if over {
		p.Percent, p.LoadFinished = 100, moment(ended)
	}
	return p
}
