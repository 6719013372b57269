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
	there, err := r.exists(ctx, catalog.TableRef, t.Name)
	if err != nil || there {
		return err
	}
	var names []*string
	for _, k := range t.Uniques {
		names = append(names, &k.Name)
	}
	for _, x := range t.Indexes {
		names = append(names, &x.Name)
	}
	for _, name := range names {
		if err := r.freeName(ctx, t.Name, name); err != nil {
			return err
		}
	}
	return nil
}

// freeName puts the table's name before that of an index, and a number behind it, until it is free.
func (r *run) freeName(ctx context.Context, table catalog.Name, name *string) error {
	wanted := *name
	for n := 1; wanted != ""; n++ {
		index := catalog.Name{Schema: table.Schema, Name: *name}
		taken, err := r.exists(ctx, catalog.IndexRef, index)
		if err != nil {
			return err
		}
		if owner, given := r.lateNames[index]; !taken && (!given || owner == table) {
			r.lateNames[index] = table
			return nil
		}
		if *name = table.Name + "_" + wanted; n > 1 {
			*name += fmt.Sprint("_", n)
		}
	}
	return nil
}

func (r *run) exists(ctx context.Context, kind catalog.RefKind, n catalog.Name) (bool, error) {
	there, err := r.target.Exists(ctx, catalog.Ref{Kind: kind, Name: n})
	if err != nil {
		return false, fmt.Errorf("look for %s %s on the target: %w", kind, n, err)
	}
	return there, nil
}
