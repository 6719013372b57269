package summary

import (
	"fmt"
	"text/tabwriter"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// changes prints what became of the source's changes, table by table where there were any.
func (p *printer) changes(r *task.Report) {
	if !r.Followed() {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nchanges of\tinserts\tupdates\tdeletes\tDDLs\tfailed\tstate\t")
	rows := 0
	for _, t := range r.Changes.Tables {
		if t.Inserts+t.Updates+t.Deletes+t.DDLs == 0 && t.Suspended == "" {
			continue
		}
		rows++
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", t.Source, progress.Count(t.AppliedInserts), progress.Count(t.AppliedUpdates),
			progress.Count(t.AppliedDeletes), progress.Count(t.AppliedDDLs), progress.Count(t.Failed), changeState(t))
	}
	if rows > 0 {
		if err := w.Flush(); p.err == nil {
			p.err = err
		}
	}
	for _, t := range r.Changes.Tables {
		if t.Suspended != "" {
			p.line("\nsuspended: %s: %s", t.Source, t.Suspended)
		}
	}
	p.line("\nFollowed the source: %s changes in %s transactions applied (%s).", progress.Count(r.Changes.Applied),
		progress.Count(r.Changes.Transactions), reasonText(r.Reason))
	if r.Changes.Position != "" {
		p.line("The target stands at %s; the same command goes on there.", r.Changes.Position)
	}
}

func changeState(t apply.TableCounts) string {
	if t.Suspended != "" {
		return "Table error"
	}
	return "Table completed"
}

func reasonText(r cdc.Reason) string {
	if r == "" {
		return "ended early"
	}
	return "stop reason " + string(r)
}

type changesForm struct {
	Reason       string            `json:"stop_reason"`
	Position     string            `json:"position"`
	Applied      int64             `json:"applied"`
	Transactions int64             `json:"transactions"`
	Tables       []changeTableForm `json:"tables"`
}

type changeTableForm struct {
	Source         string `json:"source"`
	Target         string `json:"target"`
	Inserts        int64  `json:"inserts"`
	Updates        int64  `json:"updates"`
	Deletes        int64  `json:"deletes"`
	DDLs           int64  `json:"ddls"`
	AppliedInserts int64  `json:"applied_inserts"`
	AppliedUpdates int64  `json:"applied_updates"`
	AppliedDeletes int64  `json:"applied_deletes"`
	AppliedDDLs    int64  `json:"applied_ddls"`
	Failed         int64  `json:"failed"`
	Suspended      string `json:"suspended,omitempty"`
}

func changesJSON(r *task.Report) *changesForm {
	if !r.Followed() {
		return nil
	}
	f := &changesForm{
		Reason: string(r.Reason), Position: r.Changes.Position, Applied: r.Changes.Applied, Transactions: r.Changes.Transactions,
		Tables: []changeTableForm{},
	}
	for _, t := range r.Changes.Tables {
		f.Tables = append(f.Tables, changeTableForm{
			Source: t.Source.String(), Target: t.Target.String(), Inserts: t.Inserts, Updates: t.Updates, Deletes: t.Deletes, DDLs: t.DDLs,
			AppliedInserts: t.AppliedInserts, AppliedUpdates: t.AppliedUpdates, AppliedDeletes: t.AppliedDeletes, AppliedDDLs: t.AppliedDDLs,
			Failed: t.Failed, Suspended: t.Suspended,
		})
	}
	return f
}
