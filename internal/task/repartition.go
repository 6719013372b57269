package task

import (
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// repartitioned follows a change of a table's partitions. A target of another engine has none, so that only rows matter which come or go
// with them.
func (r *run) repartitioned(before *cdc.Table, s *connector.Structure, number int) (out cdc.Reshaped, err error) {
	p, ddl := s.Partitions, r.Settings.ChangeProcessingDdlHandlingPolicy
	done := connector.Repartitioned{Source: before.Source, Target: before.Target}
	dialect, ok := r.dialect.(connector.Repartitioner)
	switch {
	case p.Unlogged != "" && p.Ignored:
	case p.Unlogged != "" && !p.Foreign && !ddl.HandleSourceTableTruncated:
		r.log(tasklog.TargetApply).Warn("rows that left with a partition are left as they are (HandleSourceTableTruncated)", "table", before.Source.Name.String(), "statement", s.SQL)
	case p.Unlogged == "" && !ddl.HandleSourceTableAltered:
	case ok && r.like() && (p.Unlogged == "" || plain(before.Plan)):
		if done, err = dialect.Repartition(p, before.Source, before.Target); err != nil {
			return out, err
		}
	case p.Unlogged != "":
		return out, fmt.Errorf("%s changes rows without logging them, and %w; load the table anew, or set skipTableSuspensionForPartitionDdl", p.Unlogged, errOtherRows)
	}
	plan := *before.Plan
	plan.Source = done.Source
	tp := &TablePlan{Table: &convert.Table{Plan: &plan, Target: done.Target}, Existing: done.Target}
	for i := range plan.Columns {
		tp.Columns = append(tp.Columns, done.Target.Column(plan.Columns[i].Name))
	}
	out.Statements = done.Statements
	out.Table, err = r.followTable(number, tp)
	return out, err
}

var errOtherRows = errors.New("the target's table is not partitioned in the same way")

// plain reports whether all rows reach the target, with the values that they have.
func plain(p *mapping.TablePlan) bool {
	for i := range p.Columns {
		if p.Columns[i].Source != nil && !p.Columns[i].Untouched() {
			return false
		}
	}
	return true
}
