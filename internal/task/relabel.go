package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// relabel is told that the target has refused a value of a table. No log tells of labels that a type has got in the source: where the value
// is one of those, the target's type gets them. The answer is nil when the change may be made once more, else why it cannot be made.
func (r *run) relabel(ctx context.Context, t *cdc.Table, refused error) error {
	from, ok := r.source.(connector.Labeled)
	to, too := r.target.(connector.Labeled)
	dialect, adds := r.dialect.(connector.Labeler)
	if !ok || !too || !adds || !r.like() || !to.Unlabeled(refused) {
		return refused
	}
	theirs, err := from.Labels(ctx, t.Source.Name)
	if err != nil {
		return err
	}
	ours, err := to.Labels(ctx, t.Target.Name)
	if err != nil {
		return err
	}
	statements, err := missingLabels(dialect, t.Plan, theirs, ours)
	switch {
	case err != nil:
	case len(statements) == 0:
		return refused
	case !r.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableAltered:
		err = fmt.Errorf("the source's type has more labels, and HandleSourceTableAltered leaves the target's as it is: run %s at the target", statements[0].SQL)
	default:
		err = r.target.Exec(ctx, statements)
		switch connector.ClassOf(err) {
		case connector.Lost, connector.Busy, connector.Full:
			return err
		}
		if err == nil {
			r.log(tasklog.TargetApply).Info("a type has got the labels that the source's has got", "table", t.Source.Name.String(), "statement", statements[0].SQL, "labels", len(statements))
			return nil
		}
		err = fmt.Errorf("%w; let its owner run %s at the target", err, statements[0].SQL)
	}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("%w: %w", refused, err)}
}

// missingLabels works out what gives the types of a table's columns the labels that they lack, each at its place. A type that has a label of
// its own is not the source's any more.
func missingLabels(dialect connector.Labeler, p *mapping.TablePlan, theirs, ours map[string]connector.Labels) (all []catalog.Statement, err error) {
	done := map[catalog.Name]bool{}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.Source == nil || c.Type != nil {
			continue
		}
		is, ok := ours[c.Name]
		has, too := theirs[c.Source.Name]
		if !ok || !too || done[is.Type] {
			continue
		}
		done[is.Type] = true
		for _, label := range is.Labels {
			if !slices.Contains(has.Labels, label) {
				return nil, fmt.Errorf("the target's type %s has the label %q, which the source's has not: ALTER TYPE … RENAME VALUE or ADD VALUE makes the one like the other", is.Type, label)
			}
		}
		after := ""
		for _, label := range has.Labels {
			if !slices.Contains(is.Labels, label) {
				all = append(all, dialect.AddLabel(is, label, after))
			}
			after = label
		}
	}
	return all, nil
}
