package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// follow applies the source's changes until it is told to stop, and loads tables anew that are asked for meanwhile.
func (r *run) follow(ctx context.Context) (err error) {
	ctx, s := span.Start(ctx, "follow")
	defer func() { span.End(s, err) }()
	r.publish()
	reloads, err := r.reloaderOf(ctx)
	if err != nil {
		return err
	}
	c, err := r.changesConfig(reloads.isAway)
	if err != nil {
		return err
	}
	if c.Ledger, err = r.ledger(ctx); err != nil {
		return err
	}
	if c.MarkTable, err = r.markTable(ctx); err != nil {
		return err
	}
	c.Stop, c.Errands, c.Busy = r.Stop, reloads.errands, reloads.busy
	c.Wanted = func(n catalog.Name) bool { return !reloads.isAway(n) && r.wanted(n) }
	following, stop := reloads.start(ctx)
	defer r.watchRows(ctx, &c, reloads)()
	reason, err := cdc.Follow(following, c)
	if fatal := context.Cause(following); err == nil && ctx.Err() == nil && fatal != nil {
		err = fatal
	}
	stop()
	r.report.Reason = reason
	return err
}

// changesConfig describes the following of the tables, without those that are away.
func (r *run) changesConfig(away func(catalog.Name) bool) (cdc.Config, error) {
	c := cdc.Config{
		Run: r.plan.Run, Task: r.Name, Server: hostname(), Source: r.streamer, Target: r.applier, Aside: r.isAside, Loopback: r.loopback(), Selected: r.selected(),
		Position: r.plan.Checkpoint.Position, Structures: r,
		DDL:    cdc.DDLPolicy{Truncated: r.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableTruncated, FailOnTruncate: r.Settings.ErrorBehavior.ApplyErrorFailOnTruncationDdl},
		Policy: applyPolicy(r.Settings), TableError: action(r.Settings.ErrorBehavior.TableErrorPolicy),
		TableErrorCount: r.Settings.ErrorBehavior.TableErrorEscalationCount,
		Retry:           Retry(r.Settings), Tuning: tuning(r.Settings),
		InOrder: r.Settings.WhimbrelSettings.Compatibility == "dms" && !r.Settings.TargetMetadata.BatchApplyEnabled,
		Stats:   r.ChangeStats, Log: r.log(tasklog.SourceCapture), ApplyLog: r.log(tasklog.TargetApply),
	}
	c.Places, c.Largest, c.Refused = r.asksPlaces(), r.Largest, r.relabel
	if c.Silence = r.StallAfter; c.Silence <= 0 {
		c.Silence = DefaultStallAfter
	}
	if prober, ok := r.target.(connector.Prober); ok {
		c.Probe = prober.Probe
	}
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) || away(tp.Plan.Source.Name) {
			continue
		}
		t, err := r.followTable(len(c.Tables), tp)
		if err != nil {
			return c, fmt.Errorf("table %s: %w", tp.Plan.Source.Name, err)
		}
		c.Tables = append(c.Tables, t)
	}
	return c, nil
}

// followTable describes a table to the following.
func (r *run) followTable(number int, tp *TablePlan) (*cdc.Table, error) {
	target := tp.Target
	if tp.Existing != nil {
		target = tp.Existing
	}
	written := r.writable(tp, target)
	if r.targetEngine.Family == catalog.Lake && transform.MarksDeleted(written) {
		return nil, &connector.Error{
			Class: connector.Invalid, Err: errors.New("operation_indicator marks rows that are there, and in files there are changes alone"),
			Remedy: "use $AR_H_OPERATION, or the target's own column of the operation",
		}
	}
	o := r.transformOptions(tp.Plan)
	s := cdc.TableSpec{
		Number: number, Plan: written, Since: r.plan.since[tp.Plan.Source.Name], Target: target, Options: o, Stats: r.ChangeStats,
		Ahead: !r.loads(), // changes may be asked for from any earlier place
	}
	s.Read = r.readColumns(written, target, o)
	return cdc.NewTable(s)
}

// wanted reports whether a table that comes into being is selected.
func (r *run) wanted(n catalog.Name) bool {
	plan, err := r.planAlone(&catalog.Table{Name: n})
	return err == nil && len(plan.Tables) == 1
}

// selected are the rules by which wanted decides, without what depends on more than a name.
func (r *run) selected() []connector.Selected {
	rules, err := r.rules(r.plan.Catalog)
	if err != nil {
		return nil
	}
	all := []connector.Selected{}
	for _, s := range rules.Selections {
		if s.Tables {
			schema, table := s.Patterns()
			all = append(all, connector.Selected{Schema: schema, Table: table, Excluded: s.Excludes()})
		}
	}
	return all
}

// heldBack reports whether an object must wait for the cutover, because it would act on changes that are applied.
func (r *run) heldBack(o catalog.Object) bool {
	if !r.follows() {
		return false
	}
	switch o.Kind {
	case "trigger", "event trigger", "rule", "event":
		return true
	default:
		return false
	}
}

func applyPolicy(s *settings.Settings) apply.Policy {
	b := s.ErrorBehavior
	return apply.Policy{
		Data: action(b.DataErrorPolicy), Truncation: action(b.DataTruncationErrorPolicy), Masking: action(b.DataMaskingErrorPolicy),
		Insert: action(b.ApplyErrorInsertPolicy), Update: action(b.ApplyErrorUpdatePolicy), Delete: action(b.ApplyErrorDeletePolicy),
		ReplaceOnInsert: b.ApplyErrorInsertPolicy == "INSERT_RECORD", InsertOnUpdate: b.ApplyErrorUpdatePolicy == "UPDATE_RECORD",
		Escalation: action(b.ApplyErrorEscalationPolicy), EscalationCount: int64(b.ApplyErrorEscalationCount),
		DataEscalation: action(b.DataErrorEscalationPolicy), DataEscalationCount: int64(b.DataErrorEscalationCount), Table: action(b.TableErrorPolicy),
	}
}

// tuning holds changes back only where the settings say so: what DMS stores as defaults says nothing of what the user wants.
func tuning(s *settings.Settings) cdc.Tuning {
	c, explicit := s.ChangeProcessingTuning, func(key string) bool {
		return s.Explicit("ChangeProcessingTuning."+key) || s.WhimbrelSettings.Compatibility == "dms"
	}
	t := cdc.Tuning{Statements: c.StatementCacheSize, MaxBytes: c.MemoryLimitTotal << 20 / groupShare}
	if c.RecoveryTimeout > 0 {
		t.RecoveryTimeout = time.Duration(c.RecoveryTimeout) * time.Minute
	}
	if s.TargetMetadata.BatchApplyEnabled {
		if explicit("BatchApplyTimeoutMin") {
			t.Pause = time.Duration(c.BatchApplyTimeoutMin) * time.Second
		}
		if explicit("BatchApplyMemoryLimit") {
			t.MaxBytes = min(t.MaxBytes, c.BatchApplyMemoryLimit<<20)
		}
		t.MaxChanges = c.BatchSplitSize
		return t
	}
	if explicit("MinTransactionSize") || explicit("CommitTimeout") {
		t.MinChanges, t.Wait = c.MinTransactionSize, time.Duration(c.CommitTimeout)*time.Second
	}
	return t
}

// groupShare is the part of the memory that one group of changes may take: there are three, each with its net effect.
const groupShare = 8

// readColumns are the columns that a plan reads, in the layouts they come in.
func (r *run) readColumns(written *mapping.TablePlan, target *catalog.Table, o transform.Options) []connector.ReadColumn {
	columns := transform.ReadColumns(written)
	native := r.native(written, target, columns, o)
	if p, ok := r.streamer.(connector.PlainStreamer); ok && p.StreamsPlain() {
		clear(native)
	}
	r.readKeys(written, target, columns, native)
	out := make([]connector.ReadColumn, len(columns))
	for i, c := range columns {
		out[i] = connector.ReadColumn{Column: c, Layout: r.streamer.Layout(c)}
		if native[i] {
			out[i].Layout = change.Native
		}
	}
	return out
}
