package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// layOut applies the table mappings to a source and converts what they select. A partitioned table whose partitions cannot be the target's
// goes into the target's table as a whole, unless the tables are made anew.
func (t *Task) layOut(ctx context.Context, p *Plan, source *catalog.Catalog, anew bool) (err error) {
	for more := true; more && err == nil; {
		if p.Mapping, err = t.mapTables(source); err != nil {
			return err
		}
		switch settled, err := t.typeByValues(ctx, p.Mapping); {
		case err != nil:
			return err
		case settled: // rules may be about the types
			continue
		}
		if p.Schema, err = t.convert(source, p.Mapping); err != nil {
			return fmt.Errorf("convert the schema: %w", err)
		}
		if more = false; !anew {
			more, err = t.unlike(ctx, p.Schema)
		}
	}
	return err
}

// makesAnew reports whether a run replaces the tables that the target has.
func (t *Task) makesAnew() bool {
	return t.loads() && !t.compares() && t.Settings.FullLoadSettings.TargetTablePrepMode == "DROP_AND_CREATE"
}

// unlike finds the partitioned tables whose partitions cannot be the target's, and reports whether there are any. What an earlier run has
// settled stays.
func (t *Task) unlike(ctx context.Context, s *convert.Result) (more bool, err error) {
	comparer, ok := t.target.(connector.PartitionComparer)
	if !ok || !t.like() || t.wholeSettled {
		return false, nil
	}
	for root, tree := range partitionTrees(s.Tables) {
		why, err := comparer.Unlike(ctx, tree)
		if err != nil {
			return false, fmt.Errorf("look at the target's tables: %w", err)
		}
		if why == "" {
			continue
		}
		t.log(tasklog.TablesManager).Info("the rows of all partitions go into the target's table as one, which is not partitioned in the same way", "table", root.String(), "why", why)
		t.whole[root], more = true, true
	}
	return more, nil
}

// partitionTrees are the partitioned tables as they would be made on the target, each before its partitions, by the root's name in the source.
func partitionTrees(tables []*convert.Table) map[catalog.Name][]*catalog.Table {
	byTarget, trees := map[catalog.Name]*convert.Table{}, map[catalog.Name][]*catalog.Table{}
	for _, ct := range tables {
		byTarget[ct.Target.Name] = ct
		if ct.Target.PartitionBy != "" && ct.Target.PartitionOf == nil && ct.Plan.Parted() {
			trees[ct.Plan.Source.Name] = []*catalog.Table{ct.Target}
		}
	}
	for _, ct := range tables {
		root := ct
		for root != nil && root.Target.PartitionOf != nil {
			root = byTarget[*root.Target.PartitionOf]
		}
		if root != nil && root != ct && trees[root.Plan.Source.Name] != nil {
			trees[root.Plan.Source.Name] = append(trees[root.Plan.Source.Name], ct.Target)
		}
	}
	return trees
}

// rememberWhole takes up how an earlier run has followed partitioned tables: one that it followed itself, rather than its partitions, it
// followed as a whole.
func (t *Task) rememberWhole(noted map[catalog.Name]cdc.Noted) {
	t.whole, t.wholeSettled = map[catalog.Name]bool{}, true
	for name, n := range noted {
		t.whole[name] = n.Table.PartitionBy != ""
	}
}

// joinThere has partitions made together with their keys and indexes whose parent is in the target already: the parent would give them its
// own as soon as they are attached.
func (t *Task) joinThere(tables []*TablePlan) {
	there := map[catalog.Name]bool{}
	for _, tp := range tables {
		there[tp.Target.Name] = tp.Existing != nil
	}
	for _, tp := range tables {
		if of := tp.Target.PartitionOf; tp.Made && of != nil && there[*of] {
			tp.Script.Create, tp.Script.Keys, tp.Script.Indexes = t.creating(tp), nil, nil
		}
	}
}
