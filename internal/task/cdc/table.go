package cdc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// Table is a table that is followed.
type Table struct {
	*apply.Table
	// Read are the columns that the stream delivers.
	Read []connector.ReadColumn
	// Plan holds the columns that are written, named as the target names them.
	Plan *mapping.TablePlan
	// Since is the position up to which the table's rows were loaded; empty when that is where the stream began.
	Since string
	// Ahead says that the table may be described as it came to be only later than where its changes begin.
	Ahead bool

	filter    *connector.Filter
	transform *transform.Transformer
	// sources tells from which of Read each target column is made, and moved whether it is as it was read.
	sources [][]int
	moved   []bool
	// ofChanges are the columns that say which change made a row, or what it was before; ofDeletion those of them that a row keeps
	// which is deleted and stays.
	ofChanges, ofDeletion []int
	// places says that expressions ask how the source names a transaction, numbers that they ask for the number of a change.
	places, numbers bool
	// before says that expressions ask for values before a change.
	before bool
}

// TableSpec is what a table is made from.
type TableSpec struct {
	Number int
	Plan   *mapping.TablePlan
	Since  string
	// Target is the table as it is on the target.
	Target *catalog.Table
	// Read are the columns of transform.ReadColumns with the layouts they come in.
	Read    []connector.ReadColumn
	Options transform.Options
	Stats   *Stats
	Ahead   bool
}

// NewTable prepares a table.
func NewTable(s TableSpec) (*Table, error) {
	t := &Table{Plan: s.Plan, Read: s.Read, Since: s.Since, Ahead: s.Ahead, sources: transform.Sources(s.Plan), before: len(transform.BeforeColumns(s.Plan)) > 0}
	t.places, t.numbers = transform.Asks(s.Plan, transform.Place), transform.Asks(s.Plan, transform.Number)
	t.ofChanges, t.ofDeletion = transform.OfChanges(s.Plan)
	layouts := make([]change.Layout, len(s.Read))
	for i, r := range s.Read {
		layouts[i] = r.Layout
	}
	var err error
	if t.filter, err = connector.NewFilter(s.Plan.Where, s.Read); err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	written := layouts
	if transform.Needed(s.Plan, s.Options) {
		if t.transform, err = transform.New(s.Plan, layouts, s.Options); err != nil {
			return nil, err
		}
		written = t.transform.Layouts()
	}
	columns := make([]connector.LoadColumn, len(s.Plan.Columns))
	for i := range s.Plan.Columns {
		p := &s.Plan.Columns[i]
		c := s.Target.Column(p.Name)
		if c == nil {
			return nil, fmt.Errorf("the target table %s has no column %q", s.Target.Name, p.Name)
		}
		columns[i] = connector.LoadColumn{Column: c, Layout: written[i]}
		t.moved = append(t.moved, p.Untouched())
	}
	t.Table = apply.NewTable(s.Number, s.Plan.Source, s.Target, columns, keyOf(s.Plan, s.Target))
	t.Partial, t.Keeps = t.filter != nil, transform.MarksDeleted(s.Plan)
	t.Swaps, t.Twice = checkedLate(s.Plan.Source)
	if t.Keeps && len(t.Key) == 0 {
		return nil, errNothingToMark
	}
	t.Stats = s.Stats.table(s.Plan.Source.Name, s.Target.Name)
	return t, nil
}

// errNothingToMark is why a table cannot be followed whose deleted rows are to stay.
var errNothingToMark = errors.New("operation_indicator has rows stay that are deleted, which needs a primary or unique key to tell them by; exclude the table from the rule")

// Followed is the table as the stream knows it.
func (t *Table) Followed() connector.Followed {
	return connector.Followed{Number: t.Number, Table: t.Source, Columns: t.Read, Since: t.Since, Whole: t.before, Ahead: t.Ahead}
}

// as is the table under another number, its rows being those of a later position.
func (t *Table) as(number int, since string) *Table {
	other := *t
	other.Since = since
	other.Table = apply.NewTable(number, t.Source, t.Target, t.Columns, t.Key)
	other.Partial, other.Keeps, other.Stats = t.Partial, t.Keeps, t.Stats
	other.Swaps, other.Twice = t.Swaps, t.Twice
	if why := t.Suspended(); why != "" {
		other.Suspend(why)
	}
	return &other
}

// keyOf finds the columns that identify a row: what identifies it in the source, as far as all of it reaches the target,
// else the target's own primary key. It is empty when there is none.
func keyOf(p *mapping.TablePlan, target *catalog.Table) []int {
	for _, key := range sourceKeys(p.Source) {
		if positions, ok := positionsOf(p, func(c *mapping.ColumnPlan, name string) bool { return c.Source != nil && c.Source.Name == name }, key); ok {
			return positions
		}
	}
	if target.PrimaryKey != nil {
		if positions, ok := positionsOf(p, func(c *mapping.ColumnPlan, name string) bool { return c.Name == name }, target.PrimaryKey.Columns); ok {
			return positions
		}
	}
	return nil
}

// checkedLate reports whether rows of a table may take unique values of each other within a statement, and whether those may be what
// identifies the rows.
func checkedLate(source *catalog.Table) (any, key bool) {
	any = slices.ContainsFunc(source.Uniques, func(k *catalog.Key) bool { return k.Deferrable })
	if source.PrimaryKey == nil {
		return any, any
	}
	key = source.PrimaryKey.Deferrable
	return any || key, key
}

// sourceKeys are the source's primary key, else its unique constraints whose columns cannot be null.
func sourceKeys(t *catalog.Table) (keys [][]string) {
	if t.PrimaryKey != nil {
		return [][]string{t.PrimaryKey.Columns}
	}
	for _, u := range t.Uniques {
		whole := true
		for _, name := range u.Columns {
			c := t.Column(name)
			whole = whole && c != nil && c.NotNull
		}
		if whole {
			keys = append(keys, u.Columns)
		}
	}
	return keys
}

func positionsOf(p *mapping.TablePlan, is func(*mapping.ColumnPlan, string) bool, names []string) (positions []int, ok bool) {
	for _, name := range names {
		found := false
		for i := range p.Columns {
			if is(&p.Columns[i], name) {
				positions, found = append(positions, i), true
				break
			}
		}
		if !found {
			return nil, false
		}
	}
	return positions, len(positions) > 0
}
