package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// nameDifferences names what tables have otherwise on the target than in the source, and are not given: a cutover would miss it.
func (r *run) nameDifferences(ctx context.Context, now *convert.Result) error {
	if _, ok := r.dialect.(connector.Constrainer); !ok || !r.Settings.WhimbrelSettings.SecondaryObjects {
		return nil
	}
	var tables []*convert.Table
	var names []catalog.Name
	for _, t := range now.Tables {
		if !t.Folded && t.Plan.View == nil && !t.Plan.Parted() {
			tables, names = append(tables, t), append(names, t.Target.Name)
		}
	}
	existing, err := r.target.Describe(ctx, names)
	if err != nil {
		return fmt.Errorf("look at the target's tables: %w", err)
	}
	for _, t := range tables {
		if there := existing[t.Target.Name]; there != nil {
			r.nameConstraints(t, there.Table)
			r.nameChanged(t)
		}
	}
	return nil
}

// nameConstraints names the primary key and the columns that must not be null which the target's table lacks.
func (r *run) nameConstraints(t *convert.Table, there *catalog.Table) {
	wanted := t.Target.PrimaryKey
	if has := there.PrimaryKey; (wanted == nil) != (has == nil) || wanted != nil && !slices.Equal(wanted.Columns, has.Columns) {
		r.differs("primary key", t, "", "The primary key of table %s is %s on the target, where the source's makes it %s: make it by hand.", t.Target.Name, primaryText(has), primaryText(wanted))
	}
	for i, c := range t.Columns {
		is := there.Column(c.Name)
		if is == nil || t.Plan.Columns[i].Source == nil || !c.NotNull || is.NotNull || c.Generated != "" || inPrimary(wanted, c.Name) || inPrimary(there.PrimaryKey, c.Name) {
			continue
		}
		r.differs("column", t, c.Name, "Column %q of table %s may be NULL on the target and must not be in the source: make it NOT NULL by hand.", c.Name, t.Target.Name)
	}
}

// nameChanged names the defaults that have changed while the table was followed, and what it has lost.
func (r *run) nameChanged(t *convert.Table) {
	source := t.Plan.Source
	then, noted := r.plan.Catalog.Table(source.Name), r.plan.late[source.Name]
	if then == nil {
		return
	}
	defaults := cdc.DefaultsOf(then, source)
	for i, p := range t.Plan.Columns {
		if p.Source == nil || !slices.Contains(defaults, p.Source.Name) && !noted[cdc.DefaultPart(p.Source.Name)] {
			continue
		}
		is := "none"
		if p.Source.Default != nil {
			is = *p.Source.Default
		}
		r.differs("default", t, p.Source.Name, "The default of column %q of table %s has changed while it was followed, to %s in the source: set it on the target by hand if new rows rely on it.",
			t.Columns[i].Name, t.Target.Name, is)
	}
	for _, part := range slices.Compact(slices.Sorted(slices.Values(append(cdc.GoneFrom(then, source), cdc.GoneParts(noted)...)))) {
		if !slices.Contains(cdc.PartsOf(source), part) {
			kind, name := cdc.PartName(part)
			r.differs("constraint", t, name, "The %s %s of table %s was dropped in the source while it was followed, and is left on the target: drop it by hand if it is in the way.", kind, name, t.Target.Name)
		}
	}
}

func (r *run) differs(kind string, t *convert.Table, part, format string, args ...any) {
	r.report.Notes = append(r.report.Notes, convert.Note{
		Kind: kind, Name: t.Plan.Source.Name, Part: part, Outcome: convert.NotCarried, Text: fmt.Sprintf(format, args...),
	})
}
