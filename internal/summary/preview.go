package summary

import (
	"io"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// Preview prints what a run would do.
func Preview(out io.Writer, v *task.Preview, asJSON bool) error {
	if asJSON {
		return writeJSON(out, previewJSON(v))
	}
	p := &printer{out: progress.PlainWriter(out)}
	p.line("-- from %s", v.Source)
	p.line("-- to   %s", v.Target)
	if v.Resumed {
		p.line("-- goes on from an interrupted run")
	}
	p.statements(v.Before)
	for _, t := range v.Tables {
		p.line("\n-- table %s → %s: about %s rows, %s, in %d segments", t.Source, t.Target, estimate(t.Rows, progress.Count),
			estimate(t.Bytes, func(n int64) string { return progress.Size(float64(n)) }), len(t.Segments))
		for _, s := range t.Segments {
			if s.Spec != "" {
				p.line("--   segment %d of %d: %s", s.Number, s.Of, s.Spec)
			}
		}
		p.statements(t.DDL)
	}
	if len(v.After) > 0 {
		p.line("\n-- after all rows")
		p.statements(v.After)
	}
	p.list("-- note: ", v.Notes)
	for _, u := range v.Unmatched {
		p.line("-- this rule matches nothing: %s", u)
	}
	for _, o := range v.Overruled {
		p.line("-- this rule changes nothing, because others decide everywhere: %s", o)
	}
	for _, l := range v.LeftBehind {
		p.line("-- left behind: %s", l)
	}
	return p.err
}

func (p *printer) statements(ss []string) {
	for _, s := range ss {
		p.line("%s;", s)
	}
}

func estimate(n int64, spell func(int64) string) string {
	if n < 0 {
		return "an unknown number of"
	}
	return spell(n)
}

type previewForm struct {
	Source         string             `json:"source"`
	Target         string             `json:"target"`
	Resumed        bool               `json:"resumed"`
	Before         []string           `json:"before"`
	Tables         []previewTableForm `json:"tables"`
	After          []string           `json:"after"`
	Notes          []noteForm         `json:"notes"`
	UnmatchedRules []string           `json:"unmatched_rules"`
	OverruledRules []string           `json:"overruled_rules"`
	LeftBehind     []string           `json:"left_behind"`
}

type previewTableForm struct {
	Source   string        `json:"source"`
	Target   string        `json:"target"`
	Rows     int64         `json:"estimated_rows"`
	Bytes    int64         `json:"estimated_bytes"`
	Segments []segmentForm `json:"segments"`
	DDL      []string      `json:"ddl"`
}

type segmentForm struct {
	Number int    `json:"number"`
	Of     int    `json:"of"`
	Spec   string `json:"spec"`
	Rows   int64  `json:"estimated_rows"`
	Bytes  int64  `json:"estimated_bytes"`
}

func previewJSON(v *task.Preview) previewForm {
	f := previewForm{
		Source: v.Source, Target: v.Target, Resumed: v.Resumed, Before: append([]string{}, v.Before...), Tables: []previewTableForm{},
		After: append([]string{}, v.After...), Notes: notesJSON(v.Notes), UnmatchedRules: append([]string{}, v.Unmatched...),
		OverruledRules: append([]string{}, v.Overruled...), LeftBehind: append([]string{}, v.LeftBehind...),
	}
	for _, t := range v.Tables {
		f.Tables = append(f.Tables, previewTableForm{
			Source: t.Source.String(), Target: t.Target.String(), Rows: t.Rows, Bytes: t.Bytes,
			Segments: segmentsJSON(t.Segments), DDL: append([]string{}, t.DDL...),
		})
	}
	return f
}

func segmentsJSON(ss []connector.Segment) []segmentForm {
	out := []segmentForm{}
	for _, s := range ss {
		out = append(out, segmentForm{Number: s.Number, Of: s.Of, Spec: s.Spec, Rows: s.Rows, Bytes: s.Bytes})
	}
	return out
}
