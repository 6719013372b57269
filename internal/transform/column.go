package transform

import (
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// stage makes a vector from another one.
type stage interface {
	apply(t *Transformer, dst, src *change.Vector, column string) error
}

// column makes one target column.
type column struct {
	name   string
	source int // index of the batch's column, -1 for an added one
	first  expression
	stages []stage
	layout change.Layout
	kind   datatype.Type
	copies bool // another target column takes the source's vector
	bytes  int  // of the last batch's vector
}

// moves reports whether the column is a source column as it is.
func (c *column) moves() bool { return c.source >= 0 && len(c.stages) == 0 }

func newColumn(t *Transformer, plan *mapping.TablePlan, p *mapping.ColumnPlan, read []change.Layout, o *Options) (*column, error) {
	c := &column{name: p.Name, source: -1}
	var err error
	if p.Expression != "" || p.Source == nil {
		err = c.added(t, plan, p, read, o)
	} else {
		err = c.taken(t, p, read)
	}
	if err != nil {
		return nil, err
	}
	for _, m := range p.Masks {
		if c.layout == change.Native {
			return nil, errors.New("a mask cannot look into values in the engine's own form")
		}
		s, err := newMask(m, c.layout, &c.kind)
		if err != nil {
			return nil, err
		}
		c.stages = append(c.stages, s)
	}
	return c, nil
}

func (c *column) added(t *Transformer, plan *mapping.TablePlan, p *mapping.ColumnPlan, read []change.Layout, o *Options) error {
	switch {
	case p.Type != nil:
		c.kind = *p.Type
	case p.Source != nil:
		c.kind = p.Source.Type
	default:
		return errors.New("an added column needs a data type")
	}
	c.layout = change.LayoutOf(c.kind)
	if p.Expression == "" {
		return nil
	}
	return c.first.init(t, plan, p, read, o, c.kind)
}

func (c *column) taken(t *Transformer, p *mapping.ColumnPlan, read []change.Layout) error {
	c.source = slices.IndexFunc(t.read, func(x *catalog.Column) bool { return x == p.Source })
	c.layout, c.kind = read[c.source], p.Source.ReadType()
	if p.Type == nil {
		return nil
	}
	if c.layout == change.Native {
		return fmt.Errorf("cannot become %s: its values travel in the engine's own form", *p.Type)
	}
	converter, err := change.NewConverter(c.layout, c.kind, *p.Type)
	if err != nil {
		return err
	}
	if !converter.Same() {
		c.stages = append(c.stages, newConversion(converter))
	}
	c.layout, c.kind = change.LayoutOf(*p.Type), *p.Type
	return nil
}

// fill makes the column's vector for a batch.
func (c *column) fill(t *Transformer, dst *change.Vector, b *change.Batch) error {
	stages := c.stages
	switch {
	case c.first.bound != nil:
		if err := c.first.fill(t, dst, b, c.name); err != nil {
			return err
		}
	case c.source < 0:
		fillNull(dst, c.layout, b.Rows())
	case len(stages) == 0:
		dst.CopyFrom(&b.Columns[c.source])
	default:
		if err := stages[0].apply(t, dst, &b.Columns[c.source], c.name); err != nil {
			return err
		}
		stages = stages[1:]
	}
	for _, s := range stages {
		if err := t.run(s, dst, c.name); err != nil {
			return err
		}
	}
	return nil
}

func fillNull(dst *change.Vector, layout change.Layout, rows int) {
	dst.Reset(layout)
	for range rows {
		dst.AppendNull()
	}
}

// conversion is a changed data type.
type conversion struct {
	converter *change.Converter
	// misfit is kept so that a batch makes no closure; t and column are those of the batch in work.
	misfit change.Misfit
	t      *Transformer
	column string
}

func newConversion(c *change.Converter) *conversion {
	s := &conversion{converter: c}
	s.misfit = func(row int, fault change.Fault, reason string) (bool, error) {
		kept := fault == change.TruncationFault
		return kept, s.t.report(row, s.column, fault, reason, kept)
	}
	return s
}

func (s *conversion) apply(t *Transformer, dst, src *change.Vector, column string) error {
	s.t, s.column = t, column
	return s.converter.Convert(dst, src, s.misfit)
}
