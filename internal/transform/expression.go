package transform

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// expression fills an added column. Each result goes through a one-value vector of its class to the column's type.
type expression struct {
	bound  *expr.Bound
	env    expr.Environment
	kind   datatype.Type
	ways   [expr.Blob + 1]way
	misfit change.Misfit

	// of the row in work
	t       *Transformer
	column  string
	row     int
	rounded bool // a computed real may be rounded to the column's type without a word
}

// way leads from one class of results to the column's type; without a converter there is none.
type way struct {
	cell      change.Vector
	converter *change.Converter
}

func (e *expression) init(t *Transformer, plan *mapping.TablePlan, p *mapping.ColumnPlan, read []change.Layout, o *Options, kind datatype.Type) error {
	program, err := expr.Compile(p.Expression)
	if err != nil {
		return err
	}
	columns := make([]expr.Column, len(read))
	for i, c := range t.read {
		columns[i] = expr.Column{Name: c.Name, Layout: read[i], Type: c.ReadType()}
	}
	for _, at := range t.before { // they come behind those that are read
		columns = append(columns, expr.Column{Name: beforePrefix + t.read[at].Name, Layout: read[at], Type: t.read[at].ReadType()})
	}
	// The other columns are named only to be told apart from unknown ones: what is referred to is read.
	for _, c := range plan.Source.Columns {
		if !slices.Contains(t.read, c) {
			columns = append(columns, expr.Column{Name: c.Name, Type: c.ReadType()})
		}
	}
	e.env = o.environment(plan)
	e.env.Column, e.env.ColumnType = p.Name, kind.String()
	if e.bound, err = program.Bind(columns, &e.env); err != nil {
		return err
	}
	e.kind = kind
	e.setWays()
	e.misfit = func(_ int, fault change.Fault, reason string) (bool, error) {
		kept := fault == change.TruncationFault
		if kept && e.rounded {
			return true, nil
		}
		return kept, e.t.report(e.row, e.column, fault, reason, kept)
	}
	return nil
}

func (e *expression) setWays() {
	layouts := map[expr.Class]change.Layout{
		expr.Integer: change.Int64, expr.Real: change.Float64, expr.Decimal: change.Decimal, expr.Text: change.Text, expr.Blob: change.Bytes,
	}
	if change.LayoutOf(e.kind) == change.Text {
		layouts[expr.Real] = change.Text // a real is written as SQLite writes it
	}
	for class, layout := range layouts {
		w := &e.ways[class]
		w.cell.Reset(layout)
		// Without a conversion for a class there is no converter, and such results are rejected row by row.
		w.converter, _ = change.NewConverter(layout, datatype.Type{}, e.kind)
	}
}

func (e *expression) fill(t *Transformer, dst *change.Vector, b *change.Batch, column string) error {
	e.t, e.column = t, column
	dst.Reset(change.LayoutOf(e.kind))
	for row := range b.Rows() {
		if t.ChangeOf != nil {
			e.env.Change = t.ChangeOf(row)
		}
		v, err := e.bound.Eval(b, row)
		if err == nil && v.Class != expr.Null && e.ways[v.Class].converter == nil {
			err = fmt.Errorf("the expression's result cannot become %s", e.kind)
		}
		if err != nil {
			dst.AppendNull()
			if err := t.report(row, column, change.DataFault, err.Error(), false); err != nil {
				return err
			}
			continue
		}
		e.row = row
		if err := e.put(dst, v); err != nil {
			return err
		}
	}
	return nil
}

func (e *expression) put(dst *change.Vector, v expr.Value) error {
	if v.Class == expr.Null {
		dst.AppendNull()
		return nil
	}
	w := &e.ways[v.Class]
	w.cell.Truncate(0)
	e.rounded = v.Class == expr.Real && change.LayoutOf(e.kind) != change.Text
	switch w.cell.Layout {
	case change.Int64:
		w.cell.AppendInt(v.Int)
	case change.Float64:
		w.cell.AppendFloat(v.Float)
	default:
		w.cell.Data = v.AppendText(w.cell.Data)
		w.cell.Seal()
	}
	return w.converter.Append(dst, &w.cell, 0, e.misfit)
}
