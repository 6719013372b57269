package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// typeByValues has the source look at the values of the columns that declare no type, in the tables that a plan moves. It reports whether
// there were any that it had not looked at before.
func (t *Task) typeByValues(ctx context.Context, plan *mapping.Plan) (settled bool, err error) {
	typer, ok := t.source.(connector.Typer)
	if !ok {
		return false, nil
	}
	var tables []*catalog.Table
	var columns []*catalog.Column
	for _, tp := range plan.Tables {
		open := len(columns)
		for _, c := range tp.Source.Columns {
			if c.Loose != nil && !c.Loose.Settled {
				columns = append(columns, c)
			}
		}
		if len(columns) > open {
			tables = append(tables, tp.Source)
		}
	}
	if len(tables) == 0 {
		return false, nil
	}
	if err := typer.TypeByValues(ctx, tables); err != nil {
		return false, fmt.Errorf("inspect the source: %w", err)
	}
	if t.like() {
		for _, c := range columns {
			keepKinds(c)
		}
	}
	return true, nil
}

// typeByValuesNow does so for a table that has come or changed while changes are followed, by what it holds when that is read. A table or column
// that has gone or is called something else by then stays without a type, as one that holds nothing.
func (t *Task) typeByValuesNow(ctx context.Context, plan *mapping.Plan) (settled bool, err error) {
	settled, err = t.typeByValues(ctx, plan)
	if err == nil {
		return settled, nil
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Busy, connector.Full:
		return false, err
	}
	t.log(tasklog.MetadataManager).InfoContext(ctx, "columns that declare no type are taken as bytes", "reason", err)
	return false, nil
}

// keepKinds sees to it that where something looks into a column's values, which keeps them from moving as they are, none becomes one of
// another kind in a target that tells them apart.
func keepKinds(c *catalog.Column) {
	if len(c.Loose.Holds) > 1 {
		c.Settle([]catalog.Holding{catalog.HoldsBlobs}, false)
	}
}

// readAsAsked has columns that declare no type read as what change-data-type makes of them, in the longest form of it, so that everything
// that can become that does.
func readAsAsked(plan *mapping.Plan) {
	for _, tp := range plan.Tables {
		for i := range tp.Columns {
			if c := &tp.Columns[i]; c.Source != nil && c.Source.Loose != nil && c.Expression == "" {
				c.Source.Loose.ReadAs = nil
				if c.Type != nil {
					widest := widestOf(*c.Type)
					c.Source.Loose.ReadAs = &widest
				}
			}
		}
	}
}

// widestOf is the type that holds what every type of the kind does.
func widestOf(t datatype.Type) datatype.Type {
	switch {
	case t.Kind.IsText():
		return datatype.Type{Kind: datatype.NClob}
	case t.Kind == datatype.Bytes, t.Kind == datatype.Blob:
		return datatype.Type{Kind: datatype.Blob}
	case t.Kind == datatype.Numeric, t.Kind == datatype.UInt8:
		return datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}
	case t.Kind.IsInteger():
		return datatype.Type{Kind: datatype.Int8}
	case t.Kind == datatype.Real4, t.Kind == datatype.Real8:
		return datatype.Type{Kind: datatype.Real8}
	case t.Kind == datatype.Time, t.Kind == datatype.DateTime:
		t.Scale = 6
	}
	return t
}

// typeAsBefore gives the columns of a table what was settled about them before its structure has changed.
func typeAsBefore(now, before *catalog.Table, renamed map[string]string) {
	for _, c := range now.Columns {
		c.As(columnBefore(before, c, renamed))
	}
}

// typedAsThen does so for all tables.
func typedAsThen(now, then *catalog.Catalog) {
	for _, s := range now.Schemas {
		for _, t := range s.Tables {
			if before := then.Table(t.Name); before != nil {
				typeAsBefore(t, before, nil)
			}
		}
	}
}
