package task

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
)

// aside plans the small migration that loads tables anew, from the source as it is now.
func (l *reloader) aside(ctx context.Context, tables []catalog.Name) (*run, error) {
	t := *l.Task
	settled := l.targetSchema(l.plan.Mapping)
	t.settled = &settled
	drops := t.Settings.FullLoadSettings.TargetTablePrepMode == "DROP_AND_CREATE"
	secondary := t.Settings.WhimbrelSettings.SecondaryObjects
	source, err := t.inspectSource(ctx, connector.InspectOptions{Objects: drops && secondary && t.like()})
	if err != nil {
		return nil, fmt.Errorf("inspect the source: %w", err)
	}
	typedAsThen(source, l.plan.Catalog)
	if !drops { // the tables alone: all else is there
		source = only(source, tables)
	}
	p := &Plan{Catalog: source, Run: l.name, Resumed: true}
	if p.Mapping, err = t.mapTables(source); err != nil {
		return nil, err
	}
	if p.Schema, err = t.convert(source, p.Mapping); err != nil {
		return nil, fmt.Errorf("convert the schema: %w", err)
	}
	if err := t.asideTables(ctx, p, tables, drops); err != nil {
		return nil, err
	}
	return &run{Task: &t, plan: p, report: &Report{}, isAside: true, drops: drops}, nil
}

// asideTables decides what becomes of each table on the target.
func (t *Task) asideTables(ctx context.Context, p *Plan, tables []catalog.Name, drops bool) error {
	var wanted []*convert.Table
	var names []catalog.Name
	for _, ct := range p.Schema.Tables {
		if slices.Contains(tables, ct.Plan.Source.Name) {
			wanted, names = append(wanted, ct), append(names, ct.Target.Name)
		}
	}
	for _, n := range tables {
		if !slices.ContainsFunc(wanted, func(ct *convert.Table) bool { return ct.Plan.Source.Name == n }) {
			return fmt.Errorf("table %s: %w any more", n, ErrNoSuchTable)
		}
	}
	existing, err := t.target.Describe(ctx, names)
	if err != nil {
		return fmt.Errorf("look at the target's tables: %w", err)
	}
	var refused []error
	for _, ct := range wanted {
		tp := &TablePlan{Table: ct, Fresh: true, Script: t.dialect.Script(ct.Target, t.keysFirst())}
		switch there := existing[ct.Target.Name]; {
		case there == nil:
			tp.Made = true
		case drops:
			tp.Made = true
			t.prepareBy(tp, dropFirst)
		default:
			if err := tp.keep(there.Table); err != nil {
				refused = append(refused, fmt.Errorf("%w (TargetTablePrepMode DROP_AND_CREATE makes it anew)", err))
			}
		}
		p.Tables = append(p.Tables, tp)
	}
	markNeeded(p.Tables)
	t.joinThere(p.Tables)
	return errors.Join(refused...)
}

// only is a catalog with some of its tables and nothing else.
func only(c *catalog.Catalog, tables []catalog.Name) *catalog.Catalog {
	out := *c
	out.Objects, out.Schemas = nil, nil
	for _, s := range c.Schemas {
		some := *s
		some.Tables, some.Views, some.Sequences, some.Objects = nil, nil, nil, nil
		for _, t := range s.Tables {
			if slices.Contains(tables, t.Name) {
				some.Tables = append(some.Tables, t)
			}
		}
		out.Schemas = append(out.Schemas, &some)
	}
	return &out
}

// empty takes the rows out of the tables that stay. Where a foreign key leads to a table it cannot be truncated, and is
// emptied row by row, as foreign keys stand aside for whoever applies changes.
func (r *run) empty(ctx context.Context) error {
	for _, tp := range r.plan.Tables {
		if tp.Existing == nil {
			continue
		}
		name := tp.Target.Name
		err := r.target.Exec(ctx, []catalog.Statement{r.dialect.Truncate(name)})
		switch connector.ClassOf(err) {
		case connector.Lost, connector.Busy, connector.Full:
			return fmt.Errorf("empty table %s: %w", name, err)
		}
		if err == nil {
			continue
		}
		if err := r.emptyByRows(ctx, name); err != nil {
			return fmt.Errorf("empty table %s: %w", name, err)
		}
	}
	return nil
}

func (r *run) emptyByRows(ctx context.Context, name catalog.Name) error {
	session, err := r.applier.Apply(ctx, connector.ApplyOptions{Run: r.plan.Run})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := session.Begin(ctx); err != nil {
		return err
	}
	if err := session.Truncate(ctx, name); err != nil {
		return err
	}
	if err := session.Commit(ctx, connector.Checkpoint{Run: r.plan.Run}); err != nil {
		return err
	}
	return session.Sync(ctx)
}
