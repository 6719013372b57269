package task

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// manyTables is from where on the time that tables take each other is worth a step of its own.
const manyTables = 200

// together makes the tables that else each load would make for itself, where the target takes many at once better. A statement it refuses is
// left to the load of its table, which says what becomes of that table alone.
func (r *run) together(ctx context.Context) error {
	target, ok := r.target.(connector.Together)
	if !ok {
		return nil
	}
	tables, statements, err := r.unmade(ctx)
	if err != nil || len(tables) < manyTables {
		return err
	}
	err = r.patiently(ctx, "make the tables", func() error { return target.MakeTogether(ctx, statements) })
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Full, connector.Busy:
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		r.log(tasklog.TablesManager).InfoContext(ctx, "the tables are made one by one", "reason", err)
		return nil
	}
	for _, s := range tables {
		s.There = true
	}
	return nil
}

// unmade are the tables that their loads are to make, but for those that an earlier run has made.
func (r *run) unmade(ctx context.Context) (tables []*Segmented, statements []catalog.Statement, err error) {
	for _, s := range inOrder(r.tables) {
		if !s.Made || s.needsTableFirst(r.plan) {
			continue
		}
		if len(s.Loaded) > 0 {
			there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.TableRef, Name: s.Target.Name})
			if err != nil {
				return nil, nil, err
			}
			if there {
				continue
			}
		}
		tables, statements = append(tables, s), append(statements, s.Script.Create...)
	}
	return tables, statements, nil
}
