package task

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// loosen lets columns of the target be null that may be so in the source now: it would refuse their rows. A column that must not be null
// any more is left as it is, which takes all that the source takes.
func (a *alteration) loosen(dialect connector.Alterer) {
	for i, p := range a.after.Plan.Columns {
		if p.Source == nil || p.Source.NotNull {
			continue
		}
		old, at := a.old(p.Source), slices.IndexFunc(a.target.Columns, func(c *catalog.Column) bool { return c.Name == a.after.Columns[i].Name })
		if old == nil || !old.NotNull || at < 0 || !a.target.Columns[at].NotNull || inPrimary(a.target.PrimaryKey, a.target.Columns[at].Name) {
			continue
		}
		c := *a.target.Columns[at]
		c.NotNull, c.NotNullAs = false, ""
		loosener, ok := dialect.(connector.Loosener)
		if !ok {
			if a.targetEngine.Family != catalog.Lake { // whose files have no such thing
				a.doubtful("column %s may be NULL in the source now, which a %s target does not let a column become; load the table anew with TargetTablePrepMode DROP_AND_CREATE", p.Source.Name, a.targetEngine.Name)
			}
			continue
		}
		a.do(loosener.DropNotNull(a.target.Name, &c))
		a.target.Columns[at] = &c
	}
}

func inPrimary(k *catalog.Key, column string) bool {
	return k != nil && slices.Contains(k.Columns, column)
}

// rekeyed reports whether the source's rows are told apart by another primary key than before. Names that have changed are no other key.
func (a *alteration) rekeyed() bool {
	was, is := a.before.Source.PrimaryKey, a.after.Plan.Source.PrimaryKey
	if was == nil || is == nil {
		return was != is
	}
	if len(was.Columns) != len(is.Columns) {
		return true
	}
	return slices.ContainsFunc(is.Columns, func(name string) bool {
		now := a.after.Plan.Source.Column(name)
		if now == nil {
			return true
		}
		old := a.old(now)
		return old == nil || !slices.Contains(was.Columns, old.Name)
	})
}

// leaveKey takes the old key from the target where columns of it are about to go: a target may make a shorter key of what remains.
func (a *alteration) leaveKey() {
	constrainer, ok := a.dialect.(connector.Constrainer)
	was := a.before.Source.PrimaryKey
	if !ok || !a.rekeyed() || was == nil || a.target.PrimaryKey == nil || !slices.ContainsFunc(was.Columns, func(n string) bool { return !a.survives(n) }) {
		return
	}
	if ss, ok := constrainer.ChangeKey(a.target.Name, a.target.PrimaryKey, nil); ok {
		a.do(ss)
		a.target.PrimaryKey = nil
	}
}

// rekey gives the target the source's new primary key. Rows that come from here on are told apart by it, so that a target that keeps the
// old one would refuse some of them, or take one row for another: where it cannot have the new one the table is given up.
func (a *alteration) rekey() error {
	if !a.rekeyed() || a.targetEngine.Family == catalog.Lake {
		return nil
	}
	wanted := a.after.Target.PrimaryKey
	if a.target.PrimaryKey == nil && wanted == nil {
		return nil
	}
	was, is := a.before.Source.PrimaryKey, a.after.Plan.Source.PrimaryKey
	change := fmt.Sprintf("the primary key of the source's table has changed from %s to %s", primaryText(was), primaryText(is))
	constrainer, ok := a.dialect.(connector.Constrainer)
	var ss []catalog.Statement
	if ok {
		ss, ok = constrainer.ChangeKey(a.target.Name, a.target.PrimaryKey, wanted)
	}
	if !ok {
		if was == nil && a.target.PrimaryKey == nil {
			return nil // it takes all that the source takes, and the cutover names the key
		}
		if wanted == nil && slices.ContainsFunc(was.Columns, func(n string) bool { return !a.survives(n) }) {
			a.target.PrimaryKey = nil // it has gone with its column
			return nil
		}
		return fmt.Errorf("%s, which a %s target does not follow; load the table anew with TargetTablePrepMode DROP_AND_CREATE", change, a.targetEngine.Name)
	}
	a.do(ss)
	a.target.PrimaryKey = wanted
	return nil
}

func primaryText(k *catalog.Key) string {
	if k == nil {
		return "none"
	}
	return "(" + strings.Join(k.Columns, ", ") + ")"
}
