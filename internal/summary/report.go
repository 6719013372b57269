package summary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// longList is how many tables are listed one by one when all of them went well.
const longList = 40

// Report prints the closing summary of a run. failure is the error the run ended with, nil when it reached its end.
func Report(out io.Writer, r *task.Report, failure error, asJSON bool) error {
	if asJSON {
		return writeJSON(out, reportJSON(r, failure))
	}
	p := &printer{out: progress.PlainWriter(out)}
	if r.Loaded() {
		p.tables(r)
	}
	p.notes(r)
	if r.Loaded() {
		p.closing(r, failure)
	}
	p.changes(r)
	p.validation(r.Validation)
	p.cutover(r)
	return p.err
}

// printer remembers the first error, so that its callers need not look after each line.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

func (p *printer) tables(r *task.Report) {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "table\trows\tbytes\trejected\tseconds\tstate\t")
	hidden := 0
	for i, t := range r.Tables {
		plain := t.State == fullload.Completed && t.Rejected == 0 && t.Changed == 0
		if plain && i >= longList {
			hidden++
			continue
		}
		name := t.Source.String()
		if t.Target != t.Source {
			name += " → " + t.Target.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.2f\t%s\t\n", name, progress.Count(t.Rows), progress.Size(float64(t.Bytes)),
			progress.Count(t.Rejected), seconds(t), t.State)
	}
	if err := w.Flush(); p.err == nil {
		p.err = err
	}
	if hidden > 0 {
		p.line("… and %d more tables, all completed", hidden)
	}
	for _, t := range r.Tables {
		if t.Err != nil {
			p.line("\nnot loaded: %v", t.Err)
		}
	}
}

func seconds(t fullload.TableCounts) float64 {
	if t.Started.IsZero() || t.Ended.IsZero() {
		return 0
	}
	return t.Ended.Sub(t.Started).Seconds()
}

func (p *printer) notes(r *task.Report) {
	if len(r.Failed) > 0 {
		p.line("\nThe target refused:")
		p.list("  ", r.Failed)
	}
	if len(r.Notes) > 0 {
		p.line("\nCarried over differently, or not at all:")
		p.list("  ", r.Notes)
	}
	for _, u := range r.Unmatched {
		p.line("\nThis rule matched nothing: %s", u)
	}
	for _, o := range r.Overruled {
		p.line("\nThis rule changed nothing, because others decided everywhere: %s", o)
	}
	for _, l := range r.LeftBehind {
		p.line("\nLeft behind: %s", l)
	}
}

func (p *printer) closing(r *task.Report, failure error) {
	t := progress.Sum(r.Tables, r.Started, r.Ended)
	word := "Moved"
	switch {
	case failure != nil:
		word = "Not finished; moved so far"
	case !r.Complete():
		word = "Ended with something left behind; moved"
	}
	resumed := ""
	if r.Resumed {
		resumed = " (going on from an earlier run)"
	}
	p.line("\n%s %d of %d tables, %s rows, %s in %s (%s rows/s, %s/s)%s.", word, t.Done, t.Tables, progress.Count(t.Rows),
		progress.Size(float64(t.Bytes)), progress.Span(t.Elapsed), progress.Short(t.RowsPerSecond()),
		progress.Size(t.BytesPerSecond()), resumed)
	if t.Rejected > 0 {
		p.line("%s rows were rejected; the target's table awsdms_apply_exceptions holds each with its reason.", progress.Count(t.Rejected))
	}
	if r.Position != "" {
		p.line("The source was read as of %s.", strings.TrimSpace(r.Position))
	}
}
