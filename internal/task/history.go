package task

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// addHistory has a table loaded with its earlier rows, where the conversion says that they can go along. A table that is there already
// has a history of its own, which they might contradict, unless an earlier run has begun to load it.
func (r *run) addHistory(t *fullload.Table, s *Segmented, written *mapping.TablePlan, target *catalog.Table, o transform.Options) {
	if len(s.Target.History) == 0 {
		return
	}
	resumed := s.Existing != nil && len(s.Loaded) > 0 && len(target.History) > 0
	if s.Existing != nil && !resumed || transform.Needed(written, o) {
		r.report.Notes = append(r.report.Notes, convert.Note{
			Kind: "table", Name: s.Plan.Source.Name, Outcome: convert.Changed,
			Text: fmt.Sprintf("Table %s keeps the history that it has on the target: the rows of now are carried over, those that were updated or deleted before stay at the source.", s.Plan.Source.Name),
		})
		return
	}
	for i, c := range s.Plan.Source.History {
		t.Columns, t.TargetColumns, t.Native = append(t.Columns, c), append(t.TargetColumns, target.History[i]), append(t.Native, true)
	}
}
