package summary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Validation prints the report of a validation, with so many failures of each table. failure is the error it ended with.
func Validation(out io.Writer, v *task.Validation, failure error, asJSON bool, keys int) error {
	if asJSON {
		return writeJSON(out, validationJSON(v, failure))
	}
	p := &printer{out: progress.PlainWriter(out)}
	p.compared(v.Tables)
	for _, r := range v.Tables {
		p.failures(r, keys)
	}
	p.skipped(v.Tables)
	p.repaired(v)
	for _, u := range v.Unmatched {
		p.line("matched nothing: %s", u)
	}
	p.verdict(v, failure)
	return p.err
}

// shownKeys is how many failures of a table the summary of a migration shows.
const shownKeys = 10

// validation says what EnableValidation has found.
func (p *printer) validation(results []*validate.Result) {
	if len(results) == 0 {
		return
	}
	p.line("\nValidation")
	p.compared(results)
	for _, r := range results {
		p.failures(r, shownKeys)
	}
	p.skipped(results)
}

func (p *printer) compared(results []*validate.Result) {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "table\tsource rows\ttarget rows\tdifferent\tonly source\tonly target\tstate\t")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", both(r), progress.Count(r.SourceRows), progress.Count(r.TargetRows),
			progress.Count(r.Different), progress.Count(r.MissingTarget), progress.Count(r.MissingSource), r.State)
	}
	if err := w.Flush(); p.err == nil {
		p.err = err
	}
}

func both(r *validate.Result) string {
	if r.Source == r.Target {
		return r.Source.String()
	}
	return r.Source.String() + " → " + r.Target.String()
}

func (p *printer) failures(r *validate.Result, keys int) {
	if r.Reason != "" {
		p.line("\n%s: %s", both(r), r.Reason)
	}
	if r.Given != "" {
		p.line("\n%s: %s", both(r), r.Given)
	}
	if n := r.Unclassified(); n > 0 {
		p.line("  of %s more rows that differ it is not known how", progress.Count(n))
	}
	if len(r.Failures) == 0 || keys == 0 {
		return
	}
	p.line("\n%s", both(r))
	for i, f := range r.Failures {
		if i == keys {
			p.line("  … and %s more", progress.Count(r.Failed-int64(i)))
			break
		}
		p.line("  %-14s %s", f.Kind, failureKey(r, f))
		for _, c := range f.Columns {
			p.line("      %s: %q in the source, %q in the target", c.Column, c.Source, c.Target)
		}
		if f.Why != "" {
			p.line("      %s", f.Why)
		}
	}
}

// failureKey is `id=5, code=abc`.
func failureKey(r *validate.Result, f validate.Failure) string {
	if len(r.Key) != len(f.Key) {
		return strings.Join(f.Key, ", ")
	}
	parts := make([]string, len(f.Key))
	for i, k := range f.Key {
		parts[i] = r.Key[i] + "=" + k
	}
	return strings.Join(parts, ", ")
}

func (p *printer) skipped(results []*validate.Result) {
	first := true
	for _, r := range results {
		for _, s := range r.Skipped {
			if first {
				p.line("\nnot compared:")
				first = false
			}
			p.line("  %s.%s: %s", r.Target, s.Column, s.Why)
		}
	}
}

func (p *printer) repaired(v *task.Validation) {
	for _, r := range v.Tables {
		d, ok := v.Repaired[r.Source]
		if !ok {
			continue
		}
		p.line("\nrepaired %s: %s rows written, %s removed", r.Target, progress.Count(d.Written), progress.Count(d.Removed))
		for _, f := range d.Refused {
			p.line("  not repaired: %s: %s", strings.Join(f.Key, ", "), f.Reason)
		}
	}
}

func (p *printer) verdict(v *task.Validation, failure error) {
	var rows, failed int64
	tables := 0
	for _, r := range v.Tables {
		rows += r.SourceRows
		failed += r.Failed
		if !r.Equal() {
			tables++
		}
	}
	took := progress.Span(v.Ended.Sub(v.Started))
	switch {
	case failure != nil:
		p.line("\nNot finished after %s.", took)
	case v.Equal():
		p.line("\nEqual: %s rows of %d tables are the same on both sides (%s).", progress.Count(rows), len(v.Tables), took)
	default:
		p.line("\nNOT equal: %s rows differ, and %d of %d tables are not validated (%s).", progress.Count(failed), tables, len(v.Tables), took)
	}
}

type validationForm struct {
	Source    string          `json:"source"`
	Target    string          `json:"target"`
	Equal     bool            `json:"equal"`
	Error     string          `json:"error,omitempty"`
	Started   time.Time       `json:"started"`
	Ended     time.Time       `json:"ended"`
	Rounds    int             `json:"rounds"`
	Received  int64           `json:"received_bytes"`
	Tables    []validatedForm `json:"tables"`
	Unmatched []string        `json:"unmatched_rules"`
}

type validatedForm struct {
	Source        string         `json:"source"`
	Target        string         `json:"target"`
	State         string         `json:"state"`
	Reason        string         `json:"reason,omitempty"`
	Given         string         `json:"given_up,omitempty"`
	Method        string         `json:"method,omitempty"`
	Key           []string       `json:"key"`
	SourceRows    int64          `json:"source_rows"`
	TargetRows    int64          `json:"target_rows"`
	Failed        int64          `json:"failed"`
	Different     int64          `json:"different"`
	MissingSource int64          `json:"missing_source"`
	MissingTarget int64          `json:"missing_target"`
	Unclassified  int64          `json:"unclassified,omitempty"`
	Suspended     int64          `json:"suspended"`
	Seconds       float64        `json:"seconds"`
	Failures      []failureForm  `json:"failures"`
	NotCompared   []columnReason `json:"not_compared"`
	Repaired      *repairedForm  `json:"repaired,omitempty"`
}

type failureForm struct {
	Kind    string           `json:"kind"`
	Key     []string         `json:"key"`
	Columns []differenceForm `json:"columns,omitempty"`
	Why     string           `json:"why,omitempty"`
}

type differenceForm struct {
	Column string `json:"column"`
	Source string `json:"source"`
	Target string `json:"target"`
}

type columnReason struct {
	Column string `json:"column"`
	Why    string `json:"why"`
}

type repairedForm struct {
	Written int64         `json:"written"`
	Removed int64         `json:"removed"`
	Refused []failureForm `json:"refused"`
}

func validationJSON(v *task.Validation, failure error) validationForm {
	f := validationForm{
		Source: v.Source, Target: v.Target, Equal: failure == nil && v.Equal(), Error: message(failure), Started: v.Started, Ended: v.Ended,
		Rounds: v.Rounds, Received: v.Received, Tables: []validatedForm{}, Unmatched: append([]string{}, v.Unmatched...),
	}
	for _, r := range v.Tables {
		t := validatedJSON(r)
		if d, ok := v.Repaired[r.Source]; ok {
			t.Repaired = &repairedForm{Written: d.Written, Removed: d.Removed, Refused: []failureForm{}}
			for _, x := range d.Refused {
				t.Repaired.Refused = append(t.Repaired.Refused, failureForm{Key: x.Key, Why: x.Reason})
			}
		}
		f.Tables = append(f.Tables, t)
	}
	return f
}

func validatedJSON(r *validate.Result) validatedForm {
	t := validatedForm{
		Source: r.Source.String(), Target: r.Target.String(), State: string(r.State), Reason: r.Reason, Given: r.Given, Method: r.Method,
		Key: append([]string{}, r.Key...), SourceRows: r.SourceRows, TargetRows: r.TargetRows, Failed: r.Failed, Different: r.Different,
		MissingSource: r.MissingSource, MissingTarget: r.MissingTarget, Unclassified: r.Unclassified(), Suspended: r.Suspended, Seconds: r.Took.Seconds(),
		Failures: []failureForm{}, NotCompared: []columnReason{},
	}
	for _, x := range r.Failures {
		t.Failures = append(t.Failures, failureJSON(x))
	}
	for _, s := range r.Skipped {
		t.NotCompared = append(t.NotCompared, columnReason(s))
	}
	return t
}

func failureJSON(x validate.Failure) failureForm {
	f := failureForm{Kind: string(x.Kind), Key: append([]string{}, x.Key...), Why: x.Why}
	for _, c := range x.Columns {
		f.Columns = append(f.Columns, differenceForm(c))
	}
	return f
}
