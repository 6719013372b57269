package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// recount takes sequences to where they stand now that the snapshot is taken: rows in it may hold numbers that were given
// out after the inspection. Sequences know no snapshots, so a value read after it lies behind every number in it.
func (t *Task) recount(ctx context.Context, p *Plan) error {
	c, ok := t.source.(connector.Counting)
	if !ok {
		return nil
	}
	moved, err := c.Recount(ctx, p.Catalog)
	if err != nil {
		return fmt.Errorf("read where sequences stand: %w", err)
	}
	if !moved {
		return nil
	}
	if p.Schema, err = t.convert(p.Catalog, p.Mapping); err != nil {
		return fmt.Errorf("convert the schema: %w", err)
	}
	plans := map[catalog.Name]*TablePlan{}
	for _, tp := range p.Tables {
		plans[tp.Target.Name] = tp
	}
	for _, ct := range p.Schema.Tables {
		if tp := plans[ct.Target.Name]; tp != nil && tp.Existing == nil {
			tp.Table, tp.Script = ct, t.dialect.Script(ct.Target, t.keysFirst())
		}
	}
	return nil
}
