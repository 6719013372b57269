package task

import (
	"context"
	"slices"

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
	tables, err := r.unmade(ctx)
	if err != nil || len(tables) < manyTables {
		return err
	}
	var statements []catalog.Statement
	later := make([][]catalog.Statement, len(tables))
	for i, s := range tables {
		var early []catalog.Statement
		early, later[i] = indexesBeforeRows(s)
		statements = append(append(statements, s.Script.Create...), early...)
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
	for i, s := range tables {
		s.There, s.IndexesLeft = true, later[i]
	}
	return nil
}

// smallTable is up to how many bytes a table's rows go into an index that is there before them as well as one is made after them.
const smallTable = 1 << 20

// indexesBeforeRows parts the statements that make a table's indexes into those that may as well be run with CREATE TABLE, and the others.
// Nothing but how long they take depends on when they are run: no row is refused by an index over plain columns that is not unique.
func indexesBeforeRows(s *Segmented) (before, after []catalog.Statement) {
	if b := s.Plan.Source.Bytes; b < 0 || b > smallTable || s.Plan.View != nil {
		return nil, s.Script.Indexes
	}
	plain := map[string]bool{}
	for _, x := range s.Target.Indexes {
		plain[x.Name] = !x.Unique && x.Where == "" && !slices.ContainsFunc(x.Parts, func(p catalog.IndexPart) bool { return p.Expression != "" })
	}
	for _, statement := range s.Script.Indexes {
		if statement.Makes.Kind == catalog.IndexRef && plain[statement.Makes.Name.Name] {
			before = append(before, statement)
		} else {
			after = append(after, statement)
		}
	}
	return before, after
}

// unmade are the tables that their loads are to make, but for those that an earlier run has made.
func (r *run) unmade(ctx context.Context) (tables []*Segmented, err error) {
	for _, s := range inOrder(r.tables) {
		if !s.Made || s.needsTableFirst(r.plan) {
			continue
		}
		if len(s.Loaded) > 0 {
			there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.TableRef, Name: s.Target.Name})
			if err != nil {
				return nil, err
			}
			if there {
				continue
			}
		}
		tables = append(tables, s)
	}
	return tables, nil
}
