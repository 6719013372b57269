package task

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// A change of type changes rows at the source of which no change tells. The target changes the type of its column too, and its own rows with
// it, by its own rules: where these need not give the same, the table is given up. Its structure has followed by then, so that a
// reload finds columns that take the rows.

// retype is a column of the target whose source's type has changed.
func (a *alteration) retype(p *mapping.ColumnPlan, there, becomes *catalog.Column) {
	old := a.old(p.Source)
	change := convert.Retype{From: a.sourceEngine.Family, To: a.targetEngine.Family, Was: old, Is: p.Source, There: there, Becomes: becomes}
	switch {
	case !p.Untouched() || change.Exact(): // what is made of its values is looked at below
	case a.like():
		a.doubts(p.Source, "which settings of the session that changed it decide over (its time zone, how it writes and rounds), and no change tells them")
	default:
		a.doubts(p.Source, fmt.Sprintf("and %s need not make the same of the rows that are there", a.targetEngine.Name))
	}
}

// doubts remembers the first reason why rows may no longer be the source's: a column has another type, and why.
func (a *alteration) doubts(now *catalog.Column, why string) {
	a.doubtful("the type of column %s has changed from %s to %s, %s; load the table anew", now.Name, a.old(now).NativeType, now.NativeType, why)
}

func (a *alteration) doubtful(format string, args ...any) {
	if a.doubt == nil {
		a.doubt = fmt.Errorf(format, args...)
	}
}

// computed looks at what is made of columns whose type has changed, and at filters by them: neither is worked out anew for rows that are there.
func (a *alteration) computed() {
	plan := a.after.Plan
	read, sources := transform.ReadColumns(plan), transform.Sources(plan)
	for i := range plan.Columns {
		if plan.Columns[i].Untouched() {
			continue
		}
		for _, at := range sources[i] {
			a.decides(read[at], fmt.Sprintf("of which column %s is made", plan.Columns[i].Name))
		}
	}
	for _, w := range plan.Where {
		a.decides(plan.Source.Column(w.Column), "by which rows are selected")
	}
}

// decides doubts the rows when a column they depend on has another type in which its values are not what they were.
func (a *alteration) decides(now *catalog.Column, what string) {
	if now == nil || !a.retyped(now) {
		return
	}
	change := convert.Retype{From: a.sourceEngine.Family, Was: a.old(now), Is: now}
	if !change.SameValues() {
		a.doubts(now, what)
	}
}

// fitted looks for columns whose values of before need not fit what they became, where the source's session changed such rather than refuse them.
func (a *alteration) fitted(s *connector.Structure) {
	key := a.before.Source.PrimaryKey
	for _, now := range transform.ReadColumns(a.after.Plan) {
		switch old := a.old(now); {
		case old == nil:
		case s.Padded && old.BaseType == "char" && now.BaseType != "char":
			a.doubts(now, "with blanks that PAD_CHAR_TO_FULL_LENGTH in the sql_mode of the session has made part of its values")
		case !s.Lenient:
		case now.NotNull && !old.NotNull && (key == nil || !slices.Contains(key.Columns, old.Name)):
			a.doubtful("column %s has become NOT NULL without a strict sql_mode, so that its NULLs have become other values of which no change tells; load the table anew", now.Name)
		case !convert.HoldsCharacters(old.Charset, now.Charset):
			a.doubtful("the character set of column %s has changed from %s to %s without a strict sql_mode, so that characters which it lacks have become others, and no change tells; load the table anew",
				now.Name, old.Charset, now.Charset)
		}
	}
}

// ignored tells of changes of type that are not to be followed.
func (a *alteration) ignored() {
	for _, now := range transform.ReadColumns(a.after.Plan) {
		if a.retyped(now) {
			a.log(tasklog.TargetApply).Warn("a change of type is not followed (HandleSourceTableAltered): rows that are there keep what they had, whatever has become of the source's",
				"table", a.after.Plan.Source.Name.String(), "column", now.Name, "from", a.old(now).NativeType, "to", now.NativeType)
		}
	}
}

// settled is what remains of a doubt: none where the rows come again, or where those that are there are meant to stay as they were.
func (a *alteration) settled(s *connector.Structure) error {
	switch {
	case a.doubt == nil || s.Anew:
		return nil
	case a.targetEngine.Family == catalog.Lake:
		a.log(tasklog.TargetApply).Warn("files that are there keep the values of before a change of type", "table", a.after.Plan.Source.Name.String(), "reason", a.doubt)
		return nil
	}
	return a.doubt
}
