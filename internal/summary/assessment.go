package summary

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
)

type assessmentForm struct {
	Source      string           `json:"source"`
	Target      string           `json:"target"`
	Type        string           `json:"migration_type"`
	Started     time.Time        `json:"started"`
	Ended       time.Time        `json:"ended"`
	Status      string           `json:"status"`
	Passed      int              `json:"passed"`
	Warnings    int              `json:"warnings"`
	Failed      int              `json:"failed"`
	Errors      int              `json:"errors"`
	Skipped     int              `json:"skipped"`
	Assessments []individualForm `json:"assessments"`
	Moves       movesForm        `json:"moves"`
	Changes     []noteForm       `json:"changes"`
	Stays       []noteForm       `json:"stays"`
	// ChangeLines and StayLines are the same for people.
	ChangeLines []string  `json:"-"`
	StayLines   []string  `json:"-"`
	Time        *timeForm `json:"estimated_time,omitempty"`
	Untimed     string    `json:"not_estimated,omitempty"`
}

// timeForm is what a load takes by the speed of a sample that was read; in seconds.
type timeForm struct {
	Table   string  `json:"sampled_table"`
	Rows    int64   `json:"sampled_rows"`
	Sampled float64 `json:"sampled_seconds"`
	AtLeast float64 `json:"seconds_at_least"`
	Alone   float64 `json:"seconds_with_one_reader"`
	Readers int     `json:"readers"`
	Words   string  `json:"-"`
	Short   string  `json:"-"`
}

func timeOf(s *task.Sample) *timeForm {
	if s == nil {
		return nil
	}
	return &timeForm{
		Table: s.Table.String(), Rows: s.Rows, Sampled: s.Took.Seconds(), AtLeast: s.AtOnce.Seconds(), Alone: s.Alone.Seconds(), Readers: s.Readers,
		Short: strings.TrimPrefix(strings.TrimPrefix(rough(s.AtOnce), "a few "), "about "),
		Words: fmt.Sprintf("%s if its %d readers do not hold each other back, %s with one reader alone", rough(s.AtOnce), s.Readers, rough(s.Alone)),
	}
}

// rough is a duration without digits that nobody can know.
func rough(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 10*time.Minute:
		return "about " + d.Round(10*time.Second).String()
	}
	return "about " + strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

type individualForm struct {
	Name     string        `json:"name"`
	About    string        `json:"about"`
	Status   string        `json:"status"`
	Reason   string        `json:"reason,omitempty"`
	Findings []findingForm `json:"findings"`
}

type findingForm struct {
	Status string `json:"status"`
	Object string `json:"object"`
	Reason string `json:"reason"`
	Mend   string `json:"mend,omitempty"`
}

// movesForm is what goes along; numbers of rows and bytes are the source's estimates, -1 when it has none.
type movesForm struct {
	Tables    []movedForm `json:"tables"`
	Rows      int64       `json:"rows"`
	Bytes     int64       `json:"bytes"`
	Views     int         `json:"views"`
	Sequences int         `json:"sequences"`
	Objects   int         `json:"objects"`
}

type movedForm struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	There  bool   `json:"there"` // the target has the table already
}

func assessmentJSON(r *assess.Report) assessmentForm {
	f := assessmentForm{
		Source: r.Source, Target: r.Target, Type: string(r.Type), Started: r.Started, Ended: r.Ended, Status: string(r.Status()),
		Passed: r.Count(assess.Passed), Warnings: r.Count(assess.Warning), Failed: r.Count(assess.Failed),
		Errors: r.Count(assess.Errored) + r.Count(assess.Cancelled), Skipped: r.Count(assess.Skipped),
		Assessments: []individualForm{}, Moves: moves(r),
		Changes: notesJSON(r.Notes(convert.Changed)), Stays: notesJSON(r.Notes(convert.NotCarried)),
		ChangeLines: lines(r.Notes(convert.Changed)), StayLines: lines(r.Notes(convert.NotCarried)), Time: timeOf(r.Sample), Untimed: r.SampleFailed,
	}
	for _, one := range r.Results {
		i := individualForm{Name: one.Name, About: one.About, Status: string(one.Status), Reason: one.Reason, Findings: []findingForm{}}
		for _, x := range one.Findings {
			i.Findings = append(i.Findings, findingForm{Status: string(x.Status), Object: x.Object, Reason: x.Reason, Mend: x.Mend})
		}
		f.Assessments = append(f.Assessments, i)
	}
	return f
}

func moves(r *assess.Report) movesForm {
	m := movesForm{Tables: []movedForm{}, Views: len(r.Schema.Views), Sequences: len(r.Schema.Sequences), Objects: len(r.Schema.Objects)}
	for _, t := range r.Schema.Tables {
		s := t.Plan.Source
		m.Tables = append(m.Tables, movedForm{
			Source: s.Name.String(), Target: t.Target.Name.String(), Rows: s.Rows, Bytes: s.Bytes, There: r.Existing[t.Target.Name] != nil,
		})
		m.Rows += max(s.Rows, 0)
		m.Bytes += max(s.Bytes, 0)
	}
	return m
}

// Assessment prints what the checks before a migration have found.
func Assessment(out io.Writer, r *assess.Report, asJSON bool) error {
	f := assessmentJSON(r)
	if asJSON {
		return writeJSON(out, f)
	}
	p := &printer{out: progress.PlainWriter(out)}
	p.line("%s → %s (%s)", f.Source, f.Target, f.Type)
	p.line("%s: %d failed, %d warnings, %d passed, %d skipped, %d not made", f.Status, f.Failed, f.Warnings, f.Passed, f.Skipped, f.Errors)
	for _, s := range []assess.Status{assess.Failed, assess.Errored, assess.Cancelled, assess.Warning, assess.Passed, assess.Skipped} {
		for _, one := range f.Assessments {
			if one.Status == string(s) {
				p.individual(&one)
			}
		}
	}
	p.line("\nmoves: %d tables (about %s rows, %s), %d views, %d sequences, %d other objects", len(f.Moves.Tables),
		progress.Count(f.Moves.Rows), progress.Size(float64(f.Moves.Bytes)), f.Moves.Views, f.Moves.Sequences, f.Moves.Objects)
	switch {
	case f.Time != nil:
		p.line("reading takes %s (%d rows of %s were read in %.1f s; writing was not measured, and may take longer)", f.Time.Words, f.Time.Rows, f.Time.Table, f.Time.Sampled)
	case f.Untimed != "":
		p.line("the time was not estimated: %s", f.Untimed)
	}
	p.conversion("changes", f.ChangeLines)
	p.conversion("stays behind", f.StayLines)
	return p.err
}

func (p *printer) individual(one *individualForm) {
	p.line("\n%-8s %s: %s", one.Status, one.Name, one.About)
	if one.Reason != "" {
		p.line("         %s", one.Reason)
	}
	for _, x := range one.Findings {
		p.line("         %s: %s", x.Object, x.Reason)
		if x.Mend != "" {
			p.line("           mend: %s", x.Mend)
		}
	}
}

func (p *printer) conversion(title string, notes []string) {
	if len(notes) == 0 {
		return
	}
	p.line("\n%s:", title)
	for _, n := range notes {
		p.line("  %s", n)
	}
}

// estimated spells an estimate for a page.
func estimated(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return progress.Count(n)
}
