package task

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

var _ cdc.Structures = (*run)(nil)

// Reshape implements cdc.Structures: the table mappings are applied to the table as it is now, the result is converted, and
// what has changed since is told in the target's DDL.
func (r *run) Reshape(ctx context.Context, before *cdc.Table, s *connector.Structure, number int) (cdc.Reshaped, error) {
	if s.Kind == connector.Dropped {
		return r.dropped(before), nil
	}
	if s.Partitions != nil && before != nil {
		return r.repartitioned(before, s, number)
	}
	if before != nil {
		typeAsBefore(s.Table, before.Source, s.Renamed)
	}
	plan, err := r.planAlone(s.Table, s.Parents...)
	if err != nil {
		return cdc.Reshaped{}, err
	}
	if settled, err := r.typeByValuesNow(ctx, plan); err != nil {
		return cdc.Reshaped{}, err
	} else if settled {
		if plan, err = r.planAlone(s.Table, s.Parents...); err != nil {
			return cdc.Reshaped{}, err
		}
	}
	if !slices.ContainsFunc(plan.Tables, func(p *mapping.TablePlan) bool { return p.Source.Name == s.Table.Name }) {
		return cdc.Reshaped{}, nil // renamed out of the selection, or a part of another table
	}
	converted, err := r.convert(r.catalogOf(s.Table, s.Parents...), plan)
	if err != nil {
		return cdc.Reshaped{}, fmt.Errorf("convert the table: %w", err)
	}
	at := slices.IndexFunc(converted.Tables, func(t *convert.Table) bool { return t.Plan.Source.Name == s.Table.Name })
	if at < 0 {
		return cdc.Reshaped{}, errors.New("no column of the table reaches the target")
	}
	tp := &TablePlan{Table: converted.Tables[at]}
	switch {
	case before != nil:
		return r.altered(before, tp, s, number)
	case tp.Plan.Parted():
		return r.rootCreated(ctx, tp)
	}
	if err := r.freeNames(ctx, tp.Target); err != nil {
		return cdc.Reshaped{}, err
	}
	return r.created(tp, number)
}

// rootCreated makes a partitioned table unless it is there. It is not followed: it holds no rows, and what changes in it comes with
// its partitions.
func (r *run) rootCreated(ctx context.Context, tp *TablePlan) (cdc.Reshaped, error) {
	there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.TableRef, Name: tp.Target.Name})
	if there || err != nil {
		return cdc.Reshaped{}, err
	}
	return cdc.Reshaped{Statements: r.creating(tp)}, nil
}

func (r *run) dropped(before *cdc.Table) (out cdc.Reshaped) {
	if r.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableDropped {
		out.Statements = []catalog.Statement{r.dialect.Drop(before.Target.Name)}
	}
	return out
}

func (r *run) created(tp *TablePlan, number int) (out cdc.Reshaped, err error) {
	out.Statements = r.creating(tp)
	out.Table, err = r.followTable(number, tp)
	return out, err
}

// creating makes a table. A partition is attached when its indexes are there: they become parts of its parent's, which would get
// others otherwise.
func (t *Task) creating(tp *TablePlan) []catalog.Statement {
	script := t.dialect.Script(tp.Target, true)
	all := append(append(script.Create, script.Keys...), script.Indexes...)
	late := func(s catalog.Statement) int {
		if s.Makes.Kind == catalog.PartitionRef {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b catalog.Statement) int { return late(a) - late(b) })
	return all
}

// altered compares the table with what it was, column by column of the source.
func (r *run) altered(before *cdc.Table, tp *TablePlan, s *connector.Structure, number int) (out cdc.Reshaped, err error) {
	handled := r.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableAltered
	a := &alteration{run: r, before: before, after: tp, renamed: s.Renamed, anew: s.Anew, target: cloneTable(before.Target)}
	if handled {
		if err := a.work(); err != nil {
			return out, err
		}
		a.fitted(s)
		out.Statements, out.Doubt = a.statements, a.settled(s)
	} else {
		a.ignored()
		if a.rekeyed() && (before.Source.PrimaryKey != nil || len(before.Key) > 0) {
			return out, fmt.Errorf("the primary key of the source's table has changed from %s to %s, and HandleSourceTableAltered leaves the target's as it is; load the table anew with TargetTablePrepMode DROP_AND_CREATE",
				primaryText(before.Source.PrimaryKey), primaryText(s.Table.PrimaryKey))
		}
		a.leave()
	}
	tp.Existing = a.target
	out.Table, err = r.followTable(number, tp)
	return out, err
}

// planAlone applies the table mappings to one table, and to those whose partition it is.
func (r *run) planAlone(t *catalog.Table, parents ...*catalog.Table) (*mapping.Plan, error) {
	source := r.catalogOf(t, parents...)
	rules, err := r.rules(source)
	if err != nil {
		return nil, err
	}
	plan, err := rules.Plan(source, mapping.Options{
		FoldPartitions: !r.like(), Whole: r.whole, RenameExpression: renameExpression, WithoutLOBs: !r.Settings.TargetMetadata.SupportLobs,
		TargetSchema: r.targetSchema(r.plan.Mapping), Lowercase: lowercases(r.dialect),
	})
	if err == nil {
		readAsAsked(plan)
	}
	return plan, err
}

// catalogOf is a catalog that holds one table, and those whose partition it is.
func (r *run) catalogOf(t *catalog.Table, parents ...*catalog.Table) *catalog.Catalog {
	c := *r.plan.Catalog
	c.Objects, c.Schemas = nil, nil
	for _, one := range append([]*catalog.Table{t}, parents...) {
		at := slices.IndexFunc(c.Schemas, func(s *catalog.Schema) bool { return s.Name == one.Name.Schema })
		if at < 0 {
			at = len(c.Schemas)
			c.Schemas = append(c.Schemas, &catalog.Schema{Name: one.Name.Schema})
		}
		c.Schemas[at].Tables = append(c.Schemas[at].Tables, one)
	}
	return &c
}

func cloneTable(t *catalog.Table) *catalog.Table {
	c := *t
	c.Columns = append([]*catalog.Column{}, t.Columns...)
	return &c
}

// alteration makes the target's table follow the source's.
type alteration struct {
	*run
	before     *cdc.Table
	after      *TablePlan
	renamed    map[string]string // columns of the source, old to new
	anew       bool              // all rows come again
	target     *catalog.Table    // as it will be
	statements []catalog.Statement
	doubt      error // why rows that are there may differ afterwards
}

func (a *alteration) work() error {
	dialect, ok := a.dialect.(connector.Alterer)
	if !ok {
		return fmt.Errorf("a %s target cannot be altered", a.targetEngine.Name)
	}
	if to := a.after.Target.Name; to != a.target.Name {
		a.do(dialect.RenameTable(a.target.Name, to))
		a.target.Name = to
	}
	if p, ok := a.dialect.(connector.PartitionAlterer); ok && a.like() { // whether it is a partition is not remembered
		dialect = p.OfPartition()
	}
	a.renameColumns(dialect)
	a.leaveKey()
	if a.anew {
		a.dropRecomputed(dialect)
	}
	a.dropColumns(dialect)
	a.computed()
	if err := a.computedAsBefore(); err != nil && !a.anew {
		return err
	}
	if err := a.addColumns(dialect); err != nil {
		return err
	}
	if err := a.rekey(); err != nil {
		return err
	}
	a.loosen(dialect)
	return nil
}

func (a *alteration) do(ss []catalog.Statement) { a.statements = append(a.statements, ss...) }

// old finds the source column that a column of now was before; nil when it is new.
func (a *alteration) old(now *catalog.Column) *catalog.Column {
	return columnBefore(a.before.Source, now, a.renamed)
}

func columnBefore(before *catalog.Table, now *catalog.Column, renamed map[string]string) *catalog.Column {
	for from, to := range renamed {
		if to == now.Name {
			return before.Column(from)
		}
	}
	if _, gone := renamed[now.Name]; gone {
		return nil
	}
	return before.Column(now.Name)
}

// renameColumns gives target columns the names that the mapping makes of the source's new ones. One that gets the name of another, which
// gets a new one too, has a name of its own meanwhile.
func (a *alteration) renameColumns(dialect connector.Alterer) {
	meanwhile := map[string]string{}
	for i, p := range a.after.Plan.Columns {
		if p.Source == nil {
			continue
		}
		old := a.old(p.Source)
		if old == nil {
			continue
		}
		from, there := a.written(old)
		to := a.after.Columns[i].Name
		if !there || from == to || a.target.Column(from) == nil {
			continue
		}
		if a.target.Column(to) != nil {
			meanwhile[fmt.Sprintf("awsdms_renamed_%d", i)] = to
			to = fmt.Sprintf("awsdms_renamed_%d", i)
		}
		a.renameColumn(dialect, from, to)
	}
	for from, to := range meanwhile {
		a.renameColumn(dialect, from, to)
	}
}

func (a *alteration) renameColumn(dialect connector.Alterer, from, to string) {
	a.do(dialect.RenameColumn(a.target.Name, from, to))
	for at, c := range a.target.Columns {
		if c.Name == from {
			renamed := *c
			renamed.Name = to
			a.target.Columns[at] = &renamed
		}
	}
}

func (a *alteration) dropColumns(dialect connector.Alterer) {
	for _, c := range a.before.Source.Columns { // those that are computed are not written, and may be computed of what goes next
		if name, ok := a.written(c); ok && c.Generated != "" && !a.survives(c.Name) && a.target.Column(name) != nil {
			a.do(dialect.DropColumn(a.target.Name, name))
			a.without(name)
		}
	}
	for _, p := range a.before.Plan.Columns {
		if p.Source == nil || a.survives(p.Source.Name) || a.target.Column(p.Name) == nil {
			continue
		}
		a.do(dialect.DropColumn(a.target.Name, p.Name))
		a.without(p.Name)
	}
}

// written is the target's name of a column that the source had; what the target computes itself has the source's.
func (a *alteration) written(old *catalog.Column) (string, bool) {
	if name, ok := a.before.Plan.TargetColumn(old.Name); ok {
		return name, true
	}
	there := a.target.Column(old.Name)
	return old.Name, old.Generated != "" && there != nil && there.Generated != ""
}

// survives reports whether a source column of before is still there, under whatever name.
func (a *alteration) survives(name string) bool {
	if to, ok := a.renamed[name]; ok {
		name = to
	}
	return a.after.Plan.Source.Column(name) != nil
}

func (a *alteration) without(name string) {
	var left []*catalog.Column
	for _, c := range a.target.Columns {
		if c.Name != name {
			left = append(left, c)
		}
	}
	a.target.Columns = left
}

// addColumns adds what is new and changes the type of what has another one in the source.
func (a *alteration) addColumns(dialect connector.Alterer) error {
	for i := range a.after.Plan.Columns {
		p, now := &a.after.Plan.Columns[i], a.after.Columns[i]
		switch there := a.target.Column(now.Name); {
		case there == nil:
			c := a.addable(now, p.Source)
			a.do(dialect.AddColumn(a.target.Name, c))
			if err := a.filled(p.Source, c); err != nil && !a.anew {
				return err
			}
			a.target.Columns = append(a.target.Columns, c)
		case p.Source != nil && p.Type == nil && (a.retyped(p.Source) || a.recollated(p.Source)):
			changed := *there
			changed.NativeType, changed.BaseType, changed.Type = now.NativeType, now.BaseType, now.Type
			changed.Charset, changed.Collation = now.Charset, now.Collation
			a.retype(p, there, &changed)
			a.do(dialect.ChangeType(a.target.Name, &changed))
			for at, c := range a.target.Columns {
				if c == there {
					a.target.Columns[at] = &changed
				}
			}
		}
	}
	return nil
}

func (a *alteration) retyped(now *catalog.Column) bool {
	old := a.old(now)
	return old != nil && old.NativeType != now.NativeType && (a.like() || !convert.WidthAlone(old, now))
}

// recollated reports whether a column of MySQL has another character set or collation, which a like target takes up: it would refuse
// characters that the old one lacks, and values that are the same to it.
func (a *alteration) recollated(now *catalog.Column) bool {
	old := a.old(now)
	if old == nil || !a.like() || a.targetEngine.Family != catalog.MySQL {
		return false
	}
	return now.Charset != "" && now.Charset != old.Charset || now.Collation != "" && now.Collation != old.Collation
}

// addable is a new column in a form that rows which are there already can take: a column that must not be null and has no
// default can only be added to an empty table, except where the engine itself fills it in, as MySQL does.
func (a *alteration) addable(now, source *catalog.Column) *catalog.Column {
	c := *now
	if a.targetEngine.Family == catalog.Redshift && c.Default == nil { // which is given no defaults with its tables
		c.Default = convert.ConstantDefault(a.sourceEngine.Family, catalog.Redshift, source, &c)
	}
	if c.NotNull && c.Default == nil && c.Generated == "" && !(a.like() && a.targetEngine.Family == catalog.MySQL) {
		c.NotNull = false
		if source != nil && a.sourceEngine.Family == catalog.MySQL && source.NotNull {
			c.Default = convert.ImplicitDefault(&c)
		}
	}
	c.Identity = catalog.Identity{}
	return &c
}

// leave takes the table as it is: source columns that it lacks are not written.
func (a *alteration) leave() {
	plan := *a.after.Plan
	table := *a.after.Table
	plan.Columns, table.Columns = nil, nil
	for i, p := range a.after.Plan.Columns {
		name := a.after.Columns[i].Name
		if p.Source != nil {
			if old := a.old(p.Source); old != nil {
				if from, ok := a.before.Plan.TargetColumn(old.Name); ok {
					name = from
				}
			}
		}
		if there := a.target.Column(name); there != nil {
			plan.Columns = append(plan.Columns, p)
			table.Columns = append(table.Columns, there)
		}
	}
	table.Plan = &plan
	a.after.Table = &table
}
