package worker

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// report writes into the task's log what a run has to say beside its rows.
func (a *attempt) report(r *task.Report) {
	log := tasklog.Of(a.log, tasklog.MetadataManager)
	for _, rule := range r.Unmatched {
		log.Warn("a rule of the table mappings matched nothing", "rule", rule)
	}
	for _, rule := range r.Overruled {
		log.Warn("a rule of the table mappings is overruled", "rule", rule)
	}
	for _, column := range r.LeftBehind {
		log.Warn("a column is left behind (SupportLobs)", "column", column)
	}
	for _, n := range r.Notes {
		log.Info("carried over otherwise than it was", "kind", n.Kind, "name", n.Name.String(), "what", n.Text)
	}
	if r.Cutover == nil {
		return
	}
	log = tasklog.Of(a.log, tasklog.TaskManager)
	log.Info("the target has taken over", "sequences", r.Cutover.Sequences, "objects", r.Cutover.Objects, "position", r.Cutover.Position)
	for _, t := range r.Cutover.Tables {
		log.Info("rows counted at the cutover", "table", t.Source.String(), "source", t.SourceRows, "target", t.TargetRows)
	}
}

// unequal says which tables have not the same number of rows on both sides after a cutover; empty if all have.
func unequal(c *task.Cutover) string {
	if c == nil || c.Equal() {
		return ""
	}
	var tables []string
	for _, t := range c.Tables {
		if t.SourceRows != t.TargetRows {
			tables = append(tables, fmt.Sprintf("%s (%d in the source, %d in the target)", t.Source, t.SourceRows, t.TargetRows))
		}
	}
	return bounded("the target cannot take over yet, as tables do not have as many rows as in the source: " + strings.Join(tables, ", ") +
		" (look into awsdms_apply_exceptions for changes that were left out, and whether the source is still written to)")
}
