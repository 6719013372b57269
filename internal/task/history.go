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
	why := ""
	resumed := s.Existing != nil && len(s.Loaded) > 0 && len(target.History) > 0
	switch {
	case s.Existing != nil && !resumed:
		why = "it was there before"
	case transform.Needed(written, o):
		why = "its rows are changed on the way (large objects are limited, or characters replaced)"
	}
	if why != "" {
		r.report.Notes = append(r.report.Notes, convert.Note{
			Kind: "table", Name: s.Plan.Source.Name, Outcome: convert.Changed,
			Text: fmt.Sprintf("Table %s gets the rows of now alone, because %s: those that were updated or deleted before stay at the source.", s.Plan.Source.Name, why),
		})
		return
	}
	for i, c := range s.Plan.Source.History {
		t.Columns, t.TargetColumns, t.Native = append(t.Columns, c), append(t.TargetColumns, target.History[i]), append(t.Native, true)
	}
}
