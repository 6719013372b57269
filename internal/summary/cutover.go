package summary

import (
	"fmt"
	"text/tabwriter"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// cutover says whether the target may take over.
func (p *printer) cutover(r *task.Report) {
	c := r.Cutover
	if c == nil {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\ntable\tsource rows\ttarget rows\t\t")
	for _, t := range c.Tables {
		word := "equal"
		if t.SourceRows != t.TargetRows {
			word = "DIFFERENT"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", t.Source, progress.Count(t.SourceRows), progress.Count(t.TargetRows), word)
	}
	if err := w.Flush(); p.err == nil {
		p.err = err
	}
	p.line("%d sequences and attributes set, %d held-back objects made.", c.Sequences, c.Objects)
	switch {
	case !c.Equal():
		p.line("\nDo NOT switch over: the counts differ. The source's changes are kept; the same command tries again.")
	case !r.Complete():
		p.line("\nThe counts are equal, but something was left behind: see above before you switch over.")
	default:
		p.line("\nIt is safe to switch over: the source is quiet and everything is in the target.")
		p.line("Afterwards `whimbrel release` with the same arguments frees the source.")
	}
}

type cutoverForm struct {
	Safe     bool          `json:"safe"`
	Position string        `json:"position"`
	Tables   []countedForm `json:"tables"`
	Objects  int           `json:"objects"`
}

type countedForm struct {
	Source     string `json:"source"`
	Target     string `json:"target"`
	SourceRows int64  `json:"source_rows"`
	TargetRows int64  `json:"target_rows"`
}

func cutoverJSON(r *task.Report) *cutoverForm {
	c := r.Cutover
	if c == nil {
		return nil
	}
	f := &cutoverForm{Safe: c.Equal() && r.Complete(), Position: c.Position, Objects: c.Objects}
	for _, t := range c.Tables {
		f.Tables = append(f.Tables, countedForm{t.Source.String(), t.Target.String(), t.SourceRows, t.TargetRows})
	}
	return f
}
