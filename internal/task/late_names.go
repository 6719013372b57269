package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// freeNames gives the indexes of a table that is to be made names which the target's schema does not have: at a source that keeps them by
// table, those of others may be the same. All tables of a load are converted together, and need nothing of the kind.
func (r *run) freeNames(ctx context.Context, t *catalog.Table) error {
	if r.sourceEngine.Family == r.targetEngine.Family || r.targetEngine.Family == catalog.MySQL {
		return nil
	}
	if r.lateNames == nil {
		r.lateNames = map[catalog.Name]catalog.Name{}
	}
	for _, k := range t.Uniques {
		if err := r.freeName(ctx, t.Name, &k.Name, catalog.ConstraintRef); err != nil {
			return err
		}
	}
	for _, x := range t.Indexes {
		if err := r.freeName(ctx, t.Name, &x.Name, catalog.IndexRef); err != nil {
			return err
		}
	}
	return nil
}

// freeName puts the table's name before that of an index, and a number behind it, until it is free, or the own one of a table that is on the
// target already: this has been made before a restart, and keeps it, or is about to be dropped, with it.
func (r *run) freeName(ctx context.Context, table catalog.Name, name *string, kind catalog.RefKind) error {
	wanted := *name
	for n := 1; wanted != ""; n++ {
		index := catalog.Name{Schema: table.Schema, Name: *name}
		own, err := r.exists(ctx, catalog.Ref{Kind: kind, Name: index, Table: table.Name})
		if err != nil {
			return err
		}
		taken, err := r.exists(ctx, catalog.Ref{Kind: catalog.IndexRef, Name: index})
		if err != nil {
			return err
		}
		if owner, given := r.lateNames[index]; own || !taken && (!given || owner == table) {
			r.lateNames[index] = table
			return nil
		}
		if *name = table.Name + "_" + wanted; n > 1 {
			*name += fmt.Sprint("_", n)
		}
	}
	return nil
}

func (r *run) exists(ctx context.Context, what catalog.Ref) (bool, error) {
	there, err := r.target.Exists(ctx, what)
	if err != nil {
		return false, fmt.Errorf("look for %s %s on the target: %w", what.Kind, what.Name, err)
	}
	return there, nil
}
