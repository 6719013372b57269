package summary

import (
	"encoding/json"
	"io"
	"time"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
)

type reportForm struct {
	Source   string      `json:"source"`
	Target   string      `json:"target"`
	Position string      `json:"position,omitempty"`
	Resumed  bool        `json:"resumed"`
	Complete bool        `json:"complete"`
	Error    string      `json:"error,omitempty"`
	Started  time.Time   `json:"started"`
	Ended    time.Time   `json:"ended"`
	Rows     int64       `json:"rows"`
	Bytes    int64       `json:"bytes"`
	Rejected int64       `json:"rejected"`
	Tables   []tableForm `json:"tables"`
	Notes    []noteForm  `json:"notes"`
	Refused  []noteForm  `json:"refused"`
	// UnmatchedRules are mapping rules that matched nothing.
	UnmatchedRules []string `json:"unmatched_rules"`
	// OverruledRules matched but changed nothing, because other rules decided everywhere.
	OverruledRules []string `json:"overruled_rules"`
	// LeftBehind are columns that SupportLobs leaves out.
	LeftBehind []string     `json:"left_behind"`
	Changes    *changesForm `json:"changes,omitempty"`
	Cutover    *cutoverForm `json:"cutover,omitempty"`
	// Validation is there when EnableValidation asks for it.
	Validation []validatedForm `json:"validation,omitempty"`
}

type tableForm struct {
	Source   string  `json:"source"`
	Target   string  `json:"target"`
	State    string  `json:"state"`
	Rows     int64   `json:"rows"`
	Bytes    int64   `json:"bytes"`
	Rejected int64   `json:"rejected"`
	Changed  int64   `json:"changed"`
	Seconds  float64 `json:"seconds"`
	Error    string  `json:"error,omitempty"`
}

type noteForm struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Part    string `json:"part,omitempty"`
	Outcome string `json:"outcome"`
	Text    string `json:"text"`
	// ByHand is what to do about something that is not carried over: a statement where there is one.
	ByHand string `json:"by_hand,omitempty"`
}

func reportJSON(r *task.Report, failure error) reportForm {
	t := progress.Sum(r.Tables, r.Started, r.Ended)
	f := reportForm{
		Source: r.Source, Target: r.Target, Position: r.Position, Resumed: r.Resumed,
		Complete: failure == nil && r.Complete(), Error: message(failure), Started: r.Started, Ended: r.Ended,
		Rows: t.Rows, Bytes: t.Bytes, Rejected: t.Rejected, Tables: []tableForm{},
		Notes: notesJSON(r.Notes), Refused: notesJSON(r.Failed), UnmatchedRules: append([]string{}, r.Unmatched...),
		Changes: changesJSON(r), Cutover: cutoverJSON(r),
		OverruledRules: append([]string{}, r.Overruled...), LeftBehind: append([]string{}, r.LeftBehind...),
	}
	for _, c := range r.Tables {
		f.Tables = append(f.Tables, tableForm{
			Source: c.Source.String(), Target: c.Target.String(), State: c.State.String(), Rows: c.Rows, Bytes: c.Bytes,
			Rejected: c.Rejected, Changed: c.Changed, Seconds: seconds(c), Error: message(c.Err),
		})
	}
	for _, v := range r.Validation {
		f.Validation = append(f.Validation, validatedJSON(v))
	}
	return f
}

func notesJSON(notes []convert.Note) []noteForm {
	out := []noteForm{}
	for _, n := range notes {
		out = append(out, noteForm{Kind: n.Kind, Name: n.Name.String(), Part: n.Part, Outcome: string(n.Outcome), Text: n.Text, ByHand: n.ByHand})
	}
	return out
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
