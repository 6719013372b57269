package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Validation is the comparison of both ends.
type Validation struct {
	Source, Target string // without secrets
	Started, Ended time.Time
	Tables         []*validate.Result
	// Repaired tells what was done to tables that differed; Rounds how often everything, or what was repaired, was compared.
	Repaired map[catalog.Name]validate.Repaired
	Rounds   int
	// Received is how many bytes the databases have sent, if their connections count (connector.Config.Traffic).
	Received int64
	// Unmatched describes mapping rules that matched nothing.
	Unmatched []string

	// taken is what the last repair of a table took up.
	taken map[catalog.Name]validate.Taken
}

// Equal reports whether every row of every table is the same on both sides.
func (v *Validation) Equal() bool {
	for _, t := range v.Tables {
		if !t.Equal() {
			return false
		}
	}
	return true
}

// maxRounds bounds how often a repair is followed by another one; each takes as many rows as memory bears.
const maxRounds = 1000

// Validate compares the tables that the mappings select with what is in the target, and changes nothing unless repair asks for it:
// then rows of the target that differ are made what the source's are, and those tables are compared again.
func (t *Task) Validate(ctx context.Context, stats *validate.Stats, repair bool) (*Validation, error) {
	if _, ok := t.target.(connector.ReadBackFiles); ok && repair {
		return nil, errNotRepaired()
	}
	v := &Validation{Source: t.source.Identity(), Target: t.target.Identity(), Started: time.Now(), Repaired: map[catalog.Name]validate.Repaired{}}
	before := t.received()
	defer func() { v.Ended, v.Received = time.Now(), t.received()-before }()
	p, err := t.planValidation(ctx)
	if err != nil {
		return v, err
	}
	v.Unmatched = p.Mapping.Unmatched
	tables := p.Tables
	for {
		v.Rounds++
		results, err := t.compare(ctx, tables, stats, repair)
		v.take(results)
		if err != nil || !repair || v.Rounds == maxRounds {
			return v, err
		}
		again, err := t.repair(ctx, v, results, time.Time{})
		if err != nil || len(again) == 0 {
			return v, err
		}
		tables = nil
		for _, tp := range p.Tables {
			if again[tp.Plan.Source.Name] {
				tables = append(tables, tp)
			}
		}
	}
}

// received counts what both databases have sent so far.
func (t *Task) received() (n int64) {
	for _, c := range []*connector.Traffic{t.Config.Source.Traffic, t.Config.Target.Traffic} {
		if c != nil {
			n += c.Received.Load()
		}
	}
	return n
}

// take puts results in the place of earlier ones of the same tables.
func (v *Validation) take(results []*validate.Result) {
	for _, r := range results {
		if r == nil {
			continue
		}
		found := false
		for i, old := range v.Tables {
			if old.Source == r.Source {
				v.Tables[i], found = r, true
			}
		}
		if !found {
			v.Tables = append(v.Tables, r)
		}
	}
}

// planValidation finds the pairs of tables.
func (t *Task) planValidation(ctx context.Context) (*Plan, error) {
	source, err := t.inspectSource(ctx, connector.InspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("inspect the source: %w", err)
	}
	p := &Plan{Catalog: source}
	t.whole, t.wholeSettled = map[catalog.Name]bool{}, false
	if err := t.layOut(ctx, p, source, false); err != nil {
		return nil, err
	}
	if len(p.Mapping.Tables) == 0 && t.Settings.ErrorBehavior.FailOnNoTablesCaptured {
		return nil, noTables(p.Mapping)
	}
	names := make([]catalog.Name, len(p.Schema.Tables))
	for i, ct := range p.Schema.Tables {
		names[i] = ct.Target.Name
	}
	existing, err := t.target.Describe(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("look at the target's tables: %w", err)
	}
	for _, ct := range p.Schema.Tables {
		tp := &TablePlan{Table: ct}
		if there := existing[ct.Target.Name]; there != nil {
			tp.Existing = there.Table
		}
		p.Tables = append(p.Tables, tp)
	}
	return p, nil
}

// compare compares tables in one snapshot of each side.
func (t *Task) compare(ctx context.Context, tables []*TablePlan, stats *validate.Stats, keep bool, keys ...string) (_ []*validate.Result, err error) {
	c, results, err := t.validation(tables)
	if err != nil {
		return nil, err
	}
	c.Stats, c.Keep, c.Keys = stats, keep, keys
	if keep { // FailureMaxCount ends a comparison that is to be read by people
		c.Failures = 0
	}
	source, err := connector.OpenSnapshot(ctx, t.source, c.Threads, sourceNames(tables))
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	end, err := t.readTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end.Close()) }()
	target, err := connector.OpenSnapshot(ctx, end, c.Threads, targetNames(tables))
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of the target: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	c.Source, c.Target = source, target
	found, err := validate.Run(ctx, *c)
	return append(found, results...), err
}

func sourceNames(tables []*TablePlan) []catalog.Name {
	names := make([]catalog.Name, len(tables))
	for i, tp := range tables {
		names[i] = tp.Plan.Source.Name
	}
	return names
}

func targetNames(tables []*TablePlan) []catalog.Name {
	names := make([]catalog.Name, len(tables))
	for i, tp := range tables {
		names[i] = tp.Target.Name
	}
	return names
}

// readTarget opens the target to be read.
func (t *Task) readTarget(ctx context.Context) (connector.Source, error) {
	if b, ok := t.target.(connector.ReadBack); ok {
		end, err := b.ReadBack(ctx)
		if err != nil {
			return nil, fmt.Errorf("open the target to read it back: %w", err)
		}
		return end, nil
	}
	config := t.Target
	config.Settings = nil // those of a target
	end, err := t.targetEngine.OpenSource(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the target to read it: %w", err)
	}
	return end, nil
}

// validation is the comparison that the settings describe, and the results of tables that cannot be compared at all.
func (t *Task) validation(tables []*TablePlan) (*validate.Config, []*validate.Result, error) {
	c := validationOf(t.Settings)
	c.Log = t.log(tasklog.Validator)
	if t.like() {
		c.Like = t.sourceEngine.Family
	}
	var left []*validate.Result
	for _, tp := range tables {
		source := tp.Plan.Source
		r := &validate.Result{Source: source.Name, Target: tp.Target.Name, State: validate.TableError}
		switch {
		case tp.Plan.Parted():
			continue // its partitions are tables of their own
		case tp.Folded:
			r.Reason = "several tables of the source go into one of the target"
		case tp.Existing == nil:
			r.Reason = "the target has no such table"
		default:
			vt, err := t.validationTable(tp)
			if err == nil {
				c.Tables = append(c.Tables, vt)
				continue
			}
			r.Reason = err.Error()
		}
		left = append(left, r)
	}
	return c, left, nil
}

func (t *Task) validationTable(tp *TablePlan) (*validate.Table, error) {
	var missing []error
	for _, c := range tp.Target.Columns {
		if tp.Existing.Column(c.Name) == nil {
			missing = append(missing, fmt.Errorf("target table %s has no column %q", tp.Target.Name, c.Name))
		}
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	return &validate.Table{Plan: t.writable(tp, tp.Existing), Target: tp.Existing, Options: t.transformOptions(tp.Plan)}, nil
}

// validationOf reads ValidationSettings. ROW_LEVEL is what DMS stores as the default; only a document that names it keeps digests out
// of the databases.
func validationOf(s *settings.Settings) *validate.Config {
	v := s.ValidationSettings
	return &validate.Config{
		Threads: v.ThreadCount, PartitionRows: v.PartitionSize, TableFailures: v.TableFailureMaxCount, Failures: v.FailureMaxCount,
		SkipLOBs: v.SkipLobColumns, PartialLOB: v.ValidationPartialLobSize << 10, MaxKey: v.MaxKeyColumnSize,
		Rows:   v.ValidationMode == "ROW_LEVEL" && s.Explicit("ValidationSettings.ValidationMode"),
		NoBags: s.WhimbrelSettings.Compatibility == "dms",
	}
}

// repair makes the target of tables that differ what the source is, and says which are to be compared again. No table is begun
// after a time.
//
// A column that is not compared is written too when a row is: with what the source holds, or as the target makes it.
func (t *Task) repair(ctx context.Context, v *Validation, results []*validate.Result, until time.Time) (map[catalog.Name]bool, error) {
	applier, ok := t.target.(connector.Applier)
	if !ok {
		return nil, fmt.Errorf("a %s target does not take changes, so it cannot be repaired", t.targetEngine.Name)
	}
	again := map[catalog.Name]bool{}
	var session connector.ApplySession
	for _, r := range results {
		if r == nil || r.State != validate.Mismatched && r.State != validate.TableError || closed(until) {
			continue
		}
		if before, ok := v.taken[r.Source]; ok && !r.Lasts(before) {
			continue // what is written does not last (a trigger), or is not what a function of the mapping asks for
		}
		if session == nil {
			var err error
			if session, err = applier.Apply(ctx, connector.ApplyOptions{Run: "validate"}); err != nil {
				return nil, fmt.Errorf("open the target to repair it: %w", err)
			}
			defer func() { _ = session.Close() }()
		}
		done, err := r.Repair(ctx, session)
		if err != nil {
			return nil, err
		}
		sum := v.Repaired[r.Source]
		sum.Removed += done.Removed
		sum.Written += done.Written
		sum.Refused = done.Refused
		v.Repaired[r.Source] = sum
		r.ListFirst(t.Settings.ValidationSettings.TableFailureMaxCount)
		if done.Removed+done.Written == 0 {
			continue
		}
		again[r.Source] = true
		if v.taken == nil {
			v.taken = map[catalog.Name]validate.Taken{}
		}
		v.taken[r.Source] = r.Taken()
	}
	return again, nil
}
